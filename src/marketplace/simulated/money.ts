/** US cents from a decimal number of dollars as MTurk writes it, like "0.05". */
export const toCents = (dollars: string): number => Math.round(Number(dollars) * 100);

/** Cents as MTurk writes money: "123.45". */
export const toDollars = (cents: number): string => (cents / 100).toFixed(2);

const share = (cents: number): number => Math.round(cents * 0.2);

/**
 * What the marketplace keeps of a payment, in cents: 20 %, at least one cent; on rewards of HITs with ten or more
 * assignments 20 % more (Mechanical Turk pricing, 2015 to 2026).
 */
export const feeOnReward = (cents: number, maxAssignments: number): number =>
  Math.max(1, share(cents)) + (maxAssignments >= 10 ? share(cents) : 0);

export const feeOnBonus = (cents: number): number => Math.max(1, share(cents));
