import type { connectReplica, ReplicaConnection } from '@quorate/transport';

import { GATEWAY_LIMITS } from '../limits';
import type { ReplicaAddress } from '../routes/ledger-routes';

/** Opens an authenticated connection to a replica. */
export type ConnectReplica = typeof connectReplica;

/** The gateway's own TLS identity. */
export interface GatewayIdentity {
  readonly key: string;
  readonly certificate: string;
}

/** A replica cannot be reached now, or did not answer in time. What a submitted envelope did is then unknown. */
export class ReplicaUnreachable extends Error {
  constructor(index: number, reason: string) {
    super(`replica ${index}: ${reason}`);
    this.name = 'ReplicaUnreachable';
  }
}

/** The connection to one replica of one ledger: made when first needed, made again after it broke. */
export class ReplicaLink {
  private current: Promise<ReplicaConnection> | null = null;
  private refusedUntilMs = 0;
  private closed = false;

  constructor(
    public address: ReplicaAddress,
    private readonly identity: GatewayIdentity,
    private readonly connect: ConnectReplica,
  ) {}

  get index(): number {
    return this.address.index;
  }

  /** Whether this is the connection to the replica under that address, whatever its place in the configuration. */
  leadsTo({ host, port, certificate }: ReplicaAddress): boolean {
    return this.address.host === host && this.address.port === port && this.address.certificate === certificate;
  }

  /** Runs one exchange on the connection; throws ReplicaUnreachable when there is none or the time is over. */
  async exchange<T>(timeoutMs: number, work: (connection: ReplicaConnection) => Promise<T>): Promise<T> {
    const exchange = this.connection().then(work);
    try {
      return await within(timeoutMs, exchange);
    } catch (cause) {
      if (cause instanceof ReplicaUnreachable) throw cause;
      throw new ReplicaUnreachable(this.index, cause instanceof Error ? cause.message : String(cause));
    }
  }

  connection(): Promise<ReplicaConnection> {
    if (this.current !== null) return this.current;
    if (this.closed) return Promise.reject(new ReplicaUnreachable(this.index, 'the link is closed'));
    if (performance.now() < this.refusedUntilMs)
      return Promise.reject(new ReplicaUnreachable(this.index, 'refused a moment ago'));
    const opening = this.open();
    this.current = opening;
    opening.catch(() => {
      this.refusedUntilMs = performance.now() + GATEWAY_LIMITS.reconnectAfterMs;
      this.forget(opening);
    });
    return opening;
  }

  close(): void {
    this.closed = true;
    const { current } = this;
    this.current = null;
    current?.then((connection) => connection.close()).catch(() => undefined);
  }

  private async open(): Promise<ReplicaConnection> {
    const { host, port, certificate } = this.address;
    const connection = await this.connect({
      host,
      port,
      certificate,
      clientKey: this.identity.key,
      clientCertificate: this.identity.certificate,
      timeoutMs: GATEWAY_LIMITS.connectMs,
    });
    const forget = () => {
      if (this.current !== null) this.forget(this.current);
    };
    connection.closed.then(forget, forget);
    return connection;
  }

  private forget(opening: Promise<ReplicaConnection>): void {
    if (this.current === opening) this.current = null;
  }
}

/** Rejects when `work` takes longer than the limit; the work itself goes on and its result is dropped. */
export async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    timer.unref();
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
