import { equalBytes, hex, publicKeyAcceptable, sha256, type PublicKey } from '@quorate/crypto';
import { RULES_VERSION, type Genesis } from '@quorate/protocol';

const PRIME = 0x01000193;
const SECOND_PRIME = 0x85ebca6b;

const keys = new Map<string, Uint8Array>();

/** A consensus key of a simulated node; every generation is another one. */
export function simulatedKey(node: number, generation = 0): Uint8Array {
  return acceptableKey(Uint8Array.of(0x6b, node, generation));
}

/** Key of the simulated governance of a ledger. */
export function governanceKey(genesis: Pick<Genesis, 'ledgerId'>): Uint8Array {
  return acceptableKey(genesis.ledgerId);
}

/** The first acceptable key in the chain of hashes above the seed. */
function acceptableKey(seed: Uint8Array): Uint8Array {
  const name = hex(seed);
  const known = keys.get(name);
  if (known !== undefined) return known;
  let bytes = sha256(seed);
  while (!publicKeyAcceptable({ scheme: 'ed25519', bytes })) bytes = sha256(bytes);
  const key = Uint8Array.from(bytes);
  keys.set(name, key);
  return key;
}

/** A keyed checksum in place of a signature: deterministic and far faster. No adversary here tries to invert it; each signs with its own key only. */
export function signWithKey(key: Uint8Array, preimage: Uint8Array): Uint8Array {
  const secret = (key[0] << 24) | (key[1] << 16) | (key[2] << 8) | key[3];
  let [first, second] = [0x811c9dc5 ^ secret, PRIME ^ secret];
  for (let index = 0; index < preimage.length; index += 1) {
    first = Math.imul(first ^ preimage[index], PRIME);
    second = Math.imul(second + preimage[index], SECOND_PRIME) ^ (second >>> 15);
  }
  const signature = new Uint8Array(64);
  for (let index = 0; index < 4; index += 1) {
    signature[index] = first >>> (8 * index);
    signature[index + 32] = second >>> (8 * index);
  }
  return signature;
}

/** Signs with the node's first key. */
export function simulatedSignature(node: number, preimage: Uint8Array): Uint8Array {
  return signWithKey(simulatedKey(node), preimage);
}

export function simulatedVerify(key: PublicKey, preimage: Uint8Array, signature: Uint8Array): boolean {
  return equalBytes(signWithKey(key.bytes, preimage), signature);
}

/** SHA-256 of the certificate that a simulated node would have. */
export function simulatedCertificateHash(node: number): Uint8Array {
  return sha256(Uint8Array.of(0x63, node));
}

/** A genesis for `replicaCount` replicas; the seed chooses the ledger id and so the first leader. */
export function simulatedGenesis(replicaCount: number, seed: number, rulesVersion = RULES_VERSION): Genesis {
  const ledgerId = sha256(
    Uint8Array.of(0x6c, seed & 0xff, (seed >>> 8) & 0xff, (seed >>> 16) & 0xff, seed >>> 24),
  ).slice(0, 16);
  return {
    ledgerId,
    createdAtNs: 1_700_000_000_000_000_000n,
    operator: { id: 1n, name: 'operator', threshold: 1, keys: [{ scheme: 'ed25519', bytes: sha256(ledgerId) }] },
    rulesVersion,
    replicas: Array.from({ length: replicaCount }, (_, node) => ({
      consensusKey: simulatedKey(node),
      certificateHash: simulatedCertificateHash(node),
    })),
    governance: { threshold: 1, keys: [{ scheme: 'ed25519', bytes: governanceKey({ ledgerId }) }] },
  };
}
