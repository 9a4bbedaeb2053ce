import { COUNTRIES } from '../../../countries.ts';

type Explained = {
  /** As `puttask` calls it. */
  readonly name: string;
  readonly label: string;
  readonly hint: string;
  readonly kind?: 'text' | 'area' | 'number' | readonly (readonly [value: string, shown: string])[];
  /** For a new one. */
  readonly start: string;
};

const countryName = new Intl.DisplayNames('en', { type: 'region' });
const COUNTRY_OPTIONS: Explained['kind'] = [
  ['', 'anywhere'],
  ...[...COUNTRIES]
    .map((code) => [code, `${countryName.of(code) ?? code} (${code})`] as const)
    .sort(([, a], [, b]) => a.localeCompare(b, 'en')),
];

/** What the form asks for, in the order in which one thinks of it. */
export const EXPLAINED: readonly { readonly legend: string; readonly fields: readonly Explained[] }[] = [
  {
    legend: 'What workers read',
    fields: [
      {
        name: 'title',
        label: 'Title',
        hint: 'All that most workers see in the list of HITs: what they do, and that waiting is paid.',
        start: '',
      },
      {
        name: 'description',
        label: 'Description',
        hint: 'What they read before they accept: how long they wait at most, and what comes then.',
        kind: 'area',
        start: '',
      },
      { name: 'keywords', label: 'Keywords', hint: 'What workers search for, with commas between.', start: '' },
      {
        name: 'url',
        label: 'Landing page',
        hint: 'Your page that includes retainer.js. The marketplace shows it in a frame; there they wait and work.',
        start: '',
      },
      {
        name: 'frame_height',
        label: 'Height of the frame, in pixels',
        hint: '0 lets the marketplace fit it to the window.',
        kind: 'number',
        start: '0',
      },
    ],
  },
  {
    legend: 'Money',
    fields: [
      {
        name: 'reward',
        label: 'Reward, in US dollars',
        hint: 'What a person gets for one assignment: for waiting, and for the task if there is one.',
        start: '0.10',
      },
      {
        name: 'max_assignments',
        label: 'People a HIT takes',
        hint: 'From ten on the marketplace keeps 40 % on top of the reward, below that 20 %.',
        kind: 'number',
        start: '1',
      },
    ],
  },
  {
    legend: 'Time',
    fields: [
      {
        name: 'assignment_duration',
        label: 'Time for an assignment, in seconds',
        hint: 'From accepting to handing in. Waiting counts: who runs out of it is not paid.',
        kind: 'number',
        start: '600',
      },
      {
        name: 'max_wait',
        label: 'Longest wait, in seconds',
        hint: 'After it they are released and paid. Left empty: nine tenths of the time for an assignment.',
        kind: 'number',
        start: '',
      },
      {
        name: 'lifetime',
        label: 'Time on the market, in seconds',
        hint: 'How long a HIT can be found. Short ones are posted anew, and stand on top of the list.',
        kind: 'number',
        start: '600',
      },
      {
        name: 'auto_approval_delay',
        label: 'Pay after, in seconds',
        hint: 'When the marketplace approves by itself what was handed in; 0 is at once.',
        kind: 'number',
        start: '86400',
      },
    ],
  },
  {
    legend: 'Who may come',
    fields: [
      {
        name: 'worker_locale',
        label: 'Workers from',
        hint: 'One country, or anywhere.',
        kind: COUNTRY_OPTIONS,
        start: '',
      },
      {
        name: 'approval_rating',
        label: 'Least share of approved work, in percent',
        hint: '0 admits everyone, 100 only perfect records.',
        kind: 'number',
        start: '0',
      },
      {
        name: 'sandbox',
        label: 'Its HITs go to',
        hint: 'In the sandbox nobody is paid real money.',
        kind: [
          ['true', 'the sandbox'],
          ['false', 'the real marketplace'],
        ],
        start: 'true',
      },
    ],
  },
];

/** For the reckoning beside the form; no part of a ProtoHIT. */
export const EXPECTED = {
  workers: { name: 'expected_workers', label: 'People you call for', start: '10' },
  wait: { name: 'expected_wait', label: 'Seconds they are there', start: '120' },
} as const;
