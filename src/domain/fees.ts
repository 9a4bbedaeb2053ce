/**
 * What the marketplace keeps of a reward, in US cents: 20 %, at least one cent, and 20 % more on HITs with ten or more
 * assignments (Mechanical Turk's pricing, 2015 to 2026). Rounded half up.
 */
export const feeOnReward = (rewardCents: number, maxAssignments: number): number => {
  const fifth = Math.round(rewardCents * 0.2);
  return Math.max(1, fifth) + (maxAssignments >= 10 ? fifth : 0);
};
