import { z } from 'zod';
import { ProtoHitId, ReservationId } from '../../../domain/ids.ts';

const given = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.optional());

/** Reservations that a page shows at first, and how many more each time that somebody asks for older ones. */
export const ROWS_AT_FIRST = 25;
export const ROWS_MORE = 100;
/** A page that shows so many begins anew with older ones, so that it stays quick. */
export const MOST_ROWS = 1_025;

/** What a status page is asked to show; what makes no sense is left out, as a person may type anything there. */
const schema = z.object({
  phase: given(z.enum(['made', 'invoked', 'finished', 'cancelled', 'timedOut'])).catch(undefined),
  protoHitId: given(ProtoHitId).catch(undefined),
  search: given(z.string().trim().max(255)).catch(undefined),
  /** Only those made before this one. */
  before: given(ReservationId).catch(undefined),
  rows: z.coerce.number().int().min(1).max(MOST_ROWS).catch(ROWS_AT_FIRST),
});

export type StatusFilter = z.infer<typeof schema>;

export const readStatusFilter = (query: Readonly<Record<string, string>>): StatusFilter => schema.parse(query);
