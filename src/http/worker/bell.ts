import { html } from 'hono/html';

/** The window that rings for a waiting room in a frame of another origin, which may not notify. */
export const bellPage = () => html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Waiting for work</title>
    <style>
      :root { color-scheme: light dark; }
      body { font: 1.05rem/1.55 system-ui, sans-serif; margin: 1.5rem; }
      h1 { font-size: 1.5rem; margin: 0; }
      button { font: inherit; padding: 0.6em 1.4em; border: 0; border-radius: 10px; background: #0a6c74; color: #fff; }
    </style>
    <script type="module" src="assets/bell.js"></script>
  </head>
  <body>
    <main>
      <h1 role="status">Waiting for work</h1>
      <p id="note">Keep this window open: it rings when there is work. Say once that it may.</p>
      <button type="button">Let it ring</button>
    </main>
  </body>
</html>`;
