import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AssignmentId, BonusId, type EventId, type HitId, MarketplaceHitId, WorkerId } from '../../src/domain/ids.ts';
import type { ProtoHitFields } from '../../src/domain/protoHit.ts';
import type { HitOrder, Marketplace, MarketplaceHit, Outcome } from '../../src/marketplace/port.ts';

/** A marketplace to hold to the contract, and people who work on it. */
export type MarketplaceUnderTest = {
  readonly marketplace: Marketplace;
  readonly fields: (more?: Partial<ProtoHitFields>) => ProtoHitFields;
  /** A worker takes an assignment of a HIT; null if the marketplace does not let them. */
  readonly accept: (hit: MarketplaceHitId, worker: WorkerId) => Promise<AssignmentId | null>;
  /** `answer`: what the form holds, by field. */
  readonly submit: (assignment: AssignmentId, answer?: Readonly<Record<string, string>>) => Promise<boolean>;
  readonly now: () => number;
  readonly pass: (seconds: number) => void | Promise<void>;
  readonly stop: () => Promise<void>;
};

/** What every adapter of the port must do, whatever it recruits on. */
export function marketplaceContract(name: string, make: () => Promise<MarketplaceUnderTest>): void {
  describe(`${name} is a marketplace`, () => {
    let under: MarketplaceUnderTest;
    let workers = 0;
    beforeAll(async () => {
      under = await make();
    });
    afterAll(() => under.stop());

    const order = (more: Partial<ProtoHitFields> = {}, maxAssignments = 1): HitOrder => ({
      token: crypto.randomUUID() as EventId,
      decidedAt: under.now(),
      hitId: crypto.randomUUID() as HitId,
      fields: under.fields(more),
      maxAssignments,
    });
    const payment = () => ({ reason: 'You were quick.', decidedAt: under.now(), paidAlike: 0 });
    const post = async (made: HitOrder) => valueIn(await under.marketplace.postHit(made)).marketplaceHitId;
    const someone = (): WorkerId => WorkerId.parse(`AWORKER${++workers}`);
    const accepted = async (hit: MarketplaceHitId, worker = someone()): Promise<AssignmentId> => {
      const assignment = await under.accept(hit, worker);
      if (assignment === null) throw new Error(`${worker} could not accept ${hit}`);
      return assignment;
    };
    const listed = async (hit: MarketplaceHitId): Promise<MarketplaceHit | undefined> => {
      let found: MarketplaceHit | undefined;
      for await (const page of under.marketplace.listHits())
        found ??= valueIn(page).find(({ marketplaceHitId }) => marketplaceHitId === hit);
      return found;
    };

    test('a posted HIT is listed as ours, open until its lifetime is over', async () => {
      const made = order({ lifetimeSeconds: 1_000 }, 3);
      const { marketplaceHitId, expiresAt } = valueIn(await under.marketplace.postHit(made));
      expect(Math.abs(expiresAt - under.now() - 1_000_000)).toBeLessThan(60_000);
      expect(await listed(marketplaceHitId)).toMatchObject({
        marketplaceHitId,
        hitId: made.hitId,
        status: 'open',
        expiresAt,
        maxAssignments: 3,
        available: 3,
        pending: 0,
        completed: 0,
      });
    });

    test('the same token is the same HIT, however often and however many at once', async () => {
      const made = order();
      const first = valueIn(await under.marketplace.postHit(made));
      const again = await Promise.all([1, 2, 3].map(() => under.marketplace.postHit(made)));
      expect(again.map(valueIn)).toEqual([first, first, first]);
      const atOnce = order();
      const answers = await Promise.all([1, 2, 3, 4].map(() => under.marketplace.postHit(atOnce)));
      expect(new Set(answers.map((answer) => valueIn(answer).marketplaceHitId)).size).toBe(1);
    });

    test('two orders of the same ProtoHIT are two HITs', async () => {
      expect(await post(order())).not.toBe(await post(order()));
    });

    test('a HIT whose assignments are all held is taken', async () => {
      const hit = await post(order());
      await accepted(hit);
      expect(await listed(hit)).toMatchObject({ status: 'taken', available: 0, pending: 1 });
      expect(await under.accept(hit, someone())).toBeNull();
    });

    test('nobody can accept an expired HIT, and expiring it again is done', async () => {
      const hit = await post(order());
      expect(await under.marketplace.expireHit(hit)).toEqual({ type: 'done', value: null });
      expect(await under.marketplace.expireHit(hit)).toEqual({ type: 'done', value: null });
      expect(await under.accept(hit, someone())).toBeNull();
      expect(await listed(hit)).toMatchObject({ status: 'ended' });
    });

    test('whoever holds an assignment of an expired HIT may finish and is paid', async () => {
      const hit = await post(order());
      const assignment = await accepted(hit);
      valueIn(await under.marketplace.expireHit(hit));
      expect(await listed(hit)).toMatchObject({ status: 'taken' });
      expect(await under.submit(assignment)).toBe(true);
      expect(await listed(hit)).toMatchObject({ status: 'ended' });
      expect(await under.marketplace.approve(assignment)).toEqual({ type: 'done', value: null });
    });

    test('expiring or disposing of a HIT that is not there is done', async () => {
      const unknown = MarketplaceHitId.parse('3NOSUCHHIT');
      expect(await under.marketplace.expireHit(unknown)).toEqual({ type: 'done', value: null });
      expect(await under.marketplace.disposeHit(unknown)).toEqual({ type: 'done', value: null });
    });

    test('what was handed in is listed with who did it and when, and what was not is not', async () => {
      const hit = await post(order({}, 3));
      const [first, second] = [someone(), someone()];
      const handedIn = await accepted(hit, first);
      await accepted(hit, second);
      expect(valueIn(await under.marketplace.listAssignments(hit))).toEqual([]);
      await under.pass(60);
      await under.submit(handedIn);
      const [one, ...others] = valueIn(await under.marketplace.listAssignments(hit));
      expect(others).toEqual([]);
      expect(one).toMatchObject({
        assignmentId: handedIn,
        workerId: first,
        marketplaceHitId: hit,
        status: 'submitted',
      });
      expect(Math.abs((one?.submittedAt ?? 0) - under.now())).toBeLessThan(30_000);
      expect((one?.submittedAt ?? 0) - (one?.acceptedAt ?? 0)).toBeGreaterThanOrEqual(59_000);
    });

    test('approving twice pays once', async () => {
      const hit = await post(order({ rewardCents: 50 }));
      const assignment = await accepted(hit);
      await under.submit(assignment);
      valueIn(await under.marketplace.approve(assignment));
      const left = valueIn(await under.marketplace.balance());
      expect(await under.marketplace.approve(assignment)).toEqual({ type: 'done', value: null });
      expect(valueIn(await under.marketplace.balance())).toBe(left);
      expect(valueIn(await under.marketplace.listAssignments(hit))).toMatchObject([{ status: 'approved' }]);
    });

    test('rejecting twice is done, but who was paid cannot be rejected, nor who was rejected be paid', async () => {
      const hit = await post(order({}, 2));
      const [paid, rejected] = [await accepted(hit), await accepted(hit)];
      await under.submit(paid);
      await under.submit(rejected);
      valueIn(await under.marketplace.approve(paid));
      valueIn(await under.marketplace.reject(rejected, 'The form was empty.'));
      expect(await under.marketplace.reject(rejected, 'The form was empty.')).toEqual({ type: 'done', value: null });
      expect(await under.marketplace.reject(paid, 'Too late.')).toMatchObject({ type: 'fault', lasting: 'final' });
      expect(await under.marketplace.approve(rejected)).toMatchObject({ type: 'fault', lasting: 'final' });
    });

    test('a rejection can be taken back, and the worker is paid; once is as good as twice', async () => {
      const hit = await post(order());
      const assignment = await accepted(hit);
      await under.submit(assignment);
      valueIn(await under.marketplace.reject(assignment, 'The form was empty.'));
      for (const _ of [1, 2])
        expect(await under.marketplace.approve(assignment, { overridesRejection: true })).toEqual({
          type: 'done',
          value: null,
        });
      expect(valueIn(await under.marketplace.listAssignments(hit))).toMatchObject([{ status: 'approved' }]);
    });

    test('what a worker handed in is told, field by field', async () => {
      const hit = await post(order());
      const assignment = await accepted(hit);
      await under.submit(assignment, { species: 'Parus major & co. <3', empty: '' });
      const [one] = valueIn(await under.marketplace.listAssignments(hit));
      expect(one?.answer).toEqual([
        { field: 'species', value: 'Parus major & co. <3' },
        { field: 'empty', value: '' },
      ]);
    });

    test('a blocked worker finishes what they hold and accepts nothing more, until the block is lifted', async () => {
      const worker = someone();
      const held = await accepted(await post(order()), worker);
      for (const _ of [1, 2]) valueIn(await under.marketplace.block(worker, 'Random clicks.'));
      expect(await under.accept(await post(order()), worker)).toBeNull();
      expect(await under.accept(await post(order()), someone())).not.toBeNull();
      expect(await under.submit(held)).toBe(true);
      for (const _ of [1, 2]) valueIn(await under.marketplace.unblock(worker, 'A mistake.'));
      expect(await under.accept(await post(order()), worker)).not.toBeNull();
    });

    test('work that is not handed in cannot be approved', async () => {
      const assignment = await accepted(await post(order()));
      expect(await under.marketplace.approve(assignment)).toMatchObject({ type: 'fault', lasting: 'final' });
      expect(await under.marketplace.approve(AssignmentId.parse('3NOSUCH'))).toMatchObject({ type: 'fault' });
    });

    test('a HIT is disposed of when its work is reviewed, not before, and once is as good as twice', async () => {
      const hit = await post(order());
      const assignment = await accepted(hit);
      expect(await under.marketplace.disposeHit(hit)).toMatchObject({ type: 'fault', lasting: 'final' });
      await under.submit(assignment);
      expect(await under.marketplace.disposeHit(hit)).toMatchObject({ type: 'fault', lasting: 'final' });
      valueIn(await under.marketplace.approve(assignment));
      expect(await under.marketplace.disposeHit(hit)).toEqual({ type: 'done', value: null });
      expect(await under.marketplace.disposeHit(hit)).toEqual({ type: 'done', value: null });
      expect((await listed(hit))?.status ?? 'disposed').toBe('disposed');
    });

    test('a bonus with the same token is paid once', async () => {
      const worker = someone();
      const assignment = await accepted(await post(order()), worker);
      await under.submit(assignment);
      const bonus = { ...payment(), assignmentId: assignment, workerId: worker, cents: 100 };
      const token = BonusId.parse(crypto.randomUUID());
      const before = valueIn(await under.marketplace.balance());
      expect(await under.marketplace.bonus({ ...bonus, token })).toEqual({ type: 'done', value: null });
      const after = valueIn(await under.marketplace.balance());
      expect(before - after).toBeGreaterThanOrEqual(100);
      expect(await under.marketplace.bonus({ ...bonus, token })).toEqual({ type: 'done', value: null });
      expect(valueIn(await under.marketplace.balance())).toBe(after);
      valueIn(await under.marketplace.bonus({ ...bonus, token: BonusId.parse(crypto.randomUUID()) }));
      expect(valueIn(await under.marketplace.balance())).toBe(after - (before - after));
    });

    const DAYS = 48 * 3_600;

    test('a HIT is posted once, also when its token is forgotten before the call is made again', async () => {
      const made = order({ lifetimeSeconds: 2 * DAYS });
      const first = valueIn(await under.marketplace.postHit(made));
      const neverPosted = order();
      await under.pass(DAYS);
      expect(valueIn(await under.marketplace.postHit(made)).marketplaceHitId).toBe(first.marketplaceHitId);
      const late = valueIn(await under.marketplace.postHit(neverPosted));
      expect(await listed(late.marketplaceHitId)).toMatchObject({ hitId: neverPosted.hitId, status: 'open' });
    });

    test('a bonus is paid once, also when its token is forgotten before the call is made again', async () => {
      const worker = someone();
      const assignment = await accepted(await post(order()), worker);
      await under.submit(assignment);
      const bonus = { ...payment(), assignmentId: assignment, workerId: worker, cents: 100 };
      const token = BonusId.parse(crypto.randomUUID());
      const another = BonusId.parse(crypto.randomUUID());
      const before = valueIn(await under.marketplace.balance());
      valueIn(await under.marketplace.bonus({ ...bonus, token }));
      const after = valueIn(await under.marketplace.balance());
      await under.pass(DAYS);
      const later = async () => valueIn(await under.marketplace.balance());
      // What time alone has paid since (auto-approval) is no bonus.
      const settled = await later();
      valueIn(await under.marketplace.bonus({ ...bonus, token }));
      expect(await later()).toBe(settled);
      // One more of the same, known to be one more, was never paid: it is paid however late it comes.
      valueIn(await under.marketplace.bonus({ ...bonus, token: another, paidAlike: 1 }));
      expect(settled - (await later())).toBe(before - after);
    });

    test('a bonus for somebody who did not do the work is refused', async () => {
      const assignment = await accepted(await post(order()));
      await under.submit(assignment);
      const token = BonusId.parse(crypto.randomUUID());
      const toAnother = { ...payment(), token, assignmentId: assignment, workerId: someone(), cents: 5 };
      expect(await under.marketplace.bonus(toAnother)).toMatchObject({ type: 'fault', lasting: 'final' });
    });

    /** As many at once as nobody's connections are too few for. */
    const postMany = async (many: number): Promise<MarketplaceHitId[]> => {
      const posted: MarketplaceHitId[] = [];
      while (posted.length < many) posted.push(...(await Promise.all(Array.from({ length: 10 }, () => post(order())))));
      return posted;
    };

    test('every HIT is listed, over as many pages as it takes, each once', async () => {
      const posted = await postMany(230);
      const seen: MarketplaceHitId[] = [];
      let pages = 0;
      for await (const page of under.marketplace.listHits()) {
        pages++;
        seen.push(...valueIn(page).map(({ marketplaceHitId }) => marketplaceHitId));
      }
      expect(pages).toBeGreaterThan(2);
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen).toEqual(expect.arrayContaining(posted));
    });

    test('a HIT that is disposed of while the listing is read makes no other one be missed', async () => {
      const posted = await postMany(150);
      const seen = new Set<MarketplaceHitId>();
      for await (const page of under.marketplace.listHits())
        for (const { marketplaceHitId } of valueIn(page)) {
          seen.add(marketplaceHitId);
          if (!posted.includes(marketplaceHitId)) continue;
          valueIn(await under.marketplace.expireHit(marketplaceHitId));
          valueIn(await under.marketplace.disposeHit(marketplaceHitId));
        }
      expect(posted.filter((hit) => !seen.has(hit))).toEqual([]);
    });
  });
}

/** The value of an outcome that must be a success. */
function valueIn<Value>(outcome: Outcome<Value>): Value {
  if (outcome.type === 'fault') throw new Error(`${outcome.lasting} fault ${outcome.code}: ${outcome.message}`);
  return outcome.value;
}
