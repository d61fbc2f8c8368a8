import type { PartyKeyDraft } from '@quorate/protocol';

type Validity = Pick<PartyKeyDraft, 'validFromNs' | 'validUntilNs'>;

/** Whether signatures of the key count at that ledger time. */
export function isValidAt(key: Validity, nowNs: bigint): boolean {
  return key.validFromNs <= nowNs && (key.validUntilNs === 0n || nowNs < key.validUntilNs);
}

/**
 * Whether fewer keys than the threshold are valid now, or at a later time after which there are enough again. That all keys
 * end one day is no gap: a party may decide that its keys have to be renewed.
 */
export function leavesGap(keys: readonly Validity[], threshold: number, nowNs: bigint): boolean {
  const changes = keys.flatMap(({ validFromNs, validUntilNs }) => [validFromNs, validUntilNs]);
  const times = [nowNs, ...changes.filter((time) => time > nowNs)].sort((left, right) =>
    left < right ? -1 : left > right ? 1 : 0,
  );
  const enough = times.map((time) => keys.filter((key) => isValidAt(key, time)).length >= threshold);
  const lack = enough.indexOf(false);
  return lack === 0 || (lack > 0 && enough.includes(true, lack));
}
