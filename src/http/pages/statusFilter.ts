import { z } from 'zod';
import { ProtoHitId, ReservationId } from '../../domain/ids.ts';

const given = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.optional());

/** What a status page is asked to show; what makes no sense is left out, as a person may type anything there. */
const schema = z.object({
  phase: given(z.enum(['made', 'invoked', 'finished', 'cancelled', 'timedOut'])).catch(undefined),
  protoHitId: given(ProtoHitId).catch(undefined),
  search: given(z.string().trim().max(255)).catch(undefined),
  before: given(ReservationId).catch(undefined),
});

export type StatusFilter = z.infer<typeof schema>;

export const readStatusFilter = (query: Readonly<Record<string, string>>): StatusFilter => schema.parse(query);
