import { afterEach, beforeEach, expect, test } from 'vitest';
import { bystandersOf, streamsTouchedBy } from '../../src/projections/storyStreams.ts';
import { ids, STARTED_AT } from '../support/events.ts';
import { happened, on, plainly } from '../support/happenings.ts';
import { freshReadModels, type ReadModels } from '../support/readModels.ts';

let models: ReadModels;
let db: ReadModels['db'];
let given: ReadModels['given'];
beforeEach(async () => {
  models = await freshReadModels();
  ({ db, given } = models);
});
afterEach(() => models.database.drop());

const pool = { reservationId: ids.reservation(1), protoHitId: ids.protoHit(1) };

test('a reservation touches the HITs posted for it, who came by them, and who was called to it', async () => {
  await given(on.hit(1), happened.postRequested(1, { recruitedFor: ids.reservation(1) }));
  await given(on.hit(2), happened.postRequested(2));
  await given(on.assignment(1), happened.arrived(1, { recruitedFor: ids.reservation(1) }));
  await given(on.assignment(2), happened.arrived(2), happened.taskAssigned(1, 5));
  await given(on.assignment(3), happened.arrived(3, { recruitedFor: ids.reservation(1) }), happened.taskAssigned(2, 5));
  await given(on.assignment(4), happened.arrived(4, { recruitedFor: ids.reservation(2) }));
  expect(await streamsTouchedBy(db, ids.reservation(1))).toEqual(
    [on.assignment(1), on.assignment(2), on.assignment(3), on.hit(1)].sort(),
  );
  expect(await streamsTouchedBy(db, ids.reservation(2))).toEqual([on.assignment(3), on.assignment(4)]);
  expect(await streamsTouchedBy(db, ids.reservation(3))).toEqual([]);
});

test('who waited in a stretch of time: not those who were gone before, came after, or wait for something else', async () => {
  await given(on.assignment(1), happened.arrived(1, { at: 10 }), happened.lost(99));
  await given(on.assignment(2), happened.arrived(2, { at: 20 }), plainly('AssignmentReturned', 100));
  await given(on.assignment(3), happened.arrived(3, { at: 200 }));
  await given(on.assignment(4), happened.arrived(4, { at: 201 }));
  await given(on.assignment(5), happened.arrived(5, { at: 30 }), happened.lost(40), happened.arrived(5, { at: 60 }));
  await given(on.assignment(6), happened.arrived(6, { at: 30, protoHitId: ids.protoHit(2) }));
  await given(on.hit(1), happened.postRequested(1, { at: 150 }));
  // Its own people are no bystanders.
  await given(on.assignment(7), happened.arrived(7, { at: 30, recruitedFor: ids.reservation(1) }));
  await given(on.assignment(8), happened.arrived(8, { at: 30 }), happened.taskAssigned(1, 120));
  const stretch = { ...pool, from: STARTED_AT + 100, to: STARTED_AT + 200 };
  const waited = [
    { assignmentId: ids.assignment(2), since: STARTED_AT + 20 },
    { assignmentId: ids.assignment(5), since: STARTED_AT + 30 },
    { assignmentId: ids.assignment(3), since: STARTED_AT + 200 },
  ];
  expect(await bystandersOf(db, stretch)).toEqual(waited);
  expect(await bystandersOf(db, { ...stretch, to: null })).toEqual([
    ...waited,
    { assignmentId: ids.assignment(4), since: STARTED_AT + 201 },
  ]);
});

test('a wait whose end was recorded by a clock that is behind is no wait that ends before it began', async () => {
  await given(on.assignment(1), happened.arrived(1, { at: 10 }), happened.taskAssigned(2, 5));
  const moment = { ...pool, from: STARTED_AT + 10, to: STARTED_AT + 10 };
  expect(await bystandersOf(db, moment)).toMatchObject([{ assignmentId: ids.assignment(1) }]);
});
