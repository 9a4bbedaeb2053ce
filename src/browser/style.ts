/** The panel's look. Everything has a class, so that the page's own style can say otherwise. */
const CSS =
  '.retainer-panel{max-width:34rem;margin:1rem auto;padding:1.2rem;font:1rem/1.5 system-ui;' +
  '&,button{border:1px solid #8885;border-radius:12px}' +
  '&[data-state=working],[hidden]{display:none}' +
  'h2{margin:0}' +
  'b{font-size:1.4em;margin-right:1em;font-variant:tabular-nums}' +
  'button{font:inherit;padding:.5em 1.2em;margin:0 .6em .4em 0;background:none;color:inherit}' +
  '.retainer-main{background:var(--retainer-accent,#0a6c74);color:#fff}' +
  '&[data-state=called]{--retainer-accent:var(--retainer-call,#b0480a);outline:4px solid var(--retainer-accent);' +
  'button{width:100%;font-size:1.5em}}' +
  '.retainer-connected:before{content:"● ";color:#2c9a4b}}';

let sheet: CSSStyleSheet | undefined;

/** Adds the look once. As a sheet of its own it needs no leave of the page's policy for inline styles. */
export function addStyle(): void {
  if (sheet) return;
  sheet = new CSSStyleSheet();
  sheet.replaceSync(CSS);
  document.adoptedStyleSheets.push(sheet);
}
