import { z } from '@hono/zod-openapi';
import { about, field, number, wholeNumber } from '../fields.ts';

/** What a request may be held for: so many people waiting, called, or done. */
const FIGURES = ['waiting', 'dispatched', 'answers'] as const;

export type WaitFor = { readonly figure: (typeof FIGURES)[number]; readonly least: number };

/** What is right there; completes "must be …". */
export const WAIT_FOR = 'waiting:n, dispatched:n or answers:n, with n a whole number from 1 to 99999';

const WRITTEN = /^(waiting|dispatched|answers):([1-9]\d{0,4})$/;

const parse = (value: unknown): unknown => {
  const [, figure, least] = typeof value === 'string' ? (WRITTEN.exec(value) ?? []) : [];
  return figure === undefined ? value : { figure, least: Number(least) };
};

/** Where a request that asks what to be held for does not say how long. */
export const USUAL_WAIT_SECONDS = 60;

export const waitFields = {
  wait: about('How long to hold the answer for it, at most', number(0, 60, ' seconds')).optional(),
  wait_for: about(
    'Hold the answer until so many would go to it if it were invoked now, hold a slot, or have handed in; 60 seconds unless wait says otherwise',
    field(z.preprocess(parse, z.object({ figure: z.enum(FIGURES), least: z.int() })), WAIT_FOR, {
      type: 'string',
      pattern: WRITTEN.source,
      example: 'waiting:2',
    }),
  ).optional(),
};

export const haveField = {
  have: about('How many of them you have: answered at once if there are more', wholeNumber(0, 100_000)).optional(),
};
