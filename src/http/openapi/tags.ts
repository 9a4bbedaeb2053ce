/** What a reader of the API page looks for, in the order in which they need it. */
export const TAGS = [
  { name: 'Kinds of work', description: 'ProtoHITs: what your HITs are like' },
  { name: 'Ask for people', description: 'Reservations: announce work, call people to it, end it' },
  { name: 'Answers', description: 'What was handed in, and what is decided and paid for it' },
  { name: 'Workers', description: 'Who came, and what their pages ask; retainer.js does it for you' },
  { name: 'Audit', description: 'What happened, and why' },
  { name: 'Operation', description: 'Health, figures, what is on the market' },
  { name: 'Old clients', description: "Paths of the original's that others have replaced" },
] as const;

type Tag = (typeof TAGS)[number]['name'];

/** The first that fits. */
const TAG_OF: readonly (readonly [path: RegExp, tag: Tag])[] = [
  [/^\/(putwork|toggleSandbox|reservation\/done)/, 'Old clients'],
  [/^\/(puttask|protohit)/, 'Kinds of work'],
  [/^\/reservation\/\{id\}\/answers|^\/assignment/, 'Answers'],
  [/^\/reservation\/\{id\}\/(history|events)|^\/events/, 'Audit'],
  [/^\/reservation/, 'Ask for people'],
  [/^\/(worker|gettask|wait|ping|retainer\.js)/, 'Workers'],
];

export const tagOf = (path: string): Tag => TAG_OF.find(([pattern]) => pattern.test(path))?.[1] ?? 'Operation';
