import { Reader } from '@quorate/codec';
import { equalBytes, hex } from '@quorate/crypto';
import { HEADER_BYTES, blockId, decodeCertificate, decodeHeader, type Certificate } from '@quorate/protocol';
import type { DamagedRange, JournalPosition, JournalRecord } from '@quorate/storage';
import { ReplicaError } from './replica-error';

/** Kinds of journal records; docs/spec/storage.md. */
export const RECORD = { genesis: 1, block: 2, certificate: 3, voteState: 4 } as const;

/** A stored block, without its body. */
export interface ScannedBlock {
  readonly position: JournalPosition;
  readonly height: number;
  readonly parentKey: string;
  readonly endsEpoch: boolean;
}

/** Collects what matters of the records that the journal replays. */
export class JournalScan {
  readonly blocks = new Map<string, ScannedBlock>();
  readonly certificates: { height: number; certificate: Certificate }[] = [];
  voteState: Uint8Array | null = null;
  /** Segment of the newest record of each kind. */
  readonly newestSegments = new Map<number, number>();
  newestCertificate: { height: number; certificate: Certificate } | null = null;
  sawGenesis = false;
  /** Sequence number of the record that holds `voteState`; -1 without one. */
  voteStateSequence = -1;

  constructor(private readonly genesisBytes: Uint8Array) {}

  visit({ kind, payload }: JournalRecord, position: JournalPosition, sequence: number): void {
    if (kind !== RECORD.genesis) this.newestSegments.set(kind, position.segment);
    switch (kind) {
      case RECORD.genesis:
        if (!equalBytes(payload, this.genesisBytes))
          throw new ReplicaError('REPLICA_GENESIS_DIFFERS', 'the directory belongs to a ledger with another genesis');
        this.sawGenesis = true;
        return;
      case RECORD.block: {
        const headerBytes = payload.slice(0, HEADER_BYTES);
        const header = decodeHeader(headerBytes);
        this.blocks.set(hex(blockId(headerBytes)), {
          position,
          height: header.height,
          parentKey: hex(header.parentId),
          endsEpoch: header.kind === 'epoch_end',
        });
        return;
      }
      case RECORD.certificate:
        this.visitCertificate(payload);
        return;
      case RECORD.voteState:
        this.voteState = payload.slice();
        this.voteStateSequence = sequence;
        return;
      default:
        throw new ReplicaError('REPLICA_HISTORY_INCOMPLETE', `journal record of unknown kind ${kind}`, { kind });
    }
  }

  /** Damage that may have held a vote state newer than the newest one that is intact; null if there is none. */
  lostVotes(damage: readonly DamagedRange[]): DamagedRange | null {
    return (
      damage.find(
        ({ lastSequence, recordKind }) =>
          lastSequence > this.voteStateSequence && (recordKind === null || recordKind === RECORD.voteState),
      ) ?? null
    );
  }

  /** Lowest height from which on, up to `height`, no block is intact. */
  lostFrom(height: number): number {
    let held = 0;
    for (const block of this.blocks.values()) if (block.height < height && block.height > held) held = block.height;
    return held + 1;
  }

  private visitCertificate(payload: Uint8Array): void {
    const reader = new Reader(payload);
    const height = reader.uint();
    const certificate = decodeCertificate(reader.blob(payload.length).slice());
    reader.end();
    const entry = { height, certificate };
    this.certificates.push(entry);
    if (this.newestCertificate === null || height > this.newestCertificate.height) this.newestCertificate = entry;
  }
}
