// The first section of a state: its version, height and time.
import { Reader, Writer } from '@quorate/codec';
import type { RestoredSections } from './restored-sections';
import { SnapshotError } from './section';

/** Version of the sections' contents: another one is not read. */
const SNAPSHOT_VERSION = 3;
const HEAD_BYTES = 18;

/** Where a ledger stands: height and time of its last executed block. */
export interface StateHead {
  readonly height: number;
  readonly timeNs: bigint;
}

export function encodeStateHead({ height, timeNs }: StateHead): Uint8Array {
  return new Writer(HEAD_BYTES).u16(SNAPSHOT_VERSION).uint(height).u64(timeNs).finish();
}

/** Throws SnapshotError on a state of another version, CodecError on bytes that are no head. */
export function readStateHead(sections: RestoredSections): StateHead {
  const reader = new Reader(sections.bytes('head'));
  const version = reader.u16();
  if (version !== SNAPSHOT_VERSION) throw new SnapshotError(`state of version ${version} is not read`, { version });
  const head = { height: reader.uint(), timeNs: reader.u64() };
  reader.end();
  return head;
}
