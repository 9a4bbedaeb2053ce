import { z } from 'zod';

/** What else bears a small number beside its UUID, for clients that keep integers. */
export const NUMBERED = ['protoHit', 'reservation', 'workRequest'] as const;
export type Numbered = (typeof NUMBERED)[number];

/** Counted from 1, each kind for itself. Events from before there were numbers lack it: the read model numbers those. */
export const SmallNumber = z.number().int().min(1);
export type SmallNumber = z.infer<typeof SmallNumber>;
