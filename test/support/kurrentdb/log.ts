/** A place in the log: sparse, as bytes in files are. Events of one transaction share its commit. */
export type LogPosition = { readonly commit: bigint; readonly prepare: bigint };

/** An event as the server keeps it. */
export type LoggedEvent = {
  readonly id: string;
  readonly stream: string;
  readonly revision: number;
  readonly position: LogPosition;
  readonly type: string;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
  readonly createdAt: number;
};

export type Proposed = Pick<LoggedEvent, 'id' | 'type' | 'data' | 'metadata'>;

/** -1 no stream, -2 anything, -4 some stream, else the revision of the last event. */
export type Write = { readonly stream: string; readonly expected: number; readonly events: readonly Proposed[] };

export type Committed =
  | { readonly type: 'committed'; readonly position: LogPosition; readonly revisions: ReadonlyMap<string, number> }
  | { readonly type: 'conflict'; readonly stream: string; readonly expected: number; readonly actual: number }
  | { readonly type: 'tombstoned'; readonly stream: string };

/** How many of the last writes are remembered for appends that expect anything. */
const RECENT = 100;
/** What a soft delete leaves as a stream's $tb, until somebody appends to it again. */
const DELETED = Number.MAX_SAFE_INTEGER;

export const isAfter = (one: LogPosition, other: LogPosition): boolean =>
  one.commit === other.commit ? one.prepare > other.prepare : one.commit > other.commit;

/** The log of one server, or of a cluster's nodes together. */
export function createLog() {
  const log: LoggedEvent[] = [];
  const streams = new Map<string, LoggedEvent[]>();
  const tombstones = new Set<string>();
  const recent: { stream: string; ids: string }[] = [];
  const watchers = new Set<() => void>();
  let end = 0n;
  let ahead = 0;
  const now = (): number => Date.now() + ahead;

  const last = (stream: string): number => (streams.get(stream)?.length ?? 0) - 1;

  /** A number that the stream's metadata say: how long events are kept ($maxAge), where it begins ($tb). */
  const setting = (stream: string, name: '$maxAge' | '$tb'): number | undefined => {
    const metadata = streams.get(`$$${stream}`)?.at(-1);
    if (metadata === undefined) return undefined;
    const parsed: unknown = JSON.parse(Buffer.from(metadata.data).toString('utf8'));
    const value = typeof parsed === 'object' && parsed !== null ? Reflect.get(parsed, name) : undefined;
    return typeof value === 'number' ? value : undefined;
  };
  const isDeleted = (stream: string): boolean => setting(stream, '$tb') === DELETED;

  /** The same ids at the revisions where they would be: the append was made before. */
  const isKnown = ({ stream, expected, events }: Write): boolean => {
    const own = streams.get(stream) ?? [];
    if (expected >= -1) return events.length > 0 && events.every(({ id }, n) => own[expected + 1 + n]?.id === id);
    const ids = events.map(({ id }) => id).join();
    return recent.some((one) => one.stream === stream && one.ids === ids);
  };

  const holds = ({ stream, expected }: Write): boolean => {
    if (expected === -2) return true;
    if (expected === -4) return last(stream) >= 0 && !isDeleted(stream);
    return last(stream) === expected || (expected === -1 && isDeleted(stream));
  };

  const record = (stream: string, event: Proposed, position: LogPosition): void => {
    const own = streams.get(stream) ?? [];
    streams.set(stream, own);
    const logged = { ...event, stream, revision: own.length, position, createdAt: now() };
    own.push(logged);
    log.push(logged);
  };

  const room = ({ data, metadata }: Proposed): bigint => 40n + BigInt(data.length + metadata.length);

  /** One stream's events are each their own commit; those of several are prepared, and committed as one. */
  const store = (writes: readonly Write[]): LogPosition => {
    const isTransaction = writes.length > 1;
    const total = writes.flatMap(({ events }) => events).reduce((sum, event) => sum + room(event), 0n);
    const commit = end + total + 40n;
    let prepare = end;
    for (const { stream, events } of writes) {
      // Whoever appends to a deleted stream goes on with its numbers, and readers see what comes from here on.
      if (isDeleted(stream)) setTruncation(stream, last(stream) + 1);
      recent.push({ stream, ids: events.map(({ id }) => id).join() });
      for (const event of events) {
        prepare += room(event);
        record(stream, event, { commit: isTransaction ? commit : prepare, prepare });
      }
    }
    end = isTransaction ? commit : prepare;
    recent.splice(0, recent.length - RECENT);
    return { commit: end, prepare };
  };

  const setTruncation = (stream: string, before: number): void => {
    end += 40n;
    const data = Buffer.from(JSON.stringify({ $maxAge: setting(stream, '$maxAge'), $tb: before }));
    const event = { id: crypto.randomUUID(), type: '$metadata', data, metadata: new Uint8Array() };
    record(`$$${stream}`, event, { commit: end, prepare: end });
  };

  return {
    commit: (writes: readonly Write[]): Committed => {
      if (writes.every(isKnown)) {
        const revisions = new Map(writes.map(({ stream, events, expected }) => [stream, expected + events.length]));
        return { type: 'committed', position: { commit: end, prepare: end }, revisions };
      }
      const gone = writes.find(({ stream }) => tombstones.has(stream));
      if (gone) return { type: 'tombstoned', stream: gone.stream };
      const refused = writes.find((write) => !holds(write));
      if (refused) return { type: 'conflict', ...refused, actual: last(refused.stream) };
      const position = store(writes);
      for (const watch of watchers) watch();
      return { type: 'committed', position, revisions: new Map(writes.map(({ stream }) => [stream, last(stream)])) };
    },
    all: (): readonly LoggedEvent[] => log,
    /** What readers of the stream see. */
    stream: (name: string): readonly LoggedEvent[] | 'not found' | 'tombstoned' => {
      if (tombstones.has(name)) return 'tombstoned';
      const [events, maxAge] = [streams.get(name), setting(name, '$maxAge')];
      if (events === undefined || isDeleted(name)) return 'not found';
      const from = setting(name, '$tb') ?? 0;
      const isKept = ({ createdAt }: LoggedEvent): boolean =>
        maxAge === undefined || now() - createdAt <= maxAge * 1000;
      return events.filter((event) => event.revision >= from && isKept(event));
    },
    /** Until somebody appends to it again. */
    softDelete: (stream: string): void => setTruncation(stream, DELETED),
    /** For ever. */
    tombstone: (stream: string): void => {
      tombstones.add(stream);
    },
    maxAge: (stream: string): number | undefined => setting(stream, '$maxAge'),
    /** How many events a stream got, whoever may still read them. */
    length: (stream: string): number => last(stream) + 1,
    /** The server's clock goes on. */
    pass: (milliseconds: number): void => {
      ahead += milliseconds;
    },
    onCommit: (watch: () => void): (() => void) => {
      watchers.add(watch);
      return () => watchers.delete(watch);
    },
  };
}

export type Log = ReturnType<typeof createLog>;
