import { CodecError, Reader, Writer } from '@quorate/codec';
import { SIGNATURE_BYTES } from '@quorate/crypto';
import { LIMITS } from './limits';
import type { CertifiedPosition } from './vote';

/** Signatures of a quorum on one block at one position. A commit certificate makes the block final. */
export interface Certificate extends CertifiedPosition {
  readonly kind: 'prepare' | 'commit';
  readonly epoch: number;
  /** Replica indexes, ascending; `signatures` has the same order. */
  readonly signers: readonly number[];
  readonly signatures: readonly Uint8Array[];
}

const KIND_TAGS = { prepare: 1, commit: 2 } as const;

export function writeCertificate(writer: Writer, certificate: Certificate): void {
  const signers = certificate.signers.reduce((bits, signer) => bits | (1 << signer), 0);
  writer.u8(KIND_TAGS[certificate.kind]).u32(certificate.epoch).uint(certificate.term).uint(certificate.slot);
  writer.fixed(certificate.blockId, 32).u16(signers);
  for (const signature of certificate.signatures) writer.fixed(signature, SIGNATURE_BYTES);
}

export function readCertificate(reader: Reader): Certificate {
  const tag = reader.u8();
  if (tag !== KIND_TAGS.prepare && tag !== KIND_TAGS.commit)
    throw new CodecError('CODEC_INVALID', 'unknown certificate kind', { tag });
  const head = {
    kind: tag === KIND_TAGS.prepare ? ('prepare' as const) : ('commit' as const),
    epoch: reader.u32(),
    term: reader.uint(),
    slot: reader.uint(),
    blockId: reader.fixed(32).slice(),
  };
  const bits = reader.u16();
  if (bits >= 1 << LIMITS.replicasMax) throw new CodecError('CODEC_RANGE', 'a signer beyond the largest replica set');
  const signers: number[] = [];
  const signatures: Uint8Array[] = [];
  for (let index = 0; index < LIMITS.replicasMax; index += 1) {
    if ((bits & (1 << index)) === 0) continue;
    signers.push(index);
    signatures.push(reader.fixed(SIGNATURE_BYTES).slice());
  }
  return { ...head, signers, signatures };
}

export function encodeCertificate(certificate: Certificate): Uint8Array {
  const writer = new Writer(55 + certificate.signatures.length * SIGNATURE_BYTES);
  writeCertificate(writer, certificate);
  return writer.finish();
}

export function decodeCertificate(bytes: Uint8Array): Certificate {
  const reader = new Reader(bytes);
  const certificate = readCertificate(reader);
  reader.end();
  return certificate;
}
