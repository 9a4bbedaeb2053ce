import { z } from 'zod';
import { AssignmentId, MarketplaceHitId } from '../domain/ids.ts';
import type { Database } from './pool.ts';

/** A hint that somebody is handing in the result of an assignment: the marketplace knows of it now, or will in a moment. */
export type HandingIn = {
  readonly marketplaceHitId: MarketplaceHitId;
  readonly assignmentId: AssignmentId;
};

/** The Postgres channel on which hints reach the node that schedules, from whichever node they come. */
export const HANDED_IN = 'handed_in';

/** Tells the node that schedules. Nobody may be listening: a hint that is lost costs the time until the next poll. */
export async function tellHandedIn(db: Pick<Database, 'query'>, hint: HandingIn): Promise<void> {
  await db.query(`select pg_notify('${HANDED_IN}', $1)`, [JSON.stringify(hint)]);
}

const schema = z.object({ marketplaceHitId: MarketplaceHitId, assignmentId: AssignmentId });

/** Returns what a notification says; undefined if it is none of ours. */
export function readHandedIn(payload: string): HandingIn | undefined {
  try {
    return schema.parse(JSON.parse(payload));
  } catch {
    return undefined;
  }
}
