import type { Certificate, CertifiedPosition } from '@quorate/protocol';

/** C-2: order of positions: by term, then by slot; null stands before everything. */
export function compareRank(
  left: { term: number; slot: number } | null,
  right: { term: number; slot: number } | null,
): number {
  const leftTerm = left?.term ?? 0;
  const rightTerm = right?.term ?? 0;
  if (leftTerm !== rightTerm) return leftTerm - rightTerm;
  return (left?.slot ?? 0) - (right?.slot ?? 0);
}

/** The position that a certificate certifies. */
export function positionOf(certificate: Certificate | null): CertifiedPosition | null {
  if (certificate === null) return null;
  return { term: certificate.term, slot: certificate.slot, blockId: certificate.blockId };
}
