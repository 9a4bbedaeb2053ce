import type { PropsWithChildren } from 'hono/jsx';
import { Html } from './html.tsx';
import type { Visitor } from './visitor.ts';

const PLACES = [
  ['/', 'Home'],
  ['/status', 'Status'],
  ['/admin', 'Admin'],
  ['/docs', 'API'],
] as const;

/** Where one can go from every page. */
export const placesOf = (hasMarketplace: boolean): readonly (readonly [path: string, name: string])[] =>
  hasMarketplace ? [...PLACES, ['/marketplace', 'Marketplace']] : PLACES;

type PageProps = PropsWithChildren<{
  readonly title: string;
  /** Where in the navigation this page is. */
  readonly at?: string;
  readonly visitor: Visitor | null;
  /** Built under src/browser/pages/, loaded as modules. */
  readonly scripts?: readonly string[];
  readonly styles?: readonly string[];
  /** Is the built-in marketplace here to be visited? */
  readonly hasMarketplace?: boolean;
}>;

/** What every page shares: its head, the way around, and who is signed in. */
export const Page = ({
  title,
  at,
  visitor,
  scripts = [],
  styles = [],
  hasMarketplace = false,
  children,
}: PageProps) => (
  <Html>
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <title>{`${title} · Retainer`}</title>
      <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
      <link rel="stylesheet" href="/assets/pages.css" />
      {styles.map((name) => (
        <link rel="stylesheet" href={`/assets/${name}`} />
      ))}
      {scripts.map((name) => (
        <script type="module" src={`/assets/${name}`} />
      ))}
      {visitor?.type === 'operator' && <meta name="csrf" content={visitor.csrf} />}
    </head>
    <body>
      <a class="skip" href="#main">
        To the content
      </a>
      <header class="top">
        <strong>
          <a href="/">Retainer</a>
        </strong>
        <nav aria-label="Pages">
          {placesOf(hasMarketplace).map(([path, name]) => (
            <a href={path} aria-current={path === at ? 'page' : undefined}>
              {name}
            </a>
          ))}
        </nav>
        {visitor?.type === 'operator' && (
          <form method="post" action="/admin/sign-out" class="row">
            <a class="quiet" href="/admin/account">
              {visitor.operator}
            </a>
            <Csrf visitor={visitor} />
            <button type="submit">Sign out</button>
          </form>
        )}
      </header>
      <main id="main">{children}</main>
    </body>
  </Html>
);

/** What a form sends along, so that the server knows that it is one of its own. */
export const Csrf = ({ visitor }: { visitor: Visitor | null }) =>
  visitor?.type === 'operator' ? <input type="hidden" name="csrf" value={visitor.csrf} /> : null;
