import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { shownUrl } from '../../src/config/shownUrl.ts';

describe('a URL is shown without its password', () => {
  test.each([
    ['postgres://me:hunter2@db/x', 'postgres://me:hidden@db/x'],
    ['postgres://me@db/x?password=hunter2', 'postgres://me@db/x?password=hidden'],
    ['postgres://me@db/x?sslmode=require&sslpassword=hunter2', 'postgres://me@db/x?sslmode=require&sslpassword=hidden'],
    ['postgres://me@db/x?p%61ssword=hunter2', 'postgres://me@db/x?p%61ssword=hidden'],
    ['kurrentdb://admin:S3cr/et@h1:2113', 'kurrentdb://admin:hidden@h1:2113'],
    ['kurrentdb://admin:S3@cret@h1:2113,h2:2113?tls=true', 'kurrentdb://admin:hidden@h1:2113,h2:2113?tls=true'],
    ['kurrentdb://admin:12/34@h1', 'kurrentdb://admin:hidden@h1'],
  ])('%s', (url, shown) => expect(shownUrl(url)).toBe(shown));

  test.each(['postgres://db:5432/x', 'postgres://me@db:5432/x?host=/var/run', 'kurrentdb://h1:2113,h2:2113?tls=false'])(
    'and as it is where it has none: %s',
    (url) => expect(shownUrl(url)).toBe(url),
  );

  test('whatever characters the password is of', () => {
    const marked = fc.string({ maxLength: 12 }).map((text) => `X${text}Y`);
    const places = ['db', 'db:5432/x', 'h1:2113,h2:2113?tls=true', 'db/x?sslmode=require'];
    fc.assert(
      fc.property(marked, fc.constantFrom(...places), (password, place) => {
        expect(shownUrl(`kurrentdb://admin:${password}@${place}`)).toBe(`kurrentdb://admin:hidden@${place}`);
      }),
    );
  });
});
