import type { z } from 'zod';
import { type EventType, eventSchemas } from '../domain/event.ts';
import type { StreamWrite } from './port.ts';

/** A defect of this version: it was about to append an event that no version could read again. Nothing was stored. */
export class UnfitEvent extends Error {
  override readonly name = 'UnfitEvent';
}

/**
 * Throws `UnfitEvent` unless every event is as its schema says. A log takes nothing back: an event that cannot be read
 * closes its stream for ever, so it must not get in, whatever slipped through on the way here.
 */
export function expectFitting(writes: readonly StreamWrite[]): void {
  for (const { stream, events } of writes)
    for (const { type, data } of events) {
      const problems = whyUnfit(type, data);
      if (problems.length > 0)
        throw new UnfitEvent(
          `${type} for stream ${stream} does not fit its schema and was not stored: ${problems.join('; ')}`,
        );
    }
}

/** What keeps data from being that of an event of a type, a problem each. */
export function whyUnfit(type: EventType, data: unknown): readonly string[] {
  const schema: z.ZodType = eventSchemas[type];
  const parsed = schema.safeParse(data);
  if (parsed.success) return [];
  return parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'data'}: ${message}`);
}
