/*
 * A KurrentDB to test against, in the test's own process, over real gRPC. Written from the service definitions that
 * ship with the vendor's client and from the documentation (docs.kurrent.io: append, read, subscriptions, clustering).
 *
 * It imitates: revisions and the four expectations; an append of several streams as one transaction (AppendSession,
 * 25.1); the same append again answered as a success (same ids at the same revisions; recent writes when anything is
 * expected); positions that are sparse and grow; reads of streams and of $all, both ways, by prefix and by pattern;
 * subscriptions that confirm, catch up, say so, send checkpoints and go on live; stream metadata with $maxAge; the
 * features and the version of a server; gossip; NotLeader with the leader's address; a user with a password, over TLS.
 *
 * It does not imitate: disks, elections, scavenging, persistent subscriptions, links, deletion, limits of size,
 * BatchAppend and AppendRecords (it says that it has not got them), ACLs beyond "signed in or not", or speed.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import * as grpc from '@grpc/grpc-js';
import gossipService from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/gossip_grpc_pb.js';
import gossip from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/gossip_pb.js';
import featuresService from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/serverfeatures_grpc_pb.js';
import features from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/serverfeatures_pb.js';
import shared from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/shared_pb.js';
import status from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/status_pb.js';
import streamsService from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_grpc_pb.js';
import streams, { type AppendReq } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb.js';
import errors from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v2/streams/errors_pb.js';
import sessionService from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v2/streams/streams_grpc_pb.js';
import session, {
  type AppendRequest,
} from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v2/streams/streams_pb.js';
import any from 'google-protobuf/google/protobuf/any_pb.js';
import { type Committed, createLog, type Log, type Proposed, type Write } from './log.ts';
import { bytes, textOf, writeOf } from './messages.ts';
import { answerRead } from './reads.ts';

const STATES = gossip.MemberInfo.VNodeState;

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
  /** The next append is stored, and never answered. */
  readonly keepSilentOnce: () => void;
  /** How many appends came. */
  readonly appends: () => number;
};

/** Starts a node. Nodes that share a log are a cluster; `password`: for user `admin`, else nobody is let in. */
export async function startKurrentNode({
  version = '25.1.0',
  log = createLog(),
  password,
  peers = () => [],
}: {
  version?: string;
  log?: Log;
  password?: string;
  peers?: () => readonly KurrentNode[];
} = {}): Promise<KurrentNode> {
  let server = new grpc.Server();
  let leader: { port: number } | null = null;
  let isSilentOnce = false;
  let appends = 0;
  const port = await freePort();

  const refusal = (metadata: grpc.Metadata): grpc.ServerErrorResponse | null => {
    const expected = `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`;
    if (password !== undefined && metadata.get('authorization')[0] !== expected) return denied();
    return null;
  };

  type Done<Response> = (error: grpc.ServerErrorResponse | null, response?: Response) => void;
  const commit = (
    metadata: grpc.Metadata,
    writes: readonly Write[],
    answer: (committed: Committed) => void,
    refuse: (error: grpc.ServerErrorResponse) => void,
  ): void => {
    const refused = refusal(metadata) ?? (leader && notLeader(leader.port));
    if (refused) {
      refuse(refused);
      return;
    }
    appends++;
    const committed = log.commit(writes);
    if (isSilentOnce) isSilentOnce = false;
    else answer(committed);
  };

  const appendSession = (
    call: grpc.ServerReadableStream<AppendRequest, session.AppendSessionResponse>,
    done: Done<session.AppendSessionResponse>,
  ): void => {
    const writes: Write[] = [];
    call.on('data', (request: AppendRequest) => writes.push(writeOf(request)));
    call.on('end', () =>
      commit(
        call.metadata,
        writes,
        (committed) =>
          committed.type === 'conflict' ? done(conflict(committed)) : done(null, sessionResponse(committed)),
        done,
      ),
    );
  };

  const append = (
    call: grpc.ServerReadableStream<AppendReq, streams.AppendResp>,
    done: Done<streams.AppendResp>,
  ): void => {
    let stream = '';
    let expected = -2;
    const events: Proposed[] = [];
    call.on('data', (request: AppendReq) => {
      const options = request.getOptions();
      const message = request.getProposedMessage();
      if (options) {
        stream = textOf(options.getStreamIdentifier()?.getStreamName() ?? '');
        expected = options.hasNoStream()
          ? -1
          : options.hasStreamExists()
            ? -4
            : options.hasAny()
              ? -2
              : Number(options.getRevision());
      } else if (message)
        events.push({
          id: message.getId()?.getString() || randomUUID(),
          type: message.getMetadataMap().get('type') ?? '',
          data: bytes(message.getData()),
          metadata: bytes(message.getCustomMetadata()),
        });
    });
    call.on('end', () =>
      commit(call.metadata, [{ stream, expected, events }], (committed) => done(null, appendResponse(committed)), done),
    );
  };

  const supported = (_: unknown, done: Done<features.SupportedMethods>): void => {
    const answer = new features.SupportedMethods();
    answer.setEventStoreServerVersion(version);
    const methods = [
      ['event_store.client.streams.Streams', 'Read'],
      ['event_store.client.streams.Streams', 'Append'],
    ];
    if (Number.parseFloat(version) >= 25.1)
      methods.push(['kurrentdb.protocol.v2.streams.StreamsService', 'AppendSession']);
    for (const [service = '', name = ''] of methods) {
      const method = new features.SupportedMethod();
      method.setServiceName(service.toLowerCase());
      method.setMethodName(name.toLowerCase());
      answer.addMethods(method);
    }
    done(null, answer);
  };

  const members = (_: unknown, done: Done<gossip.ClusterInfo>): void => {
    const info = new gossip.ClusterInfo();
    const leading = leader?.port ?? port;
    for (const node of new Set([port, ...peers().map((peer) => peer.port)])) {
      const member = new gossip.MemberInfo();
      const id = new shared.UUID();
      id.setString(randomUUID());
      member.setInstanceId(id);
      member.setTimeStamp(String(Date.now()));
      member.setState(node === leading ? STATES.LEADER : STATES.FOLLOWER);
      member.setIsAlive(true);
      const endpoint = new gossip.EndPoint();
      endpoint.setAddress('127.0.0.1');
      endpoint.setPort(node);
      member.setHttpEndPoint(endpoint);
      info.addMembers(member);
    }
    done(null, info);
  };

  const start = async (): Promise<void> => {
    server = new grpc.Server();
    server.addService(streamsService.StreamsService, {
      read: (call: Parameters<typeof answerRead>[1]) => {
        const refused = refusal(call.metadata);
        if (refused) call.emit('error', refused);
        else answerRead(log, call);
      },
      append,
    } as unknown as grpc.UntypedServiceImplementation);
    server.addService(sessionService.StreamsServiceService, {
      appendSession,
    } as unknown as grpc.UntypedServiceImplementation);
    server.addService(featuresService.ServerFeaturesService, {
      getSupportedMethods: supported,
    } as unknown as grpc.UntypedServiceImplementation);
    server.addService(gossipService.GossipService, { read: members } as unknown as grpc.UntypedServiceImplementation);
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
    keepSilentOnce: () => {
      isSilentOnce = true;
    },
    appends: () => appends,
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

function withTrailers(
  code: grpc.status,
  details: string,
  trailers: Readonly<Record<string, string>>,
): grpc.ServerErrorResponse {
  const metadata = new grpc.Metadata();
  for (const [name, value] of Object.entries(trailers)) metadata.set(name, value);
  return Object.assign(new Error(details), { code, details, metadata });
}

const denied = () => withTrailers(grpc.status.UNAUTHENTICATED, 'Unauthenticated', { exception: 'access-denied' });
const notLeader = (port: number) =>
  withTrailers(grpc.status.NOT_FOUND, 'Leader info available', {
    exception: 'not-leader',
    'leader-endpoint-host': '127.0.0.1',
    'leader-endpoint-port': String(port),
  });

/** As the second protocol says it: a status with details. */
function conflict({ stream, expected, actual }: Extract<Committed, { type: 'conflict' }>): grpc.ServerErrorResponse {
  const details = new errors.StreamRevisionConflictErrorDetails();
  details.setStream(stream);
  details.setExpectedRevision(String(expected));
  details.setActualRevision(String(actual));
  const packed = new any.Any();
  packed.pack(details.serializeBinary(), 'kurrent.rpc.streams.errors.StreamRevisionConflictErrorDetails');
  const answer = new status.Status();
  answer.setMessage('revision conflict');
  answer.setDetails(packed);
  const error = withTrailers(grpc.status.FAILED_PRECONDITION, 'revision conflict', {});
  error.metadata?.set('grpc-status-details-bin', Buffer.from(answer.serializeBinary()));
  return error;
}

function sessionResponse({
  position,
  revisions,
}: Extract<Committed, { type: 'committed' }>): session.AppendSessionResponse {
  const response = new session.AppendSessionResponse();
  response.setPosition(String(position));
  for (const [stream, revision] of revisions) {
    const output = new session.AppendResponse();
    output.setStream(stream);
    output.setStreamRevision(String(revision));
    response.addOutput(output);
  }
  return response;
}

function appendResponse(committed: Committed): streams.AppendResp {
  const response = new streams.AppendResp();
  if (committed.type === 'conflict') {
    const wrong = new streams.AppendResp.WrongExpectedVersion();
    wrong.setCurrentRevision(String(committed.actual));
    wrong.setExpectedRevision(String(committed.expected));
    response.setWrongExpectedVersion(wrong);
    return response;
  }
  const success = new streams.AppendResp.Success();
  success.setCurrentRevision(String([...committed.revisions.values()][0] ?? 0));
  const position = new streams.AppendResp.Position();
  position.setCommitPosition(String(committed.position));
  position.setPreparePosition(String(committed.position));
  success.setPosition(position);
  response.setSuccess(success);
  return response;
}
