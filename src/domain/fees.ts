/**
 * What the marketplace keeps of a reward, in US cents: 20 %, at least one cent, and 20 % more on HITs with ten or more
 * assignments (Mechanical Turk's pricing, 2015 to 2026). Rounded half up.
 */
export const feeOnReward = (rewardCents: number, maxAssignments: number): number => {
  const fifth = Math.round(rewardCents * 0.2);
  return Math.max(1, fifth) + (maxAssignments >= 10 ? fifth : 0);
};

/** What it keeps of a bonus: 20 %, at least one cent, however many assignments the HIT has. */
export const feeOnBonus = (bonusCents: number): number => Math.max(1, Math.round(bonusCents * 0.2));

/** What a reservation of `workers` people costs, and what it pays a person an hour. All in US cents. */
export type Cost = {
  /** To the marketplace for one assignment. */
  readonly feeCents: number;
  /** Reward and fee of one assignment. */
  readonly eachCents: number;
  readonly inTotalCents: number;
  readonly wageCentsAnHour: number;
};

/** `waitSeconds`: how long a person is expected to be there, waiting and working; the reward is all they get for it. */
export function costOf(
  { rewardCents, maxAssignments }: { rewardCents: number; maxAssignments: number },
  { workers, waitSeconds }: { workers: number; waitSeconds: number },
): Cost {
  const feeCents = feeOnReward(rewardCents, maxAssignments);
  const eachCents = rewardCents + feeCents;
  const wageCentsAnHour = Math.round((rewardCents * 3_600) / waitSeconds);
  return { feeCents, eachCents, inTotalCents: workers * eachCents, wageCentsAnHour };
}
