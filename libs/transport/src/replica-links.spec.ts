import type { Server } from 'node:net';
import { connect } from 'node:tls';
import type { Link } from '@quorate/runtime';
import { nodeTimers } from '@quorate/runtime-node';
import { certificateHash, createClientCertificate, createReplicaCertificate, type TlsIdentity } from './certificate';
import { CLIENT_FRAMES, decodeRequest, encodeSubmitReply, requestId, type SubmitReply } from './client-protocol';
import { bindPort, boundPort } from './listener';
import { connectReplica, type ConnectReplicaOptions } from './replica-connection';
import { ReplicaLinks, type Participant } from './replica-links';

interface Heard {
  readonly from: Link;
  readonly kind: number;
  readonly payload: Uint8Array;
}

/** Links of one replica with everything they said, and a way to wait for the next thing. */
class Listening {
  readonly frames: Heard[] = [];
  readonly opened: Link[] = [];
  readonly closed: Link[] = [];
  private readonly waiting = new Set<() => void>();
  onFrame: (heard: Heard) => void = () => undefined;

  readonly events = {
    opened: (link: Link) => this.note(this.opened, link),
    closed: (link: Link) => this.note(this.closed, link),
    frame: (from: Link, kind: number, payload: Uint8Array) => {
      this.onFrame({ from, kind, payload });
      this.note(this.frames, { from, kind, payload });
    },
  };

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.waiting.add(resolve));
  }

  private note<T>(list: T[], item: T): void {
    list.push(item);
    for (const resolve of this.waiting) resolve();
    this.waiting.clear();
  }
}

let identities: TlsIdentity[];
let client: TlsIdentity;
let stranger: TlsIdentity;
let servers: Server[];
let participants: Participant[];
let peers: string[];
let open: ReplicaLinks[];

beforeAll(async () => {
  identities = await Promise.all(Array.from({ length: 3 }, () => createReplicaCertificate('replica')));
  // The first dials.
  identities.sort((left, right) => (certificateHash(left.certificate) < certificateHash(right.certificate) ? -1 : 1));
  // It would dial the others too.
  [stranger] = identities.splice(0, 1);
  client = await createClientCertificate('gateway');
});

beforeEach(async () => {
  servers = await Promise.all([
    bindPort('127.0.0.1', [21_000, 29_000], null),
    bindPort('127.0.0.1', [21_000, 29_000], null),
  ]);
  participants = servers.map((server, index) => ({
    host: '127.0.0.1',
    port: boundPort(server),
    certificate: identities[index].certificate,
  }));
  peers = identities.map(({ certificate }) => certificateHash(certificate));
  open = [];
});

afterEach(() => {
  for (const links of open) links.close();
  for (const server of servers) server.close();
});

function start(self: number, identity = identities[self]): { links: ReplicaLinks; heard: Listening } {
  const heard = new Listening();
  const links = new ReplicaLinks({
    listener: servers[self],
    identity,
    participants,
    clientCertificates: [client.certificate],
    timers: nodeTimers,
    events: heard.events,
  });
  open.push(links);
  return { links, heard };
}

function clientOptions(self: number, identity: TlsIdentity): ConnectReplicaOptions {
  return {
    ...participants[self],
    clientKey: identity.key,
    clientCertificate: identity.certificate,
    timeoutMs: 5_000,
  };
}

describe('links between replicas', () => {
  it('carry frames both ways, large and empty ones too, in order', async () => {
    const [a, b] = [start(0), start(1)];
    await Promise.all([
      a.heard.until(() => a.heard.opened.length === 1),
      b.heard.until(() => b.heard.opened.length === 1),
    ]);
    const large = new Uint8Array(3_000_000).map((_, index) => index % 251);
    expect([
      a.links.sendToPeer(peers[1], 1, large),
      a.links.sendToPeer(peers[1], 2, new Uint8Array(0)),
      b.links.sendToPeer(peers[0], 3, Uint8Array.of(9)),
    ]).toEqual([true, true, true]);
    await b.heard.until(() => b.heard.frames.length === 2);
    await a.heard.until(() => a.heard.frames.length === 1);
    expect(b.heard.frames.map(({ kind, payload, from }) => [kind, payload.length, from.party])).toEqual([
      [1, 3_000_000, { kind: 'peer', peer: peers[0] }],
      [2, 0, { kind: 'peer', peer: peers[0] }],
    ]);
    expect(Buffer.compare(b.heard.frames[0].payload, large)).toBe(0);
    expect(a.heard.frames[0].from.party).toEqual({ kind: 'peer', peer: peers[1] });
  });

  it('come back after the peer was away', async () => {
    const a = start(0);
    const first = start(1);
    await first.heard.until(() => first.heard.opened.length === 1);
    first.links.close();
    await a.heard.until(() => a.heard.closed.length === 1);
    expect(a.links.peerConnected(peers[1])).toBe(false);
    const second = start(1);
    await second.heard.until(() => second.heard.opened.length === 1);
    await a.heard.until(() => a.heard.opened.length === 2);
    expect(a.links.peerConnected(peers[1])).toBe(true);
  });

  it('do not accept another key under the name of a peer', async () => {
    // In TLS 1.3 the dialling end is done before its certificate is judged: it learns of the refusal by the end of the connection.
    const impostor = start(0, stranger);
    const b = start(1);
    await impostor.heard.until(() => impostor.heard.closed.length >= 2);
    expect(b.heard.opened).toEqual([]);
    expect(b.links.peerConnected(peers[0])).toBe(false);
  });
});

describe('links to a changing set of replicas', () => {
  it('come for whoever joins and end for whoever leaves', async () => {
    const all = participants;
    participants = all.slice(0, 1);
    const a = start(0);
    const b = start(1);
    a.links.useParticipants(all);
    await Promise.all([a, b].map(({ heard }) => heard.until(() => heard.opened.length === 1)));
    a.links.useParticipants(all.slice(0, 1));
    await b.heard.until(() => b.heard.closed.length === 1);
    expect(a.links.peerConnected(peers[1])).toBe(false);
    b.links.useParticipants([]);
    a.links.useParticipants(all);
    await a.heard.until(() => a.heard.opened.length >= 2 && a.heard.closed.length >= 2);
    expect(b.heard.opened).toHaveLength(1);
  });
});

describe('links of clients', () => {
  it('accept a gateway that came later, and keep the links that stand', async () => {
    const { links, heard } = start(0);
    const before = await connectReplica(clientOptions(0, client));
    await heard.until(() => heard.opened.length === 1);
    links.useClients([stranger.certificate]);
    const after = await connectReplica(clientOptions(0, stranger));
    await heard.until(() => heard.opened.length === 2);
    expect(heard.closed).toEqual([]);
    before.close();
    after.close();
  });

  it('refuse a stranger', async () => {
    const { heard } = start(0);
    const attempt = connectReplica(clientOptions(0, stranger)).then((connection) =>
      connection.closed.then(() => 'dropped'),
    );
    await expect(attempt.catch(() => 'refused')).resolves.toMatch(/dropped|refused/);
    expect(heard.opened).toEqual([]);
  });

  it('refuse an end without a certificate', async () => {
    const { heard } = start(0);
    const socket = connect({
      host: participants[0].host,
      port: participants[0].port,
      rejectUnauthorized: false,
      minVersion: 'TLSv1.3',
    });
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.on('close', resolve));
    expect(heard.opened).toEqual([]);
  });

  it('refuse a replica that is not the pinned one', async () => {
    start(0);
    await expect(
      connectReplica({ ...clientOptions(0, client), certificate: identities[1].certificate }),
    ).rejects.toMatchObject({ code: 'TRANSPORT_IDENTITY_WRONG' });
  });

  it('say that nobody listens', async () => {
    servers[0].close();
    await expect(connectReplica(clientOptions(0, client))).rejects.toMatchObject({ code: 'TRANSPORT_UNREACHABLE' });
  });

  it('match replies to requests and end them when the connection ends', async () => {
    const { heard, links } = start(0);
    const replies: SubmitReply[] = [
      { kind: 'final', height: 7, firstIndex: 3, timeNs: 1_234_567_890_123_456_789n, codes: Uint16Array.of(0, 46) },
      { kind: 'refused', code: 'busy', retryAfterMs: 50 },
    ];
    const ids: number[] = [];
    heard.onFrame = ({ kind, payload, from }) => {
      if (kind !== CLIENT_FRAMES.submit) return;
      ids.push(decodeRequest(payload).id);
      if (ids.length === 2)
        ids
          .reverse()
          .forEach((id, index) =>
            from.send(CLIENT_FRAMES.submitReply, requestId(id), encodeSubmitReply(replies[index])),
          );
    };
    const connection = await connectReplica(clientOptions(0, client));
    const answers = await Promise.all([connection.submit(Uint8Array.of(1)), connection.submit(Uint8Array.of(2))]);
    expect(answers).toEqual([...replies].reverse());
    const unanswered = connection.query({ query: 'status' });
    await heard.until(() => heard.frames.length === 3);
    links.close();
    await expect(unanswered).rejects.toMatchObject({ code: 'TRANSPORT_CLOSED' });
    await connection.closed;
  });
});
