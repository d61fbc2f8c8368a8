import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

import { GATEWAY_LIMITS } from '../limits';
import { GatewayProblem } from '../problems/gateway-problem';

const busyRetryMs = 1_000;

/** Which bounds a {@link RequestLimits} keeps; the gateway's own unless a test narrows them. */
export interface RequestBounds {
  readonly inFlightMax: number;
  readonly tenantInFlightMax: number;
  readonly tenantRequestsPerSecondMax: number;
}

/**
 * Counts requests in progress and requests per second, for the gateway as a whole and for each tenant.
 *
 * Invariant: each admission is released exactly once; a count never goes below zero.
 */
export class RequestLimits {
  private inFlight = 0;
  private readonly tenantInFlight = new Map<string, number>();
  private readonly rate: RateLimiterMemory;

  constructor(private readonly bounds: RequestBounds = GATEWAY_LIMITS) {
    this.rate = new RateLimiterMemory({ keyPrefix: 'tenant', points: bounds.tenantRequestsPerSecondMax, duration: 1 });
  }

  /** Lets one request of a tenant in, or throws the problem that tells why not. Call the result when it has been answered. */
  async admit(tenantId: string): Promise<() => void> {
    if (this.inFlight >= this.bounds.inFlightMax) {
      throw new GatewayProblem('GATEWAY_BUSY', 'The gateway serves as many requests as it can.', {
        retryAfterMs: busyRetryMs,
      });
    }
    const held = this.tenantInFlight.get(tenantId) ?? 0;
    if (held >= this.bounds.tenantInFlightMax) {
      const detail = `At most ${this.bounds.tenantInFlightMax} requests of a tenant at the same time.`;
      throw new GatewayProblem('TENANT_CONCURRENCY_LIMITED', detail, { retryAfterMs: busyRetryMs });
    }
    this.inFlight += 1;
    this.tenantInFlight.set(tenantId, held + 1);
    const release = this.releaseOnce(tenantId);
    try {
      await this.rate.consume(tenantId);
      return release;
    } catch (cause) {
      release();
      if (!(cause instanceof RateLimiterRes)) throw cause;
      const detail = `At most ${this.bounds.tenantRequestsPerSecondMax} requests of a tenant per second.`;
      throw new GatewayProblem('TENANT_RATE_LIMITED', detail, { retryAfterMs: cause.msBeforeNext });
    }
  }

  /** Requests in progress, for health reports and tests. */
  get inFlightCount(): number {
    return this.inFlight;
  }

  private releaseOnce(tenantId: string): () => void {
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.inFlight -= 1;
      const held = (this.tenantInFlight.get(tenantId) ?? 1) - 1;
      if (held > 0) this.tenantInFlight.set(tenantId, held);
      else this.tenantInFlight.delete(tenantId);
    };
  }
}
