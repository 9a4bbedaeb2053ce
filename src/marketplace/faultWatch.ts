import type { Logger } from 'pino';
import type { Instant } from '../domain/ids.ts';
import type { MeasuredCall } from './measured.ts';

export type CallOfSide = MeasuredCall & { readonly side: 'sandbox' | 'live' };

type Kept = { readonly code: string; readonly notedAt: Instant } | 'well';

/** That a fault goes on is noted this often. */
const NOTE_EVERY_MS = 30_000;

/**
 * Watches every call for faults that pass: those are tried again for ever, so somebody has to be told. One warning a
 * change of the code, one line when it is over, and a note that outlives this process.
 */
export function createFaultWatch({
  note,
  forget,
  clock,
  log,
}: {
  readonly note: (fault: {
    side: CallOfSide['side'];
    call: string;
    code: string;
    message: string;
    lastAt: Instant;
  }) => Promise<void>;
  readonly forget: (call: Pick<CallOfSide, 'side' | 'call'>) => Promise<void>;
  readonly clock: () => Instant;
  readonly log: Logger;
}): (call: CallOfSide) => void {
  const known = new Map<string, Kept>();
  let written = Promise.resolve();

  /** One after the other: what is noted last is true. */
  const write = (what: () => Promise<void>): void => {
    written = written
      .then(what)
      .catch((error: unknown) => log.debug({ err: error }, "a marketplace's fault could not be noted"));
  };

  return ({ side, call, outcome, fault: code = 'Unknown', message = '' }) => {
    const key = `${side} ${call}`;
    const before = known.get(key);
    if (outcome !== 'passing') {
      if (before === 'well') return;
      known.set(key, 'well');
      if (before !== undefined) log.info({ side, call, code: before.code }, 'the marketplace answers again');
      return write(() => forget({ side, call }));
    }
    const now = clock();
    const isNew = before === undefined || before === 'well' || before.code !== code;
    if (isNew)
      log.warn({ side, call, code, reason: message }, 'the marketplace is unwell; what it owes is asked again');
    else if (now < before.notedAt + NOTE_EVERY_MS) return;
    known.set(key, { code, notedAt: now });
    write(() => note({ side, call, code, message, lastAt: now }));
  };
}
