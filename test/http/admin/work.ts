import { AssignmentId, MarketplaceHitId, WorkerId } from '../../../src/domain/ids.ts';
import { openWork, type TestService } from '../../support/service.ts';
import { PATIENCE_MS } from '../../support/until.ts';

const marketplace = { actor: 'marketplace', requestId: 'test' } as const;

export type HandedIn = { readonly assignmentId: AssignmentId; readonly workerId: WorkerId; readonly hit: string };

/** So many people who came by one HIT; each has handed in, as far as the marketplace has told. */
export async function handIn(service: TestService, names: readonly string[]): Promise<readonly HandedIn[]> {
  const { commands, store } = service.core;
  const { hit } = await openWork(service, { places: Math.max(1, names.length) });
  const handedIn = names.map((name) => ({
    assignmentId: AssignmentId.parse(`A${name}`),
    workerId: WorkerId.parse(`W${name}`),
    hit,
  }));
  for (const { assignmentId, workerId } of handedIn) {
    const marketplaceHitId = MarketplaceHitId.parse(hit);
    const came = await commands.ping(marketplace, { assignmentId, workerId, marketplaceHitId, pingType: 'waiting' });
    if (came.type === 'refused') throw new Error(came.refusal.message);
    const answer = [
      { field: 'species', value: `Parus major, said ${name(assignmentId)}` },
      { field: 'sure', value: 'yes' },
    ];
    await commands.markAssignment(marketplace, { assignmentId, as: 'submitted', answer });
  }
  await service.core.caughtUp.until(await store.head(), { timeoutMs: PATIENCE_MS });
  return handedIn;
}

const name = (assignmentId: AssignmentId): string => assignmentId.slice(1);

/** Events of a type in the whole log: what they say, and who did it. */
export async function logged(service: TestService, type: string) {
  const { rows } = await service.database.pool.query<{ stream: string; by: string; data: Record<string, unknown> }>(
    `select stream, metadata ->> 'actor' as by, data from event_store.events where type = $1 order by position`,
    [type],
  );
  return rows;
}
