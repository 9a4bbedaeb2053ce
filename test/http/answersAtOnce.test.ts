import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { HitId } from '../../src/domain/ids.ts';
import { findHit } from '../../src/projections/hits.ts';
import { fields } from '../support/events.ts';
import { openWork, startTestService, type TestService, until } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService({ MTURK: 'simulated', ANSWER_LIMIT_BYTES: '1024' });
});
afterAll(() => service.end());

const post = async (path: string, form: Record<string, string> = {}): Promise<unknown> => {
  const body = new URLSearchParams(form);
  const answer = await fetch(`${service.url}${path}`, {
    method: 'POST',
    headers: { Accept: 'application/json' },
    body,
  });
  expect(answer.status).toBe(200);
  return answer.json();
};

const List = z.array(
  z.object({
    id: z.string(),
    state: z.string(),
    answer: z.array(z.object({ field: z.string(), value: z.string(), cut: z.boolean().optional() })).nullable(),
    fieldsLeftOut: z.number(),
    acceptedTime: z.number().nullable(),
    submittedTime: z.number().nullable(),
  }),
);
const listed = async (id: string) => {
  const answer = await fetch(`${service.url}/assignment/list`, { headers: { Accept: 'application/json' } });
  return List.parse(await answer.json()).find((one) => one.id === id);
};

/** A HIT on the built-in marketplace, and somebody who accepted it and waits: whom nobody polls for. */
async function someoneWaits(name: string): Promise<string> {
  const { core } = service;
  const { protoHitId, reservationId } = await openWork(service);
  const hitId = HitId.parse(uuidv7());
  const hit = { hitId, protoHitId, recruitedFor: reservationId, fields: fields(), sandbox: true, maxAssignments: 1 };
  await core.commands.requestHitPost({ actor: 'scheduler', requestId: 'test' }, { hits: [hit] });
  await until(async () => (await findHit(core.db, hitId))?.phase === 'posted');
  const marketplaceHitId = (await findHit(core.db, hitId))?.marketplaceHitId;
  const accepted = await post(`/marketplace/hits/${marketplaceHitId}/accept?workerId=${name}`);
  const { assignmentId } = z.object({ assignmentId: z.string() }).parse(accepted);
  const ping = `/ping/worker/${name}/assignment/${assignmentId}/hit/${marketplaceHitId}/event/waiting`;
  expect((await fetch(`${service.url}${ping}`, { method: 'POST' })).status).toBe(200);
  await until(async () => (await listed(assignmentId))?.state === 'waiting');
  return assignmentId;
}

test('what is submitted on the built-in marketplace is in the list at once, with the marketplace’s own moments', async () => {
  const assignmentId = await someoneWaits('AQUICK');
  await post('/marketplace/mturk/externalSubmit', { assignmentId, label: 'a boat' });
  await until(async () => (await listed(assignmentId))?.answer != null);
  const { rows } = await service.core.db.query<{ accepted: string; submitted: string }>(
    'select accepted_at as accepted, submitted_at as submitted from marketplace.assignments where assignment_id = $1',
    [assignmentId],
  );
  expect(await listed(assignmentId)).toMatchObject({
    answer: [{ field: 'label', value: 'a boat' }],
    fieldsLeftOut: 0,
    acceptedTime: Number(rows[0]?.accepted),
    submittedTime: Number(rows[0]?.submitted),
  });
});

test('an answer that is longer than is kept says so, and so does one with too many fields', async () => {
  const assignmentId = await someoneWaits('ALONG');
  const many = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`a field named ${n}`, 'v']));
  await post('/marketplace/mturk/externalSubmit', { assignmentId, data: 'x'.repeat(5_000), ...many });
  await until(async () => (await listed(assignmentId))?.answer != null);
  const found = await listed(assignmentId);
  expect(found?.answer?.[0]).toMatchObject({ field: 'data', cut: true });
  expect(found?.answer?.filter(({ cut }) => cut)).toHaveLength(1);
  expect((found?.answer?.length ?? 0) + (found?.fieldsLeftOut ?? 0)).toBe(61);
  expect(found?.fieldsLeftOut).toBeGreaterThan(0);
});
