/** What every statement says that comes after one that failed, in the same transaction. */
const IN_FAILED_TRANSACTION = '25P02';

export const isAftermath = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === IN_FAILED_TRANSACTION;

/**
 * Waits for work whose statements were sent over one connection without waiting for one another: one round trip for
 * all. Postgres does them in order. Throws, when all have ended, what failed first, not what failed because of it.
 */
export async function pipelined<const Work extends readonly Promise<unknown>[]>(
  work: Work,
): Promise<{ -readonly [Index in keyof Work]: Awaited<Work[Index]> }> {
  const outcomes = await Promise.allSettled(work);
  const failures = outcomes.flatMap((outcome): unknown[] => (outcome.status === 'rejected' ? [outcome.reason] : []));
  if (failures.length > 0) throw failures.find((failure) => !isAftermath(failure)) ?? failures[0];
  return Promise.all(work);
}
