import { decodeCheckpoint, encodeCheckpoint, type CheckpointCertificate } from '@quorate/protocol';
import { damagedObject, openObject, sealObject, type ObjectFrame } from './sealed-object';
import { MANIFEST_FRAME, ManifestReader, encodeHead, encodeTable, type SnapshotManifest } from './snapshot-manifest';
import { StorageError } from './storage-error';
import { FILE_KIND, type Vault } from './vault';

/** A snapshot in the archive; `pack` of its chunks' places is the number of an object of chunks. */
export interface ArchivedSnapshot extends SnapshotManifest {
  /** Null for the state that a fork began with: the genesis names its root. */
  readonly certificate: CheckpointCertificate | null;
}

/** The manifest as an object. */
export function sealSnapshot(
  vault: Vault,
  { state, tables, certificate }: Pick<ArchivedSnapshot, 'state' | 'tables' | 'certificate'>,
): Uint8Array {
  // An object that is cut at its end must not pass for one without a certificate.
  const extra = Uint8Array.of(certificate === null ? 0 : 1);
  const frames: ObjectFrame[] = [
    { kind: MANIFEST_FRAME.head, payload: encodeHead(state, extra, tables.size) },
    ...[...tables.values()].map((table) => ({ kind: MANIFEST_FRAME.chunks, payload: encodeTable(table) })),
  ];
  if (certificate !== null) frames.push({ kind: MANIFEST_FRAME.certificate, payload: encodeCheckpoint(certificate) });
  return sealObject(vault, { kind: FILE_KIND.archivedSnapshot, number: state.height }, frames).bytes;
}

/** Throws StorageError or CodecError unless it is the manifest of the snapshot at this height. */
export function openSnapshot(vault: Vault, name: string, height: number, bytes: Uint8Array): ArchivedSnapshot {
  const reader = new ManifestReader();
  let certificate: CheckpointCertificate | null = null;
  openObject(vault, { kind: FILE_KIND.archivedSnapshot, number: height }, name, bytes, (kind, payload) => {
    if (kind === MANIFEST_FRAME.certificate) certificate = decodeCheckpoint(payload);
    else reader.frame(kind, payload);
  });
  const manifest = reader.finish(name);
  if ((certificate === null) !== (manifest.extra[0] === 0)) throw damagedObject(name, bytes.length);
  if (manifest.state.height !== height)
    throw new StorageError('STORAGE_CORRUPT', `the archived object ${name} is of another height`, { file: name });
  return { ...manifest, certificate };
}
