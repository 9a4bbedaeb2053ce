import { expect, test } from 'vitest';
import { hashPassword, isPassword, TooManyPasswords } from '../../src/commands/passwords.ts';

test('a password is known by its hash, and no other is', async () => {
  const hash = await hashPassword('correct horse battery');
  expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(await isPassword('correct horse battery', hash)).toBe(true);
  expect(await isPassword('correct horse batterx', hash)).toBe(false);
});

test('a hash that the version before made is understood', async () => {
  const before = '$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$/HetJC6LZ4lnwgLB+wJSS2a9bFu2Kq4HxwNWzoJq2qU';
  expect(await isPassword('correct horse battery', before)).toBe(true);
});

test('of a hundred at once two are hashed and eight wait; the others are told to come again', async () => {
  const hash = await hashPassword('correct horse battery');
  const asked = await Promise.allSettled(Array.from({ length: 100 }, () => isPassword('wrong', hash)));
  expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
  for (const one of asked) if (one.status === 'rejected') expect(one.reason).toBeInstanceOf(TooManyPasswords);
  expect(await isPassword('correct horse battery', hash)).toBe(true);
});
