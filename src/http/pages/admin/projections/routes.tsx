import { Hono } from 'hono';
import type { Commands } from '../../../../commands/commands.ts';
import type { Instant } from '../../../../domain/ids.ts';
import type { EventStore } from '../../../../event-store/port.ts';
import type { Database } from '../../../../postgres/pool.ts';
import { projections } from '../../../../projections/all.ts';
import type { Rebuilding } from '../../../../projections/rebuilding.ts';
import { reportProjections } from '../../../../projections/report.ts';
import { type AdminGuard, goTo } from '../guard.ts';
import { noSuch } from '../notFound.tsx';
import { PATH, ProjectionsPage } from './page.tsx';

/** `/admin/projections`: how the read models stand, live; and what can be done about them. */
export function projectionRoutes({
  commands,
  db,
  store,
  clock,
  rebuilding,
  guard,
}: {
  commands: Commands;
  db: Database;
  store: Pick<EventStore, 'count'>;
  clock: () => Instant;
  rebuilding: Rebuilding;
  guard: AdminGuard;
}): Hono {
  const routes = new Hono({ strict: false });
  const named = (name: string | undefined) => projections.filter((one) => one.name === name);

  // The page's script takes from it what is live.
  routes.get(
    PATH,
    guard(async (c, visit) => {
      const report = await reportProjections({ db, store, projections, now: clock() });
      return c.html(<ProjectionsPage visit={visit} report={report} rebuild={rebuilding.state()} />);
    }),
  );

  routes.post(
    `${PATH}/rebuild`,
    guard(async (c, visit) => {
      const { form, context } = visit;
      const chosen = form['name'] === undefined ? projections : named(form['name']);
      if (chosen.length === 0) return noSuch(c, visit, 'read model');
      const names = chosen.map(({ name }) => name);
      if (!rebuilding.start(names)) return goTo(c, PATH, 'One is being made anew already: wait for it.');
      await commands.orderRebuild(context, names);
      return goTo(c, PATH, 'It is being made anew. What is in use goes on until then.');
    }),
  );

  routes.post(
    `${PATH}/:name/retry`,
    guard(async (c, visit) => {
      const { context } = visit;
      const chosen = named(c.req.param('name'));
      if (chosen.length === 0) return noSuch(c, visit, 'read model');
      const retried = await commands.retryReadModels(context, chosen);
      return goTo(c, PATH, retried.length > 0 ? `${retried.join()} tries again.` : 'It does not stand still.');
    }),
  );

  routes.post(
    `${PATH}/:name/skip`,
    guard(async (c, visit) => {
      const { form, context } = visit;
      const [projection] = named(c.req.param('name'));
      if (projection === undefined) return noSuch(c, visit, 'read model');
      const at = form['position'];
      if (at === undefined) return c.text('position is missing: it must be that of the event to pass over', 400);
      const skipped = await commands.skipEvent(context, projection, at);
      return goTo(
        c,
        PATH,
        skipped === null
          ? 'It does not stand still there any more.'
          : `It passes over that ${skipped.type}, here and in every rebuild.`,
      );
    }),
  );
  routes.post(
    `${PATH}/:name/unskip`,
    guard(async (c, visit) => {
      const { form, context } = visit;
      const [projection] = named(c.req.param('name'));
      if (projection === undefined) return noSuch(c, visit, 'read model');
      const lifted = await commands.liftSkip(context, projection, form['position'] ?? '');
      return goTo(
        c,
        PATH,
        lifted === null ? 'It passes over no event there.' : `It takes that ${lifted.type} again once it is rebuilt.`,
      );
    }),
  );
  return routes;
}
