import pino from 'pino';
import { holdLease } from '../../src/postgres/lease.ts';

// A node of its own process, to be stopped while it holds a lease: says when it does.
const [url = '', name = '', seconds] = process.argv.slice(2);
const leaseSeconds = Number(seconds);
const log = pino({ level: 'silent' });
await holdLease({ url, name, leaseSeconds, signal: new AbortController().signal, log }, async () => {
  process.stdout.write('held\n');
  await new Promise(() => {});
});
