/** An event as the server keeps it. `position` is its place in the log: sparse, as bytes in files are. */
export type LoggedEvent = {
  readonly id: string;
  readonly stream: string;
  readonly revision: number;
  readonly position: bigint;
  readonly type: string;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
  readonly createdAt: number;
};

export type Proposed = Pick<LoggedEvent, 'id' | 'type' | 'data' | 'metadata'>;

/** -1 no stream, -2 anything, -4 some stream, else the revision of the last event. */
export type Write = { readonly stream: string; readonly expected: number; readonly events: readonly Proposed[] };

export type Committed =
  | { readonly type: 'committed'; readonly position: bigint; readonly revisions: ReadonlyMap<string, number> }
  | { readonly type: 'conflict'; readonly stream: string; readonly expected: number; readonly actual: number };

/** How many of the last writes are remembered for appends that expect anything. */
const RECENT = 100;

/** The log of one server, or of a cluster's nodes together. */
export function createLog() {
  const log: LoggedEvent[] = [];
  const streams = new Map<string, LoggedEvent[]>();
  const recent: { stream: string; ids: string }[] = [];
  const watchers = new Set<() => void>();
  let position = 0n;

  const last = (stream: string): number => (streams.get(stream)?.length ?? 0) - 1;

  /** The same ids at the revisions where they would be: the append was made before. */
  const isKnown = ({ stream, expected, events }: Write): boolean => {
    const own = streams.get(stream) ?? [];
    if (expected >= -1) return events.length > 0 && events.every(({ id }, n) => own[expected + 1 + n]?.id === id);
    const ids = events.map(({ id }) => id).join();
    return recent.some((one) => one.stream === stream && one.ids === ids);
  };

  const holds = ({ stream, expected }: Write): boolean =>
    expected === -2 || (expected === -4 ? last(stream) >= 0 : last(stream) === expected);

  const commit = (writes: readonly Write[], now = Date.now()): Committed => {
    if (writes.every(isKnown)) {
      const revisions = new Map(writes.map(({ stream, events, expected }) => [stream, expected + events.length]));
      return { type: 'committed', position, revisions };
    }
    const refused = writes.find((write) => !holds(write));
    if (refused) return { type: 'conflict', ...refused, actual: last(refused.stream) };
    for (const { stream, events } of writes) {
      recent.push({ stream, ids: events.map(({ id }) => id).join() });
      for (const event of events) {
        const own = streams.get(stream) ?? [];
        streams.set(stream, own);
        position += 40n + BigInt(event.data.length + event.metadata.length);
        const logged = { ...event, stream, revision: own.length, position, createdAt: now };
        own.push(logged);
        log.push(logged);
      }
    }
    recent.splice(0, recent.length - RECENT);
    for (const watch of watchers) watch();
    return { type: 'committed', position, revisions: new Map(writes.map(({ stream }) => [stream, last(stream)])) };
  };

  /** Seconds after which a stream's events are no longer read from it, as its metadata say. */
  const maxAge = (stream: string): number | undefined => {
    const metadata = streams.get(`$$${stream}`)?.at(-1);
    if (metadata === undefined) return undefined;
    const parsed: unknown = JSON.parse(Buffer.from(metadata.data).toString('utf8'));
    const age = typeof parsed === 'object' && parsed !== null && '$maxAge' in parsed ? parsed.$maxAge : undefined;
    return typeof age === 'number' ? age : undefined;
  };

  return {
    commit,
    all: (): readonly LoggedEvent[] => log,
    /** Undefined if there is no such stream. */
    stream: (name: string, now = Date.now()): readonly LoggedEvent[] | undefined => {
      const age = maxAge(name);
      return streams.get(name)?.filter(({ createdAt }) => age === undefined || now - createdAt <= age * 1000);
    },
    maxAge,
    onCommit: (watch: () => void): (() => void) => {
      watchers.add(watch);
      return () => watchers.delete(watch);
    },
  };
}

export type Log = ReturnType<typeof createLog>;
