import type { Context as HonoContext } from 'hono';
import type { AdminVisit } from './guard.ts';
import { AdminPage } from './layout.tsx';

/** For operators who followed an old link, or mistyped an id: what is not there, with the way around beside it. */
export const noSuch = (c: HonoContext, visit: AdminVisit, what: string) =>
  c.html(
    <AdminPage title="Nothing here" visit={visit}>
      <p>There is no such {what}.</p>
    </AdminPage>,
    404,
  );
