/** Deeper JSON than this is an attack or a mistake. */
const DEEPEST = 32;

/** Unicode's control characters (C0, DEL, C1) but tab, line feed and carriage return. */
const CONTROL = /[^\P{Cc}\t\n\r]/u;

/**
 * What no parameter may hold, wherever in it: text that is not well-formed Unicode, control characters, JSON too
 * deep. Answers what is wrong, or null.
 */
export function unsound(value: unknown, depth = 1): string | null {
  if (typeof value === 'string') return unsoundText(value);
  if (typeof value !== 'object' || value === null) return null;
  if (depth > DEEPEST) return `is nested deeper than ${DEEPEST} levels`;
  for (const [name, inner] of Object.entries(value)) {
    if (name === '__proto__') return 'has a member "__proto__", which would be lost: give it another name';
    const wrong = unsoundText(name) ?? unsound(inner, depth + 1);
    if (wrong !== null) return wrong;
  }
  return null;
}

function unsoundText(text: string): string | null {
  if (!text.isWellFormed()) return 'holds a lone surrogate: it is not well-formed Unicode';
  return CONTROL.test(text) ? 'holds a control character' : null;
}

/** Characters that nobody sees: byte order marks, blanks without width, marks of direction, odd line ends. */
const INVISIBLE = /[\p{Cf}\u2028\u2029\u00a0\u115f\u1160\u3164]/gu;
const escaped = (character: string): string =>
  [...character].map((one) => `\\u{${one.codePointAt(0)?.toString(16)}}`).join('');

/** A parameter's name as an error message shows it: as it is, if it could be one of ours. */
export const shownName = (name: string): string => (/^\w{1,60}$/.test(name) ? name : shown(name));

/** A value as an error message shows it: short, quoted, harmless. */
export function shown(value: unknown): string {
  const text = (typeof value === 'string' ? JSON.stringify(value.slice(0, 100)) : JSON.stringify(value)) ?? 'nothing';
  const safe = text.toWellFormed().replace(INVISIBLE, escaped);
  return safe.length > 80 ? `${safe.slice(0, 77).toWellFormed()}…` : safe;
}
