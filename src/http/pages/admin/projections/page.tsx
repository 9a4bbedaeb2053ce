import type { RebuildState } from '../../../../projections/rebuilding.ts';
import type { ProjectionReport } from '../../../../projections/report.ts';
import type { Stop } from '../../../../projections/stopped.ts';
import { Csrf } from '../../layout.tsx';
import { Moment, Table } from '../../table.tsx';
import type { AdminVisit } from '../guard.ts';
import { AdminPage } from '../layout.tsx';

export const PATH = '/admin/projections';

/** How each read model stands, with what can be done about it; its script keeps it live. */
export const ProjectionsPage = ({
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
            <span class="who">
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
