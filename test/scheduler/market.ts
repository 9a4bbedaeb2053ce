import {
  AssignmentId,
  type BonusId,
  type EventId,
  type HitId,
  type Instant,
  MarketplaceHitId,
  WorkerId,
} from '../../src/domain/ids.ts';
import type {
  HitOrder,
  Marketplace,
  MarketplaceAssignment,
  MarketplaceFault,
  MarketplaceHit,
  Outcome,
} from '../../src/marketplace/port.ts';

type Handed = Pick<MarketplaceAssignment, 'status' | 'submittedAt' | 'answer'>;
type Mutable<Of> = { -readonly [Name in keyof Of]: Of[Name] };
type Accepted = { assignmentId: AssignmentId; workerId: WorkerId; acceptedAt: Instant; handed: Mutable<Handed> | null };
type Hit = {
  marketplaceHitId: MarketplaceHitId;
  hitId: HitId;
  token: EventId;
  maxAssignments: number;
  expiresAt: Instant;
  accepted: Accepted[];
};

export type Operation =
  | 'postHit'
  | 'expireHit'
  | 'disposeHit'
  | 'listHits'
  | 'listAssignments'
  | 'approve'
  | 'reject'
  | 'bonus'
  | 'block'
  | 'unblock';
/** `before`: the call changes nothing. `after`: it takes effect and the answer is lost. */
export type Trouble = { readonly when: 'before' | 'after'; readonly fault: MarketplaceFault };

export const passing: MarketplaceFault = { type: 'fault', lasting: 'passing', code: 'ECONNRESET', message: 'gone' };
export const final: MarketplaceFault = {
  type: 'fault',
  lasting: 'final',
  code: 'InsufficientFunds',
  message: 'no money',
};

const done = <Value>(value: Value): Outcome<Value> => ({ type: 'done', value });

/**
 * A marketplace in memory: HITs that workers accept, return and hand in; a page size of two; a record of the
 * calls; and trouble on demand. It knows tokens again, as the port asks of every adapter.
 */
export function createMarket(clock: () => Instant) {
  const hits: Hit[] = [];
  const calls: { readonly operation: Operation; readonly about: string }[] = [];
  const troubles: { operation: Operation; trouble: Trouble; times: number }[] = [];
  const paid: AssignmentId[] = [];
  const bonuses = new Map<BonusId, { assignmentId: AssignmentId; cents: number }>();
  const blocked = new Set<WorkerId>();
  let ids = 0;

  const answer = async <Value>(
    operation: Operation,
    about: string,
    effect: () => Outcome<Value>,
  ): Promise<Outcome<Value>> => {
    calls.push({ operation, about });
    const trouble = troubles.find((one) => one.operation === operation && one.times > 0);
    if (trouble) trouble.times--;
    if (trouble?.trouble.when === 'before') return trouble.trouble.fault;
    const outcome = effect();
    return trouble?.trouble.fault ?? outcome;
  };
  const find = (id: MarketplaceHitId): Hit => {
    const hit = hits.find(({ marketplaceHitId }) => marketplaceHitId === id);
    if (hit === undefined) throw new Error(`the market has no HIT ${id}`);
    return hit;
  };
  const handedIn = (id: AssignmentId): Mutable<Handed> | null | undefined =>
    hits.flatMap(({ accepted }) => accepted).find(({ assignmentId }) => assignmentId === id)?.handed;
  const held = (hit: Hit): Accepted[] => hit.accepted.filter(({ handed }) => handed === null);
  const listed = (hit: Hit): MarketplaceHit => {
    const { marketplaceHitId, hitId, maxAssignments, expiresAt, accepted } = hit;
    const pending = held(hit).length;
    const available = maxAssignments - accepted.length;
    const isOver = available === 0 || expiresAt <= clock();
    return {
      marketplaceHitId,
      hitId,
      status: isOver ? (pending === 0 ? 'ended' : 'taken') : 'open',
      expiresAt,
      maxAssignments,
      available,
      pending,
      completed: accepted.filter(({ handed }) => handed !== null && handed.status !== 'submitted').length,
    };
  };

  const post = ({ token, hitId, fields, maxAssignments }: Omit<HitOrder, 'decidedAt'>): Hit => {
    const known = hits.find((hit) => hit.token === token);
    if (known) return known;
    const marketplaceHitId = MarketplaceHitId.parse(`3HIT${++ids}`);
    const expiresAt = clock() + fields.lifetimeSeconds * 1000;
    const hit = { marketplaceHitId, hitId, token, maxAssignments, expiresAt, accepted: [] };
    hits.push(hit);
    return hit;
  };

  const marketplace: Marketplace = {
    name: 'in memory',
    postHit: (order) =>
      answer('postHit', order.hitId, () => {
        const { marketplaceHitId, expiresAt } = post(order);
        return done({ marketplaceHitId, expiresAt });
      }),
    expireHit: (id) =>
      answer('expireHit', id, () => {
        const hit = find(id);
        hit.expiresAt = Math.min(hit.expiresAt, clock());
        return done(null);
      }),
    disposeHit: (id) =>
      answer('disposeHit', id, () => {
        if (listed(find(id)).status !== 'ended') return final;
        hits.splice(hits.indexOf(find(id)), 1);
        return done(null);
      }),
    listHits: async function* () {
      for (let first = 0; first === 0 || first < hits.length; first += 2) {
        const page = await answer('listHits', `${first}`, () => done(hits.slice(first, first + 2).map(listed)));
        yield page;
        if (page.type === 'fault') return;
      }
    },
    listAssignments: (id) =>
      answer('listAssignments', id, () =>
        done(
          find(id).accepted.flatMap(({ assignmentId, workerId, acceptedAt, handed }) =>
            handed === null ? [] : { assignmentId, workerId, marketplaceHitId: id, acceptedAt, ...handed },
          ),
        ),
      ),
    approve: (assignmentId, { overridesRejection } = { overridesRejection: false }) =>
      answer('approve', assignmentId, () => {
        const handed = handedIn(assignmentId);
        if (!handed || (handed.status === 'rejected' && !overridesRejection)) return final;
        if (handed.status !== 'approved') paid.push(assignmentId);
        handed.status = 'approved';
        return done(null);
      }),
    reject: (assignmentId) =>
      answer('reject', assignmentId, () => {
        const handed = handedIn(assignmentId);
        if (!handed) return final;
        if (handed.status === 'approved')
          return { ...final, code: 'InvalidAssignmentState', message: 'it is approved already' };
        handed.status = 'rejected';
        return done(null);
      }),
    bonus: ({ token, assignmentId, cents }) =>
      answer('bonus', token, () => {
        if (!handedIn(assignmentId)) return final;
        if (!bonuses.has(token)) bonuses.set(token, { assignmentId, cents });
        return done(null);
      }),
    block: (workerId) =>
      answer('block', workerId, () => {
        blocked.add(workerId);
        return done(null);
      }),
    unblock: (workerId) =>
      answer('unblock', workerId, () => {
        blocked.delete(workerId);
        return done(null);
      }),
    notify: async () => done([]),
    balance: async () => done(1_000_000),
  };

  return {
    marketplace,
    calls,
    tokens: (): readonly EventId[] => hits.map(({ token }) => token),
    /** Who was paid, in order. */
    paid,
    /** Every bonus that was paid, once for each token. */
    bonuses: () => [...bonuses.values()],
    blocked,
    callsOf: (operation: Operation) => calls.filter((call) => call.operation === operation).map(({ about }) => about),
    hits: (): readonly MarketplaceHit[] => hits.map(listed),
    open: (): readonly MarketplaceHit[] => hits.map(listed).filter(({ status }) => status === 'open'),
    trouble: (operation: Operation, trouble: Trouble, times = 1) => troubles.push({ operation, trouble, times }),
    /** A HIT that the log knows nothing of. */
    post,
    /** The HIT goes away without our doing. */
    remove: (id: MarketplaceHitId) => hits.splice(hits.indexOf(find(id)), 1),
    end: (id: MarketplaceHitId) => {
      find(id).expiresAt = clock();
    },
    accept: (
      id: MarketplaceHitId,
    ): { assignmentId: AssignmentId; workerId: WorkerId; marketplaceHitId: MarketplaceHitId } => {
      const hit = find(id);
      if (listed(hit).status !== 'open') throw new Error(`HIT ${id} is not open`);
      const assignmentId = AssignmentId.parse(`3ASSIGNMENT${++ids}`);
      const workerId = WorkerId.parse(`AWORKER${ids}`);
      hit.accepted.push({ assignmentId, workerId, acceptedAt: clock(), handed: null });
      return { assignmentId, workerId, marketplaceHitId: id };
    },
    giveBack: (assignmentId: AssignmentId) => {
      for (const hit of hits) hit.accepted = hit.accepted.filter((one) => one.assignmentId !== assignmentId);
    },
    submit: (
      assignmentId: AssignmentId,
      status: Handed['status'] = 'submitted',
      answer?: Handed['answer'],
      submittedAt = clock(),
    ) => {
      for (const one of hits.flatMap(({ accepted }) => accepted))
        if (one.assignmentId === assignmentId) one.handed = { status, submittedAt, answer };
    },
  };
}
