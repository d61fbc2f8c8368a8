import { CodecError, Reader, Writer } from '@quorate/codec';
import { HEADER_BYTES, decodeHeader, encodeHeader, type BlockHeader } from './block';
import { readCertificate, writeCertificate, type Certificate } from './certificate';
import { EPOCH_END_BYTES_MAX } from './epoch-end';

/** The block that ended an epoch, final by that epoch's own replicas; its body says who follows. */
export interface EpochStep {
  readonly header: BlockHeader;
  readonly body: Uint8Array;
  readonly certificate: Certificate;
}

/** A commit certificate, and the ends of the epochs before its own: of all since the genesis, or the newest ones. */
export interface FinalityProof extends Certificate {
  readonly epochs: readonly EpochStep[];
}

/** Epochs that one proof may lead through. */
export const EPOCH_STEPS_MAX = 64;

/** A count (u8), each step's header, body and certificate, then the certificate. Of more than EPOCH_STEPS_MAX steps, the newest. */
export function encodeFinalityProof(certificate: Certificate, epochs: readonly EpochStep[]): Uint8Array {
  const writer = new Writer(1_024);
  const newest = epochs.slice(-EPOCH_STEPS_MAX);
  writer.u8(newest.length);
  for (const step of newest) {
    writer.fixed(encodeHeader(step.header), HEADER_BYTES).blob(step.body);
    writeCertificate(writer, step.certificate);
  }
  writeCertificate(writer, certificate);
  return writer.finish();
}

/** Decodes what encodeFinalityProof wrote; nothing of it is verified. Throws CodecError. */
export function decodeFinalityProof(bytes: Uint8Array): FinalityProof {
  const reader = new Reader(bytes);
  const count = reader.u8();
  if (count > EPOCH_STEPS_MAX) throw new CodecError('CODEC_RANGE', 'a proof leads through too many epochs', { count });
  const epochs: EpochStep[] = [];
  for (let index = 0; index < count; index += 1) {
    const header = decodeHeader(reader.fixed(HEADER_BYTES).slice());
    epochs.push({ header, body: reader.blob(EPOCH_END_BYTES_MAX).slice(), certificate: readCertificate(reader) });
  }
  const certificate = readCertificate(reader);
  reader.end();
  return { ...certificate, epochs };
}
