import { createServer } from 'node:http';

/** Something that a whole run shares: how a test reaches it, and how it ends. */
export type Shared<Access> = { readonly access: Access; readonly stop: () => Promise<void> };

/** Starts something; `forget` is called when it has ended by itself, so that the next who asks gets another. */
export type Starter = (forget: () => void) => Promise<Shared<unknown>>;

/**
 * Starts each thing when the first test asks for it, at `${url}/${name}`, and only then: a run of pure tests starts
 * nothing.
 */
export async function shareOnDemand(
  starters: Readonly<Record<string, Starter>>,
): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> {
  const started = new Map<string, Promise<Shared<unknown>>>();
  const start = (name: string): Promise<Shared<unknown>> | undefined => {
    const starter = starters[name];
    if (starter !== undefined && !started.has(name))
      started.set(
        name,
        starter(() => started.delete(name)),
      );
    return started.get(name);
  };

  const server = createServer(async ({ url = '' }, response) => {
    try {
      const shared = await start(url.slice(1));
      response.writeHead(shared === undefined ? 404 : 200).end(JSON.stringify(shared?.access ?? url));
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server of shared things does not listen');
  return {
    url: `http://127.0.0.1:${address.port}`,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      const all = await Promise.allSettled(started.values());
      started.clear();
      await Promise.all(all.map((one) => (one.status === 'fulfilled' ? one.value.stop() : undefined)));
    },
  };
}

/** Returns how to reach what the run at `url` shares by that name, which is started for the first who asks. */
export async function reachShared<Access>(url: string, name: string): Promise<Access> {
  const answer = await fetch(`${url}/${name}`);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${name} did not start: ${text}`);
  return JSON.parse(text);
}
