import { html } from 'hono/html';
import type { ProtoHitFields } from '../../domain/protoHit.ts';

/** What a HIT pays, and how long anybody has to wait. */
export type Terms = Pick<ProtoHitFields, 'rewardCents' | 'maxWaitSeconds'>;

/** What a page of your own knows by itself, this one takes from its HIT; of none it says nothing. */
const optionsOf = (terms: Terms | undefined): string =>
  terms === undefined
    ? ''
    : `pay: { hit: ${terms.rewardCents / 100} }, longestMinutes: ${Math.round(terms.maxWaitSeconds / 6) / 10}, `;

/**
 * A landing page that works: wait, be called, label a picture, submit. docs/landing-page.md explains it. All of it is
 * in this one file, because it is meant to be read and copied.
 */
export const examplePage = (publicUrl: string, terms?: Terms) => html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Label a picture</title>
    <style>
      :root { color-scheme: light dark; --accent: light-dark(#0a6c74, #5cc8d0); --line: #8885; }
      body { font: 1.05rem/1.55 system-ui, sans-serif; max-width: 34rem; margin: 1.2rem auto; padding: 0 1.2rem; }
      h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 0.4rem; }
      [hidden] { display: none; }
      svg { display: block; width: 100%; border-radius: 14px; margin: 0.7rem 0; }
      fieldset { border: 0; padding: 0; margin: 0; display: grid; gap: 0.6rem; grid-template-columns: 1fr 1fr; }
      legend { font-weight: 600; margin-bottom: 0.6rem; }
      #task label { display: flex; align-items: center; gap: 0.6rem; padding: 0.6rem 0.9rem; border: 1px solid var(--line); border-radius: 10px; }
      #task label:has(:checked) { border-color: var(--accent); box-shadow: 0 0 0 1px var(--accent); }
      input { accent-color: var(--accent); }
      #task button { font: inherit; margin-top: 1rem; padding: 0.6em 1.4em; border: 0; border-radius: 10px;
        background: #0a6c74; color: #fff; }
      #problem { color: light-dark(#b3261e, #ff9d94); }
    </style>
    <script src="${publicUrl}/retainer.js"></script>
  </head>
  <body>
    <main>
      <h1>Label a picture</h1>
      <p id="intro">
        Wait until there is a picture, then say what it shows. That takes ten seconds. The whole wait is paid, even if
        nobody needs you in the end.
      </p>
      <div id="wait"></div>
      <form id="task" hidden>
        <svg viewBox="0 0 320 180" role="img" aria-label="The picture to label">
          <rect width="320" height="180" fill="#bfe3f2" />
          <circle cx="270" cy="38" r="20" fill="#ffd35c" />
          <g data-shows="boat" hidden>
            <path d="M0 130h320v50H0z" fill="#3b82a6" />
            <path d="M95 122h130l-22 32h-86z" fill="#8a4b2a" />
            <path d="M158 30v88M164 34l48 80h-48zM152 48l-40 66h40z" fill="#fff" stroke="#5a3018" stroke-width="4" />
          </g>
          <g data-shows="house" hidden>
            <path d="M0 138h320v42H0z" fill="#7fb069" />
            <path d="M110 80h100v72H110z" fill="#f3e3c3" />
            <path d="M98 84l62-48 62 48z" fill="#b5482f" />
            <path d="M148 112h24v40h-24z" fill="#7a4a2b" />
            <path d="M122 94h18v18h-18zM180 94h18v18h-18z" fill="#6fa8c7" />
          </g>
          <g data-shows="tree" hidden>
            <path d="M0 142h320v38H0z" fill="#7fb069" />
            <path d="M151 96h18v58h-18z" fill="#7a4a2b" />
            <circle cx="160" cy="70" r="40" fill="#3e7d3a" />
            <circle cx="132" cy="90" r="24" fill="#4a8f45" />
            <circle cx="188" cy="90" r="24" fill="#4a8f45" />
          </g>
        </svg>
        <fieldset>
          <legend>What does the picture show?</legend>
          <label><input type="radio" name="label" value="boat" required /> A boat</label>
          <label><input type="radio" name="label" value="house" /> A house</label>
          <label><input type="radio" name="label" value="tree" /> A tree</label>
          <label><input type="radio" name="label" value="other" /> Something else</label>
        </fieldset>
        <button>Submit</button>
        <p id="problem" role="alert"></p>
      </form>
    </main>
    <script>
      const task = document.getElementById('task');
      const pictures = [...document.querySelectorAll('[data-shows]')];

      // The worker pressed Start. taskID says which picture: here any of three, on a page of yours whatever you like.
      Retainer.hasWork = ({ taskID }) => {
        const which = [...String(taskID)].reduce((sum, character) => sum + character.charCodeAt(0), 0);
        // An SVG element has no property "hidden", only the attribute.
        pictures[which % pictures.length].removeAttribute('hidden');
        document.getElementById('intro').hidden = true;
        task.hidden = false;
        task.querySelector('input').focus();
      };

      task.addEventListener('submit', (event) => {
        event.preventDefault();
        try {
          // On a page of yours: send the label to your own server first, then submit.
          Retainer.submit({ label: new FormData(task).get('label') });
        } catch (error) {
          document.getElementById('problem').textContent = error.message;
        }
      });

      Retainer.wait({ panel: '#wait', ${optionsOf(terms)}attention: { everySeconds: 300 } });
    </script>
  </body>
</html>`;
