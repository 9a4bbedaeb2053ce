import type { Logger } from 'pino';

/** What the request log needs of a logger. */
export type AccessLog = Pick<Logger, 'info' | 'debug'>;

const MINUTE_MS = 60_000;

/** Counts the requests that it is told of, and says once a minute how many there were: a terminal is for people. */
export function accessSummary(log: AccessLog): { readonly accessLog: AccessLog; readonly stop: () => void } {
  let requests = 0;
  let failed = 0;
  let slowestMs = 0;
  const count = (answered: unknown): void => {
    const { status = 0, ms = 0 } = (answered ?? {}) as { status?: number; ms?: number };
    requests++;
    if (status >= 500) failed++;
    slowestMs = Math.max(slowestMs, ms);
  };
  const say = (): void => {
    if (requests === 0) return;
    log.info({ requests, failed, slowestMs }, 'requests answered in the last minute');
    [requests, failed, slowestMs] = [0, 0, 0];
  };
  const timer = setInterval(say, MINUTE_MS);
  timer.unref();
  return { accessLog: { info: count, debug: () => {} }, stop: () => clearInterval(timer) };
}
