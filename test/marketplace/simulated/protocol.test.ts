import { CreateHITCommand, GetHITCommand, ListHITsCommand } from '@aws-sdk/client-mturk';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hitRequest } from '../../../src/marketplace/mturk/hitRequest.ts';
import { type Market, order, startMarket } from '../market.ts';

let market: Market;
beforeAll(async () => {
  market = await startMarket();
});
afterAll(() => market.stop());

test('an answer is AWS JSON 1.1 with a request id, and moments are numbers of seconds', async () => {
  const { status, headers, answer } = await market.post('CreateHIT', hitRequest(order()));
  expect(status).toBe(200);
  expect(headers.get('content-type')).toBe('application/x-amz-json-1.1');
  expect(headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/);
  expect(answer['HIT']).toMatchObject({
    HITId: expect.stringMatching(/^3[A-Z0-9]{29}$/),
    HITTypeId: expect.stringMatching(/^3[A-Z0-9]{29}$/),
    HITStatus: 'Assignable',
    HITReviewStatus: 'NotReviewed',
    CreationTime: market.now() / 1000,
    Expiration: market.now() / 1000 + 3_600,
    Reward: '0.05',
    QualificationRequirements: [],
    NumberOfAssignmentsAvailable: 1,
    NumberOfAssignmentsPending: 0,
    NumberOfAssignmentsCompleted: 0,
  });
});

test('the AWS SDK reads moments as dates, to the millisecond', async () => {
  market.pass(0.123);
  const { HIT } = await market.sdk().send(new CreateHITCommand(hitRequest(order())));
  expect(HIT?.CreationTime).toEqual(new Date(market.now()));
  expect(HIT?.Expiration).toEqual(new Date(market.now() + 3_600_000));
});

test('a refusal has a code, and a text that ends with the time; in the sandbox with one letter more', async () => {
  const live = await market.post('GetHIT', { HITId: '3NOSUCH' });
  expect(live.status).toBe(400);
  expect(live.answer).toEqual({
    __type: 'RequestError',
    Message: `Hit 3NOSUCH does not exist. (${market.now()})`,
    TurkErrorCode: 'AWS.MechanicalTurk.HITDoesNotExist',
  });
  const sandbox = await market.post('GetHIT', { HITId: '3NOSUCH' }, { side: 'sandbox' });
  expect(sandbox.answer['Message']).toBe(`Hit 3NOSUCH does not exist. (${market.now()} s)`);
});

test('the AWS SDK knows a refusal as its RequestError', async () => {
  await expect(market.sdk().send(new GetHITCommand({ HITId: '3NOSUCH' }))).rejects.toMatchObject({
    name: 'RequestError',
    TurkErrorCode: 'AWS.MechanicalTurk.HITDoesNotExist',
    $metadata: { httpStatusCode: 400 },
  });
});

test('an unknown operation, a missing signature and a body that is no object are refused, in this order', async () => {
  const type = async (operation: string, body: unknown, headers = {}) =>
    (await market.post(operation, body, { headers })).answer['__type'];
  expect(await type('CreateWorld', 'no json', { Authorization: '' })).toBe('UnknownOperationException');
  expect(await type('constructor', {})).toBe('UnknownOperationException');
  expect(await type('GetHIT', 'no json', { Authorization: '' })).toBe('MissingAuthenticationTokenException');
  for (const body of ['no json', '[]', 'null', '"text"', '['.repeat(100_000)])
    expect(await type('GetHIT', body)).toBe('SerializationException');
});

test('a body of more than a megabyte is refused', async () => {
  const response = await fetch(market.endpoint('live'), { method: 'POST', body: 'x'.repeat(1_000_001) });
  expect(response.status).toBe(413);
});

test('whoever signs is the requester: nobody sees the HITs of others, nor those of the other side', async () => {
  const mine = market.sdk({ accessKeyId: 'MINE' });
  const { HIT } = await mine.send(new CreateHITCommand(hitRequest(order())));
  for (const other of [market.sdk({ accessKeyId: 'THEIRS' }), market.sdk({ accessKeyId: 'MINE', side: 'sandbox' })]) {
    expect((await other.send(new ListHITsCommand({}))).HITs).toEqual([]);
    await expect(other.send(new GetHITCommand({ HITId: HIT?.HITId }))).rejects.toMatchObject({ name: 'RequestError' });
  }
  expect((await mine.send(new ListHITsCommand({}))).NumResults).toBe(1);
});

test('a page has ten entries unless more are asked for, a token follows each that is not empty, and none the last', async () => {
  const sdk = market.sdk({ accessKeyId: 'PAGES' });
  for (let n = 0; n < 12; n++) await sdk.send(new CreateHITCommand(hitRequest(order())));
  const first = await sdk.send(new ListHITsCommand({}));
  expect(first).toMatchObject({ NumResults: 10, NextToken: expect.any(String) });
  const second = await sdk.send(new ListHITsCommand({ NextToken: first.NextToken }));
  expect(second).toMatchObject({ NumResults: 2, NextToken: expect.any(String) });
  const last = await sdk.send(new ListHITsCommand({ NextToken: second.NextToken }));
  expect(last).toMatchObject({ NumResults: 0, HITs: [] });
  expect(last.NextToken).toBeUndefined();
});
