import type { Logger } from 'pino';

import { GatewayProblem } from '../problems/gateway-problem';

const retryAfterMs = 1_000;

/** Runs a look-up in the platform database; its failure is a passing fault that the caller may wait out. */
export async function fromDatabase<T>(logger: Logger, lookUp: () => Promise<T>): Promise<T> {
  try {
    return await lookUp();
  } catch (cause) {
    logger.error({ err: cause }, 'database look-up failed');
    throw new GatewayProblem('DATABASE_UNAVAILABLE', 'The platform database does not answer.', { retryAfterMs });
  }
}
