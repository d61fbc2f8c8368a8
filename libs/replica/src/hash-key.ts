import { randomFillSync } from 'node:crypto';
import { HASH_KEY_WORDS } from '@quorate/ledger';

/** A key that no client can know, for this process alone: under it nobody can choose ids that collide in memory. */
export function drawHashKey(): Uint32Array {
  return randomFillSync(new Uint32Array(HASH_KEY_WORDS));
}
