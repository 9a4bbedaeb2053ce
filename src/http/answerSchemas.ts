import { z } from '@hono/zod-openapi';

/** JSON that many endpoints answer. */
export const id = z.object({ id: z.uuid() });
export const done = z.object({ ok: z.literal(true) });
