import {
  parseReceipt,
  verifyReceipt,
  type ParsedReceipt,
  type ProvenOutcome,
  type ReceiptRefusal,
} from '@quorate/light-client';

/** A verification that was made in this browser. */
export interface Verification {
  readonly outcome: ProvenOutcome | ReceiptRefusal;
  readonly anchor: string | null;
  readonly durationMs: number;
}

/** Runs the light client. Nothing is sent or asked for: all there is to check is in the receipt. */
export function verify(receipt: unknown, anchor: string | null): Verification {
  const startedMs = performance.now();
  const outcome = verifyReceipt(receipt, anchor ?? undefined);
  return { outcome, anchor, durationMs: performance.now() - startedMs };
}

/** A receipt with its parts decoded, or null when it is none. */
export function readReceipt(receipt: unknown): ParsedReceipt | null {
  try {
    return parseReceipt(receipt);
  } catch {
    return null;
  }
}
