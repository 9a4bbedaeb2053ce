/** Nobody spends real money by mistake. */
export const isSureOfRealMoney = (title: string): boolean =>
  confirm(`Post new HITs of “${title}” to the real market? From now on they cost real money.`);
