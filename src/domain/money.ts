/** Returns an amount of US cents as people read it: `5.00 US dollars`. */
export const dollars = (cents: number): string => `${(cents / 100).toFixed(2)} US dollars`;
