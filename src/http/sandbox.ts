import { z } from '@hono/zod-openapi';
import type { Commands } from '../commands/commands.ts';
import type { Database } from '../postgres/pool.ts';
import { done } from './answerSchemas.ts';
import { answerTo, ok } from './answers.ts';
import type { RegisterEndpoint } from './endpoint.ts';
import { about, trueOrFalse, zeroOrOne } from './fields.ts';
import { limitedByProtoHit, namedProtoHit, namedProtoHitId, namesProtoHit } from './namedProtoHit.ts';

/** Where a ProtoHIT's next HITs go: the marketplace's sandbox, or the real one. */
export function sandboxEndpoints(
  register: RegisterEndpoint,
  { commands, db }: { commands: Pick<Commands, 'switchSandbox'>; db: Database },
): void {
  register({
    methods: ['POST'],
    paths: ['protohit/sandbox/get'],
    scope: 'read',
    ...limitedByProtoHit(db),
    summary: "Do a ProtoHIT's next HITs go to the sandbox?",
    answers: { text: '`true` or `false`', json: z.boolean() },
    takes: namesProtoHit,
    run: async (named) => {
      const found = await namedProtoHit(db, named);
      if (found.type === 'not found') return found.answer;
      const { sandbox } = found.protoHit;
      return { status: 200, text: String(sandbox), json: sandbox };
    },
  });

  register({
    methods: ['POST'],
    paths: ['protohit/sandbox/set'],
    scope: 'commands',
    ...limitedByProtoHit(db),
    summary: "Send a ProtoHIT's next HITs to the sandbox, or to the real marketplace",
    answers: { text: '`OK`', json: done },
    takes: { ...namesProtoHit, sandbox: trueOrFalse },
    run: async ({ sandbox, ...named }, context) => {
      const found = await namedProtoHitId(db, named);
      if (found.type === 'not found') return found.answer;
      const protoHitId = found.protoHit;
      return answerTo(await commands.switchSandbox(context, { protoHitId, sandbox }), () => ok);
    },
  });

  register({
    methods: ['POST'],
    paths: ['toggleSandbox'],
    scope: 'commands',
    ...limitedByProtoHit(db),
    summary: "Set where a ProtoHIT's next HITs go, or turn it over if no value is given",
    answers: { text: '`OK`', json: done },
    takes: { ...namesProtoHit, value: about('Is the sandbox to be used?', zeroOrOne).optional() },
    run: async ({ value, ...named }, context) => {
      const found = await namedProtoHitId(db, named);
      if (found.type === 'not found') return found.answer;
      const protoHitId = found.protoHit;
      return answerTo(await commands.switchSandbox(context, { protoHitId, sandbox: value ?? 'toggle' }), () => ok);
    },
  });
}
