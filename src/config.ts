import { existsSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { parseEnv } from 'node:util';
import { z } from 'zod';
import { isAddressOrNetwork } from './http/addressOf.ts';

type Variables = Readonly<Record<string, string | undefined>>;

const text = z.string().trim().min(1);
const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/)
    .transform(Number)
    .refine((value) => value >= min && value <= max)
    .meta({ expects: `a whole number from ${min} to ${max}` });
const number = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+(\.\d+)?$/)
    .transform(Number)
    .refine((value) => value >= min && value <= max)
    .meta({ expects: `a number from ${min} to ${max}` });
const yesOrNo = z
  .enum(['true', 'false', '1', '0', 'yes', 'no'])
  .transform((value) => value === 'true' || value === '1' || value === 'yes')
  .meta({ expects: 'true or false' });
const addresses = z
  .string()
  .transform((value) => value.split(',').map((written) => written.trim()))
  .refine((written) => written.every(isAddressOrNetwork))
  .meta({ expects: 'addresses or networks as 10.0.0.0/8, with commas between them' });
const oneOf = <const Values extends readonly [string, ...string[]]>(values: Values) =>
  z.enum(values).meta({ expects: values.join(' or ') });
const url = (...schemes: readonly string[]) =>
  z
    .string()
    .refine((value) => URL.canParse(value) && schemes.includes(new URL(value).protocol.slice(0, -1)))
    .meta({ expects: `a URL that begins with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}` });

/** A cluster's URL names several hosts, which is no URL to others. */
const KURRENT = /^(kurrentdb|kurrent|kdb|esdb)(\+discover)?:\/\/[^\s/?]+/;
export const isLogUrl = (value: string): boolean =>
  KURRENT.test(value) || (URL.canParse(value) && /^postgres(ql)?:/.test(value));

/** What is right where the URL of a log is asked for; completes "must be …". */
export const A_LOG_URL =
  'a URL that begins with postgres:// or kurrentdb:// (or esdb://, kdb://, kurrent://, each also with +discover)';
const logUrl = z.string().refine(isLogUrl).meta({ expects: A_LOG_URL });

type Setting = {
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
const SETTINGS = {
  host: setting('HOST', text, '127.0.0.1', 'address to listen on'),
  port: setting('PORT', wholeNumber(0, 65_535), '8080', 'port to listen on; 0 takes a free one'),
  publicUrl: setting(
    'PUBLIC_URL',
    url('http', 'https'),
    undefined,
    'where workers and applications reach this service; default http://HOST:PORT',
  ),
  trustedProxies: setting(
    'TRUSTED_PROXIES',
    addresses,
    undefined,
    'proxies before this service, whose X-Forwarded-For says whom a request is from; default: nobody is believed',
  ),
  openApi: setting('OPEN_API', yesOrNo, 'false', 'serve an API without keys on an address that others can reach'),
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
    "seconds between the scheduler's rounds; 0 leaves them to 'retainer tick'",
  ),
  hitsPerTick: setting(
    'HITS_PER_TICK',
    wholeNumber(1, 100),
    '3',
    'HITs posted a round for a reservation that lacks workers',
  ),
  maxOpenHits: setting('MAX_OPEN_HITS', wholeNumber(1, 10_000), '100', 'most HITs on the market for one ProtoHIT'),
  reservationTimeoutMinutes: setting(
    'RESERVATION_TIMEOUT_MINUTES',
    number(1, 100_000),
    '30',
    'minutes after the expected start before a reservation nobody invoked is given up',
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
    '20',
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
  bodyLimitBytes: setting('BODY_LIMIT_BYTES', wholeNumber(1_024, 100_000_000), '262144', 'largest request body'),
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

type Parsed = {
  readonly [Name in keyof typeof SETTINGS]: (typeof SETTINGS)[Name] extends { fallback: undefined }
    ? z.output<(typeof SETTINGS)[Name]['schema']> | undefined
    : z.output<(typeof SETTINGS)[Name]['schema']>;
};

/** The settings in effect. Units are in the names. */
export type Settings = Omit<Parsed, 'publicUrl' | 'nodeName'> & {
  readonly publicUrl: string;
  readonly nodeName: string;
};

export type SettingsResult =
  | { readonly type: 'valid'; readonly settings: Settings }
  | { readonly type: 'invalid'; readonly problems: readonly string[] };

/** What the file `.env` of the current folder sets; nothing if there is none. */
export function readEnvFile(file = '.env'): Variables {
  return existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {};
}

/** Reads every setting; all that is wrong is reported together, each by name, with what would be right. */
export function readSettings(variables: Variables): SettingsResult {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, { variable, schema, fallback, secret }] of Object.entries<Setting>(SETTINGS)) {
    const written = given(variables, variable) ?? fallback;
    if (written === undefined) continue;
    const parsed = schema.safeParse(written);
    if (parsed.success) values[name] = parsed.data;
    else problems.push(`  ${variable} must be ${expects(schema)}, got "${secret ? '(hidden)' : written}"`);
  }
  if (values['mturkEndpoint'] !== undefined && values['mturk'] === 'simulated')
    problems.push(
      '  MTURK_ENDPOINT is where to recruit with MTURK=aws, but MTURK is simulated: set MTURK=aws, or leave it out',
    );
  if (problems.length > 0) return { type: 'invalid', problems };
  const parsed = values as Parsed;
  const publicUrl = (parsed.publicUrl ?? `http://${urlHost(parsed.host)}:${parsed.port}`).replace(/\/+$/, '');
  const nodeName = parsed.nodeName ?? `${hostname()}-${process.pid}`;
  return { type: 'valid', settings: { ...parsed, publicUrl, nodeName } };
}

/** Where settings may come from: the environment, and what the file `.env` says. */
export type Origins = { readonly environment: Variables; readonly file: Variables };

/** Each setting in effect, as anybody may see it: where its value comes from, and what it is for. */
export const shownSettings = (
  settings: Settings,
  origins: Origins,
): readonly { variable: string; value: string; origin: string; about: string }[] =>
  Object.entries<Setting>(SETTINGS).map(([name, { variable, about, secret }]) => {
    const value = settings[name as keyof Settings];
    const shown = value === undefined ? '' : secret ? hidden(String(value)) : String(value);
    const origin = originOf(variable, origins) ?? (value === undefined ? 'not set' : 'default');
    return { variable, value: shown, origin, about };
  });

/** What `retainer config` prints. */
export const describeSettings = (settings: Settings, origins: Origins): string =>
  shownSettings(settings, origins)
    .map(({ variable, value, origin, about }) => `# ${about} (${origin})\n${variable}=${value}\n`)
    .join('\n');

function originOf(variable: string, { environment, file }: Origins): string | null {
  if (given({ ...file, ...environment }, variable) === undefined) return null;
  return environment[variable] === undefined ? 'from .env' : 'from the environment';
}

/** An empty value is no value: `DATABASE_URL=` in a file means "none". */
const given = (variables: Variables, variable: string): string | undefined => {
  const written = variables[variable]?.trim();
  return written === '' ? undefined : written;
};

const expects = (schema: z.ZodType): string => {
  const meta = z.globalRegistry.get(schema);
  return typeof meta?.['expects'] === 'string' ? meta['expects'] : 'a text that is not empty';
};

/** The URL without its password. */
const hidden = (written: string): string => {
  // A cluster's, with several hosts.
  if (!URL.canParse(written)) return written.replace(/^([\w+]+:\/\/[^:@/]*):[^@/]*@/, '$1:hidden@');
  const parsed = new URL(written);
  if (parsed.password !== '') parsed.password = 'hidden';
  if (parsed.searchParams.has('password')) parsed.searchParams.set('password', 'hidden');
  return parsed.href;
};

const urlHost = (host: string): string => (host.includes(':') ? `[${host}]` : host === '0.0.0.0' ? '127.0.0.1' : host);
