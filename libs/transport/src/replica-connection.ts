import { X509Certificate } from 'node:crypto';
import { connect, type TLSSocket } from 'node:tls';
import { derHash } from './certificate';
import {
  CLIENT_FRAMES,
  decodeJson,
  decodeRequest,
  decodeSubmitReply,
  encodeJson,
  requestId,
  type BlockEvent,
  type ReplicaAnswer,
  type ReplicaQuery,
  type SubmitReply,
} from './client-protocol';
import { FrameSocket } from './frame-socket';
import { TransportError } from './transport-error';

/** Requests that may wait for an answer on one connection. */
const REQUESTS_MAX = 4_096;

const REQUEST_TIMEOUT_MS = 30_000;

/** How a client reaches one replica. */
export interface ConnectReplicaOptions {
  readonly host: string;
  readonly port: number;
  /** The replica's certificate (PEM), pinned. */
  readonly certificate: string;
  readonly clientKey: string;
  readonly clientCertificate: string;
  /** Bounds connecting and the handshake. */
  readonly timeoutMs: number;
  /** Bounds the wait for one answer; 30 s if left out. */
  readonly requestTimeoutMs?: number;
}

/** A client's authenticated connection to one replica. */
export interface ReplicaConnection {
  /** Resolves when the envelope is final or refused. Rejects with TransportError when the outcome is unknown: submit the same bytes again, anywhere. */
  submit(envelope: Uint8Array): Promise<SubmitReply>;
  /** Rejects with TransportError. */
  query(query: ReplicaQuery): Promise<ReplicaAnswer>;
  /** Reads a part of what the ledger's chain and state consist of. Rejects with TransportError. */
  readChain(request: Uint8Array): Promise<Uint8Array>;
  /** Hears of each block executed from now on; returns a function that ends it. */
  subscribe(onBlock: (event: BlockEvent) => void): () => void;
  /** Resolves when the connection has ended, for whatever reason. */
  readonly closed: Promise<void>;
  close(): void;
}

/** Opens a connection. Rejects with TransportError. */
export function connectReplica(options: ConnectReplicaOptions): Promise<ReplicaConnection> {
  const pinned = derHash(new X509Certificate(options.certificate).raw);
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: options.host,
      port: options.port,
      key: options.clientKey,
      cert: options.clientCertificate,
      ca: [options.certificate],
      minVersion: 'TLSv1.3',
      servername: '',
      rejectUnauthorized: true,
      checkServerIdentity: (_name, certificate) =>
        derHash(certificate.raw) === pinned ? undefined : new Error('not the pinned certificate'),
    });
    const giveUp = (code: 'TRANSPORT_UNREACHABLE' | 'TRANSPORT_IDENTITY_WRONG', detail: string): void => {
      clearTimeout(timeout);
      socket.destroy();
      reject(
        new TransportError(code, `no connection to replica at ${options.host}:${options.port}: ${detail}`, {
          host: options.host,
          port: options.port,
        }),
      );
    };
    const timeout = setTimeout(() => giveUp('TRANSPORT_UNREACHABLE', 'timeout'), options.timeoutMs);
    const failed = (error: NodeJS.ErrnoException): void => {
      const isNetwork = error.code?.startsWith('ECONN') === true || error.syscall === 'connect';
      giveUp(isNetwork ? 'TRANSPORT_UNREACHABLE' : 'TRANSPORT_IDENTITY_WRONG', error.message);
    };
    const ended = (): void => giveUp('TRANSPORT_UNREACHABLE', 'the replica closed the connection');
    socket.once('error', failed);
    socket.once('close', ended);
    socket.once('secureConnect', () => {
      clearTimeout(timeout);
      socket.off('error', failed);
      socket.off('close', ended);
      resolve(new ClientConnection(socket, options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS));
    });
  });
}

interface PendingRequest {
  readonly resolve: (content: Uint8Array) => void;
  readonly reject: (error: TransportError) => void;
  readonly timeout: NodeJS.Timeout;
}

class ClientConnection implements ReplicaConnection {
  readonly closed: Promise<void>;
  private readonly frames: FrameSocket;
  private readonly pending = new Map<number, PendingRequest>();
  private readonly subscribers = new Set<(event: BlockEvent) => void>();
  private lastId = 0;
  private markClosed: () => void = () => undefined;

  constructor(
    socket: TLSSocket,
    private readonly requestTimeoutMs: number,
  ) {
    this.closed = new Promise((resolve) => {
      this.markClosed = resolve;
    });
    this.frames = new FrameSocket(socket, {
      frame: (kind, payload) => this.receive(kind, payload),
      closed: () => this.abandon(),
    });
  }

  async submit(envelope: Uint8Array): Promise<SubmitReply> {
    return decodeSubmitReply(await this.request(CLIENT_FRAMES.submit, envelope));
  }

  async query(query: ReplicaQuery): Promise<ReplicaAnswer> {
    return decodeJson(await this.request(CLIENT_FRAMES.query, encodeJson(query))) as ReplicaAnswer;
  }

  readChain(request: Uint8Array): Promise<Uint8Array> {
    return this.request(CLIENT_FRAMES.chain, request);
  }

  subscribe(onBlock: (event: BlockEvent) => void): () => void {
    if (this.subscribers.size === 0) this.frames.send(CLIENT_FRAMES.subscribe, Uint8Array.of(1));
    this.subscribers.add(onBlock);
    return () => {
      if (this.subscribers.delete(onBlock) && this.subscribers.size === 0)
        this.frames.send(CLIENT_FRAMES.subscribe, Uint8Array.of(0));
    };
  }

  close(): void {
    this.frames.close();
  }

  private request(kind: number, content: Uint8Array): Promise<Uint8Array> {
    if (!this.frames.isOpen)
      return Promise.reject(new TransportError('TRANSPORT_CLOSED', 'the connection to the replica is closed'));
    if (this.pending.size >= REQUESTS_MAX)
      return Promise.reject(new TransportError('TRANSPORT_OVERLOADED', 'too many requests wait on this connection'));
    this.lastId = (this.lastId + 1) >>> 0;
    const id = this.lastId;
    return new Promise((resolve, reject) => {
      const timeout = setTimeout(() => {
        this.pending.delete(id);
        reject(
          new TransportError('TRANSPORT_TIMEOUT', 'no answer from the replica in time', {
            timeoutMs: this.requestTimeoutMs,
          }),
        );
      }, this.requestTimeoutMs);
      this.pending.set(id, { resolve, reject, timeout });
      this.frames.send(kind, requestId(id), content);
    });
  }

  private receive(kind: number, payload: Uint8Array): void {
    try {
      if (kind === CLIENT_FRAMES.block) {
        const event = decodeJson(payload) as BlockEvent;
        for (const subscriber of this.subscribers) subscriber(event);
        return;
      }
      if (kind !== CLIENT_FRAMES.submitReply && kind !== CLIENT_FRAMES.answer)
        throw new TransportError('TRANSPORT_MALFORMED', 'unknown frame', { kind });
      const { id, content } = decodeRequest(payload);
      const request = this.pending.get(id);
      if (request === undefined) return;
      this.pending.delete(id);
      clearTimeout(request.timeout);
      request.resolve(content);
    } catch {
      this.frames.close();
    }
  }

  private abandon(): void {
    const waiting = [...this.pending.values()];
    this.pending.clear();
    for (const request of waiting) {
      clearTimeout(request.timeout);
      request.reject(
        new TransportError('TRANSPORT_CLOSED', 'the connection to the replica ended; the outcome is unknown'),
      );
    }
    this.markClosed();
  }
}
