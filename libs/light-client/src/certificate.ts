import { equalBytes, verifySignature } from '@quorate/crypto';
import {
  blockId,
  commitPreimage,
  configHash,
  consensusContext,
  encodeHeader,
  preparePreimage,
  quorum,
  type BlockHeader,
  type Certificate,
  type Configuration,
  type VerifyKey,
} from '@quorate/protocol';

/** The one rule by which signatures are verified. */
export const verifyKey: VerifyKey = (key, message, signature) =>
  verifySignature(key.scheme, key.bytes, message, signature);

/** Why a certificate does not prove its block. */
export type CertificateFault =
  'wrong_ledger' | 'wrong_epoch' | 'wrong_replica_set' | 'wrong_block' | 'quorum_missing' | 'signature_wrong';

/**
 * Checks that a quorum of the configuration's replicas signed `header` (docs/spec/consensus.md); null when it did.
 * Every listed signature must verify: a certificate is built only from those that do. A simulation verifies by a rule of its own.
 */
export function certificateFault(
  configuration: Configuration,
  header: BlockHeader,
  certificate: Certificate,
  verify: VerifyKey = verifyKey,
): CertificateFault | null {
  const { replicas, epoch } = configuration;
  const replicaCount = replicas.length;
  if (!equalBytes(header.ledgerId, configuration.ledgerId)) return 'wrong_ledger';
  if (header.epoch !== epoch || certificate.epoch !== epoch) return 'wrong_epoch';
  if (!equalBytes(header.configHash, configHash(configuration))) return 'wrong_replica_set';
  if (!equalBytes(certificate.blockId, blockId(encodeHeader(header)))) return 'wrong_block';
  const ascending = certificate.signers.every(
    (signer, index) => index === 0 || signer > certificate.signers[index - 1],
  );
  const known = certificate.signers.every((signer) => signer < replicaCount);
  if (!ascending || !known || certificate.signers.length !== certificate.signatures.length) return 'quorum_missing';
  if (certificate.signers.length < quorum(replicaCount)) return 'quorum_missing';
  const preimageOf = certificate.kind === 'commit' ? commitPreimage : preparePreimage;
  const preimage = preimageOf(consensusContext(configuration), certificate, certificate.blockId);
  const allVerify = certificate.signers.every((signer, index) =>
    verify({ scheme: 'ed25519', bytes: replicas[signer].consensusKey }, preimage, certificate.signatures[index]),
  );
  return allVerify ? null : 'signature_wrong';
}
