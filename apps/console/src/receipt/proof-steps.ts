import type { ProvenOutcome, ReceiptFault, ReceiptRefusal } from '@quorate/light-client';

/** The links of a receipt's chain of proof, from the record to what is trusted. */
export const proofLinks = ['record', 'results', 'header', 'certificate', 'genesis'] as const;
export type ProofLink = (typeof proofLinks)[number];

/** `open`: not proved, because the reader gave nothing to compare with; `unreached`: an earlier check failed. */
export type ProofState = 'proved' | 'broken' | 'open' | 'unreached';

const brokenLink: Readonly<Record<ReceiptFault, ProofLink>> = {
  RECEIPT_MALFORMED: 'record',
  RECEIPT_RESULT_UNKNOWN: 'record',
  RECEIPT_RECORD_NOT_IN_BLOCK: 'results',
  RECEIPT_BLOCK_NOT_IN_HISTORY: 'header',
  RECEIPT_CERTIFICATE_INVALID: 'certificate',
  RECEIPT_OTHER_LEDGER: 'genesis',
};

/**
 * What a verification proved, link by link. A record and its results stand and fall with the header that commits to them:
 * when that chain of hashes does not close, nothing of it is proved. The genesis is compared before everything else.
 */
export function proofStates(
  outcome: ProvenOutcome | ReceiptRefusal,
  hasAnchor: boolean,
): Readonly<Record<ProofLink, ProofState>> {
  const broken = outcome.ok ? null : brokenLink[outcome.code];
  const chainCloses = broken === null || broken === 'certificate';
  const genesis = broken === 'record' ? 'unreached' : hasAnchor ? 'proved' : 'open';
  const states: Record<ProofLink, ProofState> = {
    record: chainCloses ? 'proved' : 'unreached',
    results: chainCloses ? 'proved' : 'unreached',
    header: chainCloses ? 'proved' : 'unreached',
    certificate: outcome.ok ? 'proved' : 'unreached',
    genesis,
  };
  return broken === null ? states : { ...states, [broken]: 'broken' };
}
