import { z } from 'zod';
import { AssignmentId, ProtoHitId, ReservationId, WorkRequestId } from '../domain/ids.ts';

/**
 * The parameters of the API. Each says in words what is right (`expects`), which is what an error message and the
 * API's description both show. Numbers are taken as numbers or as text, because forms know only text.
 */
export const field = <Schema extends z.ZodType>(schema: Schema, expects: string): Schema =>
  schema.meta({ expects, description: expects });

const numeric = (value: unknown): unknown =>
  typeof value === 'string' && /^\s*-?\d+(\.\d+)?\s*$/.test(value) ? Number(value) : value;

export const wholeNumber = (min: number, max: number, unit = '') =>
  field(z.preprocess(numeric, z.int().min(min).max(max)), `a whole number from ${min} to ${max}${unit}`);

export const number = (min: number, max: number, unit = '') =>
  field(z.preprocess(numeric, z.number().min(min).max(max)), `a number from ${min} to ${max}${unit}`);

export const trueOrFalse = field(
  z.preprocess((value) => (value === 'true' ? true : value === 'false' ? false : value), z.boolean()),
  'true or false',
);

export const text = (min: number, max: number) =>
  field(z.string().min(min).max(max), `a text of ${min} to ${max} characters`);

export const protoHitId = field(ProtoHitId, 'the id of a ProtoHIT, as puttask answered it');
export const reservationId = field(ReservationId, 'the id of a reservation, as reservation/make answered it');
export const workRequestId = field(WorkRequestId, 'the id of a work request, as putwork answered it');
export const assignmentId = field(AssignmentId, 'an assignment id of 1 to 64 letters, digits, or _ . : -');

/** Your name for the thing; workers get it as taskID. */
export const foreignId = field(
  z.preprocess(
    (value) => (typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value),
    z.string().max(255),
  ),
  'a text of at most 255 characters',
);

/** The name of a ProtoHIT (its hit_type_id). */
export const hitType = field(z.string().min(1).max(255), "a ProtoHIT's hit_type_id, of 1 to 255 characters");

const PAYLOAD_LIMIT = 65_536;
export const payload = field(
  z.json().refine((value) => JSON.stringify(value).length <= PAYLOAD_LIMIT),
  `JSON or text of at most ${PAYLOAD_LIMIT} bytes`,
);

/** One that reads as an integer is given back as a JSON number, as the original's clients expect. */
export const shownForeignId = (id: string): string | number =>
  /^(0|-?[1-9]\d{0,15})$/.test(id) && Number.isSafeInteger(Number(id)) ? Number(id) : id;
