import type { z } from 'zod';
import {
  addresses,
  hosts,
  logUrl,
  number,
  numberAndShare,
  oneOf,
  origins,
  publicUrl,
  text,
  url,
  wholeNumber,
  yesOrNo,
} from './values.ts';

export type Setting = {
  /** The name in the environment. */
  readonly variable: string;
  readonly schema: z.ZodType<unknown, string>;
  /** As it would be written in the environment; undefined: no value. */
  readonly fallback: string | undefined;
  readonly about: string;
  readonly secret?: boolean;
};

const setting = <Schema extends z.ZodType<unknown, string>, const Fallback extends string | undefined>(
  variable: string,
  schema: Schema,
  fallback: Fallback,
  about: string,
  { secret = false } = {},
) => ({ variable, schema, fallback, about, secret });

/** Every setting, in the order in which `retainer config` prints them. */
export const SETTINGS = {
  host: setting('HOST', text, '127.0.0.1', 'address to listen on'),
  port: setting('PORT', wholeNumber(0, 65_535), '8080', 'port to listen on; 0 takes a free one'),
  publicUrl: setting(
    'PUBLIC_URL',
    publicUrl,
    undefined,
    'where workers and applications reach this service, without a path; default http://HOST:PORT',
  ),
  trustedProxies: setting(
    'TRUSTED_PROXIES',
    addresses,
    undefined,
    'proxies before this service, whose X-Forwarded-For says whom a request is from; default: nobody is believed',
  ),
  openApi: setting('OPEN_API', yesOrNo, 'false', 'serve an API without keys to whoever reaches it'),
  ids: setting(
    'IDS',
    oneOf(['uuids', 'numbers']),
    'uuids',
    "what the API calls ProtoHITs, reservations and work requests: UUIDs, or small numbers for the original's clients",
  ),
  allowedHosts: setting(
    'ALLOWED_HOSTS',
    hosts,
    undefined,
    'names by which this service is asked, besides localhost and the host of PUBLIC_URL; all others are refused',
  ),
  allowedOrigins: setting(
    'ALLOWED_ORIGINS',
    origins,
    undefined,
    'pages of your own on other origins which may use the API while it is open; with a key those of any origin may',
  ),
  dataDir: setting('DATA_DIR', text, './data', 'folder of the embedded PostgreSQL'),
  databaseUrl: setting(
    'DATABASE_URL',
    url('postgres', 'postgresql'),
    undefined,
    'your PostgreSQL 14 or newer; without it the embedded one is started',
    { secret: true },
  ),
  eventStoreUrl: setting(
    'EVENT_STORE_URL',
    logUrl,
    undefined,
    'where the log is: a PostgreSQL, or a KurrentDB of 25.1 or newer; default: the database of the read models',
    { secret: true },
  ),
  checkpointKeyFile: setting(
    'CHECKPOINT_KEY_FILE',
    text,
    undefined,
    "private key of 'retainer checkpoint' (PEM); default checkpoint-key.pem in DATA_DIR",
  ),
  checkpointHours: setting(
    'CHECKPOINT_HOURS',
    number(0, 8_760),
    '24',
    'hours between the signed checkpoints of the log that a service keeps in DATA_DIR; 0 keeps none',
  ),
  mturk: setting(
    'MTURK',
    oneOf(['simulated', 'aws']),
    'simulated',
    'where to recruit: the built-in marketplace, or AWS',
  ),
  mturkEndpoint: setting(
    'MTURK_ENDPOINT',
    url('http', 'https'),
    undefined,
    'an MTurk-compatible server to use with MTURK=aws, for HITs of both kinds, sandbox and real',
  ),
  marketplacePublic: setting(
    'MARKETPLACE_PUBLIC',
    yesOrNo,
    'false',
    'let strangers work on the built-in marketplace where others than this machine reach it; else operators alone may',
  ),
  simulatedWorkersPerMinute: setting(
    'SIMULATED_WORKERS_PER_MINUTE',
    number(0, 10_000),
    '0',
    'simulated workers who come to the built-in marketplace',
  ),
  faultInjection: setting(
    'FAULT_INJECTION',
    yesOrNo,
    'false',
    'let the built-in marketplace be made to fail, from /marketplace/rehearsal, and its clock be driven (/marketplace/control)',
  ),
  leaseSeconds: setting(
    'LEASE_SECONDS',
    wholeNumber(2, 300),
    '5',
    'seconds within which another node takes over from one that projects or schedules and falls silent',
  ),
  schedulerIntervalSeconds: setting(
    'SCHEDULER_INTERVAL_SECONDS',
    wholeNumber(0, 3_600),
    '60',
    "seconds between the scheduler's rounds, beside what it plans at once; 0 leaves all planning to 'retainer tick'",
  ),
  policy: setting(
    'POLICY',
    oneOf(['spare', 'classic']),
    'spare',
    'how to recruit: offer what is missing and SPARE_PLACES more, at once; or HITS_PER_TICK HITs a round, as the original',
  ),
  sparePlaces: setting(
    'SPARE_PLACES',
    numberAndShare,
    '2+50%',
    'places offered beyond what is missing, for some leave again: a number, and a share of what is missing',
  ),
  hitsPerTick: setting(
    'HITS_PER_TICK',
    wholeNumber(1, 100),
    '3',
    'with POLICY=classic: HITs posted a round for a reservation that lacks workers',
  ),
  maxOpenHits: setting('MAX_OPEN_HITS', wholeNumber(1, 10_000), '100', 'most HITs on the market for one ProtoHIT'),
  dailyBudget: setting(
    'DAILY_BUDGET',
    number(0, 10_000_000),
    '100',
    'US dollars that may be committed a day, in UTC, by real HITs (sandbox=false) and bonuses for them',
  ),
  reservationTimeoutMinutes: setting(
    'RESERVATION_TIMEOUT_MINUTES',
    number(1, 100_000),
    '30',
    'minutes after the expected start before a reservation nobody invoked is given up',
  ),
  invokedTimeoutMinutes: setting(
    'INVOKED_TIMEOUT_MINUTES',
    number(1, 100_000),
    '30',
    'minutes after the invoke before recruiting stops for a reservation that nobody finished; another invoke goes on',
  ),
  pingTimeoutSeconds: setting(
    'PING_TIMEOUT_SECONDS',
    number(3, 3_600),
    '10',
    'seconds without a ping after which a worker no longer counts as waiting',
  ),
  presenceGraceSeconds: setting(
    'PRESENCE_GRACE_SECONDS',
    number(0, 86_400),
    '30',
    'seconds after that for which their place in the queue is kept',
  ),
  responseTimeoutSeconds: setting(
    'RESPONSE_TIMEOUT_SECONDS',
    number(1, 86_400),
    '6',
    'seconds a called worker has to respond before the slot goes to another',
  ),
  unsignedWorkers: setting(
    'UNSIGNED_WORKERS',
    oneOf(['accept', 'refuse']),
    'accept',
    "workers whose page asks for no token, as the original's: accept them, marked, or refuse them",
  ),
  presenceRetentionDays: setting(
    'PRESENCE_RETENTION_DAYS',
    number(1, 36_500),
    '30',
    'days for which pings are kept in the log',
  ),
  disposeAfterHours: setting(
    'DISPOSE_AFTER_HOURS',
    number(0, 2_880),
    '24',
    'hours after which an ended HIT whose work is reviewed is deleted from the marketplace',
  ),
  answerLimitBytes: setting(
    'ANSWER_LIMIT_BYTES',
    wholeNumber(1_024, 500_000),
    '65536',
    'most that is kept of what a worker hands in; the longest values are cut, and marked so',
  ),
  bodyLimitBytes: setting('BODY_LIMIT_BYTES', wholeNumber(1_024, 100_000_000), '262144', 'largest request body'),
  requestsPerSecond: setting(
    'REQUESTS_PER_SECOND',
    wholeNumber(0, 1_000_000),
    '100',
    'requests a second from one address, ten times as many at once; 0: no limit. This machine itself has none',
  ),
  listenersPerAddress: setting(
    'LISTENERS_PER_ADDRESS',
    wholeNumber(1, 1_000_000),
    '500',
    'most workers connected to one node from one address',
  ),
  metrics: setting(
    'METRICS',
    oneOf(['open', 'key']),
    'open',
    'who may scrape /metrics: whoever reaches it, or only a key of scope read',
  ),
  maxListeners: setting('MAX_LISTENERS', wholeNumber(1, 1_000_000), '50000', 'most workers connected to one node'),
  logLevel: setting(
    'LOG_LEVEL',
    oneOf(['debug', 'info', 'warn', 'error', 'silent']),
    'info',
    'how much to log, to standard error',
  ),
  logPersonalData: setting('LOG_PERSONAL_DATA', yesOrNo, 'false', 'log worker ids and addresses of people'),
  nodeName: setting('NODE_NAME', text, undefined, 'name of this node in logs; default: host name and process'),
} satisfies Record<string, Setting>;

/** What the schemas make of them. */
export type Parsed = {
  readonly [Name in keyof typeof SETTINGS]: (typeof SETTINGS)[Name] extends { fallback: undefined }
    ? z.output<(typeof SETTINGS)[Name]['schema']> | undefined
    : z.output<(typeof SETTINGS)[Name]['schema']>;
};

/** The settings in effect. Units are in the names. */
export type Settings = Omit<Parsed, 'publicUrl' | 'nodeName'> & {
  readonly publicUrl: string;
  readonly nodeName: string;
};
