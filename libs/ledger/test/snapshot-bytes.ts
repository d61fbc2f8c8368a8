// Snapshots in memory: the bytes of a capture, and a ledger made of them.
import { verifySignature } from '@quorate/crypto';
import {
  Ledger,
  RestoredSections,
  SECTION_NAMES,
  type LedgerCapture,
  type LedgerLimits,
  type SectionName,
} from '../src';
import { genesis } from './ledger-fixture';

/** Odd on purpose: reads must not depend on where rows begin. */
const READ_BYTES = 1_021;

export function bytesOf(capture: LedgerCapture): Map<SectionName, Uint8Array> {
  return new Map(
    capture.sections.map((section) => {
      while (!section.prepare());
      const bytes = new Uint8Array(section.lengthBytes);
      for (let at = 0; at < bytes.length; at += READ_BYTES) section.read(at, bytes.subarray(at, at + READ_BYTES));
      return [section.section, bytes];
    }),
  );
}

export function restoredFrom(bytes: ReadonlyMap<SectionName, Uint8Array>, limits?: LedgerLimits): Ledger {
  const sections = new RestoredSections();
  for (const name of SECTION_NAMES) {
    const section = bytes.get(name) ?? new Uint8Array(0);
    sections.begin(name, section.length);
    for (let at = 0; at < section.length; at += READ_BYTES)
      sections.write(name, at, section.subarray(at, at + READ_BYTES));
  }
  return Ledger.restore(genesis, verifySignature, sections, limits);
}
