import { CodedError, type ErrorFacts } from './coded-error';

/** A bug: something that the code guarantees did not hold. Never caught below the process boundary. */
export class InvariantViolation extends CodedError {
  constructor(message: string, facts: ErrorFacts = {}) {
    super('INVARIANT_VIOLATED', message, facts);
  }
}

/** Throws an InvariantViolation unless `condition` holds. */
export function invariant(condition: boolean, message: string, facts: ErrorFacts = {}): asserts condition {
  if (!condition) throw new InvariantViolation(message, facts);
}
