import type { Instant, ReservationId } from '../../../domain/ids.ts';
import { ProtoHitId } from '../../../domain/ids.ts';
import type { EventStore } from '../../../event-store/port.ts';
import type { Database } from '../../../postgres/pool.ts';
import { findProtoHit } from '../../../projections/protoHits.ts';
import { historyOf } from '../../../story/history.ts';
import { storyOf } from '../../../story/story.ts';
import { timelineOf } from '../../../story/timeline.ts';
import type { Picture } from '../live/picture.ts';

export type AskedStory = {
  readonly id: ReservationId;
  /** As it was known then; null: now. */
  readonly asOf: Instant | null;
};

/** What a reservation's page shows: its story, told and drawn. Null if there was no such reservation (yet). */
export async function lookAtReservation(
  sources: { db: Database; store: Pick<EventStore, 'read'> },
  { id, asOf }: AskedStory,
): Promise<Picture | null> {
  const history = await historyOf(sources, id);
  const story = history && storyOf(history.gathered, { moment: asOf, labels: history.labels });
  if (history === null || story === null) return null;
  const { summary, state, people, peopleLeftOut, lines } = story;
  const protoHitId = ProtoHitId.safeParse(state['protoHitId']).data;
  const protoHit = protoHitId && (await findProtoHit(sources.db, protoHitId));
  const timeline = timelineOf(history.gathered, { moment: asOf });
  const told = new Map(people.map((person) => [person.assignmentId, person]));
  return {
    facts: {
      ...{ summary, state, peopleLeftOut, marks: timeline.marks },
      protoHit: protoHit && { title: protoHit.fields.title, sandbox: protoHit.sandbox },
    },
    lists: {
      hits: timeline.hits,
      people: timeline.people.map((person) => ({
        ...person,
        called: told.get(person.id)?.called ?? '',
        paid: told.get(person.id)?.paid ?? '',
      })),
      lines: lines.map(({ raw: _, stream: __, revision: ___, position: ____, ...line }) => line),
    },
  };
}
