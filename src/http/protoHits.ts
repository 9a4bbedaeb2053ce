import { z } from '@hono/zod-openapi';
import type { Commands } from '../commands/commands.ts';
import type { Database } from '../postgres/pool.ts';
import { findProtoHitByHitType } from '../projections/protoHits.ts';
import { id } from './answerSchemas.ts';
import { answerTo, idAnswer, problem } from './answers.ts';
import type { RegisterEndpoint, Unpack } from './endpoint.ts';
import { fromWire, protoHitShape } from './protoHitFields.ts';
import { isRecord, orNull } from './requestBody.ts';
import { shown, unsound } from './soundness.ts';

const described = z.object(protoHitShape).openapi('ProtoHITFields');

/** `puttask`: ProtoHITs are defined and revised. */
export function protoHitEndpoints(
  register: RegisterEndpoint,
  { commands, db }: { commands: Pick<Commands, 'putProtoHit'>; db: Database },
): void {
  register({
    methods: ['POST'],
    paths: ['puttask'],
    scope: 'commands',
    concerns: async ({ hit_type_id }) =>
      (hit_type_id === undefined ? undefined : await findProtoHitByHitType(db, hit_type_id))?.protoHitId ??
      'everything',
    summary: 'Define a ProtoHIT, or revise the one of that hit_type_id',
    answers: { text: "The ProtoHIT's id", json: id },
    takes: protoHitShape,
    packed: {
      form: z.object({ json: z.string().openapi({ description: 'The ProtoHIT as JSON text, see ProtoHITFields' }) }),
      json: z.union([described, z.object({ json: z.union([described, z.string()]) })]),
    },
    unpack: unpackProtoHit,
    run: async ({ hit_type_id: hitTypeId, sandbox, ...wire }, context) =>
      answerTo(await commands.putProtoHit(context, { fields: fromWire(wire), hitTypeId, sandbox }), idAnswer),
  });
}

/** The original's clients send JSON text as `json`; in a JSON body it may be the object itself, or the whole body. */
const unpackProtoHit: Unpack = (given) => {
  const { json, ...rest } = given;
  if (json === undefined && Object.keys(rest).some((name) => Object.hasOwn(protoHitShape, name)))
    return { type: 'read', parameters: rest };
  if (json === undefined) return bad('json is missing: it must be a JSON object that describes the ProtoHIT');
  const protoHit = typeof json === 'string' ? orNull((): unknown => JSON.parse(json)) : json;
  if (!isRecord(protoHit)) return bad(`json must be a JSON object that describes the ProtoHIT, got ${shown(json)}`);
  const wrong = unsound(protoHit);
  return wrong === null ? { type: 'read', parameters: protoHit } : bad(`json ${wrong}`);
};

const bad = (detail: string) => ({ type: 'bad', answer: problem(400, detail) }) as const;
