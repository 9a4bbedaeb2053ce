import { randomUUID } from 'node:crypto';
import gossip from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/gossip_pb.js';
import features from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/serverfeatures_pb.js';
import shared from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/shared_pb.js';

const STATES = gossip.MemberInfo.VNodeState;

/** What a server of this version says it can do. */
export const supportedMethods =
  (version: string) =>
  (_: unknown, done: (error: null, answer: features.SupportedMethods) => void): void => {
    const answer = new features.SupportedMethods();
    answer.setEventStoreServerVersion(version);
    const methods = ['Read', 'Append', 'BatchAppend', 'Delete', 'Tombstone'].map((name) => [
      'event_store.client.streams.Streams',
      name,
    ]);
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

/** Who is in the cluster, and who leads it, as every node tells it. */
export const membersOf =
  (cluster: () => { leader: number; nodes: readonly number[] }) =>
  (_: unknown, done: (error: null, info: gossip.ClusterInfo) => void): void => {
    const info = new gossip.ClusterInfo();
    const { leader, nodes } = cluster();
    for (const port of new Set(nodes)) {
      const member = new gossip.MemberInfo();
      const id = new shared.UUID();
      id.setString(randomUUID());
      member.setInstanceId(id);
      member.setTimeStamp(String(Date.now()));
      member.setState(port === leader ? STATES.LEADER : STATES.FOLLOWER);
      member.setIsAlive(true);
      const endpoint = new gossip.EndPoint();
      endpoint.setAddress('127.0.0.1');
      endpoint.setPort(port);
      member.setHttpEndPoint(endpoint);
      info.addMembers(member);
    }
    done(null, info);
  };
