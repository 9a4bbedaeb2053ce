import pino from 'pino';
import { listen } from '../../src/http/server.ts';

// Serves on a port of its own and says which; logs to the same place.
const server = await listen(() => new Response('here'), { host: '127.0.0.1', port: 0, log: pino() });
const address = server.address();
process.stdout.write(`port ${typeof address === 'object' ? address?.port : address}\n`);
