import { html } from 'hono/html';

/** A landing page that works: wait, be called, do something small, submit. docs/landing-page.md explains it. */
export const examplePage = (publicUrl: string) => html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Landing page example</title>
    <style>
      body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 3rem auto; padding: 0 1rem; }
      :root { color-scheme: light dark; }
      button, input { font: inherit; max-width: 100%; box-sizing: border-box; }
      button { padding: 0.4em 1.2em; }
    </style>
    <script src="${publicUrl}/retainer.js"></script>
  </head>
  <body>
    <h1 id="state" role="status">Please wait here</h1>
    <p id="more">You are paid for waiting. Keep this page open: it tells you when there is something to do.</p>
    <form id="submit" method="post" hidden>
      <input type="hidden" name="assignmentId" />
      <input type="hidden" name="result" />
      <p id="task" hidden><label>How do you feel today? <input name="answer" autocomplete="off" /></label></p>
      <button>Submit the HIT</button>
    </form>
    <script>
      const page = new URLSearchParams(location.search);
      const marketplaces = ['${publicUrl}', 'https://www.mturk.com', 'https://workersandbox.mturk.com'];
      const show = (state, more) => {
        document.getElementById('state').textContent = state;
        document.getElementById('more').textContent = more;
      };
      const offer = (result) => {
        const form = document.getElementById('submit');
        const marketplace = new URL(page.get('turkSubmitTo') || '${publicUrl}/marketplace');
        if (!marketplaces.some((known) => new URL(known).origin === marketplace.origin))
          return show('This cannot be submitted', 'The page was opened by a marketplace that it does not know.');
        form.action = marketplace.href.replace(/\\/$/, '') + '/mturk/externalSubmit';
        form.assignmentId.value = page.get('assignmentId');
        form.result.value = result;
        form.hidden = false;
      };
      Retainer.hasWork = ({ taskID }) => {
        show('There is work: ' + taskID, 'Answer the question, then submit.');
        document.getElementById('task').hidden = false;
        offer('worked');
      };
      Retainer.released = () => {
        show('The wait is over', 'Nobody needs you this time. Submit the HIT to be paid for waiting.');
        offer('waited');
      };
      if ((page.get('assignmentId') || 'ASSIGNMENT_ID_NOT_AVAILABLE') === 'ASSIGNMENT_ID_NOT_AVAILABLE')
        show('This is a preview', 'Accept the HIT to wait for work. Waiting is paid.');
      Retainer.init();
    </script>
  </body>
</html>`;
