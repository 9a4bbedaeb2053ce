import { describe, test } from 'vitest';
import { type Refused, refusals } from './refusals.ts';
import { protoHit } from './wire.ts';

const { expectRefusal } = refusals();

describe('a ProtoHIT is not put', () => {
  const putting = (name: string, changes: Readonly<Record<string, unknown>>, says: RegExp): Refused => ({
    name,
    path: 'puttask',
    parameters: { json: protoHit(changes) },
    status: 400,
    says,
  });
  const required = Object.keys(protoHit());
  const wrongType: Readonly<Record<string, unknown>> = {
    title: 7,
    description: ['x'],
    keywords: {},
    url: 5,
    worker_locale: 1,
  };
  const rows: readonly Refused[] = [
    { name: 'without json', path: 'puttask', parameters: {}, status: 400, says: /json is missing/ },
    ...['{', 'nonsense', '', '[]', '"text"', 'null', '7'].map(
      (json): Refused => ({
        name: `json ${json}`,
        path: 'puttask',
        parameters: { json },
        status: 400,
        says: /json must be a JSON object/,
      }),
    ),
    ...required.map((field) =>
      putting(`without ${field}`, { [field]: undefined }, new RegExp(`${field} is missing: it must be`)),
    ),
    ...required.map((field) =>
      putting(
        `${field} of a wrong type`,
        { [field]: wrongType[field] ?? 'much' },
        new RegExp(`${field} must be .*, got `),
      ),
    ),
    ...required.map((field) =>
      putting(`${field} null`, { [field]: null }, new RegExp(`${field} must be .*, got null`)),
    ),
    ...[-0.01, -5, 100.01, 1000, 0.125, '1.234', '1e1', '$5', ''].map((reward) =>
      putting(`reward ${reward}`, { reward }, /reward must be US dollars from 0 to 100 with at most two decimals, got/),
    ),
    ...[
      'ftp://example.com/',
      'javascript:alert(1)',
      '/verbs',
      'example.com',
      'http://',
      `https://x.com/${'a'.repeat(2048)}`,
    ].map((url) => putting(`url ${url.slice(0, 30)}`, { url }, /url must be an http or https URL/)),
    putting('a long title', { title: 'x'.repeat(129) }, /title must be a text of 1 to 128 characters/),
    putting('no title', { title: '' }, /title must be a text of 1 to 128/),
    putting('a long description', { description: 'x'.repeat(2001) }, /description must be a text of 1 to 2000/),
    putting('long keywords', { keywords: 'x'.repeat(1001) }, /keywords must be a text of 0 to 1000/),
    putting('a long hit_type_id', { hit_type_id: 'x'.repeat(256) }, /hit_type_id must be/),
    ...['USA', 'us', 'XX', 'ZZ', 'UK', ' '].map((worker_locale) =>
      putting(`locale ${worker_locale}`, { worker_locale }, /worker_locale must be .* country code/),
    ),
    ...[-1, 101, 50.5, '100%'].map((approval_rating) =>
      putting(
        `rating ${approval_rating}`,
        { approval_rating },
        /approval_rating must be a whole number from 0 to 100, got/,
      ),
    ),
    ...[29, 31_536_001].map((lifetime) =>
      putting(`lifetime ${lifetime}`, { lifetime }, /lifetime must be a whole number/),
    ),
    ...[29, 31_536_001].map((n) => putting(`duration ${n}`, { assignment_duration: n }, /assignment_duration must be/)),
    putting(
      'a wait as long as the assignment',
      { max_wait: 600 },
      /max_wait must be less than assignment_duration, which is 600 seconds, got 600/,
    ),
    ...[-1, 2_592_001].map((n) =>
      putting(`auto approval ${n}`, { auto_approval_delay: n }, /auto_approval_delay must be/),
    ),
    ...[0, 1_000_000_001].map((n) => putting(`assignments ${n}`, { max_assignments: n }, /max_assignments must be/)),
    ...[-1, 10_001, '600px'].map((n) => putting(`frame height ${n}`, { frame_height: n }, /frame_height must be/)),
    putting('a sandbox that is neither', { sandbox: 'maybe' }, /sandbox must be true or false/),
    putting('a control character in the title', { title: 'a\u0000b' }, /json holds a control character/),
    putting('a lone surrogate in the title', { title: 'a\ud800b' }, /lone surrogate/),
  ];
  test.each(rows)('$name', expectRefusal);
});
