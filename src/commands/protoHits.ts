import type { Decision } from '../domain/decision.ts';
import { streamOf } from '../domain/event.ts';
import { type Instant, ProtoHitId } from '../domain/ids.ts';
import {
  define,
  type ProtoHit,
  type ProtoHitEvent,
  type ProtoHitFields,
  restore,
  retire,
  revise,
  switchSandbox,
} from '../domain/protoHit.ts';
import { load, protoHits } from './aggregates.ts';
import { type CommandResult, type Context, type Dependencies, settled } from './context.ts';
import { handle, handleOne, nothingToTell, writeTo } from './handle.ts';
import { idFor, idOfName } from './ids.ts';
import type { NextNumber } from './numbers.ts';

/** Defines, revises, retires and restores ProtoHITs. */
export const protoHitCommands = (deps: Dependencies, nextNumber: NextNumber) => {
  const onProtoHit = async (
    context: Context,
    protoHitId: ProtoHitId,
    decide: (state: ProtoHit, at: Instant) => Decision<ProtoHitEvent>,
  ): Promise<CommandResult<null>> =>
    settled(deps, await handleOne(deps, context, protoHits, streamOf.protoHit(protoHitId), decide, nothingToTell));
  return {
    /**
     * Defines a ProtoHIT, or revises the one of that `hitTypeId`: its id follows from the name, so that two
     * clients putting the same name at once still make one ProtoHIT. Answers with its id.
     */
    putProtoHit: async (
      context: Context,
      {
        fields,
        hitTypeId,
        sandbox,
      }: {
        fields: Omit<ProtoHitFields, 'hitTypeId'>;
        hitTypeId?: string | undefined;
        sandbox?: boolean | undefined;
      },
    ): Promise<CommandResult<ProtoHitId>> => {
      const id = hitTypeId === undefined ? idFor(context, 'protoHit') : idOfName('protoHit', hitTypeId);
      const protoHitId = ProtoHitId.parse(id);
      const complete = { ...fields, hitTypeId: hitTypeId ?? protoHitId };
      return settled(
        deps,
        await handle(deps, async () => {
          const at = deps.clock();
          const protoHit = await load(deps.store, protoHits, streamOf.protoHit(protoHitId));
          const number = protoHit.state.phase === 'none' ? await nextNumber('protoHit') : undefined;
          const decision = define(protoHit.state, { protoHitId, fields: complete, sandbox, number, at });
          if (decision.type === 'refused') return decision;
          const writes = [writeTo(protoHit, decision.events, { context, at })];
          return { type: 'write', writes, value: protoHitId, seen: [protoHit] };
        }),
      );
    },

    /** Revises one that there is; its name stays. */
    reviseProtoHit: (
      context: Context,
      {
        protoHitId,
        ...revised
      }: { protoHitId: ProtoHitId; fields: Omit<ProtoHitFields, 'hitTypeId'>; sandbox: boolean },
    ) => onProtoHit(context, protoHitId, (state, at) => revise(state, { ...revised, at })),

    /** It takes no new reservations from now on. */
    retireProtoHit: (context: Context, { protoHitId }: { protoHitId: ProtoHitId }) =>
      onProtoHit(context, protoHitId, (state, at) => retire(state, { at })),

    restoreProtoHit: (context: Context, { protoHitId }: { protoHitId: ProtoHitId }) =>
      onProtoHit(context, protoHitId, (state, at) => restore(state, { at })),

    /** Where this ProtoHIT's next HITs go: the marketplace's sandbox or the real one. */
    switchSandbox: (
      context: Context,
      { protoHitId, sandbox }: { protoHitId: ProtoHitId; sandbox: boolean | 'toggle' },
    ) => onProtoHit(context, protoHitId, (state, at) => switchSandbox(state, { sandbox, at })),
  };
};
