import type { Instant } from '../../../domain/ids.ts';
import type { OfferedGroup } from '../offers.ts';
import { Moment, Page, placeOf, requesterName, Side } from './layout.tsx';
import { counted, dollars, duration, leastAnHour } from './words.ts';

/** The list of HITs, newest first. The page's script looks for newer ones every other second. */
export const HitList = ({
  groups,
  workerId,
  now,
  hasRehearsal,
}: {
  groups: readonly OfferedGroup[];
  workerId: string;
  now: Instant;
  hasRehearsal: boolean;
}) => {
  const left = groups.reduce((sum, { available }) => sum + available, 0);
  return (
    <Page title="HITs" at="/" workerId={workerId} now={now} hasRehearsal={hasRehearsal}>
      <h1>HITs, newest first</h1>
      <p class="quiet">
        A HIT is a small piece of paid work. Look at one, accept it, and do what its page says. If it asks you to wait,
        the wait is part of the work: you are paid for it even if nobody needs you in the end.
      </p>
      <div id="hits" data-live data-said={left === 0 ? 'No HITs now' : `${counted(left, 'place')} left in HITs`}>
        {groups.length === 0 ? (
          <div class="panel empty">
            <h2>No HITs now</h2>
            <p class="quiet">
              New ones show up here by themselves. They come when somebody makes a reservation: <a href="/">the tour</a>{' '}
              does that in a minute.
            </p>
          </div>
        ) : (
          <ul class="hits">
            {groups.map((group) => (
              <Group group={group} workerId={workerId} />
            ))}
          </ul>
        )}
      </div>
    </Page>
  );
};

const Group = ({ group, workerId }: { group: OfferedGroup; workerId: string }) => (
  <li class="panel">
    <div class="about">
      <h2>
        <a id={`preview-${group.hitTypeId}`} href={placeOf(`/hits/${group.hitId}`, workerId)}>
          {group.title}
        </a>
      </h2>
      <p>{group.description}</p>
      <p class="quiet facts">
        <Side requester={group.requester} />
        <span>by {requesterName(group.requester)}</span>
        <span>
          posted <Moment at={group.createdAt} />
        </span>
        <span>{duration(group.assignmentDurationSeconds)} allotted</span>
        <span>
          {counted(group.available, 'place')} left in {counted(group.hits, 'HIT')}
        </span>
      </p>
    </div>
    <p class="pays">
      <strong>{dollars(group.rewardCents)}</strong>
      <span class="quiet">at least {leastAnHour(group)} an hour</span>
    </p>
    <AcceptButton id={`accept-${group.hitTypeId}`} hit={group} workerId={workerId} />
  </li>
);

export const AcceptButton = ({
  id,
  hit,
  workerId,
  words = 'Accept',
}: {
  id: string;
  hit: { hitId: string; title: string };
  workerId: string;
  words?: string;
}) => (
  <form method="post" action={placeOf(`/hits/${hit.hitId}/accept`, workerId)}>
    <button id={id} class="main" type="submit">
      {words}
      <span class="visually-hidden"> “{hit.title}”</span>
    </button>
  </form>
);
