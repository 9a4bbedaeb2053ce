import pino, { type Logger } from 'pino';
import type { Settings } from '../config.ts';

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
