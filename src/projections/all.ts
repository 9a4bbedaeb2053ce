import { apiKeys } from './apiKeys.ts';
import { bonuses } from './bonuses.ts';
import { hits } from './hits.ts';
import { numbers } from './numbers.ts';
import { pauses } from './pauses.ts';
import type { Projection } from './projection.ts';
import { protoHits } from './protoHits.ts';
import { reservations } from './reservations.ts';
import { reviews } from './reviews.ts';
import { signIns } from './signIns.ts';
import { storyStreams } from './storyStreams.ts';
import { tasks } from './tasks.ts';
import { waitingPool } from './waitingPool.ts';
import { workers } from './workers.ts';
import { workRequests } from './workRequests.ts';

/** Every read model. The scheduler's demand is a question to `reservations`. */
export const projections: readonly Projection[] = [
  protoHits,
  reservations,
  tasks,
  waitingPool,
  pauses,
  hits,
  reviews,
  bonuses,
  workers,
  workRequests,
  apiKeys,
  storyStreams,
  signIns,
  numbers,
];
