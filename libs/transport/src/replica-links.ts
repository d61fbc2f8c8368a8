import type { Server, Socket } from 'node:net';
import { connect, createServer, type SecureContextOptions, type TLSSocket, type Server as TlsServer } from 'node:tls';
import type { Link, LinkEvents, LinkParty, Links, Timer, Timers } from '@quorate/runtime';
import { certificateHash, derHash, type TlsIdentity } from './certificate';
import { FrameSocket, frameBytes } from './frame-socket';
import { TransportError } from './transport-error';

/** First pause before a lost peer is dialled again, and the longest; each failure doubles it. */
const REDIAL_MS_MIN = 20;
const REDIAL_MS_MAX = 1_000;

/** A dialled connection that is not authenticated by then is given up. */
const HANDSHAKE_MS_MAX = 3_000;

/** Clients connected at once; further ones are refused. */
const CLIENTS_MAX = 256;

/** A replica that may be linked: where it listens, and its certificate (PEM), which is its identity. */
export interface Participant {
  readonly host: string;
  readonly port: number;
  readonly certificate: string;
}

/** Members of the current epoch, of the one before and of the next one. */
const PARTICIPANTS_MAX = 40;

interface Redial {
  timer: Timer | null;
  pauseMs: number;
  socket: TLSSocket | null;
}

/** What the links of one replica are made of. */
export interface ReplicaLinksOptions {
  readonly listener: Server;
  readonly identity: TlsIdentity;
  /** Exactly these ends are peers; the own entry may be among them. */
  readonly participants: readonly Participant[];
  /** PEM: exactly these ends are clients. */
  readonly clientCertificates: readonly string[];
  readonly timers: Timers;
  readonly events: LinkEvents;
}

/**
 * Mutual TLS 1.3 with pinned certificates. Of two replicas the one whose certificate has the lower hash dials; it dials again for
 * ever, with a bounded pause. An end whose certificate is not pinned never gets a link.
 */
export class ReplicaLinks implements Links {
  private readonly server: TlsServer;
  private readonly parties = new Map<string, LinkParty>();
  private readonly peers = new Map<string, FrameLink>();
  private readonly clients = new Set<FrameLink>();
  private readonly redials = new Map<string, Redial>();
  private readonly self: string;
  private participants = new Map<string, Participant>();
  private clientCertificates: readonly string[];
  private closed = false;

  constructor(private readonly options: ReplicaLinksOptions) {
    this.self = certificateHash(options.identity.certificate);
    this.clientCertificates = options.clientCertificates;
    this.nameParticipants(options.participants);
    this.server = createServer({
      ...this.security(),
      requestCert: true,
      rejectUnauthorized: true,
      handshakeTimeout: HANDSHAKE_MS_MAX,
    });
    this.server.on('secureConnection', (socket) => this.accept(socket));
    this.server.on('tlsClientError', (_error, socket) => socket.destroy());
    options.listener.on('connection', this.onConnection);
    this.dialAll();
  }

  sendToPeer(peer: string, kind: number, ...parts: readonly Uint8Array[]): boolean {
    return this.peers.get(peer)?.send(kind, ...parts) ?? false;
  }

  sendToPeers(peers: readonly string[], kind: number, ...parts: readonly Uint8Array[]): void {
    const frame = frameBytes(kind, parts);
    for (const peer of peers) this.peers.get(peer)?.sendFrame(frame);
  }

  peerConnected(peer: string): boolean {
    return this.peers.has(peer);
  }

  /** Peers have come, gone or moved. Links to those that stay are kept, links to others end. */
  useParticipants(participants: readonly Participant[]): void {
    this.nameParticipants(participants);
    this.server.setSecureContext(this.security());
    for (const [peer, redial] of this.redials) {
      if (this.participants.has(peer)) continue;
      this.redials.delete(peer);
      redial.timer?.cancel();
      redial.socket?.destroy();
    }
    for (const [peer, link] of this.peers) if (!this.participants.has(peer)) link.close();
    for (const [peer, redial] of this.redials) {
      if (this.peers.has(peer)) continue;
      redial.pauseMs = REDIAL_MS_MIN;
      redial.socket?.destroy();
    }
    this.dialAll();
  }

  /** Gateways have come or gone. Links that stand are kept; a handshake from now on is held against the new list. */
  useClients(clientCertificates: readonly string[]): void {
    this.clientCertificates = clientCertificates;
    this.nameParties();
    this.server.setSecureContext(this.security());
  }

  close(): void {
    this.closed = true;
    this.options.listener.off('connection', this.onConnection);
    for (const redial of this.redials.values()) {
      redial.timer?.cancel();
      redial.socket?.destroy();
    }
    for (const link of [...this.peers.values(), ...this.clients]) link.close();
  }

  private nameParties(): void {
    this.parties.clear();
    this.clientCertificates.forEach((pem, client) =>
      this.parties.set(certificateHash(pem), { kind: 'client', client }),
    );
    // Peers last: a client that presented a replica's certificate must not take the replica's place.
    for (const peer of this.participants.keys()) this.parties.set(peer, { kind: 'peer', peer });
  }

  private nameParticipants(participants: readonly Participant[]): void {
    if (participants.length > PARTICIPANTS_MAX)
      throw new TransportError('TRANSPORT_OVERLOADED', `at most ${PARTICIPANTS_MAX} replicas may be linked`);
    const byHash = participants.map((participant) => [certificateHash(participant.certificate), participant] as const);
    this.participants = new Map(byHash.filter(([peer]) => peer !== this.self));
    this.nameParties();
  }

  private dialAll(): void {
    for (const peer of this.participants.keys()) {
      if (peer < this.self || this.redials.has(peer)) continue;
      this.redials.set(peer, { timer: null, pauseMs: REDIAL_MS_MIN, socket: null });
      this.dial(peer);
    }
  }

  private readonly onConnection = (socket: Socket): void => {
    this.server.emit('connection', socket);
  };

  private security(): Pick<SecureContextOptions, 'key' | 'cert' | 'ca' | 'minVersion' | 'maxVersion'> {
    const { identity } = this.options;
    const certificates = [...this.participants.values()].map(({ certificate }) => certificate);
    return {
      key: identity.key,
      cert: identity.certificate,
      // The own one too: with no authority at all, the system's would be asked.
      ca: [identity.certificate, ...certificates, ...this.clientCertificates],
      minVersion: 'TLSv1.3',
      maxVersion: 'TLSv1.3',
    };
  }

  private accept(socket: TLSSocket): void {
    const party = this.partyOf(socket);
    const dialsUs = party?.kind === 'peer' && party.peer < this.self;
    if (party === null || this.closed || !(party.kind === 'client' || dialsUs)) {
      socket.on('error', () => undefined);
      socket.destroy();
      return;
    }
    if (party.kind === 'client' && this.clients.size >= CLIENTS_MAX) {
      socket.destroy();
      return;
    }
    this.establish(socket, party);
  }

  private partyOf(socket: TLSSocket): LinkParty | null {
    const { raw } = socket.getPeerCertificate();
    return raw === undefined ? null : (this.parties.get(derHash(raw)) ?? null);
  }

  private dial(peer: string): void {
    const redial = this.redials.get(peer);
    const participant = this.participants.get(peer);
    if (this.closed || redial === undefined || participant === undefined) return;
    const { host, port } = participant;
    const socket = connect({
      ...this.security(),
      host,
      port,
      rejectUnauthorized: true,
      servername: '',
      // The name in a certificate says nothing here: the pinned hash is the identity.
      checkServerIdentity: (_name, certificate) =>
        derHash(certificate.raw) === peer ? undefined : new Error('not the pinned certificate'),
    });
    redial.socket = socket;
    const handshake = this.options.timers.after(HANDSHAKE_MS_MAX, () => socket.destroy());
    socket.on('error', () => undefined);
    socket.once('close', () => {
      handshake.cancel();
      redial.socket = null;
      this.dialLater(peer, redial);
    });
    socket.once('secureConnect', () => {
      handshake.cancel();
      this.establish(socket, { kind: 'peer', peer });
    });
  }

  private dialLater(peer: string, redial: Redial): void {
    if (this.closed || this.redials.get(peer) !== redial) return;
    redial.timer = this.options.timers.after(redial.pauseMs, () => this.dial(peer));
    redial.pauseMs = Math.min(redial.pauseMs * 2, REDIAL_MS_MAX);
  }

  private establish(socket: TLSSocket, party: LinkParty): void {
    const link = new FrameLink(socket, party, {
      frame: (kind, payload) => {
        // Only now it is sure that the peer has accepted our certificate.
        const redial = party.kind === 'peer' ? this.redials.get(party.peer) : undefined;
        if (redial !== undefined) redial.pauseMs = REDIAL_MS_MIN;
        this.options.events.frame(link, kind, payload);
      },
      closed: () => this.forget(link),
    });
    if (party.kind === 'peer') {
      // The peer came back before its old connection was seen to end.
      this.peers.get(party.peer)?.close();
      this.peers.set(party.peer, link);
    } else {
      this.clients.add(link);
    }
    this.options.events.opened(link);
  }

  private forget(link: FrameLink): void {
    const { party } = link;
    if (party.kind === 'client') this.clients.delete(link);
    else if (this.peers.get(party.peer) === link) this.peers.delete(party.peer);
    this.options.events.closed(link);
  }
}

class FrameLink implements Link {
  private readonly frames: FrameSocket;

  constructor(
    socket: TLSSocket,
    readonly party: LinkParty,
    handler: { frame(kind: number, payload: Uint8Array): void; closed(): void },
  ) {
    this.frames = new FrameSocket(socket, handler);
  }

  send(kind: number, ...parts: readonly Uint8Array[]): boolean {
    return this.frames.send(kind, ...parts);
  }

  sendFrame(frame: Buffer): boolean {
    return this.frames.sendFrame(frame);
  }

  close(): void {
    this.frames.close();
  }
}
