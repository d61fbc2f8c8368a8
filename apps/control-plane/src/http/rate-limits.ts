import type { SystemDatabase } from '@quorate/database';
import { systemContext } from '@quorate/tenancy';
import {
  RateLimiterMemory,
  RateLimiterPostgres,
  RateLimiterRes,
  type RateLimiterAbstract,
} from 'rate-limiter-flexible';
import { Problem } from './problem';

/** Failed log-ins of one address to one account, and of one address to all accounts, in a quarter of an hour. */
const failuresPerAccountMax = 10;
const failuresPerAddressMax = 100;
const failureWindowSeconds = 900;
/** Sign-ups from one address in ten minutes. */
const signUpsPerAddressMax = 300;
const signUpWindowSeconds = 600;
const context = systemContext('rate-limits');

/** Slows down guessing. The counts are in PostgreSQL, one for all instances; in memory while it does not answer. */
export class RateLimits {
  private readonly perAccount: RateLimiterAbstract;
  private readonly perAddress: RateLimiterAbstract;
  private readonly signUps: RateLimiterAbstract;

  constructor(private readonly database: SystemDatabase) {
    const limiter = (keyPrefix: string, points: number, duration: number): RateLimiterAbstract => {
      const pool = database.pool();
      const memory = new RateLimiterMemory({ keyPrefix, points, duration });
      if (pool === undefined) return memory;
      return new RateLimiterPostgres({
        storeClient: pool,
        storeType: 'pool',
        tableName: 'rate_limits',
        tableCreated: true,
        clearExpiredByTimeout: false,
        keyPrefix,
        points,
        duration,
        insuranceLimiter: memory,
      });
    };
    this.perAccount = limiter('login-account', failuresPerAccountMax, failureWindowSeconds);
    this.perAddress = limiter('login-address', failuresPerAddressMax, failureWindowSeconds);
    this.signUps = limiter('signup', signUpsPerAddressMax, signUpWindowSeconds);
  }

  /** Throws `RATE_LIMITED` when there were too many failures. */
  async admitLogin(address: string, email: string): Promise<void> {
    const [account, all] = await Promise.all([
      this.perAccount.get(accountKey(address, email)),
      this.perAddress.get(address),
    ]);
    if (account && account.consumedPoints >= failuresPerAccountMax) throw limited(account.msBeforeNext);
    if (all && all.consumedPoints >= failuresPerAddressMax) throw limited(all.msBeforeNext);
  }

  async countFailedLogin(address: string, email: string): Promise<void> {
    // Consuming beyond the limit rejects; the next `admitLogin` tells the caller.
    await Promise.allSettled([this.perAccount.consume(accountKey(address, email)), this.perAddress.consume(address)]);
  }

  async forgetFailedLogins(address: string, email: string): Promise<void> {
    await this.perAccount.delete(accountKey(address, email));
  }

  /** Forgets counts whose window is over: whoever tries new addresses must not fill the table. */
  async sweep(): Promise<void> {
    await this.database.direct(context).query('delete from rate_limits where expire < $1', [Date.now()]);
  }

  /** Throws `RATE_LIMITED` when one address signs up too often. */
  async admitSignUp(address: string): Promise<void> {
    try {
      await this.signUps.consume(address);
    } catch (outcome) {
      if (outcome instanceof RateLimiterRes) throw limited(outcome.msBeforeNext);
      throw outcome;
    }
  }
}

function accountKey(address: string, email: string): string {
  return `${address}/${email}`.slice(0, 200);
}

function limited(retryAfterMs: number): Problem {
  return new Problem('RATE_LIMITED', {
    detail: 'too many attempts; wait a while',
    retryAfterMs: Math.max(retryAfterMs, 1_000),
  });
}
