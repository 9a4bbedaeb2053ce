import pino from 'pino';
import { startEmbeddedPostgres } from '../../src/postgres/embedded.ts';

// A process of its own, to be killed: starts the server in the folder given, as a service or as one that looks, and says
// where it is.
const [dataDir = '', how = 'serves'] = process.argv.slice(2);
const { url } = await startEmbeddedPostgres({ dataDir, log: pino({ level: 'silent' }), serves: how === 'serves' });
process.stdout.write(`${url}\n`);
setInterval(() => {}, 60_000);
