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

test('after ten refused tries nobody may try that name, or from that address, for a while', async () => {
  const [operator, other] = [await someone(), await someone()];
  for (let n = 0; n < 10; n++) expect(await signIn(operator, 'wrong', '192.0.2.99')).toEqual({ type: 'refused' });
  expect(await signIn(operator, password, '192.0.2.98')).toEqual({ type: 'tooMany', minutes: 15 });
  expect(await signIn(other, password, '192.0.2.99')).toEqual({ type: 'tooMany', minutes: 15 });
  expect(await signIn(other, password, '192.0.2.97')).toMatchObject({ type: 'signedIn' });
});

test('that a name is throttled is in the log once, however many try on', async () => {
  const operator = await someone();
  for (let n = 0; n < 10; n++) await signIn(operator, 'wrong', '192.0.2.199');
  for (const from of ['192.0.2.198', '192.0.2.197', '192.0.2.199'])
    expect(await signIn(operator, password, from)).toMatchObject({ type: 'tooMany' });
  const { events } = await service.core.store.read(streamOf.operator(operator));
  expect(events.filter(({ type }) => type === 'OperatorSignInThrottled')).toMatchObject([
    { data: { from: '192.0.2.198' } },
  ]);
  // The next time it happens it is told again.
  await service.database.pool.query(
    `update retainer.refused_sign_ins set refused_at = refused_at - interval '16 minutes'`,
  );
  for (let n = 0; n < 12; n++) await signIn(operator, 'wrong', '192.0.2.196');
  expect((await happened(operator)).filter((type) => type === 'OperatorSignInThrottled')).toHaveLength(2);
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
