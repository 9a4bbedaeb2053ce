import { z } from 'zod';

/** Ids that this service gives out are UUIDs (version 7, or 5 where the id follows from a name). */
export const ProtoHitId = z.uuid().brand<'ProtoHitId'>();
export type ProtoHitId = z.infer<typeof ProtoHitId>;

export const ReservationId = z.uuid().brand<'ReservationId'>();
export type ReservationId = z.infer<typeof ReservationId>;

/** Our own id of a HIT, known before the marketplace answers with its `MarketplaceHitId`. */
export const HitId = z.uuid().brand<'HitId'>();
export type HitId = z.infer<typeof HitId>;

export const WorkRequestId = z.uuid().brand<'WorkRequestId'>();
export type WorkRequestId = z.infer<typeof WorkRequestId>;

export const ApiKeyId = z.uuid().brand<'ApiKeyId'>();
export type ApiKeyId = z.infer<typeof ApiKeyId>;

/** Of a bonus: the token that makes it one payment. */
export const BonusId = z.uuid().brand<'BonusId'>();
export type BonusId = z.infer<typeof BonusId>;

export const EventId = z.uuid().brand<'EventId'>();
export type EventId = z.infer<typeof EventId>;

/** Ids that a marketplace gives out. MTurk's are `[A-Z0-9]{1,64}`; others use lower case, dashes and dots. */
const marketplaceId = z.string().regex(/^[A-Za-z0-9_.:-]{1,64}$/, 'must be 1 to 64 letters, digits, or _ . : -');

export const AssignmentId = marketplaceId.brand<'AssignmentId'>();
export type AssignmentId = z.infer<typeof AssignmentId>;

export const WorkerId = marketplaceId.brand<'WorkerId'>();
export type WorkerId = z.infer<typeof WorkerId>;

export const MarketplaceHitId = marketplaceId.brand<'MarketplaceHitId'>();
export type MarketplaceHitId = z.infer<typeof MarketplaceHitId>;

/** What MTurk puts in place of an assignment id while a worker only looks at a HIT. */
export const PREVIEW_ASSIGNMENT = 'ASSIGNMENT_ID_NOT_AVAILABLE';

/** A moment, in milliseconds since 1970-01-01 UTC. */
export const Instant = z.number().int().nonnegative();
export type Instant = z.infer<typeof Instant>;
