import { isLosslessNumber, isSafeNumber, LosslessNumber, parse } from 'lossless-json';
import { shownName } from '../soundness.ts';

export type JsonRead =
  | { readonly type: 'read'; readonly value: unknown }
  /** `why` completes "the body …". */
  | { readonly type: 'bad'; readonly why: string };

/** What is said of a text that does not even parse. */
export const NOT_JSON = 'is not JSON';

/** Editors of some systems put this in front of a file; it is no part of the text. */
export const BYTE_ORDER_MARK = '\ufeff';

/**
 * Reads JSON that arrives as it was sent, or says why it would not: `JSON.parse` rounds numbers of more digits than a
 * double has, makes `1e400` infinite, and takes the last of two members of one name.
 */
export function readJsonText(text: string): JsonRead {
  const json = text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return { type: 'bad', why: NOT_JSON };
  }
  const why = whyNotKept(json);
  return why === null ? { type: 'read', value } : { type: 'bad', why };
}

function whyNotKept(json: string): string | null {
  const twice: string[] = [];
  let exact: unknown;
  try {
    exact = parse(json, undefined, {
      parseNumber: (written) => (isKept(written) ? Number(written) : new LosslessNumber(written)),
      onDuplicateKey: ({ key }) => void twice.push(key),
    });
  } catch (error) {
    // Deeper than the stack is: far deeper than any parameter may be, which is refused anyhow.
    if (error instanceof RangeError) return null;
    throw error;
  }
  if (twice[0] !== undefined) return `gives ${shownName(twice[0])} twice`;
  const lost = firstLost(exact, '');
  return lost === null ? null : `holds ${lost.number} as ${lost.at}, which no JSON reader keeps: send it as text`;
}

/** Whether a number is the same once JavaScript has read it. */
const isKept = (written: string): boolean => isSafeNumber(written) || String(Number(written)) === written;

type Lost = { readonly at: string; readonly number: string };

/** The first number that would be rounded, and where it stands. */
function firstLost(value: unknown, at: string): Lost | null {
  if (isLosslessNumber(value)) return { at: at === '' ? 'its value' : at, number: value.value.slice(0, 60) };
  if (typeof value !== 'object' || value === null) return null;
  for (const [name, member] of Object.entries(value)) {
    const place = Array.isArray(value) ? `${at}[${name}]` : at === '' ? shownName(name) : `${at}.${shownName(name)}`;
    const lost = firstLost(member, place);
    if (lost !== null) return lost;
  }
  return null;
}
