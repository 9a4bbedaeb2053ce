import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AssignmentId } from '../../src/domain/ids.ts';
import type { BonusPayment, Marketplace } from '../../src/marketplace/port.ts';
import { tasksOf } from '../../src/projections/tasks.ts';
import { HOUR, type House, openHouse, SECOND, type Worker } from './house.ts';
import { final, passing } from './market.ts';

let house: House;
beforeEach(async () => {
  house = await openHouse();
});
afterEach(() => house.close());

const ann = { actor: 'operator:ann', requestId: 'a form' } as const;

/** Somebody who came, was called, and whose work is handed in as far as the marketplace has told. */
async function handedIn(answer = [{ field: 'species', value: 'Parus major' }]): Promise<Worker> {
  const protoHitId = await house.defineProtoHit();
  const reservationId = await house.reserve(protoHitId);
  const scheduler = house.newScheduler();
  await scheduler.decide();
  await scheduler.post();
  await house.settle();
  const [hit] = house.market.open();
  if (hit === undefined) throw new Error('nothing was posted');
  const worker = house.market.accept(hit.marketplaceHitId);
  await house.ping(worker);
  await house.commands.invokeReservation(house.context, { reservationId, foreignId: undefined });
  await house.ping(worker, 'working');
  house.market.submit(worker.assignmentId, 'submitted', answer);
  await scheduler.reconcile();
  await house.settle();
  return worker;
}
const approve = (...assignmentIds: AssignmentId[]) =>
  house.commands.reviewAssignments(ann, { assignmentIds, verdict: { type: 'approve' } });
const reject = (...assignmentIds: AssignmentId[]) =>
  house.commands.reviewAssignments(ann, { assignmentIds, verdict: { type: 'reject', feedback: 'Nothing named.' } });
const bonus = (assignmentId: AssignmentId, amountCents = 3) =>
  house.commands.grantBonus(ann, { assignmentId, amountCents, reason: 'Quick and right.' });
const phaseOf = async (id: AssignmentId) => {
  await house.settle();
  return (await tasksOf(house.db, [id])).get(id)?.phase;
};

test('what was handed in is in the log, field by field', async () => {
  await handedIn();
  const [submitted] = await house.happened('AssignmentSubmitted');
  expect(submitted?.data.answer).toEqual([{ field: 'species', value: 'Parus major' }]);
});

describe('an approval', () => {
  test("is the operator's decision first, and the marketplace's answer then", async () => {
    const { assignmentId } = await handedIn();
    expect(await approve(assignmentId)).toMatchObject({ type: 'done', value: { done: 1, refused: [] } });
    expect(house.market.paid).toEqual([]);
    await house.newScheduler().post();
    expect(house.market.paid).toEqual([assignmentId]);
    expect(await phaseOf(assignmentId)).toBe('approved');
    const [asked] = await house.happened('ApprovalRequested');
    const [approved] = await house.happened('AssignmentApproved');
    expect(asked?.metadata.actor).toBe('operator:ann');
    expect(approved?.metadata).toMatchObject({ actor: 'marketplace', causationId: asked?.id });
  });

  test('of a rejected one takes the rejection back', async () => {
    const { assignmentId } = await handedIn();
    await reject(assignmentId);
    await house.newScheduler().post();
    expect(await phaseOf(assignmentId)).toBe('rejected');
    await approve(assignmentId);
    await house.newScheduler().post();
    expect(await phaseOf(assignmentId)).toBe('approved');
    expect(house.market.paid).toEqual([assignmentId]);
  });

  test('that the marketplace refuses for good leaves the work as it was, and says why', async () => {
    const { assignmentId } = await handedIn();
    await approve(assignmentId);
    house.market.trouble('approve', { when: 'before', fault: final });
    await house.newScheduler().post();
    expect((await house.happened('ReviewFailed')).map(({ data }) => data.code)).toEqual(['InsufficientFunds']);
    expect(await phaseOf(assignmentId)).toBe('submitted');
    await approve(assignmentId);
    await house.newScheduler().post();
    expect(await phaseOf(assignmentId)).toBe('approved');
  });
});

describe('a rejection', () => {
  test('tells the worker why', async () => {
    const { assignmentId } = await handedIn();
    await reject(assignmentId);
    await house.newScheduler().post();
    expect(house.market.callsOf('reject')).toEqual([assignmentId]);
    expect((await house.happened('RejectionRequested'))[0]?.data.feedback).toBe('Nothing named.');
    expect(await phaseOf(assignmentId)).toBe('rejected');
  });

  test('that auto-approval was quicker than fails, and the work is approved as it is there', async () => {
    const { assignmentId } = await handedIn();
    await reject(assignmentId);
    house.market.submit(assignmentId, 'approved');
    const scheduler = house.newScheduler();
    await scheduler.post();
    expect((await house.happened('ReviewFailed')).map(({ data }) => data.message)).toEqual(['it is approved already']);
    await scheduler.reconcile();
    expect(await phaseOf(assignmentId)).toBe('approved');
  });
});

describe('many at once', () => {
  test('each is decided for itself, and the answer says which were refused and why', async () => {
    const { assignmentId } = await handedIn();
    const nobody = 'NOBODY' as AssignmentId;
    expect(await approve(assignmentId, nobody, assignmentId)).toMatchObject({
      value: { done: 1, refused: [{ assignmentId: nobody, why: 'Assignment.DoesNotExist' }] },
    });
  });
});

describe('nothing is lost and nothing doubled by a crash', () => {
  test('between the decision and the call', async () => {
    const { assignmentId } = await handedIn();
    await approve(assignmentId);
    await bonus(assignmentId);
    const restarted = house.newScheduler();
    await restarted.post();
    expect(house.market.paid).toEqual([assignmentId]);
    expect(house.market.bonuses()).toEqual([{ assignmentId, cents: 3 }]);
    expect(await house.happened('BonusPaid')).toHaveLength(1);
  });

  test('between the call and its answer: the same token is the same bonus', async () => {
    const { assignmentId } = await handedIn();
    await bonus(assignmentId);
    house.market.trouble('bonus', { when: 'after', fault: passing });
    await house.newScheduler().post();
    expect(await house.happened('BonusPaid')).toEqual([]);

    await house.newScheduler().post();
    const [granted] = await house.happened('BonusGranted');
    expect(house.market.callsOf('bonus')).toEqual([granted?.data.bonusId, granted?.data.bonusId]);
    expect(house.market.bonuses()).toEqual([{ assignmentId, cents: 3 }]);
    expect(await house.happened('BonusPaid')).toHaveLength(1);
  });

  test('between the answer and the event that records it', async () => {
    const { assignmentId } = await handedIn();
    await approve(assignmentId);
    await bonus(assignmentId);
    const killed = () => Promise.reject(new Error('killed'));
    const dying = { ...house.commands, markAssignment: killed, recordBonusPaid: killed };
    await expect(house.newScheduler({ commands: dying }).post()).rejects.toThrow('killed');
    expect(await house.happened('AssignmentApproved', 'BonusPaid')).toEqual([]);

    await house.newScheduler().post();
    expect(house.market.paid).toEqual([assignmentId]);
    expect(house.market.bonuses()).toEqual([{ assignmentId, cents: 3 }]);
    expect((await house.happened('AssignmentApproved', 'BonusPaid')).map(({ type }) => type).toSorted()).toEqual([
      'AssignmentApproved',
      'BonusPaid',
    ]);
  });

  test('while another takes over: two posters at once pay once', async () => {
    const { assignmentId } = await handedIn();
    await bonus(assignmentId);
    await Promise.all([house.newScheduler().post(), house.newScheduler().post()]);
    expect(house.market.bonuses()).toHaveLength(1);
    expect(await house.happened('BonusPaid')).toHaveLength(1);
  });
});

describe('a bonus', () => {
  test('is paid after days out of reach, with the moment of the decision for a marketplace that forgets tokens', async () => {
    const { assignmentId } = await handedIn();
    await bonus(assignmentId);
    const [granted] = await house.happened('BonusGranted');
    house.pass(48 * HOUR);
    const seen: BonusPayment[] = [];
    const watched: Marketplace = {
      ...house.market.marketplace,
      bonus: (payment) => {
        seen.push(payment);
        return house.market.marketplace.bonus(payment);
      },
    };
    await house.newScheduler({ marketplaces: async () => watched }).post();
    expect(seen).toMatchObject([{ decidedAt: granted?.data.at, paidAlike: 0 }]);
    expect(house.market.bonuses()).toEqual([{ assignmentId, cents: 3 }]);
  });

  test('of the same amount and reason as another is paid after it, and says how many were', async () => {
    const { assignmentId } = await handedIn();
    await bonus(assignmentId);
    await bonus(assignmentId);
    const alike: number[] = [];
    const watched: Marketplace = {
      ...house.market.marketplace,
      bonus: (payment) => {
        alike.push(payment.paidAlike);
        return house.market.marketplace.bonus(payment);
      },
    };
    const scheduler = house.newScheduler({ marketplaces: async () => watched });
    await scheduler.post();
    await house.settle();
    await scheduler.post();
    expect(alike).toEqual([0, 1]);
    expect(house.market.bonuses()).toHaveLength(2);
  });

  test('may be granted again: that is another one', async () => {
    const { assignmentId } = await handedIn();
    await bonus(assignmentId, 3);
    await bonus(assignmentId, 5);
    await house.newScheduler().post();
    expect(house.market.bonuses().map(({ cents }) => cents)).toEqual([3, 5]);
  });

  test('of one idempotency key is one', async () => {
    const { assignmentId } = await handedIn();
    const keyed = { ...ann, idempotencyKey: 'once' };
    const command = { assignmentId, amountCents: 3, reason: 'Quick.' };
    const first = await house.commands.grantBonus(keyed, command);
    expect(await house.commands.grantBonus(keyed, command)).toMatchObject({
      value: first.type === 'done' && first.value,
    });
    expect(await house.happened('BonusGranted')).toHaveLength(1);
  });
});

describe('a marketplace that fails in passing', () => {
  test('is left in peace, and then asked again', async () => {
    const { assignmentId } = await handedIn();
    await approve(assignmentId);
    house.market.trouble('approve', { when: 'before', fault: passing });
    const scheduler = house.newScheduler();
    await scheduler.post();
    await scheduler.post();
    expect(house.market.callsOf('approve')).toHaveLength(1);
    house.pass(SECOND);
    await scheduler.post();
    expect(await phaseOf(assignmentId)).toBe('approved');
  });
});
