import { Hono, type Context as HonoContext } from 'hono';
import type { Commands } from '../../../../commands/commands.ts';
import { ProtoHitId } from '../../../../domain/ids.ts';
import type { RecruitingRule } from '../../../../domain/recruiting.ts';
import type { Database } from '../../../../postgres/pool.ts';
import { findProtoHit, findProtoHitByHitType, listProtoHits } from '../../../../projections/protoHits.ts';
import { PAGE_POLICY } from '../../../access/headers.ts';
import { type AdminGuard, type AdminVisit, goTo } from '../guard.ts';
import { Money } from './aside.tsx';
import { ProtoHitForm } from './form.tsx';
import { ProtoHitList } from './list.tsx';
import { readForm, valuesOf } from './read.ts';

const PATH = '/admin/proto-hits';

/** `/admin/proto-hits`: list, create, revise, clone, retire and restore. */
export function protoHitRoutes({
  commands,
  db,
  guard,
  recruiting,
}: {
  commands: Commands;
  db: Database;
  guard: AdminGuard;
  recruiting: RecruitingRule;
}): Hono {
  const routes = new Hono({ strict: false });

  const show = (
    c: HonoContext,
    form: Omit<Parameters<typeof ProtoHitForm>[0], 'recruiting'>,
    status: 200 | 400 | 404 | 409 = 200,
  ) => {
    // The landing page is anywhere; its frame has no rights but to run.
    c.header('Content-Security-Policy', `${PAGE_POLICY}; frame-src http: https:`);
    return c.html(<ProtoHitForm {...form} recruiting={recruiting} />, status);
  };
  const list = async (c: HonoContext, visit: AdminVisit, problem?: string) => {
    const withRetired = c.req.query('retired') === 'true';
    const rows = await listProtoHits(db, { retired: withRetired });
    return c.html(<ProtoHitList {...{ visit, rows, withRetired, problem }} />, problem === undefined ? 200 : 404);
  };
  const find = async (written: string | undefined) => {
    const id = ProtoHitId.safeParse(written);
    return id.success ? findProtoHit(db, id.data) : undefined;
  };
  const unknown = (c: HonoContext, visit: AdminVisit) => list(c, visit, 'There is no such ProtoHIT.');

  routes.get(
    PATH,
    guard((c, visit) => list(c, visit)),
  );

  routes.get(
    `${PATH}/new`,
    guard(async (c, visit) => {
      const clone = c.req.query('clone');
      const original = await find(clone);
      if (clone !== undefined && original === undefined) return unknown(c, visit);
      return show(c, { visit, values: valuesOf(original, { isCopy: true }) });
    }),
  );

  routes.post(
    PATH,
    guard(async (c, visit) => {
      const { form, context } = visit;
      const read = readForm(form);
      if (read.type === 'wrong') return show(c, { visit, values: form, errors: read.errors }, 400);
      const { hitTypeId } = read;
      if (hitTypeId !== undefined && (await findProtoHitByHitType(db, hitTypeId)))
        return show(c, { visit, values: form, errors: { hit_type_id: 'There is a ProtoHIT of this name.' } }, 409);
      const put = await commands.putProtoHit(context, read);
      if (put.type === 'refused') return show(c, { visit, values: form, problem: `${put.refusal.message}.` }, 409);
      return goTo(c, PATH, `"${read.fields.title}" is there: reservations can be made of it.`);
    }),
  );

  routes.post(
    `${PATH}/check`,
    guard((c, visit) => {
      const { form } = visit;
      const read = readForm(form);
      const errors = read.type === 'wrong' ? read.errors : {};
      if (c.req.header('accept') === 'application/json')
        return c.json({ errors, money: String(<Money values={form} recruiting={recruiting} />) }, 200, {
          'Cache-Control': 'no-store',
        });
      const protoHitId = ProtoHitId.safeParse(form['proto_hit_id']);
      return show(c, { visit, values: form, errors, protoHitId: protoHitId.data });
    }),
  );

  routes.get(
    `${PATH}/:id`,
    guard(async (c, visit) => {
      const row = await find(c.req.param('id'));
      return row === undefined
        ? unknown(c, visit)
        : show(c, { visit, values: valuesOf(row), protoHitId: row.protoHitId });
    }),
  );

  routes.post(
    `${PATH}/:id`,
    guard(async (c, visit) => {
      const row = await find(c.req.param('id'));
      if (row === undefined) return unknown(c, visit);
      const { protoHitId, hitTypeId } = row;
      const values = { ...visit.form, hit_type_id: hitTypeId };
      const read = readForm(values);
      if (read.type === 'wrong') return show(c, { visit, values, errors: read.errors, protoHitId }, 400);
      const { fields, sandbox } = read;
      const revised = await commands.reviseProtoHit(visit.context, { protoHitId, fields, sandbox });
      if (revised.type === 'refused')
        return show(c, { visit, values, problem: `${revised.refusal.message}.`, protoHitId }, 409);
      return goTo(c, PATH, `"${fields.title}" is revised. The next HITs are posted by it.`);
    }),
  );

  routes.post(
    `${PATH}/:id/retire`,
    guard(async (c, visit) => {
      const row = await find(c.req.param('id'));
      if (row === undefined) return unknown(c, visit);
      await commands.retireProtoHit(visit.context, row);
      return goTo(c, PATH, `"${row.fields.title}" is retired: it takes no new reservations.`);
    }),
  );

  routes.post(
    `${PATH}/:id/restore`,
    guard(async (c, visit) => {
      const row = await find(c.req.param('id'));
      if (row === undefined) return unknown(c, visit);
      await commands.restoreProtoHit(visit.context, row);
      return goTo(c, PATH, `"${row.fields.title}" takes reservations again.`);
    }),
  );
  return routes;
}
