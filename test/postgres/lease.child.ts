import pino from 'pino';
import { holdLease } from '../../src/postgres/lease.ts';

// A node of its own process, to be stopped while it holds a lease: says when it does.
const [url = '', name = ''] = process.argv.slice(2);
await holdLease({ url, name, signal: new AbortController().signal, log: pino({ level: 'silent' }) }, async () => {
  process.stdout.write('held\n');
  await new Promise(() => {});
});
