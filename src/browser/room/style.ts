import { attempt } from '../platform/attempt.ts';
import { make } from '../platform/make.ts';

/** The panel's look. Everything has a class, so that the page's own style can say otherwise. */
const CSS =
  '.retainer-panel{max-width:34rem;margin:1rem auto;padding:1.2rem;font:1rem/1.5 system-ui;' +
  '&,button{border:1px solid #8885;border-radius:12px}' +
  '&[data-state=working],[hidden]{display:none}' +
  'h2{margin:0}' +
  'span{display:inline-block;margin-right:1.2em}' +
  'b{font-size:1.4em;font-variant:tabular-nums}' +
  'button{font:inherit;padding:.5em 1.2em;margin:0 .6em .4em 0;background:none;color:inherit}' +
  'button:disabled{opacity:.6}' +
  '.retainer-main{background:var(--retainer-accent,#0a6c74);color:#fff}' +
  '&[data-state=called]{--retainer-accent:var(--retainer-call,#b0480a);outline:4px solid var(--retainer-accent);' +
  'button{width:100%;font-size:1.5em}}' +
  '.retainer-connected:before{content:"● ";color:#2c9a4b}}';

/** As a sheet of its own it needs no leave of the page's policy for inline styles. */
const adopt = (): boolean => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(CSS);
  document.adoptedStyleSheets.push(sheet);
  return true;
};

let isAdded = false;

/** Adds the look once. */
export function addStyle(): void {
  if (isAdded) return;
  isAdded = true;
  if (!attempt(adopt, false)) document.head.append(make('style', { textContent: CSS }));
}
