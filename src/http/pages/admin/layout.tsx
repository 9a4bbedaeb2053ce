import type { PropsWithChildren } from 'hono/jsx';
import { Page } from '../layout.tsx';
import type { AdminVisit } from './guard.ts';
import { ADMIN_PLACES, type AdminPlace } from './places.ts';

type AdminPageProps = PropsWithChildren<{
  readonly title: string;
  /** Which of the admin pages this is, or belongs to. */
  readonly at?: AdminPlace;
  readonly visit: AdminVisit;
  /** Why a change was not made. */
  readonly problem?: string | undefined;
  readonly scripts?: readonly string[];
  readonly styles?: readonly string[];
}>;

/** What every admin page shares: the way around, and what came of the last change. */
export const AdminPage = ({ title, at, visit, problem, scripts = [], styles = [], children }: AdminPageProps) => (
  <Page
    title={title}
    at="/admin"
    visitor={visit.visitor}
    scripts={scripts}
    styles={['admin.css', 'browse.css', ...styles]}
    hasMarketplace={visit.hasMarketplace}
  >
    <div class="admin">
      <nav class="places" aria-label="Admin">
        {ADMIN_PLACES.map(({ path, name }) => (
          <a href={path} aria-current={path === at ? 'page' : undefined}>
            {name}
          </a>
        ))}
      </nav>
      <div class="content">
        <h1>{title}</h1>
        {visit.said !== undefined && (
          <p class="notice" role="status">
            {visit.said}
          </p>
        )}
        {problem !== undefined && (
          <p class="notice bad" role="alert">
            {problem}
          </p>
        )}
        {children}
      </div>
    </div>
  </Page>
);
