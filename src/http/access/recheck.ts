import type { Logger } from 'pino';

/** How long a stream may outlive the right to read it. */
export const RECHECK_MS = 15_000;

/** Asks now and then whether whoever reads a stream still may, and ends it when they may not; until it is stopped. */
export type Recheck = (isAllowed: () => Promise<boolean>, end: () => void) => () => void;

/** A database that is away decides nothing: the next time tells. */
export const createRecheck =
  ({ everyMs, log }: { everyMs: number; log: Logger }): Recheck =>
  (isAllowed, end) => {
    const timer = setInterval(async () => {
      const allowed = await isAllowed().catch((error: unknown) => {
        log.debug({ err: error }, 'whether a stream may go on could not be asked; asking again');
        return true;
      });
      if (allowed) return;
      clearInterval(timer);
      end();
    }, everyMs);
    return () => clearInterval(timer);
  };
