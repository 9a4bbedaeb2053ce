import { createServer } from 'node:net';
import { until } from '../support/service.ts';
import { type Balancer, startBalancer } from './balancer.ts';
import { type ServiceProcess, startServiceProcess } from './serviceProcess.ts';

/** One of the nodes: whatever process stands in its place now. */
export type Node = { readonly url: string; process: ServiceProcess };

export type Cluster = {
  readonly nodes: readonly Node[];
  readonly balancer: Balancer;
  /** Who holds a lease; waits until one does, and one alone says so, who is not `but`. */
  readonly holderOf: (lease: string, but?: Node) => Promise<Node>;
  /** Starts another process in a node's place, and waits until it can serve. */
  readonly restart: (node: Node) => Promise<void>;
  readonly isReady: (node: Node) => Promise<boolean>;
};

/** Three nodes on the same stores, and what spreads requests over them. Processes are left to `killLeftOvers`. */
export async function startCluster(environment: Readonly<Record<string, string>>): Promise<Cluster> {
  const ports = await freePorts(3);
  const balancer = await startBalancer(ports.map((port) => `http://127.0.0.1:${port}`));
  const start = (n: number): Promise<ServiceProcess> =>
    startServiceProcess({ ...environment, PORT: String(ports[n]), PUBLIC_URL: balancer.url, NODE_NAME: `node ${n}` });
  const nodes = await Promise.all(
    ports.map(async (port, n): Promise<Node> => ({ url: `http://127.0.0.1:${port}`, process: await start(n) })),
  );
  const asked = (node: Node, path: string): Promise<Response | null> =>
    fetch(`${node.url}/${path}`, { signal: AbortSignal.timeout(10_000) }).catch(() => null);
  await until(async () => (await fetch(`${balancer.url}/healthz`)).ok);
  const isReady = async (node: Node): Promise<boolean> => (await asked(node, 'readyz'))?.ok === true;
  const holds = async (node: Node, lease: string): Promise<boolean> => {
    const metrics = await (await asked(node, 'metrics'))?.text().catch(() => '');
    return metrics?.includes(`\nretainer_lease_held{lease="${lease}"} 1\n`) === true;
  };
  return {
    nodes,
    balancer,
    isReady,
    holderOf: async (lease, but) => {
      const others = nodes.filter((node) => node !== but);
      const holders: Node[] = [];
      await until(async () => {
        const held = await Promise.all(others.map((node) => holds(node, lease)));
        holders.splice(0, holders.length, ...others.filter((_, n) => held[n]));
        // One that has just woken up may not have heard yet that it holds it no more.
        return holders.length === 1;
      });
      const [holder] = holders;
      if (holder === undefined) throw new Error(`nobody holds ${lease}`);
      return holder;
    },
    restart: async (node) => {
      node.process = await start(nodes.indexOf(node));
      await until(() => isReady(node));
    },
  };
}

/** Ports that were free a moment ago. */
async function freePorts(count: number): Promise<readonly number[]> {
  const probes = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<{ port: number; close: () => Promise<unknown> }>((resolve) => {
          const server = createServer().listen(0, '127.0.0.1', () => {
            const address = server.address();
            const port = address !== null && typeof address === 'object' ? address.port : 0;
            resolve({ port, close: () => new Promise((closed) => server.close(closed)) });
          });
        }),
    ),
  );
  await Promise.all(probes.map(({ close }) => close()));
  return probes.map(({ port }) => port);
}
