import { z } from '@hono/zod-openapi';
import type { ReservationId } from '../../domain/ids.ts';
import { coalesce } from '../../postgres/coalesce.ts';
import type { Database } from '../../postgres/pool.ts';
import { answersFor } from '../../projections/browse/assignments.ts';
import { progressOf, type ReservationProgress } from '../../projections/reservationProgress.ts';
import { jsonAnswer, problem } from '../answers.ts';
import type { RegisterEndpoint } from '../endpoint.ts';
import { reservationId } from '../fields.ts';
import type { GivenOut } from '../givenOutIds.ts';
import { limitedByReservation, NO_RESERVATION } from '../namedProtoHit.ts';
import { listedAssignments, shownAssignment } from '../shownAssignment.ts';
import type { HeldRequests } from './heldRequests.ts';
import { haveField, USUAL_WAIT_SECONDS, waitFields } from './waitFor.ts';

/** How far reservations are, asked for all held requests of a turn at once. */
export type ProgressLookUp = (id: ReservationId) => Promise<ReservationProgress | undefined>;

export const createProgressLookUp = (db: Database): ProgressLookUp =>
  coalesce<ReservationId, ReservationProgress>((ids) => progressOf(db, ids), { maxKeys: 10_000 });

/** What was handed in for a reservation: as many as there are, or held until there are more. */
export function reservationAnswerEndpoints(
  register: RegisterEndpoint,
  {
    db,
    held,
    progress,
    settings,
  }: { db: Database; held: HeldRequests; progress: ProgressLookUp; settings: { readonly ids: GivenOut } },
): void {
  register({
    methods: ['GET'],
    paths: ['reservation/:id{[0-9a-fA-F-]+}/answers'],
    scope: 'read',
    ...limitedByReservation(db),
    summary:
      'What was handed in for a reservation, as it comes. With wait: as many as there are then, early when one more ' +
      'comes, or when none can come any more',
    answers: { text: null, json: z.array(shownAssignment) },
    takes: { id: reservationId, ...haveField, ...waitFields },
    run: async ({ id, have, wait, wait_for: waitFor }, _, { gone, isStillLetIn }) => {
      if (waitFor !== undefined && waitFor.figure !== 'answers') return NOT_ANSWERS;
      const now = await progress(id);
      if (now === undefined) return NO_RESERVATION;
      const waitMs = (wait ?? (waitFor === undefined ? 0 : USUAL_WAIT_SECONDS)) * 1_000;
      const least = waitFor?.least ?? (have ?? now.answers) + 1;
      const looked = await held(() => progress(id), {
        isEnough: (is) => is === undefined || is.answers >= least || (!is.isOpen && is.atWork === 0),
        ...{ waitMs, gone: gone(), isStillLetIn },
      });
      if (looked.type === 'refused') return looked.answer;
      return jsonAnswer(await listedAssignments(db, settings.ids, await answersFor(db, id)));
    },
  });
}

const NOT_ANSWERS = problem(400, 'wait_for must be answers:n here, with n a whole number from 1 to 99999');
