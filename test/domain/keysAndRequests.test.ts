import { describe, expect, test } from 'vitest';
import { type ApiKey, type ApiKeyEvent, evolveApiKey, issue, noApiKey, revoke } from '../../src/domain/apiKey.ts';
import { eventSchemas, streamId, streamOf } from '../../src/domain/event.ts';
import { AssignmentId } from '../../src/domain/ids.ts';
import { isSuspect } from '../../src/domain/presence.ts';
import {
  evolveWorkRequest,
  finishWorkRequest,
  makeWorkRequest,
  noWorkRequest,
  reopenWorkRequest,
  type WorkRequest,
  type WorkRequestEvent,
} from '../../src/domain/workRequest.ts';
import { ids, STARTED_AT as NOW } from '../support/events.ts';
import { specificationOf } from '../support/given.ts';

describe('an API key', () => {
  const given = specificationOf<ApiKey, ApiKeyEvent>({ initial: noApiKey, evolve: evolveApiKey });
  const issued: ApiKeyEvent = { type: 'ApiKeyIssued', data: { apiKeyId: ids.apiKey(1), label: 'app', at: NOW } };
  const revoked: ApiKeyEvent = { type: 'ApiKeyRevoked', data: { at: NOW } };

  test('is issued once and revoked once', () => {
    given().when(issue, issued.data).thenEmits(issued);
    given(issued).when(issue, issued.data).thenNothing();
    given(issued).when(revoke, { at: NOW }).thenEmits(revoked);
    given(issued, revoked).when(revoke, { at: NOW }).thenNothing();
  });
  test('that nobody issued cannot be revoked', () =>
    given()
      .when(revoke, { at: NOW })
      .thenRefused('notFound', /API key/));
  test('leaves no secret in the log', () =>
    expect(Object.keys(eventSchemas.ApiKeyIssued.shape).sort()).toEqual(['apiKeyId', 'at', 'label']));
});

describe('a work request', () => {
  const given = specificationOf<WorkRequest, WorkRequestEvent>({ initial: noWorkRequest, evolve: evolveWorkRequest });
  const order = {
    workRequestId: ids.workRequest(1),
    protoHitId: ids.protoHit(1),
    foreignId: '1',
    payload: null,
    at: NOW,
  };
  const made: WorkRequestEvent = { type: 'WorkRequestMade', data: order };
  const done: WorkRequestEvent = { type: 'WorkRequestDone', data: { at: NOW } };
  const reopened: WorkRequestEvent = { type: 'WorkRequestReopened', data: { at: NOW } };

  test('is made, done and reopened, each once', () => {
    given().when(makeWorkRequest, order).thenEmits(made);
    given(made).when(makeWorkRequest, order).thenNothing();
    given(made).when(finishWorkRequest, { at: NOW }).thenEmits(done);
    given(made, done).when(finishWorkRequest, { at: NOW }).thenNothing();
    given(made, done).when(reopenWorkRequest, { at: NOW }).thenEmits(reopened);
    given(made).when(reopenWorkRequest, { at: NOW }).thenNothing();
  });
  test('that nobody made is refused', () => {
    given()
      .when(finishWorkRequest, { at: NOW })
      .thenRefused('notFound', /DoesNotExist/);
    given()
      .when(reopenWorkRequest, { at: NOW })
      .thenRefused('notFound', /DoesNotExist/);
  });
});

test('a stream is named after its category and its id, which may hold dashes itself', () => {
  const stream = streamOf.assignment(AssignmentId.parse('3A-B-C'));
  expect(stream).toBe('assignment-3A-B-C');
  expect(streamId(stream)).toBe('3A-B-C');
});

test('a worker is suspect after one missed beat', () => {
  expect(isSuspect(NOW, NOW + 5_000)).toBe(false);
  expect(isSuspect(NOW, NOW + 5_001)).toBe(true);
});
