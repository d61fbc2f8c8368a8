import { CodecError, type Reader, type Writer } from '@quorate/codec';
import { LIMITS } from './limits';
import { assertPrintable } from './printable';

/** What can be frozen. */
export const FREEZE_TARGETS = ['account', 'party'] as const;
/** One of the things that can be frozen. */
export type FreezeTarget = (typeof FREEZE_TARGETS)[number];

/** Freezes an account or a party, or lifts that, with the reason that stays on record. */
export interface FreezeChange {
  readonly target: FreezeTarget;
  readonly id: bigint;
  readonly frozen: boolean;
  readonly reason: string;
}

/** A fact other than money: `hash` of a document, what kind of fact it is, about whom or what, and where to find it. */
export interface RecordDraft {
  readonly id: bigint;
  readonly kind: number;
  readonly subject: bigint;
  readonly hash: Uint8Array;
  readonly reference: string;
}

const HASH_BYTES = 32;

export function writeFreeze(writer: Writer, change: FreezeChange): void {
  writer
    .u8(FREEZE_TARGETS.indexOf(change.target))
    .u128(change.id)
    .u8(change.frozen ? 1 : 0)
    .text(change.reason);
}

export function readFreeze(reader: Reader): FreezeChange {
  const target = FREEZE_TARGETS.at(reader.u8());
  const id = reader.u128();
  const frozen = reader.u8();
  const reason = reader.text(LIMITS.reasonBytesMax);
  if (target === undefined || frozen > 1) throw new CodecError('CODEC_INVALID', 'unknown target or state of a freeze');
  assertPrintable(reason, 'a reason');
  return { target, id, frozen: frozen === 1, reason };
}

export function writeRecord(writer: Writer, record: RecordDraft): void {
  writer.u128(record.id).u16(record.kind).u128(record.subject).fixed(record.hash, HASH_BYTES).text(record.reference);
}

export function readRecord(reader: Reader): RecordDraft {
  const id = reader.u128();
  const kind = reader.u16();
  const subject = reader.u128();
  const hash = reader.fixed(HASH_BYTES).slice();
  const reference = reader.text(LIMITS.referenceBytesMax);
  assertPrintable(reference, 'a reference');
  return { id, kind, subject, hash, reference };
}
