import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AssignmentId, EventId, WorkerId } from '../../src/domain/ids.ts';
import { hitsByIds } from '../../src/projections/hits.ts';
import { HOUR, type House, SECOND, type Worker } from './house.ts';
import { passing } from './market.ts';
import { MINUTE, openReconciling, type Reconciling } from './reconciling.ts';

let house: House;
let scheduler: Reconciling['scheduler'];
let posted: Reconciling['posted'];
let reconcile: Reconciling['reconcile'];
let phaseOf: Reconciling['phaseOf'];
beforeEach(async () => {
  ({ house, scheduler, posted, reconcile, phaseOf } = await openReconciling());
});
afterEach(() => house.close());

describe('assignments', () => {
  async function working(reservationId: Awaited<ReturnType<typeof posted>>['reservationId'], worker: Worker) {
    await house.ping(worker);
    await house.commands.invokeReservation(house.context, { reservationId });
    await house.ping(worker, 'working');
  }

  // TurkServer #85: a returned HIT stays unknown, "the best we can do without getting explicit notifications from MTurk".
  test('given back: the worker is gone, and the slot goes to the next who waits', async () => {
    const { reservationId, first, second } = await posted();
    const ann = house.market.accept(first.marketplaceHitId);
    await working(reservationId, ann);
    const bob = house.market.accept(second.marketplaceHitId);
    house.market.giveBack(ann.assignmentId);
    house.pass(2 * MINUTE);
    await house.ping(bob);
    await reconcile();
    expect(await phaseOf(ann)).toBe('returned');
    expect((await house.happened('SlotReopened')).map(({ data }) => data.reason)).toEqual(['returned']);
    expect(await phaseOf(bob)).toBe('called');
  });

  test.each(['at work', 'when the wait was over'])(
    'given back %s and taken by somebody else: who comes in once the first is silent, and tells that the first is gone',
    async (when) => {
      const { reservationId, first } = await posted(2);
      const ann = house.market.accept(first.marketplaceHitId);
      if (when === 'at work') await working(reservationId, ann);
      else {
        await house.ping(ann);
        const { assignmentId } = ann;
        await house.commands.releaseWorkers(house.context, { assignmentIds: [assignmentId], reason: 'waitedLongest' });
      }
      house.market.giveBack(ann.assignmentId);
      const bob = house.market.accept(first.marketplaceHitId);
      await expect(house.ping(bob)).rejects.toThrow('every assignment of its HIT is taken');
      house.pass(11 * SECOND);
      await house.ping(bob);
      house.pass(2 * MINUTE);
      await house.ping(bob);
      await reconcile();
      expect(await phaseOf(ann)).toBe('returned');
      expect(await phaseOf(bob)).toBe(when === 'at work' ? 'called' : 'waiting');
    },
  );

  test('held by somebody at work whose page still pings is nobody else’s', async () => {
    const { reservationId, first } = await posted();
    const ann = house.market.accept(first.marketplaceHitId);
    await working(reservationId, ann);
    house.pass(9 * SECOND);
    await house.ping(ann, 'working');
    house.pass(9 * SECOND);
    const guesser = { ...ann, assignmentId: AssignmentId.parse('3GUESSED'), workerId: WorkerId.parse('AGUESSER') };
    await expect(house.ping(guesser)).rejects.toThrow('every assignment of its HIT is taken');
  });

  test('let lapse: abandoned, once the time of the assignment is up', async () => {
    const { reservationId, first } = await posted();
    const ann = house.market.accept(first.marketplaceHitId);
    await working(reservationId, ann);
    house.pass(HOUR);
    house.market.giveBack(ann.assignmentId);
    await reconcile();
    expect(await phaseOf(ann)).toBe('abandoned');
    expect((await house.happened('SlotReopened')).map(({ data }) => data.reason)).toEqual(['abandoned']);
  });

  test('handed in, and reviewed later by the marketplace or the requester', async () => {
    const { reservationId, first } = await posted();
    const ann = house.market.accept(first.marketplaceHitId);
    await working(reservationId, ann);
    house.market.submit(ann.assignmentId);
    house.pass(MINUTE);
    await reconcile();
    expect(await phaseOf(ann)).toBe('submitted');
    expect(house.market.paid).toEqual([]);

    house.market.submit(ann.assignmentId, 'approved');
    house.pass(MINUTE);
    await reconcile();
    expect(await phaseOf(ann)).toBe('approved');
    expect(await house.happened('SlotReopened')).toEqual([]);
  });

  test('handed in and approved before anybody looked: what was handed in is not lost', async () => {
    const { reservationId, first } = await posted();
    const ann = house.market.accept(first.marketplaceHitId);
    await working(reservationId, ann);
    const answer = [{ field: 'label', value: 'a boat' }];
    house.market.submit(ann.assignmentId, 'approved', answer);
    house.pass(MINUTE);
    await reconcile();
    expect(await phaseOf(ann)).toBe('approved');
    expect(await house.happened('AssignmentSubmitted')).toMatchObject([{ data: { answer } }]);
  });

  test('work that counts as handed in is never taken for given back', async () => {
    const { reservationId, first } = await posted();
    const ann = house.market.accept(first.marketplaceHitId);
    await working(reservationId, ann);
    house.pass(2 * HOUR);
    house.market.submit(ann.assignmentId);
    await reconcile();
    expect(await phaseOf(ann)).toBe('submitted');
    expect(await house.happened('SlotReopened')).toEqual([]);
  });

  test('a worker is not given up because a second HIT of the same decision has nobody on it', async () => {
    const { reservationId, first } = await posted();
    const ann = house.market.accept(first.marketplaceHitId);
    await working(reservationId, ann);
    const hit = first.hitId === null ? undefined : (await hitsByIds(house.db, [first.hitId])).get(first.hitId);
    if (!hit) throw new Error('the HIT is unknown');
    const token = EventId.parse('00000000-0000-7000-8000-000000000099');
    house.market.post({ token, hitId: hit.hitId, fields: hit.fields, maxAssignments: 1 });
    house.pass(3 * MINUTE);
    await reconcile();
    expect(await phaseOf(ann)).toBe('working');
  });

  // TurkServer #56: one odd assignment blocked "Approve all". mturk.md: ids in the page's URL are not signed.
  test('one by somebody who never came, or came under another name, holds up nobody else', async () => {
    const { reservationId, first, second, third } = await posted(3);
    const stranger = house.market.accept(first.marketplaceHitId);
    const liar = house.market.accept(second.marketplaceHitId);
    const ann = house.market.accept(third.marketplaceHitId);
    await house.ping({ ...liar, workerId: ann.workerId });
    await house.ping(ann);
    await house.commands.cancelReservation(house.context, { reservationId });
    for (const { assignmentId } of [stranger, liar, ann]) house.market.submit(assignmentId);
    house.pass(MINUTE);
    await reconcile();
    expect(await phaseOf(ann)).toBe('approved');
    expect(house.market.paid).toEqual([ann.assignmentId]);
    // What the marketplace says is believed: their work is there to be reviewed, under their own names.
    expect([await phaseOf(stranger), await phaseOf(liar)]).toEqual(['submitted', 'submitted']);
    const seen = (await house.happened('WorkerArrived')).filter(({ data }) => data.seenBy === 'marketplace');
    expect(seen.map(({ data }) => data.workerId)).toEqual([stranger.workerId, liar.workerId]);
  });

  test('nothing new costs nothing but the pages of the listing', async () => {
    const { first, second } = await posted(3);
    const ann = house.market.accept(first.marketplaceHitId);
    await house.ping(ann);
    const stranger = house.market.accept(second.marketplaceHitId);
    house.market.submit(stranger.assignmentId);
    await reconcile();
    const before = house.market.calls.length;
    for (let passed = 0; passed < 5; passed++) {
      house.pass(SECOND);
      await reconcile();
    }
    expect(house.market.calls.slice(before).map(({ operation }) => operation)).toEqual(
      Array.from({ length: 15 }, () => 'listHits'),
    );
  });
});

// Dallinger #1952 (people wait for 15 minutes and leave with nothing), ParlAI #2843 (people who expired mid-way cannot
// be paid), Mephisto #652 (pay without an assignment).
describe('people who waited, were not used and handed in', () => {
  async function releasedAndHandedIn() {
    const { reservationId, first } = await posted();
    const ann = house.market.accept(first.marketplaceHitId);
    await house.ping(ann);
    await house.commands.cancelReservation(house.context, { reservationId });
    await scheduler.post();
    await house.settle();
    expect(await phaseOf(ann)).toBe('released');
    house.market.submit(ann.assignmentId);
    house.pass(MINUTE);
    return ann;
  }

  test('are paid at once, though their HIT has left the market', async () => {
    const ann = await releasedAndHandedIn();
    await reconcile();
    expect(house.market.paid).toEqual([ann.assignmentId]);
    expect(await phaseOf(ann)).toBe('approved');
  });

  test('are paid when the marketplace recovers, if it fails first', async () => {
    const ann = await releasedAndHandedIn();
    house.market.trouble('approve', { when: 'before', fault: passing });
    await reconcile();
    expect(house.market.paid).toEqual([]);
    house.pass(SECOND);
    await reconcile();
    expect(house.market.paid).toEqual([ann.assignmentId]);
  });

  test('are paid once, also when the answer is lost and the scheduler restarts', async () => {
    const ann = await releasedAndHandedIn();
    house.market.trouble('approve', { when: 'after', fault: passing });
    await reconcile();
    house.pass(MINUTE);
    await reconcile(house.newScheduler());
    expect(house.market.paid).toEqual([ann.assignmentId]);
    expect(await phaseOf(ann)).toBe('approved');
  });
});
