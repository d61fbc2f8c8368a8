import { systemContext } from '@quorate/tenancy';
import type { SystemDatabase } from './connection';

/** One request as its idempotency key names it. */
export interface IdempotentRequest {
  /** Who asks; the same key of someone else is another key. */
  readonly scope: string;
  readonly tenantId: string | null;
  readonly keyHash: Buffer;
  /** Keyed hash of route and body. */
  readonly fingerprint: Buffer;
}

/** What is known of a key when a request arrives with it. */
export type IdempotencyState =
  | { readonly kind: 'begun' }
  | { readonly kind: 'in-flight'; readonly retryAfterMs: number }
  | { readonly kind: 'reused' }
  | { readonly kind: 'done'; readonly status: number; readonly response: Buffer };

/** A request whose process died is free again after this long. */
const lockSeconds = 30;
const retentionHours = 24;
const context = systemContext('idempotency');

/** Remembers for a day what was answered to a request. */
export class IdempotencyStore {
  constructor(private readonly database: SystemDatabase) {}

  /** Claims the key, or says what it is already used for. */
  begin(request: IdempotentRequest): Promise<IdempotencyState> {
    const { scope, tenantId, keyHash, fingerprint } = request;
    return this.database.run(context, async (transaction) => {
      const claimed = await transaction.query<unknown[]>(
        `insert into idempotency_keys (scope, key_hash, tenant_id, fingerprint, locked_until, expires_at)
         values ($1, $2, $3, $4, now() + $5::integer * interval '1 second', now() + $6::integer * interval '1 hour')
         on conflict (scope, key_hash) do update set fingerprint = excluded.fingerprint, locked_until = excluded.locked_until,
           expires_at = excluded.expires_at, status = null, response = null
         where idempotency_keys.expires_at < now()
           or (idempotency_keys.status is null and idempotency_keys.locked_until < now() and idempotency_keys.fingerprint = excluded.fingerprint)
         returning 1`,
        [scope, keyHash, tenantId, fingerprint, lockSeconds, retentionHours],
      );
      if (claimed.length > 0) return { kind: 'begun' };
      const rows = await transaction.query<{ fingerprint: Buffer; status: number | null; response: Buffer | null }[]>(
        'select fingerprint, status, response from idempotency_keys where scope = $1 and key_hash = $2',
        [scope, keyHash],
      );
      const known = rows[0];
      // Its owner gave it back between the two statements; the caller may try again at once.
      if (!known) return { kind: 'in-flight', retryAfterMs: 100 };
      if (!known.fingerprint.equals(fingerprint)) return { kind: 'reused' };
      if (known.status === null) return { kind: 'in-flight', retryAfterMs: 1_000 };
      return { kind: 'done', status: known.status, response: known.response ?? Buffer.alloc(0) };
    });
  }

  /** Keeps the answer for repetitions. */
  async complete(request: IdempotentRequest, status: number, response: Buffer): Promise<void> {
    await this.database
      .direct(context)
      .query('update idempotency_keys set status = $3, response = $4 where scope = $1 and key_hash = $2', [
        request.scope,
        request.keyHash,
        status,
        response,
      ]);
  }

  /** Gives the key back: nothing was done under it. */
  async release(request: IdempotentRequest): Promise<void> {
    await this.database
      .direct(context)
      .query('delete from idempotency_keys where scope = $1 and key_hash = $2 and status is null', [
        request.scope,
        request.keyHash,
      ]);
  }

  /** Forgets keys whose day is over. */
  async sweep(): Promise<void> {
    await this.database.direct(context).query('delete from idempotency_keys where expires_at < now()');
  }
}
