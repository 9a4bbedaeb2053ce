import type { Commands } from '../commands/commands.ts';
import type { Database } from '../postgres/pool.ts';
import { awaitingBlock } from '../projections/workers.ts';
import type { Errand } from './errands.ts';

export type BlockCommands = Pick<Commands, 'recordMarketplaceBlock' | 'recordMarketplaceBlockFailed'>;

/** Blocks that the marketplace is to make or to lift. It does so idempotently. */
export async function blocksToTell(
  { db, commands }: { readonly db: Database; readonly commands: BlockCommands },
  { limit }: { limit: number },
): Promise<readonly Errand[]> {
  const asked = await awaitingBlock(db, { limit });
  return asked.map(({ workerId, marketplace, reason, token, sandbox }) => {
    const context = { actor: 'marketplace', requestId: token } as const;
    const as = marketplace === 'blocking' ? 'blocked' : 'unblocked';
    const failed = (code: string, message: string) =>
      commands.recordMarketplaceBlockFailed(context, { workerId, as, code, message });
    return {
      key: `block ${token}`,
      sandbox: sandbox ?? false,
      run: async (call) => {
        if (sandbox === null) await failed('NeverSeen', 'the worker never came here, by no marketplace');
        else
          await call((market) => (as === 'blocked' ? market.block : market.unblock)(workerId, reason), {
            done: () => commands.recordMarketplaceBlock(context, { workerId, as }),
            failed,
          });
      },
    };
  });
}
