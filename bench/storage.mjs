// The journal beside the raw disk, in the same run and interleaved: throughput, price of sealing, latency of a lone write.
import { createRequire } from 'node:module';
import { createHash, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hardware, percentile, printTable } from './figures.mjs';

const require = createRequire(import.meta.url);
const { Journal, Vault } = require('@quorate/storage');
const { nodeCryptography, nodeTimers, openNodeDirectory } = require('@quorate/runtime-node');

const mebibyte = 1_048_576;
/** What one turn writes: enough to fill a few segments; many turns say more than long ones on a disk that is not alone. */
const totalBytes = 96 * mebibyte;
const recordBytes = mebibyte;
/** Blocks on their way to the disk at once; the window of consensus. */
const window = 8;
const roundCount = process.argv.includes('--quick') ? 7 : 21;
const loneCount = 500;
const loneBytes = 400;
const tagBytes = 16;

/** Frames in the clear with the first half of a SHA-256 as their tag: what sealing is compared with. */
const checksums = {
  random: nodeCryptography.random,
  cipher: () => ({
    seal(nonce, associated, payload, target, offset) {
      target.set(payload, offset);
      const hash = createHash('sha256').update(associated).update(payload).digest();
      target.set(hash.subarray(0, tagBytes), offset + payload.length);
    },
    open: () => null,
  }),
};

/** Frames that are neither enciphered nor checked: no journal one could keep, but the floor of both. */
const copies = {
  random: nodeCryptography.random,
  cipher: () => ({
    seal: (nonce, associated, payload, target, offset) => target.set(payload, offset),
    open: () => null,
  }),
};

async function withFolder(task) {
  const folder = await mkdtemp(join(tmpdir(), 'quorate-storage-'));
  try {
    return await task(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function openJournal(folder, cryptography) {
  return Journal.open({
    directory: await openNodeDirectory(folder),
    vault: new Vault({ cryptography, ledgerId: randomBytes(16), keys: [{ generation: 1, key: randomBytes(32) }] }),
    timers: nodeTimers,
    onRecord: () => undefined,
    onFault: (error) => {
      throw error;
    },
    onSpace: () => undefined,
  });
}

/** Elapsed and processor time of a task, ms. */
async function timed(task) {
  const cpu = process.cpuUsage();
  const began = performance.now();
  await task();
  const elapsedMs = performance.now() - began;
  const { user, system } = process.cpuUsage(cpu);
  return { elapsedMs, processorMs: (user + system) / 1_000 };
}

function appendAll(cryptography) {
  return withFolder(async (folder) => {
    const journal = await openJournal(folder, cryptography);
    const payload = randomBytes(recordBytes);
    const spent = await timed(async () => {
      const lanes = Array.from({ length: window }, async () => {
        for (let count = 0; count < totalBytes / recordBytes / window; count += 1)
          await journal.append([{ kind: 2, payload }]);
      });
      await Promise.all(lanes);
    });
    await journal.close();
    return spent;
  });
}

/** The same bytes in one write of `window` records after the other, each durable when it returns; files made ahead as the journal does. */
function writeRaw(preallocated) {
  return withFolder(async (folder) => {
    const bytes = randomBytes(recordBytes * window);
    const directory = await openNodeDirectory(folder);
    const sizes = [4, 16, 64, 64, 64, 64, 64].map((count) => count * mebibyte);
    return timed(async () => {
      let written = 0;
      let next = preallocated ? directory.createZeroed('raw-0', sizes[0]) : null;
      for (let index = 0; written < totalBytes; index += 1) {
        const flags = constants.O_RDWR | constants.O_CREAT | constants.O_DSYNC;
        const file = preallocated ? await next : await open(join(folder, `grown-${index}`), flags);
        if (preallocated) next = directory.createZeroed(`raw-${index + 1}`, sizes[index + 1]);
        for (let offset = 0; offset < sizes[index] && written < totalBytes;) {
          const part = bytes.subarray(0, Math.min(bytes.length, sizes[index] - offset));
          if (preallocated) await file.write(offset, [part]);
          else await file.write(part, 0, part.length, offset);
          offset += part.length;
          written += part.length;
        }
        await file.close();
      }
      if (preallocated) await (await next).close();
    });
  });
}

/** Median latency of a lone append and of a bare write with fdatasync, taken in turns. */
function measureLone() {
  return withFolder(async (folder) => {
    const journal = await openJournal(join(folder, 'journal'), nodeCryptography);
    const zeroed = await (await openNodeDirectory(folder)).createZeroed('bare', 4 * mebibyte);
    await zeroed.close();
    const bare = await open(join(folder, 'bare'), 'r+');
    const payload = randomBytes(loneBytes);
    const samples = { journal: [], bare: [] };
    for (let index = 0; index < loneCount; index += 1) {
      let began = performance.now();
      await journal.append([{ kind: 4, payload }]);
      samples.journal.push(performance.now() - began);
      began = performance.now();
      await bare.write(payload, 0, loneBytes, index * (loneBytes + 64));
      await bare.datasync();
      samples.bare.push(performance.now() - began);
    }
    await bare.close();
    await journal.close();
    return samples;
  });
}

const median = (values) => percentile(values, 0.5);
const rate = (spent) => totalBytes / mebibyte / (spent.elapsedMs / 1_000);

/** Throughput in MiB/s, processor ms per GiB, latencies in ms, and the ratios that have a target. */
async function measureStorage() {
  const turns = [
    ['raw', () => writeRaw(true)],
    ['sealed', () => appendAll(nodeCryptography)],
    ['checked', () => appendAll(checksums)],
    ['copied', () => appendAll(copies)],
    ['grown', () => writeRaw(false)],
  ];
  const rounds = [];
  for (let round = 0; round <= roundCount; round += 1) {
    // Every other round goes the other way, so that none always follows the same one.
    const spent = {};
    for (const [name, turn] of round % 2 === 0 ? turns : turns.toReversed()) spent[name] = await turn();
    // The first round warms up.
    if (round > 0) rounds.push(spent);
  }
  const lone = await measureLone();
  const of = (name, value) => median(rounds.map((round) => value(round[name])));
  const perGibibyte = (spent) => (spent.processorMs / totalBytes) * 1_024 * mebibyte;
  const [raw, sealed, checked, copied, grown] = ['raw', 'sealed', 'checked', 'copied', 'grown'].map((name) => ({
    mibPerSecond: of(name, rate),
    processorMsPerGib: of(name, perGibibyte),
  }));
  return {
    raw,
    sealed,
    checked,
    copied,
    grown,
    loneMs: { journal: median(lone.journal), bare: median(lone.bare) },
    ratios: {
      throughput: median(rounds.map((round) => rate(round.sealed) / rate(round.raw))),
      sealingElapsed: median(rounds.map((round) => round.sealed.elapsedMs / round.checked.elapsedMs)),
      sealingOverCopies: median(rounds.map((round) => round.sealed.elapsedMs / round.copied.elapsedMs)),
      sealingProcessor: median(rounds.map((round) => round.sealed.processorMs / round.checked.processorMs)),
      lone: median(lone.journal) / median(lone.bare),
    },
  };
}

/** The figures as tables. */
function printStorage({ raw, sealed, checked, copied, grown, loneMs, ratios }) {
  const row = (name, { mibPerSecond, processorMsPerGib }) => [
    name,
    Math.round(mibPerSecond).toString(),
    Math.round(processorMsPerGib).toString(),
  ];
  printTable(
    ['durable writes, records of 1 MiB, 8 at once', 'MiB/s', 'processor ms per GiB'],
    [
      row('raw disk, files zeroed ahead', raw),
      row('journal, sealed', sealed),
      row('journal, checksums only (SHA-256)', checked),
      row('journal, neither sealed nor checked', copied),
      row('raw disk, files that grow', grown),
    ],
  );
  printTable(
    ['lone write of 400 bytes, durable', 'p50 ms'],
    [
      ['journal', loneMs.journal.toFixed(3)],
      ['write and fdatasync', loneMs.bare.toFixed(3)],
    ],
  );
  printTable(
    [`ratio in this run, median of ${roundCount} rounds in turns`, 'value', 'target'],
    [
      ['throughput: journal / raw disk', ratios.throughput.toFixed(2), '>= 0.70'],
      ['time: sealed / checksums only', ratios.sealingElapsed.toFixed(2), '<= 1.10'],
      ['time: sealed / neither sealed nor checked', ratios.sealingOverCopies.toFixed(2), ''],
      ['processor time: sealed / checksums only', ratios.sealingProcessor.toFixed(2), '<= 1.10'],
      ['lone write: journal / write and fdatasync', ratios.lone.toFixed(2), '<= 1.30'],
    ],
  );
}

console.log(`Measured on ${hardware(tmpdir())}.\n`);
printStorage(await measureStorage());
