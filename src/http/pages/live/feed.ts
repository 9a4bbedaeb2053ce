import type { ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { Instant } from '../../../domain/ids.ts';
import type { Recheck } from '../../access/recheck.ts';
import { STREAM_HEADERS } from '../../worker/streams.ts';
import { changesBetween, type Drawn, drawnOf, type Picture } from './picture.ts';
import type { Pulse } from './pulse.ts';
import { sendTo } from './sendTo.ts';

/** A page hears of changes this often at most. */
const SOONEST_MS = 250;
/** After a look that took long the next one waits so many times as long: looking never takes more than this share. */
const REST_FACTOR = 9;
/** A look that takes longer than this leaves what pages show too old to be called live. */
const LATE_MS = 5_000;
/** On one node. */
const MOST_PAGES = 500;

export type LiveFeed<Asked> = {
  /** Streams to a page what it asks to see, whenever that changes; false if there is no room. */
  readonly open: (response: ServerResponse, asked: Asked, isAllowed: () => Promise<boolean>) => boolean;
  /** Pages that are open, and different looks that are taken for them. */
  readonly size: () => { readonly pages: number; readonly looks: number };
  readonly close: () => void;
};

/**
 * Server-sent events to pages for people. Pages that ask for the same share one look at the database, and hear what
 * changed since the last. A look is due when something happened, and every `latestMs` for what time alone brings.
 */
export function createLiveFeed<Asked>({
  look,
  onChange,
  latestMs,
  clock,
  pulse,
  recheck,
  log,
}: {
  /** Null: there is nothing of the kind (any more). */
  look: (asked: Asked) => Promise<Picture | null>;
  onChange: (callback: () => void) => () => void;
  latestMs: number;
  /** Told to pages, whose own may be wrong. */
  clock: () => Instant;
  pulse: Pulse;
  /** A page is followed for as long as its visitor may see it. */
  recheck: Recheck;
  log: Logger;
}): LiveFeed<Asked> {
  const watches = new Map<string, Watch>();
  const pages = new Set<ServerResponse>();
  return {
    open: (response, asked, isAllowed) => {
      // Gone before it was let in: its end was told already, and is not told again.
      if (response.destroyed) return true;
      if (pages.size >= MOST_PAGES) return false;
      const key = JSON.stringify(asked);
      const watch = watches.get(key) ?? startWatch({ look: () => look(asked), onChange, latestMs, log });
      watches.set(key, watch);
      pages.add(response);
      const stop = recheck(isAllowed, () => response.end());
      response.once('close', () => {
        stop();
        pages.delete(response);
        pulse.leave(response);
        if (watch.leave(response) === 0) watches.delete(key);
      });
      response.writeHead(200, STREAM_HEADERS);
      response.write(`retry: 1000\nevent: clock\ndata: ${clock()}\n\n`);
      watch.join(response);
      pulse.join(response, watch.isWell);
      return true;
    },
    size: () => ({ pages: pages.size, looks: watches.size }),
    close: () => {
      for (const response of pages) response.end();
    },
  };
}

type Watch = {
  readonly join: (page: ServerResponse) => void;
  /** The last look succeeded, and the one under way takes no longer than it may. */
  readonly isWell: () => boolean;
  /** Answers with how many pages are left; the watch ends with the last. */
  readonly leave: (page: ServerResponse) => number;
};

function startWatch({
  look,
  onChange,
  latestMs,
  log,
}: {
  look: () => Promise<Picture | null>;
  onChange: (callback: () => void) => () => void;
  latestMs: number;
  log: Logger;
}): Watch {
  const pages = new Set<ServerResponse>();
  let drawn: Drawn | null = null;
  let isBusy = false;
  let isDue = false;
  let hasFailed = false;
  let lookingSince: number | null = null;
  let timer: NodeJS.Timeout | undefined;

  const round = async (): Promise<void> => {
    isDue = true;
    if (isBusy || pages.size === 0) return;
    isBusy = true;
    isDue = false;
    clearTimeout(timer);
    const startedAt = performance.now();
    lookingSince = startedAt;
    try {
      const picture = await look();
      const next = picture && drawnOf(picture);
      const changes = next && changesBetween(drawn, next);
      const text = changes === null ? ':\n\n' : messageOf(changes);
      for (const page of pages) sendTo(page, text);
      drawn = next ?? drawn;
      hasFailed = false;
    } catch (error) {
      hasFailed = true;
      log.debug({ err: error }, 'what a page shows could not be read; looking again');
    }
    lookingSince = null;
    timer = setTimeout(rested, Math.max(SOONEST_MS, REST_FACTOR * (performance.now() - startedAt)));
  };
  const rested = (): void => {
    isBusy = false;
    if (isDue) void round();
    else timer = setTimeout(() => void round(), latestMs);
  };
  const stop = onChange(() => void round());
  return {
    join: (page) => {
      pages.add(page);
      const all = drawn && changesBetween(null, drawn);
      if (all !== null) sendTo(page, messageOf(all));
      void round();
    },
    isWell: () => !hasFailed && (lookingSince === null || performance.now() - lookingSince < LATE_MS),
    leave: (page) => {
      pages.delete(page);
      if (pages.size === 0) {
        stop();
        clearTimeout(timer);
      }
      return pages.size;
    },
  };
}

const messageOf = (changes: string): string => `event: picture\ndata: ${changes}\n\n`;
