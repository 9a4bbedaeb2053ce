import pino from 'pino';
import { v7 as uuidv7 } from 'uuid';
import type { DomainEvent, NewEvent, StreamName } from '../../src/domain/event.ts';
import { streamOf } from '../../src/domain/event.ts';
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

const FIELDS: ProtoHitFields = {
  hitTypeId: 'bench',
  title: 'Bench',
  description: 'Bench',
  keywords: '',
  url: 'http://127.0.0.1/',
  frameHeight: 0,
  rewardCents: 5,
  assignmentDurationSeconds: 86_400,
  lifetimeSeconds: 86_400,
  autoApprovalDelaySeconds: 0,
  maxAssignments: 1_000_000,
  workerLocale: '',
  approvalRating: 0,
  maxWaitSeconds: 80_000,
};

export const MARKETPLACE_HIT = 'BENCHHIT';

/**
 * Writes a ProtoHIT, a reservation that needs everybody (or they would be released), a HIT on the market and as many
 * waiting workers into the log.
 */
export async function seedWaiting(
  databaseUrl: string,
  count: number,
  names = 'BENCHA',
): Promise<{ protoHitId: string; assignments: readonly string[] }> {
  const pool = createPool(databaseUrl, { max: 4, applicationName: 'bench seed', onError: () => {} });
  const store = createPostgresStore({ url: databaseUrl, pool, log: pino({ level: 'silent' }) });
  const at = Date.now();
  const ready = (event: DomainEvent): NewEvent => ({
    ...event,
    id: EventId.parse(uuidv7()),
    recordedAt: at,
    metadata: { actor: 'scheduler', correlationId: 'bench', causationId: 'bench' },
  });
  const open = (stream: StreamName, ...events: readonly DomainEvent[]) =>
    store.append([{ stream, expectedRevision: 'noStream', events: events.map(ready) }]);

  const protoHitId = ProtoHitId.parse(uuidv7());
  const hitId = HitId.parse(uuidv7());
  const marketplaceHitId = MarketplaceHitId.parse(MARKETPLACE_HIT);
  await open(streamOf.protoHit(protoHitId), {
    type: 'ProtoHitDefined',
    data: { protoHitId, fields: FIELDS, sandbox: true, at },
  });
  await open(
    streamOf.hit(hitId),
    {
      type: 'HitPostRequested',
      data: {
        hitId,
        protoHitId,
        recruitedFor: null,
        fields: FIELDS,
        sandbox: true,
        maxAssignments: 1_000_000,
        at,
      },
    },
    { type: 'HitPosted', data: { marketplaceHitId, expiresAt: at + 86_400_000, at } },
  );
  const reservationId = ReservationId.parse(uuidv7());
  await open(streamOf.reservation(reservationId), {
    type: 'ReservationMade',
    data: {
      reservationId,
      protoHitId,
      foreignId: 'later',
      payload: null,
      expectedAt: at + 86_400_000,
      numAssignments: 10_000,
      at,
    },
  });
  const assignments = Array.from({ length: count }, (_, n) => AssignmentId.parse(`${names}${n}`));
  await Promise.all(
    assignments.map((assignmentId, n) =>
      open(streamOf.assignment(assignmentId), {
        type: 'WorkerArrived',
        data: {
          assignmentId,
          workerId: WorkerId.parse(`BENCHW${n}`),
          hitId,
          marketplaceHitId,
          protoHitId,
          recruitedFor: null,
          isSigned: false,
          at,
        },
      }),
    ),
  );
  await store.close();
  await pool.end();
  return { protoHitId, assignments };
}
