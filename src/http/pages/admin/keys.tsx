import { Hono, type Context as HonoContext } from 'hono';
import { z } from 'zod';
import type { Commands } from '../../../commands/commands.ts';
import { Scope } from '../../../domain/apiKey.ts';
import { ApiKeyId, ProtoHitId } from '../../../domain/ids.ts';
import type { Database } from '../../../postgres/pool.ts';
import { type ApiKeyRow, listApiKeys } from '../../../projections/apiKeys.ts';
import { listProtoHits, type ProtoHitRow } from '../../../projections/protoHits.ts';
import { Field, Select } from '../form.tsx';
import { Csrf } from '../layout.tsx';
import { dollars } from '../money.ts';
import { Moment, Table } from '../table.tsx';
import { type AdminGuard, type AdminVisit, goTo } from './guard.ts';
import { AdminPage } from './layout.tsx';

const PATH = '/admin/keys';

const SCOPES: Readonly<Record<Scope, string>> = {
  commands: 'change something: put ProtoHITs, make and invoke reservations',
  read: 'ask how things stand',
  audit: 'read the log itself',
  admin: 'all of these, and what is the operator’s',
};

const labelled = z.string().trim().min(1).max(255);
const scoped = z.array(Scope).min(1);
const limited = z.union([z.literal('').transform(() => null), ProtoHitId]);

/** US dollars a day as cents; left empty, the key has no budget of its own. */
const budgeted = z
  .string()
  .trim()
  .regex(/^(\d{1,7}(\.\d{1,2})?)?$/)
  .transform((written) => (written === '' ? undefined : Math.round(Number(written) * 100)));

type Errors = {
  readonly label?: string;
  readonly scopes?: string;
  readonly proto_hit?: string;
  readonly budget?: string;
};

/** `/admin/keys`: what applications come in with. */
export function keyRoutes({ commands, db, guard }: { commands: Commands; db: Database; guard: AdminGuard }): Hono {
  const routes = new Hono({ strict: false });
  const show = async (
    c: HonoContext,
    page: Omit<Parameters<typeof KeysPage>[0], 'keys' | 'protoHits'>,
    status: 200 | 400 | 404 = 200,
  ) => {
    const [keys, protoHits] = await Promise.all([listApiKeys(db), listProtoHits(db)]);
    return c.html(<KeysPage {...page} keys={keys} protoHits={protoHits} />, status);
  };

  routes.get(
    PATH,
    guard((c, visit) => show(c, { visit })),
  );

  routes.post(
    PATH,
    guard(async (c, visit) => {
      const { form, context } = visit;
      const label = labelled.safeParse(form['label']);
      const scopes = scoped.safeParse((form['scopes'] ?? '').split(' ').filter((one) => one !== ''));
      const protoHitId = limited.safeParse(form['proto_hit'] ?? '');
      const budget = budgeted.safeParse(form['budget'] ?? '');
      if (!label.success || !scopes.success || !protoHitId.success || !budget.success) {
        const errors = {
          ...(label.success ? {} : { label: 'It must be a text of 1 to 255 characters.' }),
          ...(scopes.success ? {} : { scopes: 'It must open something: tick one or more.' }),
          ...(protoHitId.success ? {} : { proto_hit: 'It must be one of those in the list.' }),
          ...(budget.success ? {} : { budget: 'It must be US dollars a day, as 25 or 2.50, or empty.' }),
        };
        return show(c, { visit, errors }, 400);
      }
      const issued = await commands.issueApiKey(context, {
        label: label.data,
        scopes: scopes.data,
        protoHitId: protoHitId.data,
        dailyBudgetCents: budget.data,
      });
      if (issued.type === 'refused') return show(c, { visit, problem: `${issued.refusal.message}.` }, 400);
      return show(c, { visit: { ...visit, form: {} }, issued: { label: label.data, key: issued.value.key } });
    }),
  );

  routes.post(
    `${PATH}/:id/revoke`,
    guard(async (c, visit) => {
      const apiKeyId = ApiKeyId.safeParse(c.req.param('id'));
      if (!apiKeyId.success) return show(c, { visit, problem: 'There is no such key.' }, 404);
      const revoked = await commands.revokeApiKey(visit.context, { apiKeyId: apiKeyId.data });
      if (revoked.type === 'refused') return show(c, { visit, problem: 'There is no such key.' }, 404);
      return goTo(c, PATH, 'The key is revoked: it opens nothing from now on.');
    }),
  );
  return routes;
}

const KeysPage = ({
  visit,
  keys,
  protoHits,
  issued,
  errors = {},
  problem,
}: {
  visit: AdminVisit;
  keys: readonly ApiKeyRow[];
  protoHits: readonly ProtoHitRow[];
  issued?: { readonly label: string; readonly key: string };
  errors?: Errors;
  problem?: string;
}) => (
  <AdminPage title="API keys" at={PATH} visit={visit} problem={problem} scripts={['copy.js']}>
    {issued && (
      <div class="notice" role="status">
        <strong>{issued.label}</strong> may come in with this key. It is shown this once; only its hash is kept.
        <div class="copied">
          <pre id="key">{issued.key}</pre>
          <button type="button" data-copy hidden>
            Copy
          </button>
        </div>
      </div>
    )}
    <Table
      caption="API keys"
      none="No key was ever issued: whoever reaches the API may use it. From the first key on it answers to keys alone."
      rows={keys}
      columns={[
        { name: 'Label', cell: ({ label }) => label || '–' },
        { name: 'Opens', cell: ({ scopes }) => scopes.join(', ') },
        { name: 'Limited to', cell: ({ protoHitId }) => nameOf(protoHits, protoHitId) },
        {
          name: 'A day at most',
          isNumber: true,
          cell: ({ dailyBudgetCents }) => (dailyBudgetCents === null ? '–' : dollars(dailyBudgetCents)),
        },
        { name: 'Issued', cell: ({ issuedAt }) => <Moment at={issuedAt} /> },
        { name: 'Revoke', isQuiet: true, cell: (key) => <Revoke visit={visit} apiKey={key} /> },
      ]}
    />
    <h2>Issue a key</h2>
    <form method="post" action={PATH}>
      <Csrf visitor={visit.visitor} />
      <Field
        name="label"
        label="Label"
        hint="Which application it is for. The log calls it by this."
        value={visit.form['label']}
        error={errors.label}
        autocomplete="off"
      />
      <fieldset class="field" aria-describedby="scopes-error">
        <legend>What it opens</legend>
        {Scope.options.map((scope) => (
          <label class="choice">
            <input type="checkbox" name="scopes" value={scope} checked={isTicked(visit, scope)} />
            <span>
              {scope} <span class="hint">{SCOPES[scope]}</span>
            </span>
          </label>
        ))}
        <p class="error" id="scopes-error" hidden={errors.scopes === undefined}>
          {errors.scopes}
        </p>
      </fieldset>
      <Select
        name="proto_hit"
        label="Limited to"
        hint="A key may be limited to what concerns one ProtoHIT."
        value={visit.form['proto_hit'] ?? ''}
        error={errors.proto_hit}
        options={[
          ['', 'every ProtoHIT'],
          ...protoHits.map((one) => [one.protoHitId, `${one.fields.hitTypeId}: ${one.fields.title}`] as const),
        ]}
      />
      <Field
        name="budget"
        label="US dollars a day"
        hint="What the key may commit a day, by reservations and bonuses for real HITs. Empty: as much as DAILY_BUDGET leaves."
        value={visit.form['budget']}
        error={errors.budget}
        inputmode="decimal"
        autocomplete="off"
      />
      <button class="main" type="submit">
        Issue
      </button>
    </form>
  </AdminPage>
);

/** At first what an application needs: neither the log nor the operator's part. */
const isTicked = ({ form }: AdminVisit, scope: Scope): boolean =>
  form['label'] === undefined
    ? scope === 'commands' || scope === 'read'
    : (form['scopes'] ?? '').split(' ').includes(scope);

/** As commands name it. */
const nameOf = (protoHits: readonly ProtoHitRow[], id: ProtoHitId | null): string =>
  id === null ? '–' : (protoHits.find(({ protoHitId }) => protoHitId === id)?.fields.hitTypeId ?? id);

const Revoke = ({ visit, apiKey: { apiKeyId, label, revokedAt } }: { visit: AdminVisit; apiKey: ApiKeyRow }) =>
  revokedAt !== null ? (
    <span class="tag cancelled">revoked</span>
  ) : (
    <form method="post" action={`${PATH}/${apiKeyId}/revoke`}>
      <Csrf visitor={visit.visitor} />
      <button type="submit" class="bad">
        Revoke <span class="visually-hidden">{label}</span>
      </button>
    </form>
  );
