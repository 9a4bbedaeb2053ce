export type Phase = 'made' | 'invoked' | 'finished' | 'cancelled' | 'timedOut';
export type Action = 'invoke' | 'finish' | 'cancel' | 'unfinish';

/** What is known of a reservation when somebody is about to act on it. */
export type Stakes = {
  readonly phase: Phase;
  readonly name: string;
  /** Null: never. */
  readonly invokedAt: number | null;
  readonly asked: number;
  readonly dispatched: number;
  /** Of the dispatched, those seen at work. */
  readonly responded: number;
  /** Those who would go to it now. */
  readonly waiting: number;
  readonly sandbox: boolean;
  /** US cents for one person, the marketplace's fee included. */
  readonly eachCents: number;
};

const dollars = (cents: number): string =>
  (cents / 100).toLocaleString('en-US', { style: 'currency', currency: 'USD' });
const people = (many: number): string => (many === 1 ? '1 person' : `${many.toLocaleString()} people`);

/** What an action comes to, to be asked before it is done. */
export function stakesOf(action: Action, one: Stakes): string {
  const lacking = Math.max(0, one.asked - one.dispatched);
  switch (action) {
    case 'invoke':
      return `Invoke “${one.name}”? ${callsFor(lacking, one)}`;
    case 'unfinish':
      return `Open “${one.name}” again? ${goesOn(lacking, one)}`;
    case 'finish':
      return `Finish “${one.name}”? ${over(one)} HITs that nobody else needs leave the market.`;
    case 'cancel':
      return `Cancel “${one.name}”? ${over(one)} Its HITs leave the market.`;
  }
}

const price = ({ eachCents, sandbox }: Stakes): string =>
  `${dollars(eachCents)} with the marketplace’s fee${sandbox ? ', in play money' : ''}`;

function callsFor(lacking: number, one: Stakes): string {
  const now = Math.min(one.waiting, lacking);
  const later = lacking - now;
  const who =
    later === 0
      ? `${people(now)} who ${now === 1 ? 'waits is' : 'wait are'} called at once`
      : now === 0
        ? `Nobody waits for it: ${people(later)} ${later === 1 ? 'is' : 'are'} called as soon as they come`
        : `${people(now)} ${now === 1 ? 'is' : 'are'} called at once, ${later.toLocaleString()} more as soon as they come`;
  return `${who}. Each costs ${price(one)}: ${dollars(lacking * one.eachCents)} for ${people(lacking)}.`;
}

function goesOn(lacking: number, one: Stakes): string {
  if (lacking === 0) return 'Everybody it asked for was dispatched.';
  return one.invokedAt === null
    ? `Recruiting for ${people(lacking)} begins again; nobody is called before it is invoked.`
    : `It was invoked: ${callsFor(lacking, one)}`;
}

function over({ phase, asked, dispatched, responded }: Stakes): string {
  if (dispatched === 0)
    return phase === 'invoked'
      ? `None of ${people(asked)} was dispatched yet; nobody will be called.`
      : 'Nobody was called for it, and nobody will be.';
  const unstarted = dispatched - responded;
  const hear =
    unstarted > 0
      ? ` ${people(unstarted)} who ${unstarted === 1 ? 'has' : 'have'} not started will hear that it is over, and can submit for pay.`
      : '';
  return `${dispatched} of ${people(asked)} ${dispatched === 1 ? 'was' : 'were'} dispatched, ${responded} seen at work; nobody else will be called.${hear}`;
}
