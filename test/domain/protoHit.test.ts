import { describe, expect, test } from 'vitest';
import {
  closedToNew,
  define,
  evolveProtoHit,
  noProtoHit,
  type ProtoHit,
  type ProtoHitEvent,
  ProtoHitFields,
  restore,
  retire,
  revise,
  switchSandbox,
} from '../../src/domain/protoHit.ts';
import { fields, ids, STARTED_AT as NOW } from '../support/events.ts';
import { specificationOf } from '../support/given.ts';

const given = specificationOf<ProtoHit, ProtoHitEvent>({ initial: noProtoHit, evolve: evolveProtoHit });

const protoHitId = ids.protoHit(1);
const put = (changes = {}) => ({ protoHitId, fields: fields(), sandbox: undefined, at: NOW, ...changes });
const defined: ProtoHitEvent = {
  type: 'ProtoHitDefined',
  data: { protoHitId, fields: fields(), sandbox: true, at: NOW },
};
const switched = (sandbox: boolean): ProtoHitEvent => ({ type: 'SandboxSwitched', data: { sandbox, at: NOW } });

describe('defining a ProtoHIT', () => {
  test('sends its HITs to the sandbox unless told otherwise', () => {
    given().when(define, put()).thenEmits(defined);
    given()
      .when(define, put({ sandbox: false }))
      .thenState({ sandbox: false });
  });
  test('again with the same fields changes nothing', () => given(defined).when(define, put()).thenNothing());
  test('again with other fields revises it and keeps its id', () =>
    given(defined)
      .when(define, put({ fields: fields({ rewardCents: 7 }) }))
      .thenState({ id: protoHitId, fields: { rewardCents: 7 }, sandbox: true }));
  test('again leaves the sandbox as it is, unless it is named', () => {
    given(defined, switched(false)).when(define, put()).thenNothing();
    given(defined, switched(false))
      .when(define, put({ sandbox: true }))
      .thenEmits(switched(true));
  });
});

describe('switching the sandbox', () => {
  test('changes it, once', () => {
    given(defined).when(switchSandbox, { sandbox: false, at: NOW }).thenEmits(switched(false));
    given(defined).when(switchSandbox, { sandbox: true, at: NOW }).thenNothing();
    given(defined).when(switchSandbox, { sandbox: 'toggle', at: NOW }).thenEmits(switched(false));
  });
  test('of a ProtoHIT nobody defined is refused', () =>
    given()
      .when(switchSandbox, { sandbox: true, at: NOW })
      .thenRefused('notFound', /DoesNotExist/));
});

describe('retiring a ProtoHIT', () => {
  const retired: ProtoHitEvent = { type: 'ProtoHitRetired', data: { at: NOW } };
  const restored: ProtoHitEvent = { type: 'ProtoHitRestored', data: { at: NOW } };
  test('closes it to what is new, once, and can be taken back', () => {
    given(defined).when(retire, { at: NOW }).thenEmits(retired);
    given(defined, retired).when(retire, { at: NOW }).thenNothing();
    given(defined, retired).when(restore, { at: NOW }).thenEmits(restored);
    given(defined).when(restore, { at: NOW }).thenNothing();
    given()
      .when(retire, { at: NOW })
      .thenRefused('notFound', /DoesNotExist/);
    given()
      .when(restore, { at: NOW })
      .thenRefused('notFound', /DoesNotExist/);
    expect(closedToNew(noProtoHit)).toMatchObject({ refusal: { kind: 'notFound' } });
    expect(closedToNew([defined, retired].reduce(evolveProtoHit, noProtoHit))).toMatchObject({
      refusal: { kind: 'conflict', message: expect.stringContaining('retired') },
    });
    expect(closedToNew([defined, retired, restored].reduce(evolveProtoHit, noProtoHit))).toBeNull();
  });
  test('is not undone by an application that defines it again', () =>
    given(defined, retired)
      .when(define, put())
      .thenRefused('conflict', /retired/));
});

test('revising one by its id keeps its name', () => {
  const { hitTypeId: _, ...revised } = fields({ rewardCents: 7 });
  given(defined)
    .when(revise, { fields: revised, sandbox: true, at: NOW })
    .thenEmits({ type: 'ProtoHitRevised', data: { fields: fields({ rewardCents: 7 }), at: NOW } });
  given()
    .when(revise, { fields: revised, sandbox: true, at: NOW })
    .thenRefused('notFound', /DoesNotExist/);
});

test.each([600, 601])('nobody can be kept waiting for %i of the 600 seconds of an assignment', (maxWaitSeconds) => {
  const wrong = fields({ assignmentDurationSeconds: 600, maxWaitSeconds });
  const says = `max_wait must be less than assignment_duration, which is 600 seconds, got ${maxWaitSeconds}`;
  const command = put({ fields: wrong });
  given().when(define, command).thenRefused('invalid', new RegExp(says));
  given(defined).when(define, command).thenRefused('invalid', new RegExp(says));
  const { hitTypeId: _, ...revised } = wrong;
  given(defined).when(revise, { fields: revised, sandbox: true, at: NOW }).thenRefused('invalid', new RegExp(says));
  const before: ProtoHitEvent = {
    type: 'ProtoHitDefined',
    data: { protoHitId, fields: wrong, sandbox: true, at: NOW },
  };
  given(before).when(define, command).thenEmits();
});

test.each([
  ['title', ''],
  ['title', 'x'.repeat(129)],
  ['url', 'ftp://example.com'],
  ['rewardCents', -1],
  ['rewardCents', 10_001],
  ['rewardCents', 0.5],
  ['assignmentDurationSeconds', 29],
  ['lifetimeSeconds', 31_536_001],
  ['maxAssignments', 0],
  ['workerLocale', 'us'],
  ['approvalRating', 101],
])('%s cannot be %s', (field, value) => {
  expect(ProtoHitFields.safeParse({ ...fields(), [field]: value }).success).toBe(false);
});
