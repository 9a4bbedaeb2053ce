import { type Decision, refuse } from '../domain/decision.ts';
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

const NOT_THEIRS = refuse('forbidden', 'this key is limited to another ProtoHIT');
const NO_NAME = refuse(
  'invalid',
  'hit_type_id must be a name, or the id of a ProtoHIT that was put without a name: a name must not read as a UUID',
);

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
      // One without a name is called by its id: putting that name again revises it, and makes no other of its name.
      const asId = hitTypeId === undefined ? undefined : ProtoHitId.safeParse(hitTypeId.toLowerCase());
      const id = hitTypeId === undefined ? idFor(context, 'protoHit') : idOfName('protoHit', hitTypeId);
      const protoHitId = asId?.success ? asId.data : ProtoHitId.parse(id);
      if (context.limitedTo != null && context.limitedTo !== protoHitId) return NOT_THEIRS;
      const complete = { ...fields, hitTypeId: hitTypeId ?? protoHitId };
      return settled(
        deps,
        await handle(deps, async () => {
          const at = deps.clock();
          const protoHit = await load(deps.store, protoHits, streamOf.protoHit(protoHitId));
          if (asId?.success && (protoHit.state.phase === 'none' || protoHit.state.fields.hitTypeId !== asId.data))
            return NO_NAME;
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
