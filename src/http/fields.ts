import { z } from '@hono/zod-openapi';
import type { AssignmentPhase } from '../domain/assignment.ts';
import { AssignmentId, HitId, ProtoHitId, ReservationId, WorkerId, WorkRequestId } from '../domain/ids.ts';
import type { Numbered } from '../domain/number.ts';
import { A_MOMENT, parseMoment } from '../story/moment.ts';

/** What is right, in words: error messages and the API's description both say it. */
const expectations = z.registry<{ readonly expects: string }>();

type Described = NonNullable<Parameters<z.ZodType['openapi']>[1]>;

/**
 * A parameter of the API. `expects` completes "must be …". `described` is its JSON schema, where that does not
 * follow from the zod schema.
 */
export function field<Schema extends z.ZodType>(schema: Schema, expects: string, described: Described = {}): Schema {
  const known = schema.openapi({ description: expects, ...described });
  expectations.add<z.ZodType>(known, { expects });
  return known;
}

/** The same parameter, and what it is about, for the API's description. */
export function about<Schema extends z.ZodType>(meaning: string, schema: Schema): Schema {
  const expects = expectationOf(schema);
  const known = field(schema, expects, { description: `${meaning}; ${expects}` });
  const kind = numberedKindOf(schema);
  if (kind !== undefined) numberedKinds.add<z.ZodType>(known, { kind });
  return known;
}

/** The words that complete "must be …" for a field, required or optional. */
export function expectationOf(schema: z.core.$ZodType | undefined): string {
  if (schema instanceof z.ZodOptional) return expectationOf(schema.unwrap());
  return (schema && expectations.get(schema)?.expects) ?? 'something else';
}

/** Forms know only text, so numbers are taken as text too. */
const numeric = (value: unknown): unknown =>
  typeof value === 'string' && /^\s*-?\d{1,20}(\.\d{1,20})?\s*$/.test(value) ? Number(value) : value;

export const wholeNumber = (minimum: number, maximum: number, unit = '') =>
  field(
    z.preprocess(numeric, z.int().min(minimum).max(maximum)),
    maximum === Number.MAX_SAFE_INTEGER
      ? `a whole number, ${minimum} or more${unit}`
      : `a whole number from ${minimum} to ${maximum}${unit}`,
    { type: 'integer', minimum, maximum },
  );

export const number = (minimum: number, maximum: number, unit = '') =>
  field(z.preprocess(numeric, z.number().min(minimum).max(maximum)), `a number from ${minimum} to ${maximum}${unit}`, {
    type: 'number',
    minimum,
    maximum,
  });

export const trueOrFalse = field(
  z.preprocess((value) => (value === 'true' ? true : value === 'false' ? false : value), z.boolean()),
  'true or false',
  { type: 'boolean' },
);

/** The same, as the original's clients also write it. */
export const zeroOrOne = field(
  z.preprocess(
    (value) => (value === 0 || value === '0' ? false : value === 1 || value === '1' ? true : value),
    trueOrFalse,
  ),
  '0, 1, true or false',
  { type: ['boolean', 'integer'] },
);

export const text = (minimum: number, maximum: number) =>
  field(z.string().min(minimum).max(maximum), `a text of ${minimum} to ${maximum} characters`);

/** As the domain has it: blanks around it do not count. */
export const textLike = (schema: z.ZodString) =>
  field(z.string().pipe(schema), `a text of ${schema.minLength} to ${schema.maxLength} characters that is not blank`);

/** In a query a plus sign that was not escaped arrives as a blank. */
export const moment = field(
  z.preprocess(
    (value) => (typeof value === 'string' ? (parseMoment(value.replace(/ (?=\d\d:?\d\d$)/, '+')) ?? value) : value),
    z.int().min(0),
  ),
  A_MOMENT,
  { type: 'string' },
);

/** Ids of our own are given out in lower case; UUIDs may be written in either. */
const uuid = <Id extends z.ZodType>(
  id: Id,
  expects: string,
  described: Described = { type: 'string', format: 'uuid' },
) =>
  field(
    z.preprocess((value) => (typeof value === 'string' ? value.toLowerCase() : value), id),
    expects,
    described,
  );

const numberedKinds = z.registry<{ readonly kind: Numbered }>();

/** Of what kind a parameter is the id that may also be written as a number; undefined: of none. */
export const numberedKindOf = (schema: z.core.$ZodType | undefined): Numbered | undefined =>
  schema instanceof z.ZodOptional ? numberedKindOf(schema.unwrap()) : schema && numberedKinds.get(schema)?.kind;

/** The id of something that has a number too: its UUID, once numbers are looked up (givenOutIds.ts). */
function numbered<Id extends z.ZodType>(kind: Numbered, id: Id, expects: string) {
  const known = uuid(id, expects, { type: ['string', 'integer'], format: 'uuid' });
  numberedKinds.add<z.ZodType>(known, { kind });
  return known;
}

export const protoHitId = numbered('protoHit', ProtoHitId, 'the id of a ProtoHIT, as puttask answered it');
export const reservationId = numbered(
  'reservation',
  ReservationId,
  'the id of a reservation, as reservation/make answered it',
);
export const workRequestId = numbered('workRequest', WorkRequestId, 'the id of a work request, as putwork answered it');
export const hitId = uuid(HitId, 'the id of a HIT, as hit/list shows it');

export const assignmentId = field(
  z.string().pipe(AssignmentId),
  'the id of an assignment, as assignment/list shows it',
);
export const workerId = field(z.string().pipe(WorkerId), 'the id of a worker, as the marketplace gives it');

const MOST_ASSIGNMENTS = 1_000;

/** In a form with commas between them, in JSON also as a list. */
export const assignmentIds = field(
  z.preprocess(
    (value) => (typeof value === 'string' ? value.split(',').map((one) => one.trim()) : value),
    z.array(AssignmentId).min(1).max(MOST_ASSIGNMENTS),
  ),
  `ids of 1 to ${MOST_ASSIGNMENTS} assignments with commas between them, as assignment/list shows them`,
  { type: 'string' },
);

/** US dollars as given, in cents. */
export const cents = (minimum: number, maximum: number) =>
  field(
    z.preprocess(
      (value) => (/^\d{1,6}(\.\d{1,2})?$/.test(String(value)) ? Math.round(Number(value) * 100) : value),
      z.int().min(minimum).max(maximum),
    ),
    `an amount from ${(minimum / 100).toFixed(2)} to ${(maximum / 100).toFixed(2)} US dollars`,
    { type: 'number', minimum: minimum / 100, maximum: maximum / 100 },
  );

const PHASES = [
  'waiting',
  'called',
  'working',
  'released',
  'lost',
  'returned',
  'abandoned',
  'submitted',
  'approved',
  'rejected',
] as const satisfies readonly AssignmentPhase[];
export const phase = field(z.enum(PHASES), `one of ${PHASES.join(', ')}`);

/** The name of a ProtoHIT (its hit_type_id). */
export const hitType = field(z.string().min(1).max(255), 'the hit_type_id of a ProtoHIT, 1 to 255 characters');

export const foreignId = field(
  z.preprocess(
    (value) => (typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value),
    z.string().max(255),
  ),
  'a text of at most 255 characters',
  { type: ['string', 'integer'], maxLength: 255 },
);

/** One that reads as an integer is given back as a JSON number, as the original's clients expect. */
export const shownForeignId = (id: string): string | number =>
  /^(0|-?[1-9]\d{0,15})$/.test(id) && Number.isSafeInteger(Number(id)) ? Number(id) : id;

const PAYLOAD_BYTES = 65_536;

/** Whatever the application wants to have kept with the thing; parameters have no values that are not JSON. */
export const payload = field(
  z.custom<z.core.util.JSONType>((value) => Buffer.byteLength(JSON.stringify(value)) <= PAYLOAD_BYTES),
  `JSON or text of at most ${PAYLOAD_BYTES} bytes`,
  { type: ['object', 'array', 'string', 'number', 'boolean', 'null'] },
);
