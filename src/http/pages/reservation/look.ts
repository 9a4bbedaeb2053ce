import { feeOnReward } from '../../../domain/fees.ts';
import { type Instant, ProtoHitId, type ReservationId } from '../../../domain/ids.ts';
import type { EventStore } from '../../../event-store/port.ts';
import type { Database } from '../../../postgres/pool.ts';
import { NO_PLACES, placesOnMarketFor } from '../../../projections/marketPlaces.ts';
import { findProtoHit, type ProtoHitRow } from '../../../projections/protoHits.ts';
import { findReservation } from '../../../projections/reservations.ts';
import { sharesOf } from '../../../projections/shares.ts';
import { historyOf } from '../../../story/history.ts';
import { storyOf } from '../../../story/story.ts';
import { timelineOf } from '../../../story/timeline.ts';
import type { Picture } from '../live/picture.ts';

export type AskedStory = {
  readonly id: ReservationId;
  /** As it was known then; null: now. */
  readonly asOf: Instant | null;
  /** Also who waited at the time and was not its own, the first 200 of them; else only how many. */
  readonly others: boolean;
};

/** What a reservation's page shows: its story, told and drawn. Null if there was no such reservation (yet). */
export async function lookAtReservation(
  sources: { db: Database; store: Pick<EventStore, 'read'>; clock: () => Instant; pingTimeoutMs: number },
  { id, asOf, others }: AskedStory,
): Promise<Picture | null> {
  const history = await historyOf(sources, id, { bystanders: others ? 'first' : 'counted' });
  const story = history && storyOf(history.gathered, { moment: asOf, labels: history.labels });
  if (history === null || story === null) return null;
  const { summary, state, people, bystanders, lines } = story;
  const protoHitId = ProtoHitId.safeParse(state['protoHitId']).data;
  const protoHit = protoHitId && (await findProtoHit(sources.db, protoHitId));
  const timeline = timelineOf(history.gathered, { moment: asOf });
  const recruited = asOf === null ? await recruitedNow(sources, id) : null;
  const told = new Map(people.map((person) => [person.assignmentId, person]));
  const shown = timeline.people.map((person) => ({
    ...person,
    called: told.get(person.id)?.called ?? '',
    paid: told.get(person.id)?.paid ?? '',
  }));
  return {
    facts: {
      ...{ summary, state, bystanders, marks: timeline.marks },
      protoHit: protoHit && {
        title: protoHit.fields.title,
        sandbox: protoHit.sandbox,
        eachCents: centsForEach(protoHit),
      },
      recruited,
    },
    lists: {
      hits: timeline.hits,
      people: shown.filter(({ touched }) => touched),
      others: shown.filter(({ touched }) => !touched),
      lines: lines.map(({ raw: _, stream: __, revision: ___, position: ____, ...line }) => line),
    },
  };
}

const centsForEach = ({ fields: { rewardCents, maxAssignments } }: ProtoHitRow): number =>
  rewardCents + feeOnReward(rewardCents, maxAssignments);

/** Who waits for it, whom it lacks, and what the market has for it now; null: it is over. The log has no such moment to go back to. */
async function recruitedNow(
  { db, clock, pingTimeoutMs }: { db: Database; clock: () => Instant; pingTimeoutMs: number },
  id: ReservationId,
) {
  const reservation = await findReservation(db, id);
  if (reservation?.phase !== 'made' && reservation?.phase !== 'invoked') return null;
  const now = clock();
  const [shares, places] = await Promise.all([
    sharesOf(db, { now, pingTimeoutMs }, [reservation]),
    placesOnMarketFor(db, { now, reservationIds: [id] }),
  ]);
  return { ...(shares.get(id) ?? { waiting: 0, missing: 0 }), market: places.get(id) ?? NO_PLACES };
}
