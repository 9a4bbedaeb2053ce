import { z } from 'zod';

/** A row's place in a listing: a number and an id by which the listing is ordered. */
type Place = { readonly number: number; readonly id: string };

const START: Place = { number: -1, id: '' };

/**
 * A token names the last row of the page before, not how many rows came before: rows may leave the listing between
 * two pages, and no other may be skipped for it.
 */
const NextToken = z
  .string()
  .min(1)
  .max(255)
  .transform((token, context): Place => {
    const [, number, id] = /^(\d{1,16})\/([A-Z0-9]{0,64})$/.exec(Buffer.from(token, 'base64url').toString()) ?? [];
    if (number !== undefined && id !== undefined) return { number: Number(number), id };
    context.addIssue({ code: 'custom', message: 'was never given out' });
    return START;
  });

export const paging = { MaxResults: z.int().min(1).max(100).default(10), NextToken: NextToken.default(START) };

/** Like the real service's, a token follows every page that is not empty; the last page is empty. */
export const pageAnswer = <Row>(rows: readonly Row[], placeOf: (row: Row) => Place) => {
  const last = rows.at(-1);
  return { NumResults: rows.length, ...(last === undefined ? {} : { NextToken: tokenOf(placeOf(last)) }) };
};

const tokenOf = ({ number, id }: Place): string => Buffer.from(`${number}/${id}`).toString('base64url');
