import type * as Kurrent from '@kurrent/kurrentdb-client';
import { StoreUnavailable } from '../port.ts';

export type Library = typeof Kurrent;
export type Client = Kurrent.KurrentDBClient;

/** A server that says nothing for this long is as good as away. */
const PATIENCE_MS = 10_000;

/**
 * The vendor's client, loaded only when a KurrentDB is configured: it brings a native part, which is missing on some
 * platforms, and then cannot even be imported.
 */
export async function loadLibrary(
  load: () => Promise<Library> = () => import('@kurrent/kurrentdb-client'),
): Promise<Library> {
  try {
    return await load();
  } catch (error) {
    throw new Error(
      `the client of KurrentDB cannot be loaded on ${process.platform}-${process.arch}: its native part is missing. ` +
        'Install without --omit=optional, or keep the log in Postgres (leave EVENT_STORE_URL out)',
      { cause: error },
    );
  }
}

/** Waits for a call no longer than a server may take: the client's own promises have no timer of their own. */
export async function within<T>(work: Promise<T>, patienceMs = PATIENCE_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new StoreUnavailable(`KurrentDB said nothing for ${patienceMs / 1000} s`)),
      patienceMs,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Faults that pass: no connection, no answer in time, another leader. What was asked may have been done all the same. */
const PASSING: ReadonlySet<string> = new Set([
  'unavailable',
  'deadline-exceeded',
  'timeout',
  'cancelled',
  'not-leader',
  'unknown',
]);

const typeOf = (error: unknown): string =>
  error instanceof Error && 'type' in error && typeof error.type === 'string' ? error.type : '';

export const isPassing = (error: unknown): boolean =>
  error instanceof StoreUnavailable ||
  PASSING.has(typeOf(error)) ||
  (error instanceof Error && /Failed to discover|ECONN|14 UNAVAILABLE/.test(error.message));

export const isOfType = (error: unknown, type: `${Kurrent.ErrorType}`): boolean => typeOf(error) === type;

/** What a call threw, as the port says it. */
export const asUnavailable = (error: unknown): unknown =>
  isPassing(error) && !(error instanceof StoreUnavailable)
    ? new StoreUnavailable('KurrentDB cannot be reached', { cause: error })
    : error;
