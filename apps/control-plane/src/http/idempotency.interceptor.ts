import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { deriveSecret, type Config } from '@quorate/config';
import { IdempotencyStore, type IdempotentRequest } from '@quorate/database';
import { actorId } from '@quorate/tenancy';
import {
  Inject,
  Injectable,
  SetMetadata,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Response } from 'express';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { configToken } from './config-token';
import { Problem } from './problem';
import type { QuorateRequest } from './request';

const keyPattern = /^[\x21-\x7e]{1,255}$/;
const repeatableKey = 'quorate:repeatable';

/**
 * Marks a route that is carried out again when the same request comes again, instead of giving the kept answer: a log-in
 * hands out a session in a cookie, which we do not keep.
 */
export const CarriedOutAgain = (): MethodDecorator => SetMetadata(repeatableKey, true);

/**
 * Makes every POST idempotent by its Idempotency-Key.
 *
 * Answers are kept for a day, sealed under a key that needs both our secret and the caller's key, so that the database
 * alone gives away nothing, not even a new API key. A request that was refused or failed did nothing and frees its key.
 */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  private readonly secret: Buffer;

  constructor(
    private readonly store: IdempotencyStore,
    private readonly reflector: Reflector,
    @Inject(configToken) config: Config,
  ) {
    this.secret = deriveSecret(config, 'idempotency');
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<QuorateRequest>();
    if (request.method !== 'POST') return next.handle();
    const repeatable = this.reflector.get<boolean | undefined>(repeatableKey, context.getHandler()) === true;
    const response = context.switchToHttp().getResponse<Response>();
    return from(
      this.once(request, response, () => lastValueFrom(next.handle(), { defaultValue: undefined }), repeatable),
    );
  }

  private async once(
    request: QuorateRequest,
    response: Response,
    work: () => Promise<unknown>,
    repeatable: boolean,
  ): Promise<unknown> {
    const key = request.headers['idempotency-key'];
    if (key === undefined)
      throw new Problem('IDEMPOTENCY_KEY_MISSING', {
        detail: 'send an Idempotency-Key of your choice, for example a UUID',
      });
    if (typeof key !== 'string' || !keyPattern.test(key))
      throw new Problem('IDEMPOTENCY_KEY_INVALID', { detail: '1 to 255 visible ASCII characters' });
    const claim = this.claimOf(request, key);
    const state = await this.store.begin(claim);
    if (state.kind === 'reused')
      throw new Problem('IDEMPOTENCY_KEY_REUSED', { detail: 'this key was used with another body or route' });
    if (state.kind === 'in-flight')
      throw new Problem('IDEMPOTENCY_IN_FLIGHT', {
        detail: 'ask again for the answer',
        retryAfterMs: state.retryAfterMs,
      });
    if (state.kind === 'done' && !repeatable) {
      response.setHeader('Idempotent-Replayed', 'true');
      response.status(state.status);
      return this.open(claim, key, state.response);
    }
    try {
      const answer = await work();
      const kept = repeatable ? Buffer.alloc(0) : this.seal(claim, key, answer);
      await this.store.complete(claim, response.statusCode, kept);
      return answer;
    } catch (fault) {
      await this.store.release(claim);
      throw fault;
    }
  }

  private claimOf(request: QuorateRequest, key: string): IdempotentRequest {
    const context = request.identity?.context;
    const scope = context
      ? `${context.kind}:${context.kind === 'tenant' ? context.tenantId : 'platform'}:${actorId(context)}`
      : `anonymous:${this.digest(['email', emailOf(request.body)]).toString('hex')}`;
    return {
      scope,
      tenantId: context?.kind === 'tenant' ? context.tenantId : null,
      keyHash: createHash('sha256').update(key).digest(),
      // Keyed, because a body may hold a password that could be guessed from a plain hash.
      fingerprint: this.digest(['request', request.method, request.path, textOf(request.body)]),
    };
  }

  private digest(parts: readonly string[]): Buffer {
    return createHmac('sha256', this.secret).update(JSON.stringify(parts)).digest();
  }

  private sealingKey(claim: IdempotentRequest, key: string): Buffer {
    return Buffer.from(hkdfSync('sha256', this.secret, claim.scope, key, 32));
  }

  private seal(claim: IdempotentRequest, key: string, answer: unknown): Buffer {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.sealingKey(claim, key), nonce);
    const sealed = Buffer.concat([cipher.update(JSON.stringify({ answer }), 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
  }

  private open(claim: IdempotentRequest, key: string, sealed: Buffer): unknown {
    const decipher = createDecipheriv('aes-256-gcm', this.sealingKey(claim, key), sealed.subarray(0, 12));
    decipher.setAuthTag(sealed.subarray(12, 28));
    const opened = Buffer.concat([decipher.update(sealed.subarray(28)), decipher.final()]).toString('utf8');
    return (JSON.parse(opened) as { answer?: unknown }).answer;
  }
}

/** The parser takes any depth of nesting; what follows it does not. */
function textOf(body: unknown): string {
  try {
    return JSON.stringify(body ?? null);
  } catch (fault) {
    if (!(fault instanceof RangeError)) throw fault;
    throw new Problem('BODY_MALFORMED', { detail: 'the body is nested too deeply' });
  }
}

function emailOf(body: unknown): string {
  if (typeof body !== 'object' || body === null || !('email' in body)) return '';
  return typeof body.email === 'string' ? body.email.trim().toLowerCase() : '';
}
