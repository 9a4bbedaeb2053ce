/** A ProtoHIT as an application puts it. */
export const protoHit = (changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  title: 'Find the verbs',
  description: 'Click every verb in a paragraph.',
  keywords: 'verbs, words',
  url: 'https://example.com/verbs?a=1&b=2',
  frame_height: 600,
  reward: 0.12,
  assignment_duration: 600,
  lifetime: 3600,
  auto_approval_delay: 86_400,
  max_assignments: 1,
  worker_locale: 'US',
  approval_rating: 90,
  ...changes,
});

export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
