import { CodecError } from '@quorate/codec';
import { sha256 } from '@quorate/crypto';
import { invariant } from '@quorate/errors';
import { EVIDENCE_TAG, LIMITS, decodeBody, scanEnvelope } from '@quorate/protocol';
import type { ScannedEnvelope } from './results';

const NOBODY = new Uint8Array(32);

/** Whether a block's body may be voted for, as far as its syntax and size tell. */
export type BodyValidity =
  | { readonly ok: true; readonly envelopes: readonly ScannedEnvelope[]; readonly operationCount: number }
  | { readonly ok: false; readonly reason: 'body_malformed' | 'envelope_malformed' | 'operations_too_many' };

/**
 * Checks the syntax and the limits of a block's body and of every envelope in it. Depends on nothing but the bytes, so all
 * replicas answer alike, and never throws. What an envelope may do is decided at execution, with a result code.
 */
export function validateBlockBody(body: Uint8Array): BodyValidity {
  let bodies: Uint8Array[];
  try {
    bodies = body.length === 0 ? [] : decodeBody(body);
  } catch (error) {
    if (error instanceof CodecError) return { ok: false, reason: 'body_malformed' };
    throw error;
  }
  const envelopes: ScannedEnvelope[] = [];
  let operationCount = 0;
  for (const bytes of bodies) {
    try {
      const outline = scanEnvelope(bytes);
      envelopes.push({ bytes, outline });
      operationCount += outline.operationCount;
    } catch (error) {
      if (error instanceof CodecError) return { ok: false, reason: 'envelope_malformed' };
      throw error;
    }
    if (operationCount > LIMITS.blockOperationsMax) return { ok: false, reason: 'operations_too_many' };
  }
  return { ok: true, envelopes, operationCount };
}

/** Whether bytes that stand in an envelope's or a body's place are evidence: neither of those begins like it. */
export function isEvidence(bytes: Uint8Array): boolean {
  return bytes[0] === EVIDENCE_TAG;
}

/** What a final block's body holds: envelopes, or evidence alone. */
export function scanBody(body: Uint8Array): ScannedEnvelope[] {
  if (body.length === 0) return [];
  return isEvidence(body) ? [accusation(body)] : decodeBody(body).map(scanChecked);
}

/** One envelope of a final block, or its evidence. */
export function scanChecked(bytes: Uint8Array): ScannedEnvelope {
  if (isEvidence(bytes)) return accusation(bytes);
  try {
    return { bytes, outline: scanEnvelope(bytes) };
  } catch (error) {
    invariant(false, 'a body is checked before it is voted for', {
      reason: error instanceof Error ? error.message : 'unknown',
    });
  }
}

/** Evidence as one operation that no party signed. */
function accusation(bytes: Uint8Array): ScannedEnvelope {
  const outline = {
    ledger: NOBODY,
    party: 0n,
    id: 0n,
    expiresAtNs: 0n,
    operationCount: 1,
    operationOffsets: Uint32Array.of(0, bytes.length),
    contentBytes: bytes.length,
    hash: sha256(bytes),
    signatures: [],
  };
  return { bytes, outline };
}
