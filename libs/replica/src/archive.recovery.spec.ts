import { hex } from '@quorate/crypto';
import { CodedError } from '@quorate/errors';
import { verifyReceipt } from '@quorate/light-client';
import { RESULT_CODES, formatId, genesisId } from '@quorate/protocol';
import { Archive } from '@quorate/storage';
import { MemoryDirectory } from '../../storage/test/memory-directory';
import { MemoryObjectStore } from '../../storage/test/memory-object-store';
import { setUpOperations, transfer } from '../test/cluster';
import { LoneLedger } from '../test/lone-replica';
import type { Replica } from './replica';

const SEGMENT_BYTES = 16_384;
const TRANSFERS = 90;

/** A ledger whose replica keeps as little as it may, on disks in memory. */
class ArchivedLedger extends LoneLedger {
  objects = new MemoryObjectStore();
  directory = new MemoryDirectory(SEGMENT_BYTES);
  snapshots = new MemoryDirectory();

  start(): Promise<Replica> {
    return this.open({
      directory: this.directory,
      snapshots: this.snapshots,
      spacing: { blocks: 10, operations: 1_000_000 },
      archive: { store: this.objects, vault: this.vault(8) },
      retention: { blocks: 4, bytes: 0 },
    });
  }

  async fill(replica: Replica): Promise<void> {
    await this.submit(replica, ...setUpOperations(this.operator, 1));
    for (let index = 0; index < TRANSFERS; index += 1) await this.transfer(replica, index);
  }

  transfer(replica: Replica, index: number) {
    return this.submit(replica, transfer(BigInt(100 + index), 1n, 2n, 1n));
  }

  /** The receipt of a transfer, verified. */
  async proven(replica: Replica, index: number): Promise<boolean> {
    const answer = await replica.query({ query: 'receipt', transferId: formatId(BigInt(100 + index)) });
    return answer.kind === 'receipt' && verifyReceipt(answer.receipt, hex(genesisId(this.genesis))).ok;
  }
}

const segmentsOf = (directory: MemoryDirectory): string[] =>
  [...directory.files.keys()].filter((name) => name.startsWith('journal-')).sort();

describe('a replica with an archive', () => {
  it('drops what is there, and still proves, looks up and refuses everything, also after a restart', async () => {
    const ledger = new ArchivedLedger();
    let replica = await ledger.start();
    await ledger.fill(replica);
    const shipped = await replica.archiving.shipNow();
    expect(shipped?.height).toBeGreaterThan(TRANSFERS);
    expect(shipped?.snapshotHeight).toBeGreaterThan(0);
    expect(segmentsOf(ledger.directory)[0]).not.toBe('journal-000001');
    for (let restarts = 0; restarts < 2; restarts += 1) {
      for (const index of [0, 1, 45, TRANSFERS - 1]) expect(await ledger.proven(replica, index)).toBe(true);
      const blocks = await replica.query({ query: 'blocks', cursor: '3', limit: 10 });
      expect(blocks.data).toMatchObject([{ height: 3 }, { height: 2 }, { height: 1 }]);
      const repeated = await ledger.transfer(replica, 0);
      expect(repeated).toMatchObject({ kind: 'final' });
      expect(repeated.kind === 'final' && repeated.codes[0]).not.toBe(RESULT_CODES.applied);
      await replica.close();
      replica = await ledger.start();
      expect(replica.status().baseHeight).toBeGreaterThan(0);
    }
    await replica.close();
    expect(ledger.faults).toEqual([]);
  });

  it('serves on while the archive is away, says so, and catches up', async () => {
    const ledger = new ArchivedLedger();
    const replica = await ledger.start();
    await ledger.fill(replica);
    await replica.archiving.shipNow();
    await replica.close();
    const again = await ledger.start();
    ledger.objects.failure = new CodedError('OBJECT_STORE_UNREACHABLE', 'away');
    await expect(again.archiving.shipNow()).rejects.toMatchObject({ code: 'OBJECT_STORE_UNREACHABLE' });
    await expect(again.query({ query: 'receipt', height: 2, index: 0 })).resolves.toMatchObject({
      kind: 'error',
      code: 'REPLICA_ARCHIVE_UNREACHABLE',
    });
    await expect(ledger.transfer(again, TRANSFERS)).resolves.toMatchObject({ kind: 'final' });
    ledger.objects.failure = null;
    const shipped = await again.archiving.shipNow();
    expect(shipped?.height).toBe(again.status().height);
    expect(await ledger.proven(again, 0)).toBe(true);
    await again.close();
    expect(ledger.faults).toEqual([]);
  });

  it('never says that there is nothing where it only lost it: a receipt, a statement, a look-up', async () => {
    const ledger = new ArchivedLedger();
    const replica = await ledger.start();
    await ledger.fill(replica);
    await replica.archiving.shipNow();
    await replica.close();
    ledger.objects = new MemoryObjectStore();
    const again = await ledger.start();
    const lost = { kind: 'error', code: 'REPLICA_HISTORY_INCOMPLETE' };
    await expect(again.query({ query: 'receipt', height: 2, index: 0 })).resolves.toMatchObject(lost);
    await expect(again.query({ query: 'receipt', transferId: formatId(100n) })).resolves.toMatchObject(lost);
    const statement = { query: 'statement', account: formatId(1n), limit: 100 } as const;
    await expect(again.query(statement)).resolves.toMatchObject(lost);
    const missing = again.query({ query: 'receipt', height: 1_000_000, index: 0 });
    await expect(missing).resolves.toMatchObject({ kind: 'unknown' });
    await again.close();
  });

  it('ships each block once, whatever object it was interrupted at', async () => {
    const ledger = new ArchivedLedger();
    const replica = await ledger.start();
    await ledger.fill(replica);
    let [puts, stopAt] = [0, 0];
    ledger.objects.beforePut = () => {
      puts += 1;
      if (puts > stopAt) throw new CodedError('OBJECT_STORE_FULL', 'no room');
    };
    for (stopAt = 0; stopAt < 3; stopAt += 1) {
      puts = 0;
      await expect(replica.archiving.shipNow()).rejects.toMatchObject({ code: 'OBJECT_STORE_FULL' });
    }
    ledger.objects.beforePut = () => undefined;
    await replica.archiving.shipNow();
    const archive = new Archive({ store: ledger.objects, vault: ledger.vault(8) });
    const heights: number[] = [];
    for await (const { block } of archive.blocks(1, 1_000)) heights.push(block.header.height);
    expect(heights).toEqual(Array.from({ length: heights.length }, (_, index) => index + 1));
    expect(heights).toHaveLength(await archive.lastHeight());
    await replica.close();
  });

  it('begins with a snapshot of a later epoch, and drops the ends of epochs from its journal only', async () => {
    const ledger = new ArchivedLedger();
    let replica = await ledger.start();
    await ledger.submit(replica, ...setUpOperations(ledger.operator, 1));
    for (let epoch = 0; epoch < 3; epoch += 1) {
      for (let index = 0; index < 30; index += 1) await ledger.transfer(replica, epoch * 30 + index);
      await ledger.nextEpoch(replica);
    }
    for (let index = 90; index < 120; index += 1) await ledger.transfer(replica, index);
    await replica.archiving.shipNow();
    expect(segmentsOf(ledger.directory)[0]).not.toBe('journal-000001');
    const { snapshotHeight } = replica.status();
    await replica.close();
    replica = await ledger.start();
    expect(replica.status()).toMatchObject({ epoch: 4, baseHeight: snapshotHeight });
    for (const index of [0, 40, 119]) expect(await ledger.proven(replica, index)).toBe(true);
    await expect(ledger.transfer(replica, 120)).resolves.toMatchObject({ kind: 'final' });
    await replica.close();
    expect(ledger.faults).toEqual([]);
  });

  it('does not ship over the history of another ledger', async () => {
    const ledger = new ArchivedLedger();
    const replica = await ledger.start();
    await ledger.fill(replica);
    await replica.archiving.shipNow();
    await replica.close();
    ledger.directory = new MemoryDirectory(SEGMENT_BYTES);
    ledger.snapshots = new MemoryDirectory();
    const another = await ledger.start();
    await ledger.submit(another, ...setUpOperations(ledger.operator, 2));
    await expect(another.archiving.shipNow()).rejects.toMatchObject({ code: 'REPLICA_ARCHIVE_FOREIGN' });
    await another.close();
  });
});
