import pino from 'pino';
import { v7 as uuidv7 } from 'uuid';
import { type DomainEvent, type NewEvent, type StreamName, streamOf } from '../../src/domain/event.ts';
import {
  AssignmentId,
  EventId,
  HitId,
  MarketplaceHitId,
  ProtoHitId,
  ReservationId,
  WorkerId,
} from '../../src/domain/ids.ts';
import type { ProtoHitFields } from '../../src/domain/protoHit.ts';
import { createPostgresStore } from '../../src/event-store/postgres/store.ts';
import { createPool } from '../../src/postgres/pool.ts';

const TITLES = ['Name the bird', 'Caption a second of speech', 'Shorten a paragraph', 'Is this the same person?'];
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

const fieldsOf = (n: number): ProtoHitFields => ({
  hitTypeId: `busy-${n}`,
  title: TITLES[n % TITLES.length] ?? 'A task',
  description: 'Wait here, then work a little. Waiting is paid.',
  keywords: '',
  url: 'http://127.0.0.1/',
  frameHeight: 0,
  rewardCents: 5 + n,
  assignmentDurationSeconds: DAY_MS / 1000,
  lifetimeSeconds: DAY_MS / 1000,
  autoApprovalDelaySeconds: 0,
  maxAssignments: 1_000_000,
  workerLocale: '',
  approvalRating: 0,
  maxWaitSeconds: DAY_MS / 1000,
});

/** The same numbers every time. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

type Written = readonly [stream: StreamName, ...events: readonly DomainEvent[]];

/** Four ProtoHITs, as many reservations of the last day (all but a few over), and as many workers who wait. */
export async function seedBusyHouse(
  databaseUrl: string,
  { reservations, waiting }: { reservations: number; waiting: number },
): Promise<{ readonly assignments: readonly { assignmentId: string; workerId: string; hitId: string }[] }> {
  const random = randomOf(7);
  const now = Date.now();
  const protoHits = TITLES.map((_, n) => {
    const protoHitId = ProtoHitId.parse(uuidv7());
    const hitId = HitId.parse(uuidv7());
    const marketplaceHitId = MarketplaceHitId.parse(`BUSYHIT${n}`);
    return { n, protoHitId, hitId, marketplaceHitId, sandbox: n !== 3 };
  });
  const protoHitOf = (n: number) => protoHits[n % protoHits.length] ?? protoHits[0];

  const opening = protoHits.flatMap(({ n, protoHitId, hitId, marketplaceHitId, sandbox }): Written[] => [
    [
      streamOf.protoHit(protoHitId),
      { type: 'ProtoHitDefined', data: { protoHitId, fields: fieldsOf(n), sandbox, at: now - DAY_MS } },
    ],
    [
      streamOf.hit(hitId),
      {
        type: 'HitPostRequested',
        data: {
          ...{ hitId, protoHitId, recruitedFor: null, fields: fieldsOf(n), sandbox },
          ...{ maxAssignments: 1_000_000, at: now - DAY_MS },
        },
      },
      { type: 'HitPosted', data: { marketplaceHitId, expiresAt: now + DAY_MS, at: now - DAY_MS + 900 } },
    ],
  ]);
  const arrived = (n: number, at: number) => {
    const { protoHitId = ProtoHitId.parse(uuidv7()), hitId, marketplaceHitId } = protoHitOf(n) ?? {};
    if (hitId === undefined || marketplaceHitId === undefined) throw new Error('there is no such ProtoHIT');
    const assignmentId = AssignmentId.parse(`BUSYA${n}`);
    const workerId = WorkerId.parse(`BUSYW${n}`);
    const came: DomainEvent = {
      type: 'WorkerArrived',
      data: { assignmentId, workerId, hitId, marketplaceHitId, protoHitId, recruitedFor: null, isSigned: false, at },
    };
    return { assignmentId, workerId, hitId: marketplaceHitId, came };
  };
  const past = Array.from({ length: reservations }, (_, n): Written[] => {
    const madeAt = Math.round(now - DAY_MS * (1 - n / reservations) - 5_000);
    const protoHitId = protoHitOf(n)?.protoHitId ?? ProtoHitId.parse(uuidv7());
    const reservationId = ReservationId.parse(uuidv7());
    const stream = streamOf.reservation(reservationId);
    const made: DomainEvent = {
      type: 'ReservationMade',
      data: {
        ...{ reservationId, protoHitId, foreignId: `picture-${n}`, payload: null },
        ...{ expectedAt: madeAt + 60_000, numAssignments: 1 + (n % 4), at: madeAt },
      },
    };
    if (n % 50 === 0 || reservations - n < 12) return [[stream, made]];
    const invokedAt = madeAt + 1_000 + Math.floor(random() * 2_000);
    const invoked: DomainEvent = { type: 'ReservationInvoked', data: { foreignId: `picture-${n}`, at: invokedAt } };
    if (n % 50 === 1 || n % 5 !== 0)
      return [[stream, made, invoked, { type: 'ReservationFinished', data: { at: madeAt + 4_000 } }]];
    const { assignmentId, workerId, came } = arrived(waiting + n, madeAt - Math.round(random() * HOUR_MS * 0.2));
    const calledAt = invokedAt + 5 + Math.round(random() ** 4 * 900);
    const respondedAt = calledAt + 400 + Math.round(random() ** 2 * 6_000);
    const task = { reservationId, foreignId: `picture-${n}` };
    return [
      [
        ...([stream, made, invoked] as const),
        { type: 'WorkerDispatched', data: { assignmentId, workerId, at: calledAt } },
        { type: 'ReservationFinished', data: { at: respondedAt + 20_000 } },
      ],
      [
        ...([streamOf.assignment(assignmentId), came] as const),
        { type: 'TaskAssigned', data: { ...task, at: calledAt } },
        {
          type: 'WorkerResponded',
          data: { reservationId, afterMs: respondedAt - calledAt, reactedAfterMs: null, at: respondedAt },
        },
        { type: 'AssignmentSubmitted', data: { at: respondedAt + 20_000 } },
        { type: 'AssignmentApproved', data: { at: respondedAt + 21_000 } },
      ],
    ];
  });
  const crowd = Array.from({ length: waiting }, (_, n) => arrived(n, now - Math.round(random() * HOUR_MS)));
  await write(databaseUrl, [
    ...opening,
    ...past.flat(),
    ...crowd.map(({ assignmentId, came }): Written => [streamOf.assignment(assignmentId), came]),
  ]);
  return { assignments: crowd };
}

async function write(databaseUrl: string, streams: readonly Written[]): Promise<void> {
  const pool = createPool(databaseUrl, { max: 4, applicationName: 'bench seed', onError: () => {} });
  const store = createPostgresStore({ url: databaseUrl, pool, log: pino({ level: 'silent' }) });
  const ready = (event: DomainEvent): NewEvent => ({
    ...event,
    id: EventId.parse(uuidv7()),
    recordedAt: event.data.at,
    metadata: { actor: 'scheduler', correlationId: 'bench', causationId: 'bench' },
  });
  for (let from = 0; from < streams.length; from += 2_000)
    await Promise.all(
      streams
        .slice(from, from + 2_000)
        .map(([stream, ...events]) =>
          store.append([{ stream, expectedRevision: 'noStream', events: events.map(ready) }]),
        ),
    );
  await store.close();
  await pool.end();
}
