export { CodedError, type ErrorFacts } from './coded-error';
export { InvariantViolation, invariant } from './invariant';
