export const dollars = (cents: number): string =>
  (cents / 100).toLocaleString('en-US', { style: 'currency', currency: 'USD' });

/** A span of time as a person says it. */
export function duration(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  if (seconds < 120) return `${seconds} s`;
  if (minutes < 120) return `${minutes} min`;
  return `${Math.round(minutes / 60)} hours`;
}

/** What a HIT pays for an hour at least: for somebody who uses all the time there is. */
export const leastAnHour = ({
  rewardCents,
  assignmentDurationSeconds,
}: {
  rewardCents: number;
  assignmentDurationSeconds: number;
}): string => dollars(Math.floor((rewardCents * 3600) / assignmentDurationSeconds));

export const counted = (many: number, one: string, more = `${one}s`): string =>
  `${many.toLocaleString('en-US')} ${many === 1 ? one : more}`;
