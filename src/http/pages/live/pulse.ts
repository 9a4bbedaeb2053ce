import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Instant } from '../../../domain/ids.ts';
import { isReady, type Readiness } from '../../readiness.ts';
import { sendTo } from './sendTo.ts';

/** Pages take a service for gone that says nothing for some of these. */
const EVERY_MS = 2_000;
/** A page is told within this that nothing is known, however long the database keeps silent. */
const LATE_MS = 2_000;

export type Pulse = {
  /** `isWell`: what this page shows could be read the last time. */
  readonly join: (page: ServerResponse, isWell: () => boolean) => void;
  readonly leave: (page: ServerResponse) => void;
};

/**
 * Tells pages every two seconds that the service is there, and whether it is ready: what they show is only as new as the
 * last time that it was. Asked for all pages at once, and not at all while none is open.
 */
export function createPulse({ readiness, clock }: { readiness: Readiness; clock: () => Instant }): Pulse {
  const pages = new Map<ServerResponse, () => boolean>();
  let timer: NodeJS.Timeout | undefined;
  let isBeating = false;

  const beat = async (): Promise<void> => {
    if (isBeating) return;
    isBeating = true;
    clearTimeout(timer);
    const late = sleep(LATE_MS, false, { ref: false });
    const ready = await Promise.race([readiness().then(isReady, () => false), late]);
    for (const [page, isWell] of pages)
      sendTo(page, `event: pulse\ndata: ${JSON.stringify({ at: clock(), ready: ready && isWell() })}\n\n`);
    isBeating = false;
    if (pages.size > 0) timer = setTimeout(() => void beat(), EVERY_MS);
  };
  return {
    join: (page, isWell) => {
      pages.set(page, isWell);
      if (pages.size === 1) void beat();
    },
    leave: (page) => {
      pages.delete(page);
      if (pages.size === 0) clearTimeout(timer);
    },
  };
}
