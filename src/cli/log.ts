import pino, { type Logger } from 'pino';
import type { Settings } from '../config/settings.ts';

/** For a command that answers and ends: the answer is what it has to say, and only what is wrong is logged. */
export const startQuietLog = (settings: Settings): Logger =>
  startLog({ ...settings, logLevel: settings.logLevel === 'info' ? 'warn' : settings.logLevel });

/**
 * Structured logs go to standard error, one JSON object a line: standard output is for people. Worker ids and
 * addresses of people are left out unless the operator asks for them.
 */
export const startLog = ({ logLevel, logPersonalData, nodeName }: Settings): Logger =>
  pino(
    {
      level: logLevel,
      base: { node: nodeName },
      ...(logPersonalData ? {} : { redact: { paths: ['workerId', 'ip', '*.workerId', '*.ip'], censor: '[hidden]' } }),
    },
    pino.destination({ dest: 2, sync: false }),
  );
