import { Hono } from 'hono';
import { html } from 'hono/html';

/** A plain page that shows how reservations stand; it asks the API, so it needs a key where the API does. */
export function statusRoutes(): Hono {
  const routes = new Hono({ strict: false });
  for (const path of ['/status', '/static/status', '/retainer/status', '/retainer/static/status'])
    routes.get(path, (c) => c.html(page));
  return routes;
}

const page = html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Retainer server: status</title>
    <style>
      :root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
      body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
      table { border-collapse: collapse; width: 100%; }
      th, td { text-align: left; padding: 0.4rem 1rem 0.4rem 0; border-bottom: 1px solid #8884; vertical-align: top; }
      td { overflow-wrap: anywhere; }
      td:nth-child(n + 3) { white-space: nowrap; }
      @media (max-width: 48rem) {
        thead { display: none; }
        tr { display: block; padding: 0.6rem 0; border-bottom: 1px solid #8888; }
        td { display: grid; grid-template-columns: 7rem 1fr; padding: 0; border: 0; }
        td::before { content: attr(data-column); color: #888; }
      }
    </style>
  </head>
  <body>
    <h1>Status</h1>
    <p id="state" role="status">Asking the API…</p>
    <table>
      <thead>
        <tr><th>foreignID</th><th>ProtoHIT</th><th>State</th><th>Waiting</th><th>Dispatched</th><th>Asked</th><th>Expected</th></tr>
      </thead>
      <tbody id="reservations"></tbody>
    </table>
    <script>
      const state = document.getElementById('state');
      const body = document.getElementById('reservations');
      const columns = Array.from(document.querySelectorAll('th'), (th) => th.textContent);
      const key = new URLSearchParams(location.search).get('apiKey');
      const fill = (row, texts) => {
        for (const [n, text] of texts.entries()) {
          const cell = row.insertCell();
          cell.textContent = text;
          cell.dataset.column = columns[n];
        }
      };
      async function look() {
        try {
          const answer = await fetch('/reservation/list?limit=100', { headers: key ? { 'X-Api-Key': key } : {} });
          if (answer.status === 401) throw new Error('The API needs a key: add ?apiKey=… to this address.');
          if (!answer.ok) throw new Error(await answer.text());
          const reservations = await answer.json();
          body.replaceChildren();
          for (const r of reservations)
            fill(body.insertRow(), [r.foreignID, r.proto.title, r.state, r.workers, r.dispatched, r.assignments,
              new Date(r.startTime).toLocaleTimeString()]);
          state.textContent = reservations.length + (reservations.length === 1 ? ' reservation' : ' reservations');
        } catch (error) {
          state.textContent = error.message;
        }
        setTimeout(look, 2000);
      }
      look();
    </script>
  </body>
</html>`;
