import type { Server, Socket } from 'node:net';
import { X509Certificate } from 'node:crypto';
import { connect, createServer, type SecureContextOptions, type TLSSocket, type Server as TlsServer } from 'node:tls';
import type { Link, LinkEvents, LinkParty, Links, Timer, Timers } from '@quorate/runtime';
import { certificateHash, derHash, type TlsIdentity } from './certificate';
import { FrameSocket, frameBytes } from './frame-socket';

/** First pause before a lost peer is dialled again, and the longest; each failure doubles it. */
const REDIAL_MS_MIN = 20;
const REDIAL_MS_MAX = 1_000;

/** A dialled connection that is not authenticated by then is given up. */
const HANDSHAKE_MS_MAX = 3_000;

/** Clients connected at once; further ones are refused. */
const CLIENTS_MAX = 256;

/** Where a replica listens. */
export interface ReplicaAddress {
  readonly host: string;
  readonly port: number;
}

/** What the links of one replica are made of. */
export interface ReplicaLinksOptions {
  readonly listener: Server;
  readonly identity: TlsIdentity;
  readonly self: number;
  /** PEM, in replica order: exactly these ends are peers. */
  readonly certificates: readonly string[];
  /** PEM: exactly these ends are clients. */
  readonly clientCertificates: readonly string[];
  readonly addresses: readonly ReplicaAddress[];
  readonly timers: Timers;
  readonly events: LinkEvents;
}

/**
 * Mutual TLS 1.3 with pinned certificates. Of two replicas the one with the lower index dials; it dials again for ever, with a
 * bounded pause. An end whose certificate is not pinned never gets a link.
 */
export class ReplicaLinks implements Links {
  private readonly server: TlsServer;
  private readonly parties = new Map<string, LinkParty>();
  private readonly peers = new Map<number, FrameLink>();
  private readonly clients = new Set<FrameLink>();
  private readonly redials = new Map<number, { timer: Timer | null; pauseMs: number; socket: TLSSocket | null }>();
  private addresses: readonly ReplicaAddress[];
  private clientCertificates: readonly string[];
  private closed = false;

  constructor(private readonly options: ReplicaLinksOptions) {
    this.addresses = options.addresses;
    this.clientCertificates = options.clientCertificates;
    this.nameParties();
    this.server = createServer({
      ...this.security(),
      requestCert: true,
      rejectUnauthorized: true,
      handshakeTimeout: HANDSHAKE_MS_MAX,
    });
    this.server.on('secureConnection', (socket) => this.accept(socket));
    this.server.on('tlsClientError', (_error, socket) => socket.destroy());
    options.listener.on('connection', this.onConnection);
    for (let replica = options.self + 1; replica < options.certificates.length; replica += 1) {
      this.redials.set(replica, { timer: null, pauseMs: REDIAL_MS_MIN, socket: null });
      this.dial(replica);
    }
  }

  sendToPeer(replica: number, kind: number, ...parts: readonly Uint8Array[]): boolean {
    return this.peers.get(replica)?.send(kind, ...parts) ?? false;
  }

  sendToPeers(replicas: readonly number[], kind: number, ...parts: readonly Uint8Array[]): void {
    const frame = frameBytes(kind, parts);
    for (const replica of replicas) this.peers.get(replica)?.sendFrame(frame);
  }

  peerConnected(replica: number): boolean {
    return this.peers.has(replica);
  }

  /** Peers may have moved; links that stand are kept. */
  useAddresses(addresses: readonly ReplicaAddress[]): void {
    this.addresses = addresses;
    for (const [replica, redial] of this.redials) {
      if (this.peers.has(replica)) continue;
      redial.pauseMs = REDIAL_MS_MIN;
      redial.socket?.destroy();
    }
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
    this.options.certificates.forEach((pem, replica) =>
      this.parties.set(certificateHash(pem), { kind: 'peer', replica }),
    );
  }

  private readonly onConnection = (socket: Socket): void => {
    this.server.emit('connection', socket);
  };

  private security(): Pick<SecureContextOptions, 'key' | 'cert' | 'ca' | 'minVersion' | 'maxVersion'> {
    const { identity, certificates } = this.options;
    return {
      key: identity.key,
      cert: identity.certificate,
      ca: [...certificates, ...this.clientCertificates],
      minVersion: 'TLSv1.3',
      maxVersion: 'TLSv1.3',
    };
  }

  private accept(socket: TLSSocket): void {
    const party = this.partyOf(socket);
    const dialsUs = party?.kind === 'peer' && party.replica < this.options.self;
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

  private dial(replica: number): void {
    const redial = this.redials.get(replica);
    if (this.closed || redial === undefined) return;
    const { host, port } = this.addresses[replica];
    const pinned = derHash(new X509Certificate(this.options.certificates[replica]).raw);
    const socket = connect({
      ...this.security(),
      host,
      port,
      rejectUnauthorized: true,
      servername: '',
      // The name in a certificate says nothing here: the pinned hash is the identity.
      checkServerIdentity: (_name, certificate) =>
        derHash(certificate.raw) === pinned ? undefined : new Error('not the pinned certificate'),
    });
    redial.socket = socket;
    const handshake = this.options.timers.after(HANDSHAKE_MS_MAX, () => socket.destroy());
    socket.on('error', () => undefined);
    socket.once('close', () => {
      handshake.cancel();
      redial.socket = null;
      this.dialLater(replica);
    });
    socket.once('secureConnect', () => {
      handshake.cancel();
      this.establish(socket, { kind: 'peer', replica });
    });
  }

  private dialLater(replica: number): void {
    const redial = this.redials.get(replica);
    if (this.closed || redial === undefined) return;
    redial.timer = this.options.timers.after(redial.pauseMs, () => this.dial(replica));
    redial.pauseMs = Math.min(redial.pauseMs * 2, REDIAL_MS_MAX);
  }

  private establish(socket: TLSSocket, party: LinkParty): void {
    const link = new FrameLink(socket, party, {
      frame: (kind, payload) => {
        // Only now it is sure that the peer has accepted our certificate.
        const redial = party.kind === 'peer' ? this.redials.get(party.replica) : undefined;
        if (redial !== undefined) redial.pauseMs = REDIAL_MS_MIN;
        this.options.events.frame(link, kind, payload);
      },
      closed: () => this.forget(link),
    });
    if (party.kind === 'peer') {
      // The peer came back before its old connection was seen to end.
      this.peers.get(party.replica)?.close();
      this.peers.set(party.replica, link);
    } else {
      this.clients.add(link);
    }
    this.options.events.opened(link);
  }

  private forget(link: FrameLink): void {
    const { party } = link;
    if (party.kind === 'client') this.clients.delete(link);
    else if (this.peers.get(party.replica) === link) this.peers.delete(party.replica);
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
