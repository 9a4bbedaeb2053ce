import { z } from '@hono/zod-openapi';
import type { CommandResult } from '../commands/commands.ts';
import type { StreamName } from '../domain/event.ts';
import type { Numbered } from '../domain/number.ts';
import type { EventStore } from '../event-store/port.ts';
import type { Database } from '../postgres/pool.ts';
import { idOfNumber, numbersOf } from '../projections/numbers.ts';
import { type Answer, answerTo, idAnswer, problem } from './answers.ts';
import { numberedKindOf } from './fields.ts';
import type { Parameters } from './parameters.ts';

/** Which of its two names a thing is called by in answers; requests may use either. */
export type GivenOut = 'uuids' | 'numbers';

/** An id in an answer. The API's description says which of the two it is in this installation. */
export const shownId = z.union([z.uuid(), z.int()]).openapi('Id');

export const SHOWN_ID = {
  uuids: { type: 'string', format: 'uuid' },
  numbers: { type: 'integer', minimum: 1 },
} as const satisfies Record<GivenOut, object>;

/** How to show these ids, which are looked up together. */
export async function idsShown(
  db: Database,
  givenOut: GivenOut,
  ids: Iterable<string>,
): Promise<(id: string) => string | number> {
  if (givenOut === 'uuids') return (id) => id;
  const numbers = await numbersOf(db, ids);
  return (id) => numbers.get(id) ?? id;
}

/** What it takes to say an id. */
export type IdSources = {
  readonly db: Database;
  readonly store: Pick<EventStore, 'read'>;
  readonly settings: { readonly ids: GivenOut };
};

/** What a command made, as its client is to call it. Its number is asked of the log: queries may lag behind. */
export async function madeAnswer(
  result: CommandResult<string>,
  { db, store, settings }: IdSources,
  streamFor: (id: string) => StreamName,
): Promise<Answer> {
  if (result.type === 'refused' || settings.ids === 'uuids') return answerTo(result, idAnswer);
  const { events } = await store.read(streamFor(result.value));
  const made = events[0]?.data;
  const number = made !== undefined && 'number' in made ? made.number : undefined;
  const shown = number ?? (await idsShown(db, 'numbers', [result.value]))(result.value);
  return answerTo(result, () => idAnswer(shown));
}

const NUMBER = /^\s*\d{1,15}\s*$/;
const isNumber = (value: unknown): boolean =>
  typeof value === 'number' ? Number.isSafeInteger(value) : typeof value === 'string' && NUMBER.test(value);

const NO_SUCH: Readonly<Record<Numbered, Answer>> = {
  protoHit: problem(404, 'ProtoHit.DoesNotExist'),
  reservation: problem(404, 'WorkReservation.DoesNotExist'),
  workRequest: problem(404, 'WorkRequest.DoesNotExist'),
};

/**
 * Puts UUIDs in the place of numbers, wherever a parameter is an id that may be one. Beside a `hitType` the number of a
 * ProtoHIT is left out, as the original did: clients that came from it may still send numbers of their old database.
 */
export async function withoutNumbers(
  db: Database,
  takes: z.ZodRawShape,
  given: Parameters,
): Promise<
  { readonly type: 'read'; readonly parameters: Parameters } | { readonly type: 'bad'; readonly answer: Answer }
> {
  const written = Object.entries(given).flatMap(([name, value]) => {
    const kind = Object.hasOwn(takes, name) ? numberedKindOf(takes[name]) : undefined;
    return kind !== undefined && isNumber(value) ? [{ name, kind, number: Number(value) }] : [];
  });
  if (written.length === 0) return { type: 'read', parameters: given };
  const parameters: Record<string, unknown> = { ...given };
  for (const { name, kind, number } of written) {
    if (kind === 'protoHit' && name === 'id' && typeof given['hitType'] === 'string' && given['hitType'] !== '') {
      delete parameters[name];
      continue;
    }
    const id = await idOfNumber(db, kind, number);
    if (id === undefined) return { type: 'bad', answer: NO_SUCH[kind] };
    parameters[name] = id;
  }
  return { type: 'read', parameters };
}
