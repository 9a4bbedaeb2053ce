import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AssignmentId, MarketplaceHitId } from '../../../src/domain/ids.ts';
import { type Market, order, startMarket, valueIn } from '../market.ts';

let market: Market;
let workers = 0;
beforeAll(async () => {
  market = await startMarket();
});
afterAll(() => market.stop());

async function accepted() {
  const { marketplaceHitId } = valueIn(await market.adapter().postHit(order({}, { decidedAt: market.now() })));
  const workerId = `AWORKER${++workers}`;
  const assignmentId = await market.accept(marketplaceHitId, workerId);
  if (assignmentId === null) throw new Error('nothing was accepted');
  return { assignmentId, marketplaceHitId, workerId };
}
const address = (query = '') => `${market.market}/mturk/externalSubmit${query}`;
const post = (body: string | FormData | URLSearchParams, headers: Record<string, string> = {}) =>
  fetch(address(), { method: 'POST', body, headers });
const answerTo = async (hit: string) =>
  valueIn(await market.adapter().listAssignments(MarketplaceHitId.parse(hit)))[0]?.answer?.map(({ field, value }) => [
    field,
    value,
  ]);
const titleOf = (page: string): string => /<h1>(.*)<\/h1>/.exec(page)?.[1] ?? '';

/** Every way in which a browser sends a form. */
const ENCODINGS: Readonly<Record<string, (fields: [string, string][]) => Promise<Response>>> = {
  'application/x-www-form-urlencoded': (fields) => post(new URLSearchParams(fields)),
  'multipart/form-data': (fields) => {
    const form = new FormData();
    for (const [name, value] of fields) form.append(name, value);
    return post(form);
  },
  'text/plain': (fields) =>
    post(fields.map(([name, value]) => `${name}=${value}\r\n`).join(''), { 'Content-Type': 'text/plain' }),
  'a GET': (fields) => fetch(address(`?${new URLSearchParams(fields)}`)),
};

describe.each(Object.entries(ENCODINGS))('a form that comes as %s', (_, send) => {
  test('is taken with every value of every field, in order, under the names it has', async () => {
    const { assignmentId, marketplaceHitId, workerId } = await accepted();
    const page = await send([
      ['assignmentId', assignmentId],
      ['workerId', workerId],
      ['label', 'boat'],
      ['kind[]', 'a'],
      ['label', 'tree & ü'],
      ['kind[]', 'b'],
      ['a.b', '1=1'],
      ['__proto__', 'x'],
      ['constructor', ''],
    ]);
    expect([page.status, titleOf(await page.text())]).toEqual([200, 'Submitted']);
    expect(await answerTo(marketplaceHitId)).toEqual([
      ['label', 'boat|tree & ü'],
      ['kind[]', 'a|b'],
      ['a.b', '1=1'],
      ['__proto__', 'x'],
      ['constructor', ''],
    ]);
  });
});

test('fields may be in the address and in the body; one that is in both is the body’s', async () => {
  const { assignmentId, marketplaceHitId } = await accepted();
  const query = new URLSearchParams({ assignmentId, source: 'address', label: 'address' });
  const page = await fetch(address(`?${query}`), { method: 'POST', body: new URLSearchParams({ label: 'body' }) });
  expect(page.status).toBe(200);
  expect(await answerTo(marketplaceHitId)).toEqual([
    ['source', 'address'],
    ['label', 'body'],
  ]);
});

test('submitting again, in a row or at once, says that it was submitted, and the first answer stands', async () => {
  const { assignmentId, marketplaceHitId } = await accepted();
  const submit = (label: string) => post(new URLSearchParams({ assignmentId, label }));
  expect((await submit('first')).status).toBe(200);
  const again = await Promise.all([submit('second'), submit('third')]);
  for (const page of again) {
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('was submitted already, and your first answer stands');
  }
  valueIn(await market.adapter().approve(AssignmentId.parse(assignmentId)));
  expect((await submit('after the review')).status).toBe(200);
  expect(await answerTo(marketplaceHitId)).toEqual([['label', 'first']]);
});

describe('what cannot be taken says why', () => {
  const refused = async (page: Response): Promise<string> => {
    const text = await page.text();
    expect([page.status, titleOf(text)]).toEqual([400, 'Not submitted']);
    return /<p>(.*)<\/p>/.exec(text)?.[1] ?? '';
  };

  test('an assignment that is none', async () => {
    const form = new URLSearchParams({ assignmentId: '3NOSUCH', label: 'x' });
    expect(await refused(await post(form))).toMatch(/^There is no such assignment here/);
    expect(await refused(await post(new URLSearchParams({ label: 'x' })))).toMatch(/^There is no such assignment here/);
  });

  test('one that was given back, and one whose time ran out', async () => {
    const back = await accepted();
    await market.giveBack(back.assignmentId, back.workerId);
    const form = (assignmentId: string) => post(new URLSearchParams({ assignmentId, label: 'x' }));
    expect(await refused(await form(back.assignmentId))).toMatch(/^This HIT was given back/);
    const late = await accepted();
    market.pass(601);
    expect(await refused(await form(late.assignmentId))).toMatch(/^The time for this HIT ran out/);
  });

  test('a form without an answer, with a file, or in an encoding that no form has', async () => {
    const { assignmentId } = await accepted();
    expect(await refused(await post(new URLSearchParams({ assignmentId })))).toMatch(/^The form had no answer in it/);
    const withFile = new FormData();
    withFile.append('assignmentId', assignmentId);
    withFile.append('photo', new Blob(['x']), 'x.png');
    expect(await refused(await post(withFile))).toMatch(/^The field .*photo.* is a file/);
    const json = { 'Content-Type': 'application/json' };
    expect(await refused(await post(JSON.stringify({ assignmentId, label: 'x' }), json))).toMatch(/must be sent as/);
    expect(await refused(await post('broken', { 'Content-Type': 'multipart/form-data' }))).toMatch(/could not be read/);
    // None of it was taken.
    expect((await post(new URLSearchParams({ assignmentId, label: 'x' }))).status).toBe(200);
  });
});

test.each(['Title', 'Description', 'Keywords', 'Question'])(
  'a HIT with an emoji in its %s is refused, as the real one does',
  async (field) => {
    const made = order(
      {
        ...(field === 'Title' ? { title: 'Tea ☕ and cake 🎂' } : {}),
        ...(field === 'Description' ? { description: '🎉' } : {}),
        ...(field === 'Keywords' ? { keywords: 'a, 🎉' } : {}),
        ...(field === 'Question' ? { url: 'https://example.org/🎉' } : {}),
      },
      { decidedAt: market.now() },
    );
    const outcome = await market.adapter().postHit(made);
    expect(outcome).toMatchObject({ type: 'fault', lasting: 'final', code: 'InvalidParameterValue' });
    expect(outcome.type === 'fault' && outcome.message).toMatch(new RegExp(`'${field}'.*characters of 4 bytes`));
    expect((await market.adapter().postHit(order({ title: 'Tea ☕' }, { decidedAt: market.now() }))).type).toBe('done');
  },
);
