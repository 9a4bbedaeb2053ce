import { z } from 'zod';
import type { Commands } from '../commands/commands.ts';
import type { ProtoHitId } from '../domain/ids.ts';
import type { Database } from '../postgres/pool.ts';
import { findProtoHit, findProtoHitByHitType, listProtoHits, type ProtoHitRow } from '../projections/protoHits.ts';
import { type Answer, answerTo, idAnswer, jsonAnswer, ok, problem } from './answers.ts';
import { complaint, type RegisterEndpoint } from './endpoint.ts';
import { field, hitType, protoHitId, trueOrFalse } from './fields.ts';
import { unsound } from './parameters.ts';
import { fromWire, protoHitShape, toWire } from './protoHitFields.ts';

type Named = { readonly id?: ProtoHitId | undefined; readonly hitType?: string | undefined };

/** How a request names a ProtoHIT: by its id or by its hit_type_id. */
export const namesProtoHit = { id: protoHitId.optional(), hitType: hitType.optional() };

export const noProtoHit: Answer = problem(404, 'ProtoHit.DoesNotExist');

/** The ProtoHIT that a request names; or the answer to one that names none. */
export async function namedProtoHit(db: Database, { id, hitType }: Named): Promise<ProtoHitRow | Answer> {
  if (id !== undefined) return (await findProtoHit(db, id)) ?? noProtoHit;
  if (hitType !== undefined) return (await findProtoHitByHitType(db, hitType)) ?? noProtoHit;
  return problem(400, 'id is missing: it must be the id of a ProtoHIT, or hitType its hit_type_id');
}

/** ProtoHITs: define, revise, list, and where their HITs go. */
export function protoHitEndpoints(
  register: RegisterEndpoint,
  { commands, db }: { commands: Pick<Commands, 'putProtoHit' | 'switchSandbox'>; db: Database },
): void {
  register({
    methods: ['POST'],
    paths: ['puttask'],
    summary: 'Define a ProtoHIT, or revise the one of that hit_type_id',
    answers: "The ProtoHIT's id",
    takes: {
      json: field(
        z.unknown().refine((value) => value !== undefined),
        'a JSON object that describes the ProtoHIT',
      ),
    },
    run: async ({ json }, context) => {
      const read = readJson(json);
      if (read === null) return problem(400, 'json must be a JSON object that describes the ProtoHIT');
      const wrong = unsound(read, 1);
      if (wrong !== null) return problem(400, `json ${wrong}`);
      const parsed = z.object(protoHitShape).safeParse(read);
      if (!parsed.success) return problem(400, complaint(protoHitShape, read, parsed.error));
      const { hit_type_id: hitTypeId, sandbox } = parsed.data;
      return answerTo(
        await commands.putProtoHit(context, { fields: fromWire(parsed.data), hitTypeId, sandbox }),
        idAnswer,
      );
    },
  });

  register({
    methods: ['GET', 'POST'],
    paths: ['protohit/list'],
    summary: 'Every ProtoHIT',
    answers: 'JSON array of ProtoHITs',
    takes: {},
    run: async () => jsonAnswer((await listProtoHits(db)).map(toWire)),
  });

  register({
    methods: ['POST'],
    paths: ['protohit/sandbox/get'],
    summary: "Do a ProtoHIT's HITs go to the sandbox?",
    answers: '`true` or `false`',
    takes: namesProtoHit,
    run: async (named) => {
      const protoHit = await namedProtoHit(db, named);
      if ('status' in protoHit) return protoHit;
      return { status: 200, text: String(protoHit.sandbox), json: protoHit.sandbox };
    },
  });

  register({
    methods: ['POST'],
    paths: ['protohit/sandbox/set'],
    summary: "Send a ProtoHIT's next HITs to the sandbox, or to the real marketplace",
    answers: '`OK`',
    takes: { ...namesProtoHit, sandbox: trueOrFalse },
    run: async ({ sandbox, ...named }, context) => {
      const protoHit = await namedProtoHit(db, named);
      if ('status' in protoHit) return protoHit;
      return answerTo(await commands.switchSandbox(context, { protoHitId: protoHit.protoHitId, sandbox }), () => ok);
    },
  });

  register({
    methods: ['POST'],
    paths: ['protohit/sandbox/toggle', 'toggleSandbox'],
    summary: "Turn over where a ProtoHIT's next HITs go",
    answers: '`OK`',
    takes: namesProtoHit,
    run: async (named, context) => {
      const protoHit = await namedProtoHit(db, named);
      if ('status' in protoHit) return protoHit;
      const { protoHitId } = protoHit;
      return answerTo(await commands.switchSandbox(context, { protoHitId, sandbox: 'toggle' }), () => ok);
    },
  });
}

/** The ProtoHIT's description: JSON text, or in a JSON body the object itself. */
function readJson(json: unknown): Readonly<Record<string, unknown>> | null {
  let value = json;
  if (typeof json === 'string') {
    try {
      value = JSON.parse(json);
    } catch {
      return null;
    }
  }
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
}
