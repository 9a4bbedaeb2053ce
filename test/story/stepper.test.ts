import { PassThrough } from 'node:stream';
import type { ReadStream } from 'node:tty';
import { expect, test } from 'vitest';
import { stepThrough } from '../../src/cli/replay/stepper.ts';

/** A terminal: what is typed goes in, what is shown comes out, the last page first. */
function terminal() {
  const shown: string[] = [];
  const modes: boolean[] = [];
  const input = Object.assign(new PassThrough(), {
    isRaw: false,
    isTTY: true as const,
    setRawMode: (mode: boolean) => modes.push(mode),
  });
  const output = { write: (text: string) => shown.push(text) > 0 };
  return { input: input as unknown as ReadStream, output, type: (keys: string) => input.write(keys), shown, modes };
}

const pages = ['first', 'second', 'third'];
const pagesShown = (shown: readonly string[]) => shown.map((text) => pages.find((page) => text.includes(page)));

test('enter and n go on, p goes back, q quits; the terminal is left as it was', async () => {
  const { input, output, type, shown, modes } = terminal();
  const done = stepThrough(pages, { input, output });
  type('p');
  type('\r');
  type('n');
  type('p');
  type('x');
  type('q');
  await done;
  expect(pagesShown(shown)).toEqual(['first', 'second', 'third', 'second']);
  expect(modes).toEqual([true, false]);
});

test('it ends past the last page, with Ctrl-C, and when the terminal goes away', async () => {
  for (const keys of ['nnn', '\u0003']) {
    const { input, output, type } = terminal();
    const done = stepThrough(pages, { input, output });
    type(keys);
    await done;
  }
  const { input, output } = terminal();
  const done = stepThrough(pages, { input, output });
  input.push(null);
  await done;
});
