import { CodecError } from '@quorate/codec';
import {
  contradictionOf,
  decodeEvidence,
  encodeEvidence,
  evidenceFault,
  firstConfiguration,
  type Configuration,
  type Contradiction,
  type EvidenceFault,
} from '@quorate/protocol';
import { verifyKey } from './certificate';
import { verifyEpochs } from './epochs';
import { verifyReceipt, type ReceiptFault } from './receipt';
import { parseReceipt } from './receipt-parser';

/** What valid evidence proves: the replica with this index of the configuration signed two statements that contradict each other. */
export interface ProvenMisbehaviour {
  readonly ok: true;
  readonly replica: number;
  readonly contradiction: Contradiction;
}

/** What a receipt of evidence proves besides: that the ledger has it on record, and under which epoch's replica set it counts. */
export interface RecordedMisbehaviour extends ProvenMisbehaviour {
  readonly genesisId: string;
  readonly epoch: number;
  readonly height: number;
}

/** Why evidence proves nothing. */
export interface EvidenceRefusal {
  readonly ok: false;
  readonly fault: EvidenceFault | ReceiptFault | 'malformed' | 'no_evidence' | 'epoch_not_proved';
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

/**
 * Verifies a receipt of evidence offline: that it is on the ledger, as any receipt, and that both statements are signed by the key that the
 * replica set of their epoch names, to which the receipt leads from the genesis. `anchor` and `trusted` as for `verifyReceipt`.
 */
export function verifyEvidenceReceipt(
  value: unknown,
  anchor?: string,
  trusted?: Configuration,
): RecordedMisbehaviour | EvidenceRefusal {
  const proven = verifyReceipt(value, anchor, trusted);
  if (!proven.ok) return { ok: false, fault: proven.code };
  if (proven.operation.kind !== 'evidence') return { ok: false, fault: 'no_evidence' };
  const { evidence } = proven.operation;
  const { genesis, certificate } = parseReceipt(value);
  const first = trusted ?? firstConfiguration(genesis);
  const steps = certificate.epochs.filter(({ header }) => header.epoch >= first.epoch && header.epoch < evidence.epoch);
  const configuration = verifyEpochs(first, steps);
  if (configuration?.epoch !== evidence.epoch) return { ok: false, fault: 'epoch_not_proved' };
  const verdict = verifyEvidence(configuration, encodeEvidence(evidence));
  const { genesisId, height } = proven;
  return verdict.ok ? { ...verdict, genesisId, height, epoch: evidence.epoch } : verdict;
}
