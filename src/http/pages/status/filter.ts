import { z } from 'zod';
import { ProtoHitId, ReservationId } from '../../../domain/ids.ts';

const given = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.optional());

/** Reservations on a page, unless somebody chooses another of these; `rows` in the address may be any number up to the most. */
export const ROWS = [25, 100, 500] as const;
const MOST_ROWS = 500;

/** What a status page is asked to show; what makes no sense is left out, as a person may type anything there. */
const schema = z.object({
  phase: given(z.enum(['made', 'invoked', 'finished', 'cancelled', 'timedOut'])).catch(undefined),
  protoHitId: given(ProtoHitId).catch(undefined),
  search: given(z.string().trim().max(255)).catch(undefined),
  /** Only those made before this one. */
  before: given(ReservationId).catch(undefined),
  rows: z.coerce.number().int().min(1).max(MOST_ROWS).catch(ROWS[0]),
  page: z.coerce.number().int().min(1).max(100_000).catch(1),
});

export type AskedStatus = z.infer<typeof schema>;

export const readStatusFilter = (query: Readonly<Record<string, string>>): AskedStatus => schema.parse(query);
