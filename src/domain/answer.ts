import { z } from 'zod';

/** What a form handed in, field by field. `cut`: the value goes on, and was too long to be kept whole. */
export const Answer = z.array(z.object({ field: z.string(), value: z.string(), cut: z.boolean().optional() }));
export type Answer = z.infer<typeof Answer>;

/** An answer, and how many of its fields are not in it, because there was no room even for their names. */
export type HandedInAnswer = { readonly answer: Answer; readonly fieldsLeftOut: number };

type Field = { readonly field: string; readonly value: string };

/**
 * Returns an answer of at most so many bytes of text. Short values stay whole: the longest are cut, all at the same
 * length. Names take half of the room at most; fields whose names do not fit are left out, and counted.
 */
export function boundedAnswer(given: readonly Field[], limitBytes: number): HandedInAnswer {
  const fields = given.map(({ field, value }) => ({ field: storable(field), value: storable(value) }));
  let names = 0;
  const kept = fields.filter(({ field }) => {
    const size = Buffer.byteLength(field);
    const fits = names + size <= limitBytes / 2;
    if (fits) names += size;
    return fits;
  });
  const longest = longestWhole(kept, limitBytes - names);
  const answer = kept.map(({ field, value }) =>
    Buffer.byteLength(value) <= longest ? { field, value } : { field, value: head(value, longest), cut: true },
  );
  return { answer, fieldsLeftOut: fields.length - kept.length };
}

/** No database takes half a pair of surrogates, nor PostgreSQL a NUL. */
const storable = (text: string): string => text.toWellFormed().replaceAll('\0', '');

/** The most bytes that a value may have so that all together fit: what short ones leave is the long ones'. */
function longestWhole(fields: readonly Field[], roomBytes: number): number {
  const sizes = fields.map(({ value }) => Buffer.byteLength(value)).toSorted((a, b) => a - b);
  let room = roomBytes;
  for (const [index, size] of sizes.entries()) {
    const share = Math.floor(room / (sizes.length - index));
    if (size > share) return share;
    room -= size;
  }
  return Number.POSITIVE_INFINITY;
}

/** The beginning of a text, not cut through a character. */
function head(text: string, bytes: number): string {
  const all = Buffer.from(text);
  let end = bytes;
  // A byte of the form 10xxxxxx goes on with the character before it.
  while (end > 0 && ((all[end] ?? 0) & 0xc0) === 0x80) end--;
  return all.toString('utf8', 0, end);
}
