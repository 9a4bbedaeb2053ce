/** What a look at a live installation found: what was looked at, and what an operator should know or do. */
export type Finding = {
  readonly state: 'ok' | 'warning' | 'failed';
  readonly check: string;
  readonly says: string;
};

export type Said = Omit<Finding, 'check'>;
export const ok = (says: string): Said => ({ state: 'ok', says });
export const warning = (says: string): Said => ({ state: 'warning', says });
export const failed = (says: string): Said => ({ state: 'failed', says });

/** A check that throws has failed, and keeps no other from its turn. */
export async function examined(check: string, look: () => Promise<Said>): Promise<Finding> {
  try {
    return { check, ...(await look()) };
  } catch (error) {
    return { check, ...failed(error instanceof Error ? error.message : String(error)) };
  }
}

const MOST_SKEW_MS = 1_000;

/**
 * `skewMs`: how far another machine's clock is ahead of this one's, known no better than that it is at most `withinMs`
 * more: the least that this can mean is said.
 */
export function clocks(whose: string, skewMs: number, { withinMs = 0 } = {}): Said {
  const skew = Math.round(skewMs > 0 ? skewMs : Math.min(0, skewMs + withinMs));
  if (skew === 0 && withinMs > 0)
    return ok(`${whose} clock agrees with this machine's, as far as ${withinMs} ms can tell`);
  const says = `${whose} clock is ${Math.abs(skew)} ms ${skew < 0 ? 'behind' : 'ahead of'} this machine's`;
  return Math.abs(skew) > MOST_SKEW_MS ? warning(`${says}: run NTP on both`) : ok(says);
}
