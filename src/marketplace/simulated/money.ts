/** US cents from a decimal number of dollars as MTurk writes it, like "0.05". */
export const toCents = (dollars: string): number => Math.round(Number(dollars) * 100);

/** Cents as MTurk writes money: "123.45". */
export const toDollars = (cents: number): string => (cents / 100).toFixed(2);

/** What the marketplace keeps of a bonus. For rewards see `marketplace.fee_on_reward` in migration 0003. */
export const feeOnBonus = (cents: number): number => Math.max(1, Math.round(cents * 0.2));
