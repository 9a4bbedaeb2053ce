import { z } from 'zod';
import { type Decision, type EventsOf, emit, nothing, refuse } from './decision.ts';
import { Instant, ProtoHitId, WorkRequestId } from './ids.ts';
import { SmallNumber } from './number.ts';

/** The deprecated `putwork` API: a note that work exists. Reservations replaced it; nobody is dispatched by it. */
export const workRequestEvents = {
  WorkRequestMade: z.object({
    workRequestId: WorkRequestId,
    protoHitId: ProtoHitId,
    foreignId: z.string(),
    payload: z.json(),
    number: SmallNumber.optional(),
    at: Instant,
  }),
  WorkRequestDone: z.object({ at: Instant }),
  WorkRequestReopened: z.object({ at: Instant }),
} as const;
export type WorkRequestEvent = EventsOf<typeof workRequestEvents>;

export type WorkRequest = { readonly phase: 'none' | 'open' | 'done' };

export const noWorkRequest: WorkRequest = { phase: 'none' };

export function evolveWorkRequest(_: WorkRequest, event: WorkRequestEvent): WorkRequest {
  switch (event.type) {
    case 'WorkRequestMade':
    case 'WorkRequestReopened':
      return { phase: 'open' };
    case 'WorkRequestDone':
      return { phase: 'done' };
  }
}

export function makeWorkRequest(
  state: WorkRequest,
  command: z.infer<typeof workRequestEvents.WorkRequestMade>,
): Decision<WorkRequestEvent> {
  return state.phase === 'none' ? emit({ type: 'WorkRequestMade', data: command }) : nothing;
}

export function finishWorkRequest(state: WorkRequest, { at }: { at: Instant }): Decision<WorkRequestEvent> {
  if (state.phase === 'none') return refuse('notFound', 'WorkRequest.DoesNotExist');
  return state.phase === 'done' ? nothing : emit({ type: 'WorkRequestDone', data: { at } });
}

export function reopenWorkRequest(state: WorkRequest, { at }: { at: Instant }): Decision<WorkRequestEvent> {
  if (state.phase === 'none') return refuse('notFound', 'WorkRequest.DoesNotExist');
  return state.phase === 'open' ? nothing : emit({ type: 'WorkRequestReopened', data: { at } });
}
