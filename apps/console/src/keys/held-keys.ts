import type { PartyView } from '@quorate/sdk';
import type { StoredKey } from './key-store';

/** Which of a party's keys that count now this browser holds, by their index in the party's list. */
export function heldKeys(party: PartyView, keys: readonly StoredKey[]): { key: number; stored: StoredKey }[] {
  const nowNs = BigInt(Date.now()) * 1_000_000n;
  return party.keys.flatMap(({ publicKey, validFromNs, validUntilNs }, key) => {
    const counts = BigInt(validFromNs ?? 0) <= nowNs && (validUntilNs === null || BigInt(validUntilNs) > nowNs);
    if (!counts) return [];
    const stored = keys.find((candidate) => candidate.publicKey === publicKey);
    return stored === undefined ? [] : [{ key, stored }];
  });
}

/** Whether this browser alone can sign for the party. */
export const canSign = (party: PartyView, keys: readonly StoredKey[]): boolean =>
  heldKeys(party, keys).length >= party.threshold;
