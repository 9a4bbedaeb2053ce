import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestService, type TestService } from '../../support/service.ts';
import { signedIn } from './operator.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService({ HITS_PER_TICK: '7' });
});
afterAll(() => service.end());

test('the settings in effect are shown with where they come from, and secrets are hidden', async () => {
  const ann = await signedIn(service);
  const page = await (await ann.get('/admin/settings')).text();
  const row = (variable: string): string =>
    new RegExp(`<code>${variable}</code>.*?</tr>`).exec(page)?.[0].replaceAll(/<[^>]+>/g, ' ') ?? '';
  expect(row('HITS_PER_TICK')).toMatch(/ 7 +from the environment /);
  expect(row('MAX_OPEN_HITS')).toMatch(/ 100 +default /);
  expect(row('PUBLIC_URL')).toContain('default');
  const { password } = new URL(service.database.url);
  if (password !== '') expect(page).not.toContain(password);
  expect(row('DATABASE_URL')).toContain('from the environment');
});
