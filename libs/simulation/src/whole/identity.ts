import { createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto';
import type { CoreParameters } from '@quorate/consensus';
import { concatBytes, sha256, unhex, verifySignature } from '@quorate/crypto';
import {
  RULES_VERSION,
  encodeEnvelopeContent,
  encodeGenesis,
  encodeSignedEnvelope,
  envelopeHash,
  envelopeSigningBytes,
  genesisId,
  type Genesis,
  type Operation,
  type VerifyKey,
} from '@quorate/protocol';
import { signWithKey, simulatedCertificateHash, simulatedKey, simulatedVerify } from '../signing';

/** PKCS #8 around 32 bytes of an Ed25519 seed. */
const PKCS8_PREFIX = unhex('302e020100300506032b657004220420');
const PUBLIC_KEY_BYTES = 32;

interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: Uint8Array;
}

const pairs = new Map<string, KeyPair>();

/** The Ed25519 key that belongs to a name. */
function keyPair(name: string): KeyPair {
  let pair = pairs.get(name);
  if (pair === undefined) {
    const seed = sha256(new TextEncoder().encode(`quorate/simulation/${name}`));
    const privateKey = createPrivateKey({
      key: Buffer.from(concatBytes(PKCS8_PREFIX, seed)),
      format: 'der',
      type: 'pkcs8',
    });
    const der = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
    pair = { privateKey, publicKey: new Uint8Array(der.subarray(der.length - PUBLIC_KEY_BYTES)) };
    pairs.set(name, pair);
  }
  return pair;
}

const realVerify: VerifyKey = (key, message, signature) => verifySignature(key.scheme, key.bytes, message, signature);

/**
 * Who is who on one simulated ledger. Envelopes are always signed and verified with Ed25519. Votes are, where `realVotes` says so;
 * elsewhere a keyed checksum stands in for their signatures, which are most of what a run would otherwise spend its time on.
 */
export class LedgerIdentity {
  readonly genesis: Genesis;
  readonly genesisBytes: Uint8Array;
  readonly anchor: Uint8Array;
  private envelopes = 0n;

  constructor(
    seed: number,
    replicaCount: number,
    readonly realVotes: boolean,
    readonly parameters: Partial<CoreParameters>,
  ) {
    const ledgerId = sha256(new TextEncoder().encode(`quorate/simulation/ledger/${seed}`)).slice(0, 16);
    const { publicKey } = keyPair('operator');
    const operatorKey = { scheme: 'ed25519', bytes: publicKey } as const;
    this.genesis = {
      ledgerId,
      createdAtNs: 1_700_000_000_000_000_000n,
      operator: { id: 1n, name: 'operator', threshold: 1, keys: [operatorKey] },
      rulesVersion: RULES_VERSION,
      replicas: Array.from({ length: replicaCount }, (_, node) => ({
        consensusKey: this.consensusKey(node, 0),
        certificateHash: simulatedCertificateHash(node),
      })),
      governance: { threshold: 1, keys: [realVotes ? operatorKey : { scheme: 'ed25519', bytes: simulatedKey(255) }] },
    };
    this.genesisBytes = encodeGenesis(this.genesis);
    this.anchor = genesisId(this.genesis);
  }

  readonly verify: VerifyKey = (key, message, signature) =>
    this.realVotes ? realVerify(key, message, signature) : simulatedVerify(key, message, signature);

  consensusKey(node: number, generation: number): Uint8Array {
    return this.realVotes ? keyPair(`replica/${node}/${generation}`).publicKey : simulatedKey(node, generation);
  }

  sign(node: number, generation: number, preimage: Uint8Array): Uint8Array {
    return this.realVotes
      ? signEd25519(`replica/${node}/${generation}`, preimage)
      : signWithKey(simulatedKey(node, generation), preimage);
  }

  signAsGovernance(preimage: Uint8Array): Uint8Array {
    return this.realVotes ? signEd25519('operator', preimage) : signWithKey(simulatedKey(255), preimage);
  }

  /** Operations in an envelope of the operator. */
  envelope(operations: readonly Operation[], expiresAtNs: bigint): Uint8Array {
    this.envelopes += 1n;
    const content = encodeEnvelopeContent({
      ledger: this.anchor,
      party: 1n,
      id: this.envelopes,
      expiresAtNs,
      operations,
    });
    const bytes = signEd25519('operator', envelopeSigningBytes(envelopeHash(content)));
    return encodeSignedEnvelope(content, [{ key: 0, bytes }]);
  }
}

function signEd25519(name: string, preimage: Uint8Array): Uint8Array {
  return new Uint8Array(sign(null, preimage, keyPair(name).privateKey));
}
