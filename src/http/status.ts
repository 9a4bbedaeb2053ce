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
      .scroll { overflow-x: auto; }
      table { border-collapse: collapse; width: 100%; }
      th, td { text-align: left; padding: 0.4rem 1rem 0.4rem 0; border-bottom: 1px solid #8884; white-space: nowrap; }
    </style>
  </head>
  <body>
    <h1>Status</h1>
    <p id="state" role="status">Asking the API…</p>
    <div class="scroll">
      <table>
        <thead>
          <tr><th>foreignID</th><th>ProtoHIT</th><th>State</th><th>Waiting</th><th>Dispatched</th><th>Asked</th><th>Expected</th></tr>
        </thead>
        <tbody id="reservations"></tbody>
      </table>
    </div>
    <script>
      const state = document.getElementById('state');
      const body = document.getElementById('reservations');
      const key = new URLSearchParams(location.search).get('apiKey');
      const cell = (row, text) => { row.insertCell().textContent = text; };
      async function look() {
        try {
          const answer = await fetch('/reservation/list?limit=100', { headers: key ? { 'X-Api-Key': key } : {} });
          if (answer.status === 401) throw new Error('The API needs a key: add ?apiKey=… to this address.');
          if (!answer.ok) throw new Error(await answer.text());
          const reservations = await answer.json();
          body.replaceChildren();
          for (const r of reservations) {
            const row = body.insertRow();
            for (const text of [r.foreignID, r.proto.title, r.state, r.workers, r.dispatched, r.assignments,
              new Date(r.startTime).toLocaleTimeString()]) cell(row, text);
          }
          state.textContent = reservations.length + ' reservations';
        } catch (error) {
          state.textContent = error.message;
        }
        setTimeout(look, 2000);
      }
      look();
    </script>
  </body>
</html>`;
