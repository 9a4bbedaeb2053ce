import { Page } from './layout.tsx';

/** For people who followed an old link, or mistyped an address. */
export const NotFoundPage = ({ path }: { path: string }) => (
  <Page title="Nothing here" visitor={null}>
    <h1>Nothing here</h1>
    <p>
      There is no page <code>{path}</code>.
    </p>
    <p>
      <a href="/">Home</a>
    </p>
  </Page>
);
