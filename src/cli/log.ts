import { createRequire } from 'node:module';
import pino, { type DestinationStream, type Logger } from 'pino';
import type { Settings } from '../config/settings.ts';

/** For a command that answers and ends: the answer is what it has to say, and only what is wrong is logged. */
export const startQuietLog = (settings: Settings): Logger =>
  startLog({ ...settings, logLevel: settings.logLevel === 'info' ? 'warn' : settings.logLevel });

/**
 * Logs go to standard error, for standard output is for people: readable lines in a terminal, else one JSON object a line.
 * Worker ids and addresses of people are left out unless the operator asks for them.
 */
export const startLog = (
  { logLevel, logPersonalData, nodeName }: Pick<Settings, 'logLevel' | 'logPersonalData' | 'nodeName'>,
  destination: DestinationStream = process.stderr.isTTY ? readable() : pino.destination({ dest: 2, sync: false }),
): Logger =>
  pino(
    {
      level: logLevel,
      base: { node: nodeName },
      ...(logPersonalData ? {} : { redact: { paths: ['workerId', 'ip', '*.workerId', '*.ip'], censor: '[hidden]' } }),
    },
    destination,
  );

/** A line of words for each entry. `destination`: of the lines; standard error if left out. */
export function readable(destination: NodeJS.WritableStream | number = 2): DestinationStream {
  // Loaded only where somebody reads along.
  const pretty: typeof import('pino-pretty') = createRequire(import.meta.url)('pino-pretty');
  return pretty({
    destination,
    sync: true,
    colorize: destination === 2 && process.stderr.isTTY && !process.env['NO_COLOR'],
    translateTime: 'SYS:HH:MM:ss',
    ignore: 'pid,hostname,node',
    singleLine: true,
  });
}
