import {
  ApproveAssignmentCommand,
  type Assignment,
  CreateHITCommand,
  DeleteHITCommand,
  GetAccountBalanceCommand,
  GetAssignmentCommand,
  type HIT,
  MTurkClient,
  NotifyWorkersCommand,
  paginateListAssignmentsForHIT,
  paginateListHITs,
  RejectAssignmentCommand,
  SendBonusCommand,
  UpdateExpirationForHITCommand,
} from '@aws-sdk/client-mturk';
import { AssignmentId, HitId, type Instant, MarketplaceHitId, WorkerId } from '../../domain/ids.ts';
import type { Marketplace, MarketplaceAssignment, MarketplaceHit, Outcome } from '../port.ts';
import { codeOf, faultOf } from './faults.ts';
import { dollars, hitRequest } from './hitRequest.ts';
import type { RateLimit } from './rateLimit.ts';

const PAGE = 100;
const WORKERS_A_NOTICE = 100;

export type MTurkOptions = {
  readonly name: string;
  /** An MTurk-compatible server; without it AWS's own for the sandbox or the real side. */
  readonly endpoint?: string | undefined;
  readonly sandbox: boolean;
  /** Left out: as the AWS SDK finds them (environment, profile, role). */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
  readonly rateLimit: RateLimit;
  readonly clock: () => Instant;
  /** Longest wait for one answer. Default 15 seconds. */
  readonly timeoutMs?: number;
};

/**
 * Recruits on any server that speaks MTurk's requester API (2017-01-17). Every call is bounded in time and paced by
 * one rate limiter; what may have been carried out although its answer was lost is safe to send again.
 */
export function createMTurk({
  name,
  endpoint,
  sandbox,
  credentials,
  rateLimit,
  clock,
  timeoutMs = 15_000,
}: MTurkOptions): Marketplace {
  const client = new MTurkClient({
    region: endpoint === undefined && sandbox ? 'sandbox' : 'us-east-1',
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
    maxAttempts: 3,
    retryMode: 'standard',
    // requestTimeout alone only logs: a server that hangs would hang us for ever.
    requestHandler: { connectionTimeout: 3_000, requestTimeout: timeoutMs, throwOnRequestTimeout: true },
  });

  /** One call; `known` turns errors that mean "it was done before" into success. */
  const call = async <Value>(
    work: () => Promise<Value>,
    known: (error: unknown) => Promise<Value | undefined> | Value | undefined = () => undefined,
  ): Promise<Outcome<Value>> => {
    await rateLimit();
    try {
      return { type: 'done', value: await work() };
    } catch (error) {
      try {
        const value = await known(error);
        return value === undefined ? faultOf(error) : { type: 'done', value };
      } catch (second) {
        return faultOf(second);
      }
    }
  };

  async function* hits(): AsyncGenerator<readonly HIT[]> {
    for await (const page of paginateListHITs({ client, pageSize: PAGE, stopOnSameToken: true }, {})) {
      yield page.HITs ?? [];
      await rateLimit();
    }
  }

  return {
    name,

    postHit: (order) =>
      call(
        async () => {
          const { HIT } = await client.send(new CreateHITCommand(hitRequest(order)));
          return {
            marketplaceHitId: MarketplaceHitId.parse(HIT?.HITId),
            expiresAt: HIT?.Expiration?.getTime() ?? clock() + order.fields.lifetimeSeconds * 1000,
          };
        },
        async (error) => {
          if (codeOf(error) !== 'HitAlreadyExists') return undefined;
          // The first call got through. Its HIT's id is only in the text of the message; if not, in the listing.
          const named = error instanceof Error ? /\b[A-Z0-9]{20,64}\b/.exec(error.message)?.[0] : undefined;
          const hit = await findHit(hits(), (one) => one.HITId === named || one.RequesterAnnotation === order.hitId);
          const id = MarketplaceHitId.safeParse(hit?.HITId ?? named);
          const expiresAt = hit?.Expiration?.getTime() ?? clock() + order.fields.lifetimeSeconds * 1000;
          return id.success ? { marketplaceHitId: id.data, expiresAt } : undefined;
        },
      ),

    expireHit: (HITId) =>
      call(
        async () => {
          await client.send(new UpdateExpirationForHITCommand({ HITId, ExpireAt: new Date(0) }));
          return null;
        },
        (error) => (isGone(error) ? null : undefined),
      ),

    disposeHit: (HITId) =>
      call(
        async () => {
          await client.send(new DeleteHITCommand({ HITId }));
          return null;
        },
        (error) => (isGone(error) ? null : undefined),
      ),

    listHits: async function* (): AsyncGenerator<Outcome<readonly MarketplaceHit[]>> {
      await rateLimit();
      try {
        for await (const page of hits()) yield { type: 'done', value: page.flatMap(hitOf) };
      } catch (error) {
        yield faultOf(error);
      }
    },

    listAssignments: (HITId) =>
      call(async () => {
        const found: MarketplaceAssignment[] = [];
        for await (const page of paginateListAssignmentsForHIT(
          { client, pageSize: PAGE, stopOnSameToken: true },
          { HITId },
        ))
          found.push(...(page.Assignments ?? []).flatMap(assignmentOf));
        return found;
      }),

    approve: (assignmentId) =>
      call(
        async () => {
          await client.send(new ApproveAssignmentCommand({ AssignmentId: assignmentId }));
          return null;
        },
        // Auto-approval, or our own call of before, may have been first.
        async (error) => ((await isReviewed(client, error, assignmentId, 'Approved')) ? null : undefined),
      ),

    reject: (assignmentId, feedback) =>
      call(
        async () => {
          await client.send(new RejectAssignmentCommand({ AssignmentId: assignmentId, RequesterFeedback: feedback }));
          return null;
        },
        async (error) => ((await isReviewed(client, error, assignmentId, 'Rejected')) ? null : undefined),
      ),

    bonus: ({ token, assignmentId, workerId, cents, reason }) =>
      call(
        async () => {
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
        (error) => (error instanceof Error && error.message.startsWith('The idempotency token') ? null : undefined),
      ),

    notify: ({ workerIds, subject, text }) =>
      call(async () => {
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
      call(async () => {
        const { AvailableBalance } = await client.send(new GetAccountBalanceCommand({}));
        return Math.round(Number(AvailableBalance) * 100);
      }),
  };
}

async function findHit(pages: AsyncIterable<readonly HIT[]>, wanted: (hit: HIT) => boolean): Promise<HIT | undefined> {
  for await (const page of pages) {
    const found = page.find(wanted);
    if (found) return found;
  }
  return undefined;
}

/** Expiring or deleting what is gone has nothing left to do. */
const isGone = (error: unknown): boolean =>
  codeOf(error) === 'HITDoesNotExist' ||
  (codeOf(error) === 'InvalidHITState' && error instanceof Error && error.message.includes("'Disposed'"));

async function isReviewed(client: MTurkClient, error: unknown, assignmentId: string, status: string): Promise<boolean> {
  if (codeOf(error) !== 'InvalidAssignmentState') return false;
  const { Assignment } = await client.send(new GetAssignmentCommand({ AssignmentId: assignmentId }));
  return Assignment?.AssignmentStatus === status;
}

const STATUS: Readonly<Record<string, MarketplaceHit['status']>> = {
  Assignable: 'open',
  Unassignable: 'taken',
  Reviewable: 'ended',
  Reviewing: 'ended',
  Disposed: 'disposed',
};

function hitOf(hit: HIT): readonly MarketplaceHit[] {
  const marketplaceHitId = MarketplaceHitId.safeParse(hit.HITId);
  if (!marketplaceHitId.success) return [];
  const hitId = HitId.safeParse(hit.RequesterAnnotation);
  return [
    {
      marketplaceHitId: marketplaceHitId.data,
      hitId: hitId.success ? hitId.data : null,
      status: STATUS[hit.HITStatus ?? ''] ?? 'open',
      expiresAt: hit.Expiration?.getTime() ?? 0,
      maxAssignments: hit.MaxAssignments ?? 1,
      available: hit.NumberOfAssignmentsAvailable ?? 0,
      pending: hit.NumberOfAssignmentsPending ?? 0,
      completed: hit.NumberOfAssignmentsCompleted ?? 0,
    },
  ];
}

const ASSIGNMENT_STATUS = { Submitted: 'submitted', Approved: 'approved', Rejected: 'rejected' } as const;

function assignmentOf(assignment: Assignment): readonly MarketplaceAssignment[] {
  const assignmentId = AssignmentId.safeParse(assignment.AssignmentId);
  const workerId = WorkerId.safeParse(assignment.WorkerId);
  const marketplaceHitId = MarketplaceHitId.safeParse(assignment.HITId);
  const status = assignment.AssignmentStatus;
  if (!assignmentId.success || !workerId.success || !marketplaceHitId.success || status === undefined) return [];
  return [
    {
      assignmentId: assignmentId.data,
      workerId: workerId.data,
      marketplaceHitId: marketplaceHitId.data,
      status: ASSIGNMENT_STATUS[status],
      acceptedAt: assignment.AcceptTime?.getTime() ?? 0,
      submittedAt: assignment.SubmitTime?.getTime() ?? 0,
    },
  ];
}
