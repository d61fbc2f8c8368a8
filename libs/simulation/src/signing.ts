import { equalBytes, sha256 } from '@quorate/crypto';
import { RULES_VERSION, type Genesis } from '@quorate/protocol';

const LANES = 4;
const PRIMES = [0x01000193, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f];

/** A keyed checksum in place of a signature: deterministic and far faster. No adversary here tries to invert it; each signs with its own key only. */
export function simulatedSignature(replica: number, preimage: Uint8Array): Uint8Array {
  const signature = new Uint8Array(64);
  const view = new DataView(signature.buffer);
  for (let lane = 0; lane < LANES; lane += 1) {
    let mixed = Math.imul(0x811c9dc5 ^ (replica + 1), PRIMES[lane]);
    for (const byte of preimage) {
      mixed = Math.imul(mixed ^ byte, PRIMES[lane]);
      mixed ^= mixed >>> 15;
    }
    for (let part = 0; part < 4; part += 1) view.setUint32(part * 16 + lane * 4, mixed);
  }
  return signature;
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
    rulesVersion: RULES_VERSION,
    replicas: Array.from({ length: replicaCount }, (_, index) => ({
      consensusKey: sha256(Uint8Array.of(0x6b, index)),
      certificateHash: sha256(Uint8Array.of(0x63, index)),
    })),
    governance: { threshold: 1, keys: [{ scheme: 'ed25519', bytes: sha256(ledgerId) }] },
  };
}
