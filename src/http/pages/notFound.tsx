import { Page } from './layout.tsx';

/** For people who followed an old link, or mistyped an address. */
export const NotFoundPage = ({ path, hasMarketplace }: { path: string; hasMarketplace: boolean }) => (
  <Page title="Nothing here" visitor={null} hasMarketplace={hasMarketplace}>
    <h1>Nothing here</h1>
    <p>
      There is no page <code>{path}</code>.
    </p>
    <p>
      <a href="/">Home</a>
    </p>
  </Page>
);
