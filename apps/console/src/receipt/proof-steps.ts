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

/** How far a verification came, link by link. The light client compares the genesis first, then goes up the chain. */
export function proofStates(
  outcome: ProvenOutcome | ReceiptRefusal,
  hasAnchor: boolean,
): Readonly<Record<ProofLink, ProofState>> {
  const broken = outcome.ok ? null : brokenLink[outcome.code];
  const brokenAt = broken === null ? proofLinks.length : proofLinks.indexOf(broken);
  const stateOf = (link: ProofLink, index: number): ProofState => {
    if (link === broken) return 'broken';
    if (link === 'genesis') {
      if (!outcome.ok && outcome.code === 'RECEIPT_MALFORMED') return 'unreached';
      return hasAnchor ? 'proved' : 'open';
    }
    return broken !== 'genesis' && index < brokenAt ? 'proved' : 'unreached';
  };
  return Object.fromEntries(proofLinks.map((link, index) => [link, stateOf(link, index)])) as Record<
    ProofLink,
    ProofState
  >;
}
