import { test } from 'vitest';
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

test('a work request is made, done and reopened, each once', () => {
  given().when(makeWorkRequest, order).thenEmits(made);
  given(made).when(makeWorkRequest, order).thenNothing();
  given(made).when(finishWorkRequest, { at: NOW }).thenEmits(done);
  given(made, done).when(finishWorkRequest, { at: NOW }).thenNothing();
  given(made, done).when(reopenWorkRequest, { at: NOW }).thenEmits(reopened);
  given(made).when(reopenWorkRequest, { at: NOW }).thenNothing();
});
test('a work request that nobody made is refused', () => {
  given()
    .when(finishWorkRequest, { at: NOW })
    .thenRefused('notFound', /DoesNotExist/);
  given()
    .when(reopenWorkRequest, { at: NOW })
    .thenRefused('notFound', /DoesNotExist/);
});
