import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { openWork, startTestService, type TestService } from '../support/service.ts';
import { until } from '../support/until.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.end());

const context = { actor: 'scheduler', requestId: 'test' } as const;
const Row = z.object({ id: z.string(), foreignId: z.string(), waiting: z.number(), missing: z.number() });
const Picture = z.object({
  facts: z.object({ matching: z.number(), people: z.number(), missing: z.number(), missingNow: z.number() }),
  lists: z.object({ reservations: z.object({ order: z.array(z.string()), rows: z.array(Row) }) }),
});

/** What a page hears, each event once it is whole, until `isEnough`. */
async function heard(query: string, isEnough: (event: string, data: unknown) => boolean): Promise<unknown> {
  const answer = await fetch(`${service.url}/status/feed${query}`);
  let text = '';
  // Leaving the loop ends the stream.
  for await (const chunk of answer.body ?? []) {
    text += Buffer.from(chunk).toString();
    for (const [, event = '', data = ''] of text.matchAll(/^event: (\w+)\ndata: (.*)\n\n/gm))
      if (isEnough(event, JSON.parse(data))) return JSON.parse(data);
  }
  throw new Error(`the stream ended: ${text}`);
}
const picture = async (query = '') => Picture.parse(await heard(query, (event) => event === 'picture'));

test('a page of many is told of what needs somebody first, how many there are, and of nobody twice', async () => {
  const { protoHitId, hit } = await openWork(service, { numAssignments: 2 });
  const ids = [];
  for (let n = 0; n < 200; n++) {
    const made = await service.core.commands.makeReservation(context, {
      ...{ protoHitId, foreignId: `job-${n}`, payload: null, delaySeconds: 1_000 - n, numAssignments: 2 },
    });
    if (made.type === 'refused') throw new Error(made.refusal.message);
    ids.push(made.value);
  }
  for (const n of [1, 2, 3])
    await fetch(`${service.url}/ping/worker/W${n}/assignment/A${n}/hit/${hit}/event/waiting`, { method: 'POST' });
  await until(async () => (await picture()).facts.people === 3);
  const { facts, lists } = await picture(`?protoHitId=${protoHitId}`);
  expect(facts).toMatchObject({ matching: 201, missing: 402, missingNow: 0 });
  // The first was to be needed in a minute, the others the later the earlier they were made.
  const foreignIds = new Map(lists.reservations.rows.map(({ id, foreignId }) => [id, foreignId]));
  expect(lists.reservations.order.map((id) => foreignIds.get(id))).toEqual([
    '42',
    ...Array.from({ length: 24 }, (_, n) => `job-${199 - n}`),
  ]);
  const shares = lists.reservations.order.map((id) => lists.reservations.rows.find((row) => row.id === id)?.waiting);
  expect(shares.slice(0, 4)).toEqual([2, 1, 0, 0]);
  const last = await picture('?page=9');
  expect(last.lists.reservations.rows).toHaveLength(1);
  expect(last.lists.reservations.rows[0]?.foreignId).toBe('job-0');
});

test.each(['rows=0', 'rows=x', 'page=-1', 'phase=made,', 'before=1', 'rows=1e9', 'page=100001'])(
  'what makes no sense is left out: ?%s',
  async (query) => {
    expect((await picture(`?${query}`)).lists.reservations.rows.length).toBeGreaterThan(1);
  },
);

test('a page hears that the service is there, and whether it is ready', async () => {
  const Pulse = z.object({ at: z.number(), ready: z.literal(true) });
  await heard('', (event, data) => event === 'pulse' && Pulse.safeParse(data).success);
});
