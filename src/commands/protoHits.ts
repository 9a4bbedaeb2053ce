import { streamOf } from '../domain/event.ts';
import { ProtoHitId } from '../domain/ids.ts';
import { define, type ProtoHitFields, switchSandbox } from '../domain/protoHit.ts';
import { protoHits } from './aggregates.ts';
import { type CommandResult, type Context, type Dependencies, settled } from './context.ts';
import { handleOne, nothingToTell } from './handle.ts';
import { idFor, idOfName } from './ids.ts';

/** Defines and revises ProtoHITs. */
export const protoHitCommands = (deps: Dependencies) => ({
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
      await handleOne(
        deps,
        context,
        protoHits,
        streamOf.protoHit(protoHitId),
        (state, at) => define(state, { protoHitId, fields: complete, sandbox, at }),
        () => protoHitId,
      ),
    );
  },

  /** Where this ProtoHIT's next HITs go: the marketplace's sandbox or the real one. */
  switchSandbox: async (
    context: Context,
    { protoHitId, sandbox }: { protoHitId: ProtoHitId; sandbox: boolean | 'toggle' },
  ): Promise<CommandResult<null>> =>
    settled(
      deps,
      await handleOne(
        deps,
        context,
        protoHits,
        streamOf.protoHit(protoHitId),
        (state, at) => switchSandbox(state, { sandbox, at }),
        nothingToTell,
      ),
    ),
});
