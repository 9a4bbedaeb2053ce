/*
 * A KurrentDB to test against, in the test's own process, over real gRPC. Written from the service definitions that
 * ship with the vendor's client and from the documentation (docs.kurrent.io: append, read, subscriptions, clustering).
 *
 * It imitates:
 * - revisions and the four expectations; an append of several streams as one transaction (AppendSession, 25.1);
 *   appends to one stream, alone (Append) and on a call that stays open (BatchAppend);
 * - the same append again answered as a success: same ids at the same revisions, whatever came after; recent writes
 *   when anything is expected; an append of which only some ids are there is a conflict;
 * - positions that are sparse and grow, of which a transaction's events share the commit; reads of streams and of
 *   $all in that order, both ways, by prefix and by pattern;
 * - subscriptions that confirm, catch up, say so, send checkpoints (in units of 32 events), and go on live;
 * - streams that end: $maxAge and $tb in their metadata, a soft delete (appending goes on with the numbers, expecting
 *   no stream holds), a tombstone;
 * - nodes: gossip; a follower that lets read and answers appends with NotLeader and the leader's address, so that a
 *   leader may be deposed; connections that are cut; a node that is gone and comes back; an append that is stored and
 *   never answered;
 * - the features and the version of a server; a user with a password, over TLS; one who may not read $all.
 *
 * It does not imitate: disks, elections and what replicas lag behind, scavenging, persistent subscriptions, links,
 * limits of size, AppendRecords (it says that it has not got it), ACLs beyond the above, or speed. On a real server
 * BatchAppend has a deadline of its own; here nothing answers in its place.
 */
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import * as grpc from '@grpc/grpc-js';
import gossipService from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/gossip_grpc_pb.js';
import featuresService from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/serverfeatures_grpc_pb.js';
import streamsService from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_grpc_pb.js';
import sessionService from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v2/streams/streams_grpc_pb.js';
import { append, appendSession, batchAppend, type Commit, deletions } from './appends.ts';
import { membersOf, supportedMethods } from './cluster.ts';
import { createLog, type Log } from './log.ts';
import { answerRead, isOfAll } from './reads.ts';
import { denied, notLeader, unauthenticated } from './refusals.ts';

export type KurrentNode = {
  readonly log: Log;
  readonly port: number;
  readonly url: string;
  /** Every connection is cut; the server goes on. */
  readonly cut: () => Promise<void>;
  /** As if the machine were gone, until it is started again on the same port. */
  readonly stop: () => Promise<void>;
  readonly start: () => Promise<void>;
  /** From now on appends are answered with NotLeader and that node's address; null: it leads again. */
  readonly follow: (leader: { port: number } | null) => void;
  /** The next append to a stream of ours (or to the metadata of one) is stored, and never answered. */
  readonly keepSilentOnce: (to?: 'stream' | 'metadata') => void;
  /** How many appends came. */
  readonly appends: () => number;
  /** How many calls are under way: reads, subscriptions, appends. */
  readonly callsUnderWay: () => number;
};

/**
 * Starts a node. Nodes that share a log are a cluster; `password`: for user `admin`, else nobody is let in; `mayReadAll`
 * false: an ordinary user.
 */
export async function startKurrentNode({
  version = '25.1.0',
  log = createLog(),
  password,
  mayReadAll = true,
  peers = () => [],
}: {
  version?: string;
  log?: Log;
  password?: string;
  mayReadAll?: boolean;
  peers?: () => readonly KurrentNode[];
} = {}): Promise<KurrentNode> {
  let server = new grpc.Server();
  let leader: { port: number } | null = null;
  let silentFor: 'stream' | 'metadata' | null = null;
  let appends = 0;
  let underWay = 0;
  const port = await freePort();

  const refusal = (metadata: grpc.Metadata): grpc.ServerErrorResponse | null => {
    const expected = `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`;
    return password !== undefined && metadata.get('authorization')[0] !== expected ? unauthenticated() : null;
  };

  const commit: Commit = (metadata, writes, { answer, refuse }) => {
    const refused = refusal(metadata) ?? (leader && notLeader(leader.port));
    if (refused) {
      refuse(refused);
      return;
    }
    appends++;
    const committed = log.commit(writes);
    const kind = writes.every(({ stream }) => stream.startsWith('$$')) ? 'metadata' : 'stream';
    if (silentFor === kind) silentFor = null;
    else answer(committed);
  };

  type Ending = { on: (event: 'cancelled' | 'close' | 'error' | 'finish', heard: () => void) => unknown };
  const counted = (call: Ending): void => {
    underWay++;
    let isOver = false;
    for (const end of ['cancelled', 'close', 'error', 'finish'] as const)
      call.on(end, () => {
        if (!isOver) underWay--;
        isOver = true;
      });
  };
  const read = (call: Parameters<typeof answerRead>[1]): void => {
    counted(call);
    const refused = refusal(call.metadata) ?? (!mayReadAll && isOfAll(call) ? denied() : null);
    if (refused) call.emit('error', refused);
    else answerRead(log, call);
  };
  const batches = (call: Parameters<ReturnType<typeof batchAppend>>[0]): void => {
    counted(call);
    batchAppend(commit)(call);
  };

  const start = async (): Promise<void> => {
    server = new grpc.Server();
    const services: [unknown, Readonly<Record<string, unknown>>][] = [
      [streamsService.StreamsService, { read, append: append(commit), batchAppend: batches, ...deletions(log) }],
      [sessionService.StreamsServiceService, { appendSession: appendSession(commit) }],
      [featuresService.ServerFeaturesService, { getSupportedMethods: supportedMethods(version) }],
      [
        gossipService.GossipService,
        { read: membersOf(() => ({ leader: leader?.port ?? port, nodes: [port, ...peers().map((one) => one.port)] })) },
      ],
    ];
    for (const [definition, implementation] of services)
      server.addService(definition as grpc.ServiceDefinition, implementation as grpc.UntypedServiceImplementation);
    await new Promise<void>((resolve, reject) =>
      server.bindAsync(
        `127.0.0.1:${port}`,
        password === undefined ? grpc.ServerCredentials.createInsecure() : encrypted(),
        (error) => (error ? reject(error) : resolve()),
      ),
    );
  };
  const stop = async (): Promise<void> => server.forceShutdown();
  await start();
  return {
    log,
    port,
    url:
      password === undefined
        ? `kurrentdb://127.0.0.1:${port}?tls=false`
        : `kurrentdb://admin:${password}@127.0.0.1:${port}?tlsCaFile=${certificate('ca')}`,
    cut: async () => {
      await stop();
      await start();
    },
    stop,
    start,
    follow: (node) => {
      leader = node;
    },
    keepSilentOnce: (to = 'stream') => {
      silentFor = to;
    },
    appends: () => appends,
    callsUnderWay: () => underWay,
  };
}

/** Of an authority of its own, for 127.0.0.1, for these tests alone. A client sends a password only where it is encrypted. */
const certificate = (name: 'ca' | 'cert' | 'key'): string =>
  fileURLToPath(new URL(`./certificate/${name}.pem`, import.meta.url));
const encrypted = (): grpc.ServerCredentials =>
  grpc.ServerCredentials.createSsl(null, [
    { cert_chain: readFileSync(certificate('cert')), private_key: readFileSync(certificate('key')) },
  ]);

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
