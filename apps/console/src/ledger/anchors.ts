const storageKey = (ledgerId: string) => `quorate-anchor:${ledgerId}`;

/** The genesis id this browser saw first for a ledger: what its receipts are checked against from then on. */
export function pinnedAnchor(ledgerId: string): string | null {
  return localStorage.getItem(storageKey(ledgerId));
}

/** Remembers the genesis id of a ledger, once; answers the remembered one, which a later claim cannot replace. */
export function pinAnchor(ledgerId: string, genesisId: string): string {
  const pinned = pinnedAnchor(ledgerId);
  if (pinned !== null) return pinned;
  localStorage.setItem(storageKey(ledgerId), genesisId);
  return genesisId;
}
