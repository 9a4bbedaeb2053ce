import { emitKeypressEvents, type Key } from 'node:readline';
import type { ReadStream, WriteStream } from 'node:tty';

const CLEAR = '\u001b[2J\u001b[H';
const KEYS = 'enter or n: next   p: previous   q: quit';

/** What a key asks for. */
export function moveOf({ name, ctrl }: Key): 'next' | 'previous' | 'quit' | null {
  if (ctrl) return name === 'c' || name === 'd' ? 'quit' : null;
  switch (name) {
    case 'return':
    case 'enter':
    case 'n':
    case 'space':
    case 'right':
    case 'down':
      return 'next';
    case 'p':
    case 'left':
    case 'up':
      return 'previous';
    case 'q':
    case 'escape':
      return 'quit';
    default:
      return null;
  }
}

/** Goes through pages in the terminal, forth and back, until the reader quits or goes past the last. */
export function stepThrough(
  pages: readonly string[],
  { input, output }: { input: ReadStream; output: Pick<WriteStream, 'write'> },
): Promise<void> {
  return new Promise((resolve) => {
    let at = 0;
    const show = (): void => {
      output.write(`${CLEAR}${pages[at] ?? ''}\n${KEYS}\n`);
    };
    const end = (): void => {
      input.off('keypress', onKey);
      input.off('end', end);
      input.setRawMode(false);
      input.pause();
      resolve();
    };
    const onKey = (_: string | undefined, key: Key): void => {
      const move = moveOf(key);
      if (move === 'quit' || (move === 'next' && at === pages.length - 1)) {
        end();
        return;
      }
      if (move === null || (move === 'previous' && at === 0)) return;
      at += move === 'next' ? 1 : -1;
      show();
    };
    emitKeypressEvents(input);
    input.setRawMode(true);
    input.on('keypress', onKey);
    input.once('end', end);
    input.resume();
    show();
  });
}
