import type { Commands } from '../commands/commands.ts';
import type { Instant } from '../domain/ids.ts';
import type { Database } from '../postgres/pool.ts';
import { awaitingBonus } from '../projections/bonuses.ts';
import type { Errand } from './errands.ts';
import { isTooOld, TOO_OLD } from './tokenLife.ts';

export type BonusCommands = Pick<Commands, 'recordBonusPaid' | 'recordBonusFailed'>;

/** Bonuses without an outcome. The bonus's id is the token that makes a repeated call the same payment. */
export async function bonusesToPay(
  { db, commands, clock }: { readonly db: Database; readonly commands: BonusCommands; readonly clock: () => Instant },
  { limit }: { limit: number },
): Promise<readonly Errand[]> {
  const granted = await awaitingBonus(db, { limit });
  return granted.map(({ bonusId, assignmentId, workerId, amountCents: cents, reason, grantedAt, sandbox }) => {
    const context = { actor: 'marketplace', requestId: bonusId } as const;
    const failed = (code: string, message: string) =>
      commands.recordBonusFailed(context, { assignmentId, bonusId, code, message });
    return {
      key: `bonus ${bonusId}`,
      sandbox,
      run: async (call) => {
        if (isTooOld(grantedAt, clock())) await failed(...TOO_OLD);
        else
          await call((market) => market.bonus({ token: bonusId, assignmentId, workerId, cents, reason }), {
            done: () => commands.recordBonusPaid(context, { assignmentId, bonusId }),
            failed,
          });
      },
    };
  });
}
