import { hex } from '@quorate/crypto';
import type { Certificate } from '@quorate/protocol';
import type { HeaderLink } from './types';

/** The final chain as far as a journal proves it. */
export interface RecoveredChain {
  /** Final headers from height 1 on, ascending. */
  readonly headers: readonly HeaderLink[];
  /** Names the last of them; null if only genesis is final. */
  readonly certificate: Certificate | null;
}

/**
 * Finds the final chain among journal records: the highest certified block from which parents lead down to genesis without a gap (C-33).
 * The certificates are the journal's own, verified before they were written.
 */
export function recoverChain(
  genesisKey: string,
  links: ReadonlyMap<string, HeaderLink>,
  certificates: readonly { readonly height: number; readonly certificate: Certificate }[],
): RecoveredChain {
  const descending = [...certificates].sort((left, right) => right.height - left.height);
  for (const { certificate } of descending) {
    const headers = chainDown(genesisKey, links, certificate);
    if (headers !== null) return { headers, certificate };
  }
  return { headers: [], certificate: null };
}

function chainDown(
  genesisKey: string,
  links: ReadonlyMap<string, HeaderLink>,
  certificate: Certificate,
): HeaderLink[] | null {
  const headers: HeaderLink[] = [];
  for (let key = hex(certificate.blockId); key !== genesisKey;) {
    const link = links.get(key);
    if (link === undefined) return null;
    headers.push(link);
    key = hex(link.header.parentId);
  }
  return headers.reverse();
}
