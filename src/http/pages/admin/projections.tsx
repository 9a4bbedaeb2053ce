import { Hono } from 'hono';
import type { Commands } from '../../../commands/commands.ts';
import type { Instant } from '../../../domain/ids.ts';
import type { EventStore } from '../../../event-store/port.ts';
import type { Database } from '../../../postgres/pool.ts';
import { projections } from '../../../projections/all.ts';
import type { Rebuilding, RebuildState } from '../../../projections/rebuilding.ts';
import { type ProjectionReport, reportProjections } from '../../../projections/report.ts';
import type { Stop } from '../../../projections/stopped.ts';
import { Csrf } from '../layout.tsx';
import { Moment, Table } from '../table.tsx';
import { type AdminGuard, type AdminVisit, goTo } from './guard.ts';
import { AdminPage } from './layout.tsx';
import { noSuch } from './notFound.tsx';

const PATH = '/admin/projections';

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

const ProjectionsPage = ({
  visit,
  report,
  rebuild,
}: {
  visit: AdminVisit;
  report: readonly ProjectionReport[];
  rebuild: RebuildState | null;
}) => (
  <AdminPage title="Projections" at={PATH} visit={visit} scripts={['live.js']}>
    <p class="quiet">
      What is read is folded from the log, and can be made from it anew: beside the tables in use, which go on until the
      new ones take their place.
    </p>
    <div id="rebuild" data-live>
      <Rebuild rebuild={rebuild} />
    </div>
    <Table
      caption="Projections"
      none="There is none."
      rows={report}
      columns={[
        {
          name: 'Name',
          cell: ({ name, version }) => (
            <span>
              {name} <span class="quiet">v{version}</span>
            </span>
          ),
        },
        { name: 'State', cell: (one) => <Live one={one} what="state" shown={<State one={one} />} /> },
        { name: 'Events behind', isNumber: true, cell: (one) => <Live one={one} what="lag" shown={lagOf(one)} /> },
        {
          name: 'Rows, about',
          isNumber: true,
          cell: (one) => <Live one={one} what="rows" shown={one.rows.toLocaleString('en')} />,
        },
        { name: 'MiB', isNumber: true, cell: ({ bytes }) => (bytes / 2 ** 20).toFixed(1) },
        {
          name: 'Do',
          isQuiet: true,
          cell: (one) =>
            one.state === 'other version' ? null : (
              <div class="row actions">
                <Live one={one} what="mend" shown={<Mend visit={visit} one={one} />} />
                <Button visit={visit} path="rebuild" name={one.name} says="Rebuild" />
              </div>
            ),
        },
      ]}
    />
    <form method="post" action={`${PATH}/rebuild`}>
      <Csrf visitor={visit.visitor} />
      <button type="submit">Rebuild all</button>
    </form>
  </AdminPage>
);

const lagOf = ({ lagEvents, lagSeconds }: ProjectionReport): string =>
  lagEvents === 0 ? '0' : `${lagEvents.toLocaleString('en')} (${lagSeconds.toFixed(1)} s)`;

const Live = ({ one, what, shown }: { one: ProjectionReport; what: string; shown: unknown }) => (
  <span id={`${what}-${one.name}-${one.version}`} data-live>
    {shown}
  </span>
);

const State = ({ one: { state, stop, skipped, rebuild } }: { one: ProjectionReport }) => (
  <>
    <span class={`tag ${state === 'other version' ? 'gone' : state}`}>{state}</span>
    {stop !== null && (
      <span class="hint">
        <Before stop={stop} says="before " />
      </span>
    )}
    {skipped.map(({ type, position, by }) => (
      <span class="hint">
        passes over {type} at {position.replace(/^0+(?=\d)/, '')}, as {by} said
      </span>
    ))}
    {rebuild !== null && (
      <span class="hint">
        new tables beside it, {rebuild.lagEvents.toLocaleString('en')} events left
        {rebuild.stop !== null && <Before stop={rebuild.stop} says=", which stand still before " />}
      </span>
    )}
  </>
);

const Before = ({ stop: { type, position, error }, says }: { stop: Stop; says: string }) => (
  <>
    {says}
    {type} at {position.replace(/^0+(?=\d)/, '')}: {error}
  </>
);

const Button = ({
  visit,
  path,
  name,
  position,
  says,
}: {
  visit: AdminVisit;
  path: string;
  name: string;
  /** Of the event that it is about: whoever presses it has seen no other. */
  position?: string;
  says: string;
}) => (
  <form method="post" action={`${PATH}/${path}`}>
    <Csrf visitor={visit.visitor} />
    {path === 'rebuild' && <input type="hidden" name="name" value={name} />}
    {position !== undefined && <input type="hidden" name="position" value={position} />}
    <button type="submit">
      {says} <span class="visually-hidden">{name}</span>
    </button>
  </form>
);

const Mend = ({ visit, one: { name, stop, rebuild, skipped } }: { visit: AdminVisit; one: ProjectionReport }) => {
  const before = stop ?? rebuild?.stop ?? null;
  return (
    <span class="row actions">
      {stop !== null && <Button visit={visit} path={`${name}/retry`} name={name} says="Try again" />}
      {before !== null && (
        <Button visit={visit} path={`${name}/skip`} name={name} position={before.position} says="Pass over the event" />
      )}
      {skipped.map(({ position }) => (
        <Button visit={visit} path={`${name}/unskip`} name={name} position={position} says="Take the event again" />
      ))}
    </span>
  );
};

const Rebuild = ({ rebuild }: { rebuild: RebuildState | null }) => {
  if (rebuild === null) return null;
  const { names, startedAt, progress, outcome } = rebuild;
  const what = names.length === 1 ? names[0] : `${names.length} read models`;
  if (outcome.type === 'failed')
    return (
      <p class="notice bad">
        {what} could not be made anew: {outcome.reason}. What is in use was not changed.
      </p>
    );
  if (outcome.type === 'done')
    return (
      <p class="notice">
        {what} made anew from {outcome.report.events.toLocaleString('en')} events in {outcome.report.seconds.toFixed(1)}{' '}
        s, begun <Moment at={startedAt} />.
      </p>
    );
  return (
    <div class="panel">
      <p>
        Making {what} anew:{' '}
        {progress === null
          ? 'beginning'
          : `${progress.done.toLocaleString('en')} of ${progress.total.toLocaleString('en')} events, ${Math.round(progress.ratePerSecond).toLocaleString('en')} a second`}
      </p>
      <progress value={progress?.done ?? 0} max={Math.max(1, progress?.total ?? 1)} aria-label={`${what}, made anew`} />
    </div>
  );
};
