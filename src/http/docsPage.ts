import { html } from 'hono/html';
import { placesOf } from './pages/layout.tsx';

/** Swagger UI leaves some controls without a name, and examples out of the keyboard's reach. */
export const START = `const api = document.querySelector('#api');
const { description } = api.dataset;
const dark = matchMedia('(prefers-color-scheme: dark)');
const dress = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', dress);
dress();
const mend = () => {
  api.querySelector('#servers')?.setAttribute('aria-label', 'Server');
  for (const select of api.querySelectorAll('tr[data-param-name] select:not([aria-label])'))
    select.setAttribute('aria-label', select.closest('tr').dataset.paramName);
  for (const example of api.querySelectorAll('pre:not([tabindex])')) example.tabIndex = 0;
};
new MutationObserver(mend).observe(api, { childList: true, subtree: true });
SwaggerUIBundle({ url: description, dom_id: '#api', deepLinking: true, validatorUrl: null });
`;

/** Swagger UI's own colours are too faint for many; its column of links is always empty here, and too wide for a phone. */
export const STYLE = `nav { font: 0.95rem system-ui, sans-serif; padding: 0.8rem 20px 0; }
nav a { color: #0a6c74; margin-right: 1rem; }
nav a[aria-current] { font-weight: 600; }
.dark-mode nav a { color: #5fc9d2; }

.swagger-ui .info .title small { background: #5d646d; }
.swagger-ui .info .title small.version-stamp { background: #4a6b00; }
.swagger-ui .opblock.opblock-deprecated { opacity: 1; }
.swagger-ui .response-col_links { display: none; }
html:not(.dark-mode) .swagger-ui .info .url { color: #1f66b8; }
html:not(.dark-mode) .swagger-ui .btn.authorize { color: #1a7a4c; border-color: #1a7a4c; }
html:not(.dark-mode) .swagger-ui .btn.authorize svg { fill: #1a7a4c; }
html:not(.dark-mode) .swagger-ui .btn.execute { background: #1f66b8; border-color: #1f66b8; }
html:not(.dark-mode) .swagger-ui .btn.cancel { color: #b3261e; border-color: #b3261e; }
html:not(.dark-mode) .swagger-ui .opblock.opblock-post .opblock-summary-method { background: #1a7a4c; }
html:not(.dark-mode) .swagger-ui .opblock.opblock-get .opblock-summary-method { background: #1f66b8; }
html:not(.dark-mode) .swagger-ui .opblock.opblock-deprecated .opblock-summary-method { background: #5d646d; }
html:not(.dark-mode) .swagger-ui .json-schema-2020-12-expand-deep-button,
html:not(.dark-mode) .swagger-ui .parameter__in { color: #5d646d; }
html:not(.dark-mode) .swagger-ui .json-schema-2020-12__constraint { background: #5d646d; color: #fff; }
html.dark-mode .swagger-ui .headers .header-col { color: #e7e9ec; }
html.dark-mode .swagger-ui .opblock .btn.try-out__btn.cancel { color: #ff9d94; border-color: #ff9d94; }
html.dark-mode .swagger-ui .opblock.opblock-deprecated .opblock-summary-method { background: #a3abb5; }
`;

/** The page that shows the description. `base`: where this interface begins; `home`: where the pages do. */
export const docsPage = ({ base, home, hasMarketplace }: { base: string; home: string; hasMarketplace: boolean }) =>
  html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Retainer server: API</title>
    <link rel="icon" href="${base}/docs/favicon-32x32.png" />
    <link rel="stylesheet" href="${base}/docs/swagger-ui.css" />
    <link rel="stylesheet" href="${base}/docs/start.css" />
  </head>
  <body>
    <nav aria-label="Pages">
      ${placesOf(hasMarketplace).map(([path, name]) =>
        path === '/docs'
          ? html`<a href="${home}${path}" aria-current="page">${name}</a> `
          : html`<a href="${home}${path}">${name}</a> `,
      )}
    </nav>
    <div id="api" data-description="${base}/openapi.json"></div>
    <script src="${base}/docs/swagger-ui-bundle.js"></script>
    <script src="${base}/docs/start.js"></script>
  </body>
</html>`;
