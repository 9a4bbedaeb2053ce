import { feeOnReward } from '../domain/fees.ts';

/** A HIT that is to be posted, as far as its price goes. */
type Order = {
  readonly sandbox: boolean;
  readonly maxAssignments: number;
  readonly fields: { readonly rewardCents: number };
};

/** What a HIT costs in US cents if all its places are taken and paid, the marketplace's fee included; play costs nothing. */
export const priceOf = ({ sandbox, maxAssignments, fields: { rewardCents } }: Order): number =>
  sandbox ? 0 : maxAssignments * (rewardCents + feeOnReward(rewardCents, maxAssignments));

/** Parts orders into those that fit into what is left of a budget, first come first served, and those that do not. */
export function withinBudget<Item extends Order>(
  orders: readonly Item[],
  leftCents: number,
): { readonly affordable: readonly Item[]; readonly tooDear: readonly Item[] } {
  const affordable: Item[] = [];
  const tooDear: Item[] = [];
  let left = leftCents;
  for (const order of orders) {
    const price = priceOf(order);
    if (price > 0 && price > left) tooDear.push(order);
    else {
      left -= price;
      affordable.push(order);
    }
  }
  return { affordable, tooDear };
}
