import { afterEach, beforeEach, expect, test } from 'vitest';
import { type DomainEvent, streamOf } from '../../src/domain/event.ts';
import { listApiKeys } from '../../src/projections/apiKeys.ts';
import { findProtoHit, findProtoHitByHitType, listProtoHits, protoHitsByIds } from '../../src/projections/protoHits.ts';
import { findWorkRequest } from '../../src/projections/workRequests.ts';
import { fields, ids, STARTED_AT } from '../support/events.ts';
import { happened, on } from '../support/happenings.ts';
import { freshReadModels, type ReadModels } from '../support/readModels.ts';

let models: ReadModels;
let db: ReadModels['db'];
let given: ReadModels['given'];
beforeEach(async () => {
  models = await freshReadModels();
  ({ db, given } = models);
});
afterEach(() => models.database.drop());

const at = STARTED_AT;

test('a ProtoHIT shows as it was defined, revised and switched', async () => {
  await given(on.protoHit(1), happened.protoHitDefined(1));
  const defined = {
    protoHitId: ids.protoHit(1),
    hitTypeId: 'type 1',
    fields: fields({ hitTypeId: 'type 1' }),
    sandbox: true,
    definedAt: STARTED_AT,
    retiredAt: null,
  };
  expect(await findProtoHit(db, ids.protoHit(1))).toEqual(defined);
  const revised = fields({ hitTypeId: 'type 1', title: 'Find the nouns' });
  await given(
    on.protoHit(1),
    { type: 'ProtoHitRevised', data: { fields: revised, at } },
    { type: 'SandboxSwitched', data: { sandbox: false, at } },
  );
  expect(await findProtoHit(db, ids.protoHit(1))).toEqual({ ...defined, fields: revised, sandbox: false });
  await given(on.protoHit(1), { type: 'ProtoHitRetired', data: { at: at + 3 } });
  expect(await findProtoHit(db, ids.protoHit(1))).toMatchObject({ retiredAt: at + 3 });
  expect(await listProtoHits(db)).toEqual([]);
  expect(await listProtoHits(db, { retired: true })).toHaveLength(1);
  await given(on.protoHit(1), { type: 'ProtoHitRestored', data: { at: at + 4 } });
  expect(await listProtoHits(db)).toHaveLength(1);
});

test('ProtoHITs are found by id, by name, and listed newest first', async () => {
  await given(on.protoHit(1), happened.protoHitDefined(1));
  await given(on.protoHit(2), happened.protoHitDefined(2, {}, 5));
  expect((await findProtoHitByHitType(db, 'type 2'))?.protoHitId).toBe(ids.protoHit(2));
  expect(await findProtoHitByHitType(db, 'type 3')).toBeUndefined();
  expect([...(await protoHitsByIds(db, [1, 3].map(ids.protoHit))).keys()]).toEqual([ids.protoHit(1)]);
  expect((await listProtoHits(db)).map(({ hitTypeId }) => hitTypeId)).toEqual(['type 2', 'type 1']);
});

test('a work request is open, done, and open again', async () => {
  const stream = streamOf.workRequest(ids.workRequest(1));
  const find = () => findWorkRequest(db, ids.workRequest(1));
  const request = { workRequestId: ids.workRequest(1), protoHitId: ids.protoHit(1), foreignId: '7', payload: ['a', 1] };
  const { at: _, ...shown } = { ...request, at, madeAt: at, doneAt: null };
  await given(stream, { type: 'WorkRequestMade', data: { ...request, at } });
  expect(await find()).toEqual(shown);
  await given(stream, { type: 'WorkRequestDone', data: { at: at + 5 } });
  expect(await find()).toEqual({ ...shown, doneAt: at + 5 });
  await given(stream, { type: 'WorkRequestReopened', data: { at: at + 9 } });
  expect(await find()).toEqual(shown);
  expect(await findWorkRequest(db, ids.workRequest(2))).toBeUndefined();
});

test('API keys are listed, oldest first, also those that were revoked', async () => {
  const issued = (n: number): DomainEvent => ({
    type: 'ApiKeyIssued',
    data: { apiKeyId: ids.apiKey(n), label: `key ${n}`, scopes: ['read'], protoHitId: ids.protoHit(n), at: at + n },
  });
  for (const n of [2, 1]) await given(streamOf.apiKey(ids.apiKey(n)), issued(n));
  await given(streamOf.apiKey(ids.apiKey(1)), { type: 'ApiKeyRevoked', data: { at: at + 9 } });
  expect(await listApiKeys(db)).toEqual([
    {
      apiKeyId: ids.apiKey(1),
      label: 'key 1',
      scopes: ['read'],
      protoHitId: ids.protoHit(1),
      dailyBudgetCents: null,
      issuedAt: at + 1,
      revokedAt: at + 9,
    },
    {
      apiKeyId: ids.apiKey(2),
      label: 'key 2',
      scopes: ['read'],
      protoHitId: ids.protoHit(2),
      dailyBudgetCents: null,
      issuedAt: at + 2,
      revokedAt: null,
    },
  ]);
});
