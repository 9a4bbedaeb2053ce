import { append, appendLone } from './append.ts';
import { commands } from './commands.ts';
import { dispatch, memory } from './dispatch.ts';
import { growth } from './growth.ts';
import { rebuild } from './rebuild.ts';
import { ping, poll } from './requests.ts';
import { start } from './start.ts';
import { status } from './status.ts';
import type { Benchmark } from './support/result.ts';

/** Every benchmark, by the name that `npm run bench -- <name>` takes. */
export const benchmarks: Readonly<Record<string, Benchmark>> = {
  append,
  'append-lone': appendLone,
  poll,
  ping,
  dispatch,
  memory,
  commands,
  rebuild,
  growth,
  start,
  status,
};
