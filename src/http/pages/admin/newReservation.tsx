import { z } from '@hono/zod-openapi';
import { Hono } from 'hono';
import type { Commands } from '../../../commands/commands.ts';
import type { Database } from '../../../postgres/pool.ts';
import { listProtoHits, type ProtoHitRow } from '../../../projections/protoHits.ts';
import { expectationOf, foreignId, number, payload, protoHitId, wholeNumber } from '../../fields.ts';
import { Field, Select, TextArea } from '../form.tsx';
import { Csrf } from '../layout.tsx';
import type { AdminGuard, AdminVisit } from './guard.ts';
import { AdminPage } from './layout.tsx';

const PATH = '/admin/reservations/new';

/** What `reservation/make` takes, as a form says it. */
const fields = {
  protoHit: protoHitId,
  foreignID: foreignId,
  numAssignments: wholeNumber(1, 10_000),
  delay: number(0, 31_536_000, ' seconds'),
  payload,
};
type Errors = Readonly<Partial<Record<keyof typeof fields, string>>>;

/** `/admin/reservations/new`: a reservation made by hand, for any ProtoHIT that takes some. */
export function newReservationRoutes({
  commands,
  db,
  guard,
}: {
  commands: Pick<Commands, 'makeReservation'>;
  db: Database;
  guard: AdminGuard;
}): Hono {
  const routes = new Hono({ strict: false });

  routes.get(
    PATH,
    guard(async (c, visit) => {
      const chosen = { protoHit: c.req.query('protoHit') ?? '', numAssignments: '1', delay: '60' };
      return c.html(<NewReservationPage visit={visit} values={chosen} protoHits={await listProtoHits(db)} />);
    }),
  );

  routes.post(
    PATH,
    guard(async (c, visit) => {
      const { form, context } = visit;
      const again = async (errors: Errors, problem?: string) =>
        c.html(
          <NewReservationPage
            visit={visit}
            values={form}
            protoHits={await listProtoHits(db)}
            errors={errors}
            problem={problem}
          />,
          400,
        );
      const read = z.object(fields).safeParse({ ...form, payload: form['payload'] || null });
      if (!read.success) return again(errorsIn(read.error));
      const { protoHit, foreignID, numAssignments, delay, payload } = read.data;
      const made = { protoHitId: protoHit, foreignId: foreignID, numAssignments, delaySeconds: delay, payload };
      const result = await commands.makeReservation(context, made);
      if (result.type === 'refused') return again({}, `${result.refusal.message}.`);
      return c.redirect(`/status/reservation/${result.value}`, 303);
    }),
  );
  return routes;
}

const errorsIn = ({ issues }: z.ZodError): Errors =>
  Object.fromEntries(
    Object.entries(fields)
      .filter(([name]) => issues.some(({ path }) => path[0] === name))
      .map(([name, schema]) => [name, `It must be ${expectationOf(schema)}.`]),
  );

const NewReservationPage = ({
  visit,
  values,
  protoHits,
  errors = {},
  problem,
}: {
  visit: AdminVisit;
  values: Readonly<Record<string, string>>;
  protoHits: readonly ProtoHitRow[];
  errors?: Errors;
  problem?: string | undefined;
}) => (
  <AdminPage title="Make a reservation" at="/admin/proto-hits" visit={visit} problem={problem}>
    <p class="quiet">Recruiting begins at once; nobody is called before the reservation is invoked, on its own page.</p>
    <form method="post" action={PATH}>
      <Csrf visitor={visit.visitor} />
      <Select
        name="protoHit"
        label="ProtoHIT"
        value={values['protoHit']}
        error={errors.protoHit}
        options={protoHits.map(({ protoHitId, fields, hitTypeId, sandbox }) => [
          protoHitId,
          `${fields.title} (${hitTypeId}${sandbox ? '' : ', real money'})`,
        ])}
      />
      <Field
        name="foreignID"
        label="Foreign id"
        hint="Your own name for the work; workers' pages get it as taskID."
        value={values['foreignID']}
        error={errors.foreignID}
        maxlength={255}
      />
      <Field
        name="numAssignments"
        label="Workers"
        hint="How many it calls for."
        value={values['numAssignments']}
        error={errors.numAssignments}
        type="number"
        min={1}
        max={10_000}
        required
      />
      <Field
        name="delay"
        label="Delay"
        hint="Seconds from now until the work is expected."
        value={values['delay']}
        error={errors.delay}
        type="number"
        min={0}
        required
      />
      <TextArea
        name="payload"
        label="Payload"
        hint="Kept with the reservation, and shown on its page."
        value={values['payload']}
        error={errors.payload}
      />
      <button class="main" type="submit">
        Make it
      </button>
    </form>
  </AdminPage>
);
