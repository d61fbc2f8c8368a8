import { CodecError } from '@quorate/codec';
import { LIMITS, decodeBody, scanEnvelope } from '@quorate/protocol';

/** Whether a block's body may be voted for, as far as its syntax and size tell. */
export type BodyValidity =
  | { readonly ok: true; readonly envelopes: Uint8Array[]; readonly operationCount: number }
  | { readonly ok: false; readonly reason: 'body_malformed' | 'envelope_malformed' | 'operations_too_many' };

/**
 * Checks the syntax and the limits of a block's body and of every envelope in it. Depends on nothing but the bytes, so all
 * replicas answer alike, and never throws. What an envelope may do is decided at execution, with a result code.
 */
export function validateBlockBody(body: Uint8Array): BodyValidity {
  let envelopes: Uint8Array[];
  try {
    envelopes = body.length === 0 ? [] : decodeBody(body);
  } catch (error) {
    if (error instanceof CodecError) return { ok: false, reason: 'body_malformed' };
    throw error;
  }
  let operationCount = 0;
  for (const envelope of envelopes) {
    try {
      operationCount += scanEnvelope(envelope).operationCount;
    } catch (error) {
      if (error instanceof CodecError) return { ok: false, reason: 'envelope_malformed' };
      throw error;
    }
    if (operationCount > LIMITS.blockOperationsMax) return { ok: false, reason: 'operations_too_many' };
  }
  return { ok: true, envelopes, operationCount };
}
