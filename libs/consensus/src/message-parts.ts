import { CodecError, type Reader, type Writer } from '@quorate/codec';
import { SIGNATURE_BYTES } from '@quorate/crypto';
import { LIMITS, readCertificate, writeCertificate, type Certificate, type CertifiedPosition } from '@quorate/protocol';
import type { Echo, SignedVote, TermEntry, TimeoutCertificate, TimeoutEntry } from './types';

/** Refuses anything but 0 and 1, so that one value has one encoding. */
export function readFlag(reader: Reader): boolean {
  const value = reader.u8();
  if (value > 1) throw new CodecError('CODEC_INVALID', 'a flag is 0 or 1', { value });
  return value === 1;
}

export function writeFlag(writer: Writer, value: boolean): void {
  writer.u8(value ? 1 : 0);
}

export function writeOptional<T>(writer: Writer, value: T | null, write: (writer: Writer, value: T) => void): void {
  writeFlag(writer, value !== null);
  if (value !== null) write(writer, value);
}

export function readOptional<T>(reader: Reader, read: (reader: Reader) => T): T | null {
  return readFlag(reader) ? read(reader) : null;
}

export function writePosition(writer: Writer, position: CertifiedPosition): void {
  writer.uint(position.term).uint(position.slot).fixed(position.blockId, 32);
}

export function readPosition(reader: Reader): CertifiedPosition {
  return { term: reader.uint(), slot: reader.uint(), blockId: reader.fixed(32).slice() };
}

export function readSignature(reader: Reader): Uint8Array {
  return reader.fixed(SIGNATURE_BYTES).slice();
}

export function writeOptionalCertificate(writer: Writer, certificate: Certificate | null): void {
  writeOptional(writer, certificate, writeCertificate);
}

export function readOptionalCertificate(reader: Reader): Certificate | null {
  return readOptional(reader, readCertificate);
}

export function writeTimeoutCertificate(writer: Writer, certificate: TimeoutCertificate): void {
  writer.uint(certificate.term).u8(certificate.entries.length);
  for (const entry of certificate.entries) {
    writer.u8(entry.replica);
    writeOptional(writer, entry.high, writePosition);
    writer.fixed(entry.signature, SIGNATURE_BYTES);
  }
  writeOptionalCertificate(writer, certificate.highCertificate);
}

export function readTimeoutCertificate(reader: Reader): TimeoutCertificate {
  const term = reader.uint();
  const count = reader.u8();
  if (count > LIMITS.replicasMax) throw new CodecError('CODEC_RANGE', 'more entries than replicas', { count });
  const entries: TimeoutEntry[] = [];
  for (let index = 0; index < count; index += 1) {
    const replica = reader.u8();
    if (index > 0 && replica <= entries[index - 1].replica)
      throw new CodecError('CODEC_INVALID', 'entries are not in ascending order');
    entries.push({ replica, high: readOptional(reader, readPosition), signature: readSignature(reader) });
  }
  return { term, entries, highCertificate: readOptionalCertificate(reader) };
}

export function writeTermEntry(writer: Writer, entry: TermEntry): void {
  if (entry.kind === 'timeout-certificate') {
    writer.u8(1);
    writeTimeoutCertificate(writer, entry.certificate);
  } else {
    writer.u8(2);
    writeCertificate(writer, entry.certificate);
  }
}

export function readTermEntry(reader: Reader): TermEntry {
  const tag = reader.u8();
  if (tag === 1) return { kind: 'timeout-certificate', certificate: readTimeoutCertificate(reader) };
  if (tag === 2) return { kind: 'certificate', certificate: readCertificate(reader) };
  throw new CodecError('CODEC_INVALID', 'unknown kind of term entry', { tag });
}

export function writeSignedVote(writer: Writer, vote: SignedVote): void {
  writePosition(writer, vote);
  writer.fixed(vote.signature, SIGNATURE_BYTES);
}

export function readSignedVote(reader: Reader): SignedVote {
  return { ...readPosition(reader), signature: readSignature(reader) };
}

export function writeEcho(writer: Writer, echo: Echo): void {
  writeOptional(writer, echo.prepare, writeSignedVote);
  writeOptional(writer, echo.commit, writeSignedVote);
  writeOptional(writer, echo.timeout, (target, { term, high, signature }) => {
    target.uint(term);
    writeOptional(target, high, writePosition);
    target.fixed(signature, SIGNATURE_BYTES);
  });
}

export function readEcho(reader: Reader): Echo {
  return {
    prepare: readOptional(reader, readSignedVote),
    commit: readOptional(reader, readSignedVote),
    timeout: readOptional(reader, (source) => ({
      term: source.uint(),
      high: readOptional(source, readPosition),
      signature: readSignature(source),
    })),
  };
}
