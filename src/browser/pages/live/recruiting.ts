export type Recruited = {
  /** People still to be found, beside those who wait. */
  readonly missing: number;
  readonly market: { readonly open: number; readonly awaited: number };
};

/** What the market has for a reservation: `3 on the market for 1 missing · 2 taken, nobody came yet`. */
export function recruitingWords({ missing, market: { open, awaited } }: Recruited): string {
  const offered =
    missing > 0
      ? `${open.toLocaleString()} on the market for ${missing.toLocaleString()} missing`
      : open > 0
        ? `${open.toLocaleString()} on the market, nobody is missing`
        : '';
  const taken = awaited > 0 ? `${awaited.toLocaleString()} taken, nobody came yet` : '';
  return [offered, taken].filter((part) => part !== '').join(' · ');
}
