import { describe, test } from 'vitest';
import {
  evolveHit,
  type Hit,
  type HitEvent,
  noHit,
  recordDisposed,
  recordExpired,
  recordExpireFailed,
  recordPosted,
  recordPostFailed,
  requestExpire,
  requestPost,
} from '../../src/domain/hit.ts';
import { fields, ids, STARTED_AT as NOW } from '../support/events.ts';
import { specificationOf } from '../support/given.ts';

const given = specificationOf<Hit, HitEvent>({ initial: noHit, evolve: evolveHit });

const order = {
  hitId: ids.hit(1),
  protoHitId: ids.protoHit(1),
  recruitedFor: ids.reservation(1),
  fields: fields(),
  sandbox: true,
  maxAssignments: 1,
  at: NOW,
};
const outcome = { marketplaceHitId: ids.marketplaceHit(1), expiresAt: NOW + 3_600_000, at: NOW };
const fault = { code: 'InsufficientFunds', message: 'no money', at: NOW };
const requested: HitEvent = { type: 'HitPostRequested', data: order };
const posted: HitEvent = { type: 'HitPosted', data: outcome };
const postFailed: HitEvent = { type: 'HitPostFailed', data: fault };
const expireRequested: HitEvent = { type: 'HitExpireRequested', data: { reason: 'cancelled', at: NOW } };
const expired: HitEvent = { type: 'HitExpired', data: { at: NOW } };
const command = { reason: 'cancelled' as const, at: NOW };

describe('posting a HIT', () => {
  test('is decided once', () => {
    given().when(requestPost, order).thenEmits(requested);
    given(requested).when(requestPost, order).thenNothing();
  });
  test('has one outcome', () => {
    given(requested).when(recordPosted, outcome).thenEmits(posted);
    given(requested, posted).when(recordPosted, outcome).thenNothing();
    given(requested, posted).when(recordPostFailed, fault).thenNothing();
    given(requested).when(recordPostFailed, fault).thenEmits(postFailed);
  });
  test('that was given up turns out well if the marketplace lists the HIT after all', () =>
    given(requested, postFailed).when(recordPosted, outcome).thenState({ phase: 'posted' }));
});

describe('expiring a HIT', () => {
  test('is decided once', () => {
    given(requested, posted).when(requestExpire, command).thenEmits(expireRequested);
    given(requested, posted, expireRequested).when(requestExpire, command).thenNothing();
    given(requested, posted, expired).when(requestExpire, command).thenNothing();
  });
  test('that is still being posted happens as soon as it is known', () => {
    given(requested).when(requestExpire, command).thenEmits(expireRequested);
    given(requested, expireRequested).when(requestExpire, command).thenNothing();
    given(requested, expireRequested).when(recordPosted, outcome).thenState({ phase: 'expiring' });
  });
  test('is recorded once, whoever brought it about', () => {
    given(requested, posted, expireRequested).when(recordExpired, { at: NOW }).thenEmits(expired);
    given(requested, posted).when(recordExpired, { at: NOW }).thenEmits(expired);
    given(requested, posted, expired).when(recordExpired, { at: NOW }).thenNothing();
  });
  test('that the marketplace refuses leaves it on the market', () =>
    given(requested, posted, expireRequested).when(recordExpireFailed, fault).thenState({ phase: 'posted' }));
  test('that the marketplace refused may be asked for again', () =>
    given(requested, posted, expireRequested, { type: 'HitExpireFailed', data: fault })
      .when(requestExpire, command)
      .thenEmits(expireRequested));
  test('of a HIT that was never posted has nothing to do', () =>
    given(requested, postFailed).when(requestExpire, command).thenNothing());
  test('that was asked for while the HIT was being posted still holds for one that turns up after all', () =>
    given(requested, expireRequested, postFailed).when(recordPosted, outcome).thenState({ phase: 'expiring' }));
  test('that nobody asked for cannot fail', () =>
    given(requested, posted).when(recordExpireFailed, fault).thenNothing());
});

test('a HIT that the marketplace forgot is disposed once', () => {
  given(requested, posted, expired).when(recordDisposed, { at: NOW }).thenState({ phase: 'disposed' });
  given(requested, posted, expired, { type: 'HitDisposed', data: { at: NOW } })
    .when(recordDisposed, { at: NOW })
    .thenNothing();
});

test('a HIT that was never on the market cannot be forgotten there: the answer to its post still counts', () => {
  given(requested).when(recordDisposed, { at: NOW }).thenNothing();
  given(requested, postFailed).when(recordDisposed, { at: NOW }).thenNothing();
});

test.each([
  ['requestExpire', () => given().when(requestExpire, command)],
  ['recordPosted', () => given().when(recordPosted, outcome)],
  ['recordPostFailed', () => given().when(recordPostFailed, fault)],
  ['recordExpired', () => given().when(recordExpired, { at: NOW })],
  ['recordExpireFailed', () => given().when(recordExpireFailed, fault)],
  ['recordDisposed', () => given().when(recordDisposed, { at: NOW })],
])('%s is refused for a HIT nobody decided to post', (_, decided) => decided().thenRefused('notFound', /DoesNotExist/));
