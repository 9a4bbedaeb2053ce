import { expect, test } from 'vitest';
import {
  type ApiKey,
  type ApiKeyEvent,
  apiKeyEvents,
  evolveApiKey,
  issue,
  noApiKey,
  revoke,
} from '../../src/domain/apiKey.ts';
import { ids, STARTED_AT as NOW } from '../support/events.ts';
import { specificationOf } from '../support/given.ts';

const given = specificationOf<ApiKey, ApiKeyEvent>({ initial: noApiKey, evolve: evolveApiKey });
const issued = {
  type: 'ApiKeyIssued',
  data: { apiKeyId: ids.apiKey(1), label: 'app', scopes: ['commands', 'read'], protoHitId: ids.protoHit(1), at: NOW },
} satisfies ApiKeyEvent;
const revoked: ApiKeyEvent = { type: 'ApiKeyRevoked', data: { at: NOW } };

test('an API key is issued once and revoked once', () => {
  given().when(issue, issued.data).thenEmits(issued);
  given(issued).when(issue, issued.data).thenNothing();
  given(issued).when(revoke, { at: NOW }).thenEmits(revoked);
  given(issued, revoked).when(revoke, { at: NOW }).thenNothing();
});
test('an API key that nobody issued cannot be revoked', () =>
  given()
    .when(revoke, { at: NOW })
    .thenRefused('notFound', /API key/));
test('an API key leaves no secret in the log', () =>
  expect(Object.keys(apiKeyEvents.ApiKeyIssued.shape).sort()).toEqual([
    'apiKeyId',
    'at',
    'dailyBudgetCents',
    'label',
    'protoHitId',
    'scopes',
  ]));
test('an API key that was revoked stays so, even if it is issued once more', () =>
  given(issued, revoked).when(issue, issued.data).thenNothing());
