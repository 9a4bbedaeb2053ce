import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AssignmentId, MarketplaceHitId } from '../../src/domain/ids.ts';
import { findAssignment } from '../../src/projections/browse/assignments.ts';
import { SECOND, type Worker } from './house.ts';
import { final, passing } from './market.ts';
import { MINUTE, openReconciling, type Reconciling } from './reconciling.ts';

let one: Reconciling;
beforeEach(async () => {
  one = await openReconciling();
});
afterEach(() => one.house.close());

const ANSWER = [{ field: 'label', value: 'a boat' }];

/** Somebody who was called and is at work. */
async function atWork(): Promise<Worker> {
  const { reservationId, first } = await one.posted();
  const worker = one.house.market.accept(first.marketplaceHitId);
  await one.house.ping(worker);
  await one.house.commands.invokeReservation(one.house.context, { reservationId });
  await one.house.ping(worker, 'working');
  return worker;
}
const hint = ({ marketplaceHitId, assignmentId }: Worker) =>
  one.scheduler.quickLooks.hint({ marketplaceHitId, assignmentId });
const looks = (): number => one.house.market.callsOf('listAssignments').length;
const round = async (): Promise<void> => {
  await one.scheduler.quickLooks.round();
  await one.house.settle();
};
/** Rounds as the beat does them, four a second. */
const rounds = async (ms: number): Promise<void> => {
  for (let passed = 0; passed < ms; passed += 250) {
    one.house.pass(250);
    await round();
  }
};
const shown = async (assignmentId: AssignmentId) => {
  await one.house.settle();
  const row = await findAssignment(one.house.db, assignmentId);
  if (row === undefined) throw new Error(`${assignmentId} is unknown`);
  return row;
};

describe('a page that says it submits', () => {
  test('is looked at within two seconds, and what was handed in is known with the moment of the marketplace', async () => {
    const ann = await atWork();
    await round();
    const polled = looks();
    hint(ann);
    one.house.market.submit(ann.assignmentId, 'submitted', ANSWER);
    const submittedAt = one.house.clock();
    await round();
    expect(looks()).toBe(polled);
    await rounds(750);
    expect(looks()).toBe(polled + 1);
    expect(await shown(ann.assignmentId)).toMatchObject({ phase: 'submitted', answer: ANSWER, submittedAt });
  });

  test('is looked at a few times with growing pauses until it has shown up, and then no more', async () => {
    const { first } = await one.posted();
    const ann = one.house.market.accept(first.marketplaceHitId);
    await one.house.ping(ann);
    hint(ann);
    const at: number[] = [];
    const since = one.house.clock();
    for (let passed = 0; passed < 30 * SECOND; passed += 250) {
      one.house.pass(250);
      const before = looks();
      await round();
      if (looks() > before) at.push(one.house.clock() - since);
    }
    // They were never called nor released: without a hint nobody would have looked.
    expect(at).toEqual([750, 2_250, 4_750, 9_750]);
    hint(ann);
    one.house.market.submit(ann.assignmentId);
    await rounds(30 * SECOND);
    expect(looks()).toBe(at.length + 1);
    expect(await one.phaseOf(ann)).toBe('submitted');
  });

  test('over and over has a dozen looks, and is left to the poll', async () => {
    const { first } = await one.posted();
    const ann = one.house.market.accept(first.marketplaceHitId);
    await one.house.ping(ann);
    for (let times = 0; times < 100; times++) {
      hint(ann);
      await rounds(SECOND);
    }
    expect(looks()).toBe(12);
  });

  test('for a HIT that is not ours is not asked about', async () => {
    await one.posted();
    const strange = one.house.market.accept(one.house.market.hits()[0]?.marketplaceHitId ?? expect.fail('no HIT'));
    hint({ ...strange, marketplaceHitId: 'STRANGE' as MarketplaceHitId });
    await rounds(5 * SECOND);
    expect(looks()).toBe(0);
  });
});

describe('without a word of the page', () => {
  test('the marketplace is asked every five seconds while somebody is at work', async () => {
    const ann = await atWork();
    await round();
    const before = looks();
    await rounds(20 * SECOND);
    expect(looks() - before).toBe(4);
    one.house.market.submit(ann.assignmentId, 'submitted', ANSWER);
    const submittedAt = one.house.clock();
    await rounds(5 * SECOND);
    expect(await shown(ann.assignmentId)).toMatchObject({ phase: 'submitted', answer: ANSWER, submittedAt });
    const after = looks();
    await rounds(MINUTE);
    expect(looks()).toBe(after);
  });

  test('people who are released are heard of, and paid at once', async () => {
    const { reservationId, first } = await one.posted();
    const ann = one.house.market.accept(first.marketplaceHitId);
    await one.house.ping(ann);
    await one.house.commands.cancelReservation(one.house.context, { reservationId });
    await one.scheduler.watch();
    await one.house.settle();
    expect(await one.phaseOf(ann)).toBe('released');
    one.house.market.submit(ann.assignmentId);
    await rounds(5 * SECOND);
    expect(one.house.market.paid).toEqual([ann.assignmentId]);
    expect(await one.phaseOf(ann)).toBe('approved');
  });

  test('while nobody works the marketplace is asked nothing, however many wait', async () => {
    const { first, second } = await one.posted();
    for (const { marketplaceHitId } of [first, second]) await one.house.ping(one.house.market.accept(marketplaceHitId));
    await rounds(MINUTE);
    expect(looks()).toBe(0);
  });

  test('no more HITs are asked about at a time than the marketplace bears, and each has its turn', async () => {
    const { reservationId, first, second, third } = await one.posted(3);
    const scheduler = one.house.newScheduler({ looks: { afterMs: [700], mostAtWork: 1 } });
    for (const { marketplaceHitId } of [first, second, third])
      await one.house.ping(one.house.market.accept(marketplaceHitId));
    await one.house.commands.invokeReservation(one.house.context, { reservationId });
    await one.house.settle();
    for (let times = 0; times < 6; times++) {
      await scheduler.quickLooks.round();
      one.house.pass(5 * SECOND);
    }
    const asked = one.house.market.callsOf('listAssignments');
    expect(asked).toHaveLength(6);
    expect(asked.slice(0, 3).toSorted()).toEqual(asked.slice(3).toSorted());
    expect(new Set(asked).size).toBe(3);
  });

  test('a HIT that the marketplace does not know keeps it from no other', async () => {
    const ann = await atWork();
    one.house.market.trouble('listAssignments', { when: 'before', fault: final }, 3);
    const before = looks();
    await rounds(15 * SECOND);
    expect(looks() - before).toBe(3);
    one.house.market.submit(ann.assignmentId);
    await rounds(5 * SECOND);
    expect(await one.phaseOf(ann)).toBe('submitted');
  });

  test('a marketplace that fails is left in peace for longer and longer', async () => {
    const ann = await atWork();
    one.house.market.trouble('listAssignments', { when: 'before', fault: passing }, 1_000);
    const before = looks();
    for (let minutes = 0; minutes < 10; minutes++) {
      hint(ann);
      await rounds(MINUTE);
    }
    expect(looks() - before).toBeLessThan(25);
    expect(await one.phaseOf(ann)).toBe('working');
  });
});

describe('moments are the marketplace’s', () => {
  test('of handing in and of the review, however late we hear of them', async () => {
    const ann = await atWork();
    one.house.pass(3 * SECOND);
    one.house.market.submit(ann.assignmentId, 'submitted', ANSWER);
    const submittedAt = one.house.clock();
    one.house.pass(40 * SECOND);
    await one.reconcile();
    expect(await shown(ann.assignmentId)).toMatchObject({ submittedAt });
    const [event] = await one.house.happened('AssignmentSubmitted');
    expect(event).toMatchObject({ data: { at: submittedAt }, recordedAt: submittedAt + 40 * SECOND });
  });

  test('but never of what is still to come: a clock that is ahead counts as now', async () => {
    const ann = await atWork();
    one.house.market.submit(ann.assignmentId, 'submitted', ANSWER, one.house.clock() + MINUTE);
    await one.reconcile();
    expect(await shown(ann.assignmentId)).toMatchObject({ submittedAt: one.house.clock() });
  });

  test('nor from before the call: some marketplaces count whole seconds', async () => {
    const ann = await atWork();
    one.house.market.submit(ann.assignmentId, 'submitted', ANSWER, one.house.clock() - 900);
    await one.reconcile();
    const { calledAt, submittedAt } = await shown(ann.assignmentId);
    expect(submittedAt).toBe(calledAt);
  });

  test('also where it was reviewed before we heard of it', async () => {
    const ann = await atWork();
    one.house.pass(SECOND);
    const submittedAt = one.house.clock();
    one.house.market.submit(ann.assignmentId, 'approved', ANSWER);
    one.house.pass(MINUTE);
    await one.reconcile();
    expect(await shown(ann.assignmentId)).toMatchObject({ phase: 'approved', submittedAt });
  });
});

test('two schedulers that look at once record it once', async () => {
  const ann = await atWork();
  one.house.market.submit(ann.assignmentId, 'submitted', ANSWER);
  const other = one.house.newScheduler();
  await Promise.all([one.scheduler.quickLooks.round(), other.quickLooks.round(), one.reconcile()]);
  await one.house.settle();
  expect(await one.house.happened('AssignmentSubmitted')).toHaveLength(1);
});
