import { Hono } from 'hono';
import type { AdminGuard, AdminVisit } from './guard.ts';
import { AdminPage } from './layout.tsx';
import { ADMIN_PLACES } from './places.ts';

/** `/admin`: what can be done here. */
export function homeRoutes({ guard }: { guard: AdminGuard }): Hono {
  const routes = new Hono({ strict: false });
  routes.get(
    '/admin',
    guard((c, visit) => c.html(<AdminHome visit={visit} />)),
  );
  return routes;
}

const AdminHome = ({ visit }: { visit: AdminVisit }) => (
  <AdminPage title="Admin" visit={visit}>
    <ul class="tiles">
      {ADMIN_PLACES.map(({ path, name, about }) => (
        <li class="panel">
          <a href={path}>{name}</a>
          <span class="quiet">{about}</span>
        </li>
      ))}
    </ul>
  </AdminPage>
);
