import {
  ApproveAssignmentCommand,
  CreateHITCommand,
  CreateWorkerBlockCommand,
  DeleteHITCommand,
  DeleteWorkerBlockCommand,
  GetAccountBalanceCommand,
  GetAssignmentCommand,
  type HIT,
  ListAssignmentsForHITCommand,
  type MTurkClient,
  NotifyWorkersCommand,
  RejectAssignmentCommand,
  SendBonusCommand,
  UpdateExpirationForHITCommand,
} from '@aws-sdk/client-mturk';
import { z } from 'zod';
import { type Instant, MarketplaceHitId, WorkerId } from '../../domain/ids.ts';
import type { Marketplace, MarketplaceAssignment, MarketplaceHit, Outcome } from '../port.ts';
import { type ClientOptions, createClient } from './client.ts';
import { findPosted, hitOfOurs, hitPages, isTokenOld, wasPaid } from './doneBefore.ts';
import { codeOf, faultOf } from './faults.ts';
import { dollars, hitRequest } from './hitRequest.ts';
import { pagesOf } from './listing.ts';
import { readAssignment, readHit } from './readings.ts';

const MaxResults = 100;
const WORKERS_A_NOTICE = 100;

export type MTurkOptions = Omit<ClientOptions, 'timeoutMs'> & {
  readonly name: string;
  readonly clock: () => Instant;
  /** Longest wait for one answer; a call has three attempts. Default 15 seconds. */
  readonly timeoutMs?: number;
  /** Most of an answer that is read. Default 64 kB. */
  readonly answerLimitBytes?: number;
};

/**
 * Recruits on any server that speaks MTurk's requester API (2017-01-17). Every call is bounded in time and paced by
 * the rate limit; what may have been carried out although its answer was lost is safe to send again.
 */
export function createMTurk({
  name,
  clock,
  timeoutMs = 15_000,
  answerLimitBytes = 65_536,
  ...options
}: MTurkOptions): Marketplace {
  const client = createClient({ ...options, timeoutMs });

  const posted = ({ HITId, Expiration }: HIT, lifetimeSeconds: number) => ({
    marketplaceHitId: MarketplaceHitId.parse(HITId),
    expiresAt: Expiration?.getTime() ?? clock() + lifetimeSeconds * 1000,
  });

  return {
    name,

    postHit: (order) =>
      attempt(
        async () => {
          const before = isTokenOld(order.decidedAt, clock()) ? await hitOfOurs(client, order.hitId) : undefined;
          if (before !== undefined) return posted(before, order.fields.lifetimeSeconds);
          const { HIT = {} } = await client.send(new CreateHITCommand(hitRequest(order)));
          return posted(HIT, order.fields.lifetimeSeconds);
        },
        // The first call got through and its answer was lost. A listing may lag behind: then we look again later.
        async (error) => {
          if (codeOf(error) !== 'HitAlreadyExists') return undefined;
          const hit = await findPosted(client, order.hitId, error);
          return hit === undefined ? passing(error) : done(posted(hit, order.fields.lifetimeSeconds));
        },
      ),

    expireHit: (HITId) =>
      attempt(
        () => client.send(new UpdateExpirationForHITCommand({ HITId, ExpireAt: new Date(0) })).then(nothing),
        (error) => (isGone(error) ? done(null) : undefined),
      ),

    disposeHit: (HITId) =>
      attempt(
        () => client.send(new DeleteHITCommand({ HITId })).then(nothing),
        (error) => (isGone(error) ? done(null) : undefined),
      ),

    listHits: async function* (): AsyncGenerator<Outcome<readonly MarketplaceHit[]>> {
      try {
        for await (const page of hitPages(client)) yield done(page.map(readHit));
      } catch (error) {
        yield faultOf(error);
      }
    },

    listAssignments: (HITId) =>
      attempt(async () => {
        const pages = pagesOf(
          (place) => client.send(new ListAssignmentsForHITCommand({ HITId, MaxResults, ...place })),
          ({ Assignments = [] }) => Assignments.length,
        );
        const found: MarketplaceAssignment[] = [];
        for await (const { Assignments = [] } of pages)
          found.push(...Assignments.map((one) => readAssignment(one, answerLimitBytes)));
        return found;
      }),

    approve: (AssignmentId, { overridesRejection: OverrideRejection } = { overridesRejection: false }) =>
      attempt(
        () => client.send(new ApproveAssignmentCommand({ AssignmentId, OverrideRejection })).then(nothing),
        (error) => reviewedBefore(client, error, AssignmentId, 'Approved'),
      ),

    reject: (AssignmentId, RequesterFeedback) =>
      attempt(
        () => client.send(new RejectAssignmentCommand({ AssignmentId, RequesterFeedback })).then(nothing),
        (error) => reviewedBefore(client, error, AssignmentId, 'Rejected'),
      ),

    bonus: (payment) =>
      attempt(
        async () => {
          if (isTokenOld(payment.decidedAt, clock()) && (await wasPaid(client, payment))) return null;
          const { token, assignmentId, workerId, cents, reason } = payment;
          await client.send(
            new SendBonusCommand({
              AssignmentId: assignmentId,
              WorkerId: workerId,
              BonusAmount: dollars(cents),
              Reason: reason,
              UniqueRequestToken: token,
            }),
          );
          return null;
        },
        // The code of this refusal is not documented; its text is all there is.
        (error) => (/^The idempotency token/.test(textOf(error)) ? done(null) : undefined),
      ),

    block: (WorkerId, Reason) =>
      attempt(() => client.send(new CreateWorkerBlockCommand({ WorkerId, Reason })).then(nothing)),

    unblock: (WorkerId, Reason) =>
      attempt(() => client.send(new DeleteWorkerBlockCommand({ WorkerId, Reason })).then(nothing)),

    notify: ({ workerIds, subject, text }) =>
      attempt(async () => {
        const failed: { workerId: WorkerId; message: string }[] = [];
        for (let from = 0; from < workerIds.length; from += WORKERS_A_NOTICE) {
          const { NotifyWorkersFailureStatuses = [] } = await client.send(
            new NotifyWorkersCommand({
              Subject: subject,
              MessageText: text,
              WorkerIds: workerIds.slice(from, from + WORKERS_A_NOTICE),
            }),
          );
          for (const { WorkerId: id, NotifyWorkersFailureMessage: message = '' } of NotifyWorkersFailureStatuses)
            failed.push({ workerId: WorkerId.parse(id), message });
        }
        return failed;
      }),

    balance: () =>
      attempt(async () => {
        const { AvailableBalance } = await client.send(new GetAccountBalanceCommand({}));
        return Math.round(
          Number(
            z
              .string()
              .regex(/^-?\d+(\.\d+)?$/)
              .parse(AvailableBalance),
          ) * 100,
        );
      }),
  };
}

const done = <Value>(value: Value): Outcome<Value> => ({ type: 'done', value });
const nothing = (): null => null;
const passing = (error: unknown): Outcome<never> => ({ ...faultOf(error), lasting: 'passing' });
const textOf = (error: unknown): string => (error instanceof Error ? error.message : '');

/** One call. `known` may say what an error means: often that the work was done before. */
async function attempt<Value>(
  work: () => Promise<Value>,
  known: (error: unknown) => Promise<Outcome<Value> | undefined> | Outcome<Value> | undefined = () => undefined,
): Promise<Outcome<Value>> {
  try {
    return done(await work());
  } catch (error) {
    try {
      return (await known(error)) ?? faultOf(error);
    } catch (second) {
      return faultOf(second);
    }
  }
}

/** Expiring or deleting what is gone has nothing left to do. */
const isGone = (error: unknown): boolean =>
  codeOf(error) === 'HITDoesNotExist' || textOf(error).includes("in the state 'Disposed'");

/**
 * A review that is refused for the assignment's state: auto-approval, or our own call of before, may have been first.
 * If it is still `Submitted`, the marketplace has not caught up with the worker (facebookresearch/ParlAI#2957).
 */
async function reviewedBefore(
  client: MTurkClient,
  error: unknown,
  AssignmentId: string,
  wanted: 'Approved' | 'Rejected',
): Promise<Outcome<null> | undefined> {
  if (codeOf(error) !== 'InvalidAssignmentState') return undefined;
  const { Assignment } = await client.send(new GetAssignmentCommand({ AssignmentId }));
  const status = Assignment?.AssignmentStatus;
  if (status === wanted) return done(null);
  // Still to be reviewed, or of a state that nobody has heard of: nothing is decided about it.
  if (status !== 'Approved' && status !== 'Rejected') return passing(error);
  return { ...faultOf(error), message: `it is ${status.toLowerCase()} already` };
}
