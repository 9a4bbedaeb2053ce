import { linesThatSetNothing, parseEnvText } from './envLines.ts';
import { didYouMean, nearest } from './nearest.ts';
import { SETTINGS } from './settings.ts';

const OURS: readonly string[] = Object.values(SETTINGS).map(({ variable }) => variable);

/** Read from the same file by others: the AWS SDK, OpenTelemetry, Node, npm, PostgreSQL's clients, docker compose. */
const OF_OTHERS =
  /^(AWS_|OTEL_|NODE_|npm_|PG|COMPOSE_|DOCKER_|POSTGRES_|KURRENTDB_)|^(TZ|DEBUG|NO_COLOR|FORCE_COLOR|LANG|PATH|HOME)$|^(https?|no)_proxy$/i;

/**
 * What is probably a mistake in the text of a file `.env`, a sentence each: names that are no setting, and lines that
 * set nothing. Only of the file: the environment is full of what others need.
 */
export const envDoubts = (text: string, file = '.env'): readonly string[] => [
  ...Object.keys(parseEnvText(text))
    .filter(isUnknown)
    .map((name) => `${file} sets ${name}, which is no setting${didYouMean(name.toUpperCase(), OURS) || '.'}`),
  ...linesThatSetNothing(text).map(
    ({ line, number }) => `line ${number} of ${file} sets nothing: "${line}"; write NAME=value`,
  ),
];

/** `NODE_NAMES` begins like a name of Node's, and is one of ours misspelt. */
const isUnknown = (name: string): boolean =>
  !OURS.includes(name) && (!OF_OTHERS.test(name) || (name.startsWith('NODE_') && nearest(name, OURS) !== null));
