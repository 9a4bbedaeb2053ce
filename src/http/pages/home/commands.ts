/** The name of the tour's ProtoHIT: whoever takes the tour, by curl or by the buttons, has the same one. */
export const TOUR_HIT_TYPE = 'tour';

/** What each step of the tour is called, and what it asks of the service: README.md has the same commands. */
export type TourCommands = {
  readonly define: { readonly path: string; readonly fields: Readonly<Record<string, string>>; readonly curl: string };
  readonly reserve: Commanded;
  readonly round: { readonly shell: string };
  readonly look: { readonly curl: string };
  readonly invoke: Commanded;
  readonly finish: Commanded;
  readonly story: { readonly curl: string };
};
/** Its fields may hold $PROTO and $RESERVATION, which stand for the ids that the earlier steps gave. */
type Commanded = TourCommands['define'];

/** The commands for a service at `url`, with a key where the service asks for one. */
export function tourCommands(url: string, { needsKey = false } = {}): TourCommands {
  const curl = `curl -s${needsKey ? ' -H "Authorization: Bearer $KEY"' : ''} ${url}`;
  const asked = (path: string, fields: Readonly<Record<string, string>>, prefix = '', suffix = ''): Commanded => ({
    path: `/${path}`,
    fields,
    curl: `${prefix}${curl}/${path}${Object.entries(fields)
      .map(([name, value]) => ` -d ${name}=${value}`)
      .join('')}${suffix}`,
  });
  const protoHit = protoHitOf(url);
  return {
    define: {
      path: '/puttask',
      fields: { json: protoHit },
      curl: `PROTO=$(${curl}/puttask --data-urlencode 'json=${protoHit}')`,
    },
    reserve: asked(
      'reservation/make',
      { id: '$PROTO', foreignID: '42', delay: '30', numAssignments: '1' },
      'RESERVATION=$(',
      ')',
    ),
    round: { shell: 'npm run -s retainer -- tick' },
    look: { curl: `${curl}/reservation/$RESERVATION` },
    invoke: asked('reservation/invoke', { id: '$RESERVATION' }),
    finish: asked('reservation/finish', { id: '$RESERVATION' }),
    story: { curl: `${curl}/reservation/$RESERVATION/history` },
  };
}

const protoHitOf = (url: string): string => `{
  "hit_type_id": "${TOUR_HIT_TYPE}", "title": "Wait, then answer a question", "description": "Waiting is paid.",
  "keywords": "quick", "url": "${url}/example", "frame_height": 600, "reward": 0.10,
  "assignment_duration": 600, "lifetime": 600, "auto_approval_delay": 0, "max_assignments": 1,
  "worker_locale": "", "approval_rating": 0 }`;
