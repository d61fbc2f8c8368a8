/** Values that explain an error: plain, loggable, never secret. */
export type ErrorFacts = Readonly<Record<string, string | number | bigint | boolean | null>>;

/**
 * A failure with a stable machine-readable code (`AREA_REASON`) and typed facts.
 * Thrown for faults of the environment or of input at a border; an expected refusal is returned as a value instead.
 */
export class CodedError extends Error {
  readonly code: string;
  readonly facts: ErrorFacts;

  constructor(code: string, message: string, facts: ErrorFacts = {}) {
    super(message);
    this.name = new.target.name;
    this.code = code;
    this.facts = facts;
  }
}
