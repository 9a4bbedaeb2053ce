import type { Commands } from '../commands/commands.ts';
import type { Database } from '../postgres/pool.ts';
import { awaitingBonus } from '../projections/bonuses.ts';
import type { Errand } from './errands.ts';

export type BonusCommands = Pick<Commands, 'recordBonusPaid' | 'recordBonusFailed'>;

/**
 * Bonuses without an outcome. The bonus's id is the token that makes a repeated call the same payment. Of those alike
 * (assignment, amount, reason) one is paid after the other: should the marketplace have forgotten the token, they are
 * counted.
 */
export async function bonusesToPay(
  { db, commands }: { readonly db: Database; readonly commands: BonusCommands },
  { limit }: { limit: number },
): Promise<readonly Errand[]> {
  const granted = await awaitingBonus(db, { limit });
  return granted.map((bonus) => {
    const { bonusId, assignmentId, workerId, amountCents: cents, reason, grantedAt: decidedAt, paidAlike } = bonus;
    const context = { actor: 'marketplace', requestId: bonusId } as const;
    return {
      key: `bonus ${bonusId}`,
      sandbox: bonus.sandbox,
      run: (call) =>
        call(
          (market) => market.bonus({ token: bonusId, decidedAt, assignmentId, workerId, cents, reason, paidAlike }),
          {
            done: () => commands.recordBonusPaid(context, { assignmentId, bonusId }),
            failed: (code, message) => commands.recordBonusFailed(context, { assignmentId, bonusId, code, message }),
          },
        ),
    };
  });
}
