/** Where the tour leaves off: what somebody needs for a landing page of their own, and where the documents are. */
export const OwnPage = () => (
  <section class="panel" aria-labelledby="own">
    <h2 id="own">Now your own page</h2>
    <p>
      A landing page is any page of yours that loads <a href="/retainer.js">retainer.js</a> from here and calls{' '}
      <code>Retainer.wait()</code>. <a href="/example">The example</a> is one: read its source.{' '}
      <a href="/docs">The API</a> is what your application calls. The guides come with the service, in its folder{' '}
      <code>docs</code>:
    </p>
    <ul>
      {GUIDES.map(([file, about]) => (
        <li>
          <code>docs/{file}</code>: {about}
        </li>
      ))}
    </ul>
  </section>
);

const GUIDES = [
  ['landing-page.md', 'your landing page, from ten lines to attention checks'],
  ['api.md', 'asking for people from your application, and getting their answers'],
  ['marketplace.md', 'rehearsing it with simulated workers'],
  ['operations.md', 'running it for real: settings, keys, backups'],
] as const;
