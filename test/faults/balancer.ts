import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { listening } from '../browser/landingPage.ts';

export type Balancer = { readonly url: string; readonly close: () => Promise<void> };

const LOOK_EVERY_MS = 300;
const ANSWER_WITHIN_MS = 2_000;

/**
 * What stands before several nodes, in small: round robin over those that answer, streams passed on as they
 * come, connections to a node that falls silent cut. A request that a node may have seen is sent to no other.
 */
export async function startBalancer(nodes: readonly string[]): Promise<Balancer> {
  const targets = nodes.map((url) => ({
    url: new URL(url),
    agent: new Agent({ keepAlive: true }),
    isUp: true,
    under: new Set<ServerResponse>(),
  }));
  let turn = 0;

  const pass = (asked: IncomingMessage, body: Buffer, answer: ServerResponse, tries: number): void => {
    const up = targets.filter(({ isUp }) => isUp);
    const target = up[turn++ % up.length];
    if (target === undefined || tries === 0) {
      answer.writeHead(503, { 'Access-Control-Allow-Origin': '*' }).end('no node answers');
      return;
    }
    const { hostname, port } = target.url;
    const { method, url: path, headers } = asked;
    target.under.add(answer);
    const passed = request({ hostname, port, method, path, headers, agent: target.agent }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
      response.once('error', () => answer.destroy());
    });
    const cut = (): unknown => passed.destroy();
    answer.once('close', cut);
    passed.once('close', () => target.under.delete(answer));
    passed.once('error', (error: NodeJS.ErrnoException) => {
      answer.off('close', cut);
      if (error.code === 'ECONNREFUSED') pass(asked, body, answer, tries - 1);
      else answer.destroy();
    });
    passed.end(body);
  };

  const watching = new AbortController();
  const watch = async (target: (typeof targets)[number]): Promise<void> => {
    while (!watching.signal.aborted) {
      const isUp = await fetch(new URL('/healthz', target.url), { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) }).then(
        (response) => response.arrayBuffer().then(() => response.ok),
        () => false,
      );
      if (target.isUp && !isUp) for (const answer of target.under) answer.destroy();
      target.isUp = isUp;
      await sleep(LOOK_EVERY_MS, undefined, { signal: watching.signal }).catch(() => {});
    }
  };
  const server = createServer((asked, answer) => {
    buffer(asked).then(
      (body) => pass(asked, body, answer, targets.length),
      () => answer.destroy(),
    );
  });
  const url = await listening(server);
  const watched = targets.map(watch);
  return {
    url,
    close: async () => {
      watching.abort();
      server.closeAllConnections();
      await Promise.all([new Promise((resolve) => server.close(resolve)), ...watched]);
      for (const { agent } of targets) agent.destroy();
    },
  };
}
