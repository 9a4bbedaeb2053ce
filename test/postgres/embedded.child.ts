import pino from 'pino';
import { startEmbeddedPostgres } from '../../src/postgres/embedded.ts';

// A service of its own process, to be killed: starts the server in the folder given and says where it is.
const [dataDir = ''] = process.argv.slice(2);
const { url } = await startEmbeddedPostgres({ dataDir, log: pino({ level: 'silent' }) });
process.stdout.write(`${url}\n`);
