import { describe, expect, test } from 'vitest';
import type { DomainEvent } from '../../src/domain/event.ts';
import type { ReservationId } from '../../src/domain/ids.ts';
import { ids, STARTED_AT } from '../support/events.ts';
import { happened, on, plainly } from '../support/happenings.ts';
import { type Happening, personIn, storyFrom } from './told.ts';

/** Reservation 1 wants one worker; it was made at 08:00:00 and is invoked a minute later. */
const made: Happening = [on.reservation(1), happened.reservationMade(1, { numAssignments: 1 })];
const invoked: Happening = [on.reservation(1), happened.invoked(60_000)];
const posted: Happening = [
  on.hit(1),
  happened.postRequested(1, { recruitedFor: ids.reservation(1) }),
  happened.posted(1, 1_000),
];
const arrives = (n: number, at: number, recruitedFor: ReservationId | null = ids.reservation(1)): Happening => [
  on.assignment(n),
  happened.arrived(n, { at, recruitedFor }),
];
/** As one append: the slot, and the call. */
const called = (n: number, at: number): readonly Happening[] => [
  [on.reservation(1), happened.dispatched(n, at)],
  [on.assignment(n), happened.taskAssigned(1, at)],
];

describe('why was she not called?', () => {
  test('nobody waited', async () => {
    const story = await storyFrom([made, posted, invoked, [on.reservation(1), plainly('ReservationFinished', 90_000)]]);
    expect(story.summary).toBe(
      'Invoked at 2027-01-15T08:01:00.000Z and finished at 2027-01-15T08:01:30.000Z: nobody was called, because nobody waited.',
    );
    expect(story.people).toEqual([]);
  });

  test('others had waited longer', async () => {
    const story = await storyFrom([
      made,
      posted,
      arrives(1, 10_000),
      arrives(2, 20_000),
      invoked,
      ...called(1, 60_000),
    ]);
    expect(personIn(story, 1).called).toBe(
      'Called at 2027-01-15T08:01:00.000Z, 0 s after the invoke; has not come to the task.',
    );
    expect(personIn(story, 2).called).toBe(
      'Not called: others had waited longer: at 2027-01-15T08:01:00.000Z worker WORKER1 was, waiting since 2027-01-15T08:00:10.000Z, this worker since 2027-01-15T08:00:20.000Z.',
    );
  });

  test('another had come by a HIT that was posted for this reservation', async () => {
    const story = await storyFrom(
      [made, arrives(2, 10_000, null), posted, arrives(1, 20_000), invoked, ...called(1, 60_000)],
      on.assignment(2),
    );
    expect(personIn(story, 2)).toMatchObject({
      touched: false,
      called:
        'Not called: at 2027-01-15T08:01:00.000Z worker WORKER1 was, who had come by a HIT posted for this reservation.',
    });
  });

  test('she waited longer, but her page was silent', async () => {
    const story = await storyFrom([made, arrives(2, 10_000), arrives(1, 20_000), invoked, ...called(1, 60_000)]);
    expect(personIn(story, 2).called).toMatch(
      /though waiting since .*08:00:20.000Z only: this worker's page was silent/,
    );
  });

  test('she was lost before anybody was called', async () => {
    const story = await storyFrom([
      ...[made, arrives(2, 5_000), arrives(1, 10_000)],
      [on.assignment(2), happened.lost(40_000)],
      ...[invoked, ...called(1, 60_000)],
    ]);
    expect(personIn(story, 2).called).toBe(
      'Not called: was lost. Nothing was heard of the page after 2027-01-15T08:00:00.000Z, and the place was given up at 2027-01-15T08:00:40.000Z.',
    );
  });

  test('she was lost, and came back too late', async () => {
    const story = await storyFrom([
      ...[made, arrives(2, 5_000), arrives(1, 10_000)],
      [on.assignment(2), happened.lost(40_000)],
      ...[invoked, ...called(1, 60_000), arrives(2, 70_000)],
    ]);
    expect(personIn(story, 2).called).toMatch(
      /^Not called: was lost\. .* Came back at 2027-01-15T08:01:10.000Z, when every call had been made/,
    );
  });

  test('she came when every call had been made', async () => {
    const story = await storyFrom([made, arrives(1, 10_000), invoked, ...called(1, 60_000), arrives(2, 61_000)]);
    expect(personIn(story, 2).called).toBe(
      'Not called: came at 2027-01-15T08:01:01.000Z, when every call had been made (2027-01-15T08:01:00.000Z).',
    );
  });

  test('nobody ever invoked it', async () => {
    const story = await storyFrom([
      made,
      arrives(1, 10_000),
      [on.reservation(1), plainly('ReservationTimedOut', 9_000_000)],
    ]);
    const never = 'the reservation was never invoked; it was given up at 2027-01-15T10:30:00.000Z';
    expect(story.summary).toBe(`Nobody was called: ${never}.`);
    expect(personIn(story, 1).called).toBe(`Not called: ${never}, so nobody was called to it.`);
  });

  test('she was called to another reservation', async () => {
    const story = await storyFrom([
      ...[made, arrives(2, 10_000)],
      [on.assignment(2), happened.taskAssigned(2, 30_000)],
      invoked,
    ]);
    expect(personIn(story, 2).called).toBe(
      `Not called here: was called to reservation ${ids.reservation(2)} at 2027-01-15T08:00:30.000Z.`,
    );
  });

  test('she was released, for she had waited as long as anyone may be asked to', async () => {
    const story = await storyFrom([
      ...[made, arrives(2, 10_000)],
      [on.assignment(2), { type: 'WorkerReleased', data: { reason: 'waitedLongest', at: 1_800_000_050_000 } }],
      invoked,
    ]);
    expect(personIn(story, 2).called).toBe(
      'Not called: was released at 2027-01-15T08:00:50.000Z, having waited as long as anyone may be asked to.',
    );
  });

  test('she was called with another assignment of hers', async () => {
    const twice = happened.arrived(2, { at: 20_000, workerId: ids.worker(1) });
    const story = await storyFrom([made, arrives(1, 10_000), [on.assignment(2), twice], invoked, ...called(1, 60_000)]);
    expect(story.people[1]?.called).toMatch(
      /WORKER1 was called with another assignment, ASSIGNMENT1; a person gets one/,
    );
  });

  test('she was called, and did not come', async () => {
    const story = await storyFrom([
      ...[made, arrives(1, 10_000), invoked, ...called(1, 60_000)],
      [on.reservation(1), happened.reopened(1, 80_000)],
    ]);
    expect(personIn(story, 1).called).toMatch(
      /did not come, and the slot was opened again at 2027-01-15T08:01:20.000Z/,
    );
    expect(story.summary).toMatch(/1 worker was called, of whom 1 did not come\. 1 of 1 slots stayed open\./);
  });
});

describe('why was she not paid?', () => {
  const working: readonly Happening[] = [made, posted, arrives(1, 10_000), invoked, ...called(1, 60_000)];
  const paid = async (...then: readonly Happening[]): Promise<string> =>
    personIn(await storyFrom([...working, ...then]), 1).paid;
  const later = (type: Parameters<typeof plainly>[0], at = 120_000): Happening => [on.assignment(1), plainly(type, at)];

  test('she never submitted', async () => {
    expect(await paid()).toBe('Not paid: the marketplace has reported no submission so far.');
  });

  test('she gave the assignment back', async () => {
    expect(await paid(later('AssignmentReturned'))).toBe(
      'Not paid: never submitted. The worker gave the assignment back, reported at 2027-01-15T08:02:00.000Z.',
    );
  });

  test('her time ran out', async () => {
    expect(await paid(later('AssignmentAbandoned'))).toMatch(/never submitted. The assignment's time ran out/);
  });

  test('she was released and never submitted', async () => {
    const released: Happening = [
      on.assignment(2),
      { type: 'WorkerReleased', data: { reason: 'notNeeded', at: 1_800_000_120_000 } },
    ];
    const story = await storyFrom([...working, arrives(2, 20_000), released]);
    expect(personIn(story, 2).paid).toBe(
      'Not paid: never submitted, though told at 2027-01-15T08:02:00.000Z that submitting is what remains to be done.',
    );
  });

  test('her work was rejected', async () => {
    expect(await paid(later('AssignmentSubmitted'), later('AssignmentRejected', 180_000))).toBe(
      'Not paid: the requester rejected the work; reported at 2027-01-15T08:03:00.000Z.',
    );
  });

  test('nobody has reviewed her work yet', async () => {
    expect(await paid(later('AssignmentSubmitted'))).toBe(
      'Not paid yet: submitted at 2027-01-15T08:02:00.000Z; no review so far, and the marketplace approves by itself by 2027-01-16T08:02:00.000Z.',
    );
  });

  test('she was paid, even if her work had been rejected first', async () => {
    const reviewed = [
      later('AssignmentSubmitted'),
      later('AssignmentRejected', 180_000),
      later('AssignmentApproved', 240_000),
    ];
    expect(await paid(...reviewed)).toBe('Paid 0.12 USD: approved at 2027-01-15T08:04:00.000Z.');
  });

  test('she got a bonus, and another that the marketplace refused is not counted', async () => {
    const at = STARTED_AT + 300_000;
    const happens = (event: DomainEvent): Happening => [on.assignment(1), event];
    const granted = (n: number, amountCents: number): Happening =>
      happens({ type: 'BonusGranted', data: { bonusId: ids.bonus(n), amountCents, reason: 'Quick.', at } });
    const rewarded = [
      later('AssignmentSubmitted'),
      granted(1, 3),
      granted(2, 50),
      happens({ type: 'BonusPaid', data: { bonusId: ids.bonus(1), at } }),
      happens({ type: 'BonusFailed', data: { bonusId: ids.bonus(2), code: 'Refused', message: 'no', at } }),
    ];
    expect(await paid(...rewarded, later('AssignmentApproved', 240_000))).toBe(
      'Paid 0.12 USD + bonus 0.03 USD: approved at 2027-01-15T08:04:00.000Z.',
    );
  });
});
