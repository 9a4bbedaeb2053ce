import { afterAll, beforeAll, expect, test } from 'vitest';
import { isPassword } from '../../src/commands/passwords.ts';
import { streamOf } from '../../src/domain/event.ts';
import { OperatorName } from '../../src/domain/operator.ts';
import { startTestService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.end());

const context = { actor: 'operator:test', requestId: 'test' } as const;
const password = 'correct horse battery';
let names = 0;
const someone = async (): Promise<OperatorName> => {
  const operator = OperatorName.parse(`someone-${++names}`);
  await service.core.commands.addOperator(context, { operator, password });
  return operator;
};
const signIn = (operator: OperatorName, given = password, from = `192.0.2.${names}`) =>
  service.core.commands.signIn(context, { operator, password: given, from });
const happened = async (operator: OperatorName) =>
  (await service.core.store.read(streamOf.operator(operator))).events.map(({ type }) => type);
const sessions = async (operator: OperatorName) => {
  const { rowCount } = await service.database.pool.query('select from retainer.sessions where operator = $1', [
    operator,
  ]);
  return rowCount;
};

test('an operator signs in with their password, and every try is in the log', async () => {
  const operator = await someone();
  expect(await signIn(operator, 'something else')).toEqual({ type: 'refused' });
  expect(await signIn(operator)).toMatchObject({
    type: 'signedIn',
    session: { token: expect.stringMatching(/^.{43}$/) },
  });
  expect(await happened(operator)).toEqual(['OperatorAdded', 'OperatorSignInRefused', 'OperatorSignedIn']);
  expect(await sessions(operator)).toBe(1);
});

test('what is kept is an argon2id hash of the password and a hash of the token', async () => {
  const operator = await someone();
  const signedIn = await signIn(operator);
  const { rows } = await service.database.pool.query<{ password: string; token: string }>(
    `select o.password, encode(s.token_hash, 'escape') as token
     from retainer.operators o join retainer.sessions s on s.operator = o.name where o.name = $1`,
    [operator],
  );
  expect(rows[0]?.password).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(await isPassword(password, rows[0]?.password ?? '')).toBe(true);
  expect(JSON.stringify(signedIn)).not.toContain(rows[0]?.token);
});

test('a name that nobody has is refused like a wrong password, and leaves no stream', async () => {
  const nobody = OperatorName.parse('nobody');
  expect(await signIn(nobody)).toEqual({ type: 'refused' });
  expect(await happened(nobody)).toEqual([]);
});

test('after ten refused tries nobody may try from that address for a while, whoever they say they are', async () => {
  const [operator, other] = [await someone(), await someone()];
  for (let n = 0; n < 10; n++) expect(await signIn(operator, 'wrong', '192.0.2.99')).toEqual({ type: 'refused' });
  expect(await signIn(operator, password, '192.0.2.99')).toEqual({ type: 'tooMany', minutes: 15 });
  expect(await signIn(other, password, '192.0.2.99')).toEqual({ type: 'tooMany', minutes: 15 });
  expect(await signIn(other, password, '192.0.2.97')).toMatchObject({ type: 'signedIn' });
});

test('an IPv6 customer is one address, whichever of theirs they take', async () => {
  const operator = await someone();
  for (let n = 0; n < 10; n++) await signIn(operator, 'wrong', `2001:db8:0:7::${n}`);
  expect(await signIn(operator, password, '2001:db8:0:7:ffff::1')).toMatchObject({ type: 'tooMany' });
  expect(await signIn(operator, password, '2001:db8:0:8::1')).toMatchObject({ type: 'signedIn' });
});

test('a right password takes its try back', async () => {
  const operator = await someone();
  for (let n = 0; n < 15; n++)
    expect(await signIn(operator, password, '192.0.2.95')).toMatchObject({ type: 'signedIn' });
});

test('a stranger who guesses keeps no operator out: from elsewhere the right password opens', async () => {
  const operator = await someone();
  for (let n = 0; n < 12; n++) await signIn(operator, 'wrong', `198.51.100.${n % 2}`);
  expect(await signIn(operator, password, '192.0.2.94')).toMatchObject({ type: 'signedIn' });
});

test('a device on which they signed in before opens even where the address is shut', async () => {
  const operator = await someone();
  const first = await signIn(operator, password, '192.0.2.93');
  if (first.type !== 'signedIn') throw new Error('not signed in');
  for (let n = 0; n < 11; n++) await signIn(operator, 'wrong', '192.0.2.93');
  const again = (device: string, given = password, as = operator) =>
    service.core.commands.signIn(context, { operator: as, password: given, from: '192.0.2.93', device });
  expect(await again('made.up')).toMatchObject({ type: 'tooMany' });
  expect(await again(first.device, password, await someone())).toMatchObject({ type: 'tooMany' });
  expect(await again(first.device)).toMatchObject({ type: 'signedIn' });
  for (let n = 0; n < 10; n++) expect(await again(first.device, 'wrong')).toEqual({ type: 'refused' });
  expect(await again(first.device, 'wrong')).toMatchObject({ type: 'tooMany' });
});

test('tries are forgotten when their time is over', async () => {
  const operator = await someone();
  for (let n = 0; n < 11; n++) await signIn(operator, 'wrong', '192.0.2.92');
  await service.database.pool.query(`update retainer.sign_in_tries set since = since - interval '16 minutes'`);
  expect(await signIn(operator, password, '192.0.2.92')).toMatchObject({ type: 'signedIn' });
});

test('that somebody is turned away is in the log once, however many try on', async () => {
  const operator = await someone();
  for (let n = 0; n < 13; n++) await signIn(operator, 'wrong', '192.0.2.199');
  const throttled = async () => (await happened(operator)).filter((type) => type === 'OperatorSignInThrottled');
  expect(await throttled()).toHaveLength(1);
  // The next time it happens it is told again.
  await service.database.pool.query(`update retainer.sign_in_tries set since = since - interval '16 minutes'`);
  for (let n = 0; n < 12; n++) await signIn(operator, 'wrong', '192.0.2.196');
  expect(await throttled()).toHaveLength(2);
});

test('a new password ends the sessions, and the old one opens nothing', async () => {
  const operator = await someone();
  await signIn(operator);
  await service.core.commands.changeOperatorPassword(context, { operator, password: 'another good one' });
  expect(await sessions(operator)).toBe(0);
  expect(await signIn(operator)).toEqual({ type: 'refused' });
  expect(await signIn(operator, 'another good one')).toMatchObject({ type: 'signedIn' });
});

test('who was removed is out at once', async () => {
  const operator = await someone();
  await signIn(operator);
  await service.core.commands.removeOperator(context, { operator });
  expect(await sessions(operator)).toBe(0);
  expect(await signIn(operator)).toEqual({ type: 'refused' });
});

test('the first operator comes by a one-time link, which is made only while there is none', async () => {
  const empty = await startTestService();
  const { commands } = empty.core;
  const [old, token] = [await commands.inviteFirstOperator(), await commands.inviteFirstOperator()];
  if (old === null || token === null) throw new Error('no invitation');
  const first = { operator: OperatorName.parse('first'), password, from: '192.0.2.1' };
  expect(await commands.acceptInvitation(context, { ...first, token: old })).toMatchObject({
    type: 'refused',
  });
  expect(await commands.acceptInvitation(context, { ...first, token })).toMatchObject({ type: 'done' });
  expect(await commands.acceptInvitation(context, { ...first, token })).toMatchObject({ type: 'refused' });
  expect(await commands.inviteFirstOperator()).toBeNull();
  await empty.end();
});
