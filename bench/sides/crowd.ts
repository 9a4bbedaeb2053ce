import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

// Workers who wait (over server-sent events, or by asking every second as the original's script did) and ping every 2.5
// seconds, in a process of their own. Told what to do over
// standard input, a JSON object a line: {"count":…} opens that many; {"expect":[ids]} answers with the moment, in
// milliseconds since 1970, when the last of them heard.
const [url = '', hit = '', way = 'stream'] = process.argv.slice(2);
const { hostname, port } = new URL(url);
const heard = new Map<string, number>();
const waiting = new Set<string>();
const PING_MS = 2_500;
const POLL_MS = 1_000;
// Pings must not stand in line before polls, nor more of them than there are workers: a server that is slower than its
// crowd answers late, but the line does not grow.
const polling = new Agent({ keepAlive: true, maxSockets: 64 });
const pinging = new Agent({ keepAlive: true, maxSockets: 64 });
const unanswered = new Set<number>();

const hear = (id: string): void => {
  heard.set(id, performance.timeOrigin + performance.now());
  waiting.delete(id);
};

/** Asks once; then again a second later, until there is a task. */
function poll(n: number): void {
  const id = `BENCHA${n}`;
  const asked = request({ hostname, port, path: `/gettask/assignment/${id}`, agent: polling }, (response) => {
    response.on('data', (chunk: Buffer) => {
      if (chunk.includes('"start":true')) hear(id);
      else setTimeout(poll, POLL_MS, n);
    });
  });
  asked.on('error', () => setTimeout(poll, POLL_MS, n));
  asked.end();
}

async function startPolling(n: number): Promise<void> {
  waiting.add(`BENCHA${n}`);
  setTimeout(poll, Math.random() * POLL_MS, n);
}

function wait(n: number): Promise<void> {
  const id = `BENCHA${n}`;
  return new Promise((opened, failed) => {
    const stream = request({ hostname, port, path: `/wait/assignment/${id}`, agent: false }, (response) => {
      waiting.add(id);
      opened();
      response.on('data', (chunk: Buffer) => {
        if (chunk.includes('event: task')) hear(id);
      });
    });
    stream.on('error', failed);
    stream.end();
  });
}

function ping(n: number): void {
  const path = `/ping/worker/BENCHW${n}/assignment/BENCHA${n}/hit/${hit}/event/waiting`;
  unanswered.add(n);
  const sent = request({ hostname, port, path, method: 'POST', agent: pinging }, (response) => response.resume());
  sent.on('error', () => {});
  sent.on('close', () => unanswered.delete(n));
  sent.end();
}

let opened = 0;
async function open(count: number): Promise<void> {
  while (opened < count) {
    const some = Array.from({ length: Math.min(100, count - opened) }, (_, n) => opened + n);
    await Promise.all(some.map(way === 'poll' ? startPolling : wait));
    opened += some.length;
  }
}

// Pings are spread evenly over the interval, as those of people are.
void (async () => {
  const SLICES = 50;
  for (let slice = 0; ; slice = (slice + 1) % SLICES) {
    for (let n = slice; n < opened; n += SLICES) if (waiting.has(`BENCHA${n}`) && !unanswered.has(n)) ping(n);
    await sleep(PING_MS / SLICES);
  }
})();

const answer = (value: object): void => void process.stdout.write(`${JSON.stringify(value)}\n`);
let buffered = '';
for await (const chunk of process.stdin) {
  buffered += chunk;
  for (let end = buffered.indexOf('\n'); end >= 0; end = buffered.indexOf('\n')) {
    const order: { count?: number; told?: number } = JSON.parse(buffered.slice(0, end));
    buffered = buffered.slice(end + 1);
    if (order.count !== undefined) {
      await open(order.count);
      answer({ waiting: waiting.size });
    }
    if (order.told !== undefined) {
      const deadline = Date.now() + 30_000;
      while (heard.size < order.told && Date.now() < deadline) await sleep(1);
      answer({ told: heard.size, lastAt: Math.max(...heard.values()) });
    }
  }
}
process.exit(0);
