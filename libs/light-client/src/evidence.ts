import { CodecError } from '@quorate/codec';
import { verifySignature } from '@quorate/crypto';
import {
  contradictionOf,
  decodeEvidence,
  evidenceFault,
  type Configuration,
  type Contradiction,
  type EvidenceFault,
  type VerifyKey,
} from '@quorate/protocol';

const verifyKey: VerifyKey = (key, message, signature) => verifySignature(key.scheme, key.bytes, message, signature);

/** What valid evidence proves: the replica with this index of the configuration signed two statements that contradict each other. */
export interface ProvenMisbehaviour {
  readonly ok: true;
  readonly replica: number;
  readonly contradiction: Contradiction;
}

/** Why evidence proves nothing. */
export interface EvidenceRefusal {
  readonly ok: false;
  readonly fault: EvidenceFault | 'malformed';
}

/** Verifies evidence offline under the trusted configuration of its epoch (verifyEpochs leads to it from the genesis' one). */
export function verifyEvidence(configuration: Configuration, bytes: Uint8Array): ProvenMisbehaviour | EvidenceRefusal {
  try {
    const evidence = decodeEvidence(bytes);
    const fault = evidenceFault(configuration, evidence, verifyKey);
    const contradiction = contradictionOf(evidence);
    if (fault !== null || contradiction === null) return { ok: false, fault: fault ?? 'no_contradiction' };
    return { ok: true, replica: evidence.replica, contradiction };
  } catch (error) {
    if (error instanceof CodecError) return { ok: false, fault: 'malformed' };
    throw error;
  }
}
