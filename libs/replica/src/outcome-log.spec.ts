import { nodeCryptography } from '@quorate/runtime-node';
import { Vault } from '@quorate/storage';
import type { StoredOutcome } from '@quorate/ledger';
import { MemoryDirectory } from '../../storage/test/memory-directory';
import { OutcomeLog } from './outcome-log';

const vault = new Vault({
  cryptography: nodeCryptography,
  ledgerId: new Uint8Array(16),
  keys: [{ generation: 1, key: new Uint8Array(32).fill(5) }],
});

function outcomeOf(height: number): StoredOutcome {
  const codes = Uint16Array.of(0, height % 200);
  const rows = new Uint32Array(3 * 26);
  rows[0] = height;
  rows[25] = 0xffff_ffff;
  rows[2 * 26] = 7;
  // Every other block has pending sums.
  const pendings = new Uint32Array(height % 2 === 0 ? 0 : 3 * 16);
  if (pendings.length > 0) pendings[47] = 0xffff_fffe;
  const captured = { operationCount: 2, count: 3, rows, pendings, expired: Uint32Array.of(1, 2, 3, height) };
  return { timeNs: BigInt(height) << 33n, codes, captured };
}

const leafOf = (height: number): Uint8Array => new Uint8Array(32).fill(height);

async function logged(directory: MemoryDirectory, from: number, to: number): Promise<void> {
  const log = await OutcomeLog.open({ directory, vault });
  for (let height = from; height <= to; height += 1) log.append(height, outcomeOf(height), leafOf(height));
  await log.sync();
  await log.close();
}

describe('the log of outcomes', () => {
  it('gives back what was written, also after a restart, and takes nothing twice', async () => {
    const directory = new MemoryDirectory();
    await logged(directory, 1, 20);
    const [name] = directory.files.keys();
    const size = directory.files.get(name)?.length;
    await logged(directory, 5, 20);
    expect(directory.files.get(name)?.length).toBe(size);
    const log = await OutcomeLog.open({ directory, vault });
    log.append(21, outcomeOf(21), leafOf(21));
    for (const height of [21, 1, 13, 20]) expect(await log.read(height)).toEqual(outcomeOf(height));
    expect([await log.read(0), await log.read(22)]).toEqual([null, null]);
    for (const height of [21, 1, 13, 20]) expect(await log.leaf(height)).toEqual(leafOf(height));
    expect([await log.leaf(0), await log.leaf(22)]).toEqual([null, null]);
    await log.close();
  });

  it('goes on behind a gap in a file of its own, and answers that the gap is not held', async () => {
    const directory = new MemoryDirectory();
    await logged(directory, 1, 3);
    await logged(directory, 10, 12);
    expect([...directory.files.keys()]).toEqual(['outcomes-0000000001', 'outcomes-0000000010']);
    const log = await OutcomeLog.open({ directory, vault });
    const held = await Promise.all([1, 3, 4, 9, 10, 12, 13].map((height) => log.read(height)));
    expect(held.map((outcome) => outcome !== null)).toEqual([true, true, false, false, true, true, false]);
    await log.close();
  });

  it('cuts a torn end and writes it again', async () => {
    const directory = new MemoryDirectory();
    await logged(directory, 1, 5);
    const [[name, bytes]] = directory.files;
    directory.files.set(name, bytes.slice(0, bytes.length - 1));
    await logged(directory, 1, 6);
    const log = await OutcomeLog.open({ directory, vault });
    for (let height = 1; height <= 6; height += 1) expect(await log.read(height)).toEqual(outcomeOf(height));
    await log.close();
  });

  it('tells who waits for durability that a write failed, and answers that the rest is not held', async () => {
    const directory = new MemoryDirectory();
    const log = await OutcomeLog.open({ directory, vault });
    directory.failWrites = new Error('no room');
    log.append(1, outcomeOf(1), leafOf(1));
    await expect(log.sync()).rejects.toThrow('no room');
    expect(await log.read(1)).toBeNull();
    await log.close();
  });
});
