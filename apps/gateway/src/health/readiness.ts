/** Checks that the gateway can do its work; rejects when it cannot. */
export interface Readiness {
  check(): Promise<void>;
}

/** Injection token of the readiness check. */
export const READINESS = Symbol('readiness');
