import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { WorkerEvent } from '../../marketplace/simulated/workers/worker.ts';
import { apiOf } from './api.ts';
import { workersTable } from './table.ts';

/** How many people are asked for. */
const ASKED = 3;
const ARRIVALS_PER_MINUTE = 60;
const LONGEST_STEP_MS = 180_000;
/** The person who misses the call, so that the story shows what happens then. */
const MISSES_THE_CALL = 3;

const PROTO_HIT = {
  hit_type_id: 'demo',
  title: 'Wait a little, then label a picture',
  description: 'You are paid for waiting on a page until you are called to a short task.',
  keywords: 'retainer, waiting, quick',
  frame_height: 600,
  reward: 0.1,
  assignment_duration: 600,
  lifetime: 600,
  auto_approval_delay: 0,
  max_assignments: 1,
  worker_locale: '',
  approval_rating: 0,
};

const Paid = z.array(z.object({ assignmentId: z.string(), paidCents: z.number() }));

/** Tells the main job as it happens, on a running service, and ends with a table. Answers with the exit code. */
export async function tellStory({
  url,
  apiKey,
  seed,
  signal,
}: {
  url: string;
  apiKey: string | undefined;
  seed: number;
  /** Ends the story before its end, with an error. */
  signal: AbortSignal;
}): Promise<number> {
  const { startSimulatedWorkers } = await import('../../marketplace/simulated/workers/crowd.ts');
  const api = apiOf(url, apiKey);
  const startedAt = Date.now();
  const say = (line: string): void => {
    process.stdout.write(`${((Date.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${line}\n`);
  };
  const until = async <T>(what: string, look: () => Promise<T | undefined>): Promise<T> => {
    const deadline = Date.now() + LONGEST_STEP_MS;
    while (Date.now() < deadline) {
      signal.throwIfAborted();
      const found = await look();
      if (found !== undefined) return found;
      await sleep(250, undefined, { signal });
    }
    throw new Error(`${what} did not happen within ${LONGEST_STEP_MS / 1000} s`);
  };

  const protoHit = await api.post('puttask', { json: JSON.stringify({ ...PROTO_HIT, url: `${url}/example` }) });
  say(`puttask defines the ProtoHIT "${PROTO_HIT.title}": ${protoHit}`);
  const foreignID = `picture-${seed}-${startedAt}`;
  const reservation = await api.post('reservation/make', { id: protoHit, foreignID, delay: 10, numAssignments: ASKED });
  say(`reservation/make asks for ${ASKED} workers in about 10 s: ${reservation}`);

  say('the scheduler recruits at once, unless it was set to do so in rounds');
  const posted = await until('posting HITs', async () => {
    const hits = (await api.hitsOf(reservation)).filter(({ hitID }) => hitID !== null);
    return hits.length > 0 ? hits : undefined;
  });
  say(`the scheduler posts HITs on the marketplace, through the AWS SDK: ${posted.length} so far`);

  const events: WorkerEvent[] = [];
  const leaving = new AbortController();
  const crowd = startSimulatedWorkers({
    baseUrl: url,
    ratePerMinute: ARRIVALS_PER_MINUTE,
    seed: seed + startedAt,
    signal: AbortSignal.any([leaving.signal, signal]),
    missesCall: (nth) => nth === MISSES_THE_CALL,
    onEvent: (event) => {
      events.push(event);
      say(WORDS[event.type](event.workerId, event.taskId));
    },
    onError: (error) => say(`a simulated worker failed: ${error instanceof Error ? error.message : String(error)}`),
  });
  say('simulated workers come to the marketplace');

  const workers = await until(`${ASKED} workers waiting`, async () => {
    const { workers } = await api.reservation(reservation);
    return workers >= ASKED ? workers : undefined;
  });
  say(`${workers} workers wait. Now the application needs them:`);
  const invokedAt = Date.now();
  await api.post('reservation/invoke', { id: reservation });
  say(`reservation/invoke was answered after ${Date.now() - invokedAt} ms`);

  const called = new Set<string>();
  await until('the work', async () => {
    for (const { type, taskId, assignmentId } of events)
      if (type === 'told' && taskId === foreignID) called.add(assignmentId);
    const submitted = events.filter(({ type, assignmentId }) => type === 'submitted' && called.has(assignmentId));
    if (submitted.length >= ASKED) return submitted;
    // Somebody else on the marketplace may have taken a slot.
    const { responded } = await api.reservation(reservation);
    return responded >= ASKED && submitted.length >= called.size ? submitted : undefined;
  });
  if (called.size < ASKED) say(`${ASKED - called.size} of the slots went to others who came to the marketplace`);
  await api.post('reservation/finish', { id: reservation });
  say('reservation/finish: nobody else is sent; those who still wait are released and paid for waiting');
  await until('releasing the others', async () => {
    const gone = new Set(events.flatMap(({ type, assignmentId }) => (AFTER_THE_WAIT.has(type) ? assignmentId : [])));
    const waited = events.filter(({ type }) => type === 'waiting');
    return waited.every(({ assignmentId }) => gone.has(assignmentId)) ? true : undefined;
  });
  await sleep(2_000, undefined, { signal });
  leaving.abort();
  await crowd;

  const paid = await payments(url, events);
  process.stdout.write(`\n${workersTable({ events, called, invokedAt, paid })}\n`);
  const { dispatched } = await api.reservation(reservation);
  const dollars = ([...paid.values()].reduce((sum, cents) => sum + cents, 0) / 100).toFixed(2);
  say(`${dispatched} of ${ASKED} slots filled, ${dollars} dollars paid to workers`);
  return dispatched === ASKED ? 0 : 1;
}

/** What ends a wait. */
const AFTER_THE_WAIT: ReadonlySet<WorkerEvent['type']> = new Set(['told', 'released', 'left']);

const WORDS: Readonly<Record<WorkerEvent['type'], (worker: string, task?: string | number) => string>> = {
  accepted: (worker) => `  ${worker} accepts a HIT`,
  waiting: (worker) => `  ${worker} waits on the landing page`,
  told: (worker, task) => `  ${worker} is called to ${task}`,
  responded: (worker) => `  ${worker} is back at the page and begins`,
  submitted: (worker) => `  ${worker} submits the HIT`,
  released: (worker) => `  ${worker} is told that the wait is over`,
  left: (worker) => `  ${worker} leaves`,
  ignored: (worker) => `  ${worker} does not notice the call; the slot goes to another after a while`,
};

/** What each assignment brought its worker, in cents, as the marketplace's books say. */
async function payments(url: string, events: readonly WorkerEvent[]): Promise<ReadonlyMap<string, number>> {
  const workers = [...new Set(events.map(({ workerId }) => workerId))];
  const earned = await Promise.all(
    workers.map(async (workerId) => {
      const response = await fetch(`${url}/marketplace/earnings?workerId=${workerId}`, {
        headers: { Accept: 'application/json' },
      });
      return Paid.parse(await response.json());
    }),
  );
  return new Map(earned.flat().map(({ assignmentId, paidCents }) => [assignmentId, paidCents]));
}
