import { z } from '@hono/zod-openapi';
import { shownId } from './givenOutIds.ts';

/** JSON that many endpoints answer. */
export const id = z.object({ id: z.uuid() });
export const numberedId = z.object({ id: shownId });
export const done = z.object({ ok: z.literal(true) });
