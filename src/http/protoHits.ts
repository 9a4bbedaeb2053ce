import { z } from '@hono/zod-openapi';
import type { CommandResult, Commands } from '../commands/commands.ts';
import type { Context } from '../commands/context.ts';
import type { ProtoHitId } from '../domain/ids.ts';
import { findProtoHitByHitType } from '../projections/protoHits.ts';
import { done, numberedId } from './answerSchemas.ts';
import { answerTo, ok, problem } from './answers.ts';
import type { RegisterEndpoint, Unpack } from './endpoint.ts';
import { type IdSources, madeAnswer } from './givenOutIds.ts';
import { limitedByProtoHit, namedProtoHitId, namesProtoHit } from './namedProtoHit.ts';
import { fromWire, protoHitShape } from './protoHitFields.ts';
import { NOT_JSON, readJsonText } from './request/jsonText.ts';
import { isRecord } from './requestBody.ts';
import { shown, unsound } from './soundness.ts';

const described = z.object(protoHitShape).openapi('ProtoHITFields');

/** ProtoHITs are defined and revised by `puttask`; retired, and restored. */
export function protoHitEndpoints(
  register: RegisterEndpoint,
  {
    commands,
    ...sources
  }: { commands: Pick<Commands, 'putProtoHit' | 'retireProtoHit' | 'restoreProtoHit'> } & IdSources,
): void {
  const { db } = sources;
  register({
    methods: ['POST'],
    paths: ['puttask'],
    scope: 'commands',
    concerns: async ({ hit_type_id }) =>
      (hit_type_id === undefined ? undefined : await findProtoHitByHitType(db, hit_type_id))?.protoHitId ??
      'everything',
    summary: 'Define a ProtoHIT, or revise the one of that hit_type_id',
    answers: { text: "The ProtoHIT's id", json: numberedId },
    takes: protoHitShape,
    example: {
      ...{ hit_type_id: 'verbs', title: 'Find the verbs', description: 'Click every verb.', keywords: 'verbs' },
      ...{
        url: 'https://example.com/verbs',
        frame_height: 600,
        reward: 0.05,
        assignment_duration: 600,
        lifetime: 3600,
      },
      ...{ auto_approval_delay: 86_400, max_assignments: 1, worker_locale: 'US', approval_rating: 90 },
    },
    packed: {
      form: z.object({ json: z.string().openapi({ description: 'The ProtoHIT as JSON text, see ProtoHITFields' }) }),
      json: z.union([described, z.object({ json: z.union([described, z.string()]) })]),
    },
    unpack: unpackProtoHit,
    run: async ({ hit_type_id: hitTypeId, sandbox, ...wire }, context) =>
      madeAnswer(
        await commands.putProtoHit(context, { fields: fromWire(wire), hitTypeId, sandbox }),
        sources,
        (id) => `protoHit-${id}`,
      ),
  });

  const change = (
    path: string,
    summary: string,
    command: (context: Context, named: { protoHitId: ProtoHitId }) => Promise<CommandResult<unknown>>,
  ) =>
    register({
      methods: ['POST'],
      paths: [path],
      scope: 'admin',
      ...limitedByProtoHit(db),
      summary,
      answers: { text: '`OK`', json: done },
      takes: namesProtoHit,
      run: async (named, context) => {
        const found = await namedProtoHitId(db, named);
        return found.type === 'not found'
          ? found.answer
          : answerTo(await command(context, { protoHitId: found.protoHit }), () => ok);
      },
    });
  change(
    'protohit/retire',
    'Take no new reservations of a ProtoHIT; what is open of it is served to its end',
    commands.retireProtoHit,
  );
  change('protohit/restore', 'Take reservations of a retired ProtoHIT again', commands.restoreProtoHit);
}

/** The original's clients send JSON text as `json`; in a JSON body it may be the object itself, or the whole body. */
const unpackProtoHit: Unpack = (given) => {
  const { json, ...rest } = given;
  if (json === undefined && Object.keys(rest).some((name) => Object.hasOwn(protoHitShape, name)))
    return { type: 'read', parameters: rest };
  if (json === undefined) return bad('json is missing: it must be a JSON object that describes the ProtoHIT');
  const beside = Object.keys(rest).filter((name) => Object.hasOwn(protoHitShape, name));
  if (beside.length > 0) return bad(`${beside.join(', ')} must be in json, not beside it`);
  const text = typeof json === 'string' ? readJsonText(json) : null;
  const protoHit = text === null ? json : text.type === 'read' ? text.value : undefined;
  if (text?.type === 'bad' && text.why !== NOT_JSON) return bad(`json ${text.why}`);
  if (!isRecord(protoHit)) return bad(`json must be a JSON object that describes the ProtoHIT, got ${shown(json)}`);
  const wrong = unsound(protoHit);
  return wrong === null ? { type: 'read', parameters: protoHit } : bad(`json ${wrong}`);
};

const bad = (detail: string) => ({ type: 'bad', answer: problem(400, detail) }) as const;
