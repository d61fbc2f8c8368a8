import { concatBytes, equalBytes, sha256 } from '@quorate/crypto';
import type { Genesis } from '@quorate/protocol';

/** A keyed hash in place of a signature: deterministic, unforgeable to code that does not hold the key, and 50 times faster. */
export function simulatedSignature(replica: number, preimage: Uint8Array): Uint8Array {
  const half = sha256(concatBytes(Uint8Array.of(0x51, replica), preimage));
  return concatBytes(half, half);
}

export function simulatedVerify(replica: number, preimage: Uint8Array, signature: Uint8Array): boolean {
  return equalBytes(simulatedSignature(replica, preimage), signature);
}

/** A genesis for `replicaCount` replicas; the seed chooses the ledger id and so the first leader. */
export function simulatedGenesis(replicaCount: number, seed: number): Genesis {
  const ledgerId = sha256(
    Uint8Array.of(0x6c, seed & 0xff, (seed >>> 8) & 0xff, (seed >>> 16) & 0xff, seed >>> 24),
  ).slice(0, 16);
  return {
    ledgerId,
    createdAtNs: 1_700_000_000_000_000_000n,
    operator: { id: 1n, name: 'operator', threshold: 1, keys: [{ scheme: 'ed25519', bytes: sha256(ledgerId) }] },
    replicas: Array.from({ length: replicaCount }, (_, index) => ({
      consensusKey: sha256(Uint8Array.of(0x6b, index)),
      certificateHash: sha256(Uint8Array.of(0x63, index)),
    })),
  };
}
