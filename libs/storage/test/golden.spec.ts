import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cryptography } from '@quorate/runtime';
import { nodeCryptography, nodeTimers } from '@quorate/runtime-node';
import { FrameCodec, NO_LINK } from '../src/frame';
import { Journal } from '../src/journal';
import { Vault } from '../src/vault';
import { drawFrom } from './corruption';
import { MemoryDirectory } from './memory-directory';

const LEDGER = Uint8Array.from({ length: 16 }, (_, index) => index + 1);
const KEY = Uint8Array.from({ length: 32 }, (_, index) => 255 - index);

/** Nonces that repeat from run to run, so that the same frames are the same bytes. */
function fixedCryptography(): Cryptography {
  let count = 0;
  return {
    cipher: (key, purpose) => nodeCryptography.cipher(key, purpose),
    random: (bytes) => new Uint8Array(bytes).fill((count += 1)),
  };
}

const vaultOf = (cryptography: Cryptography) =>
  new Vault({ cryptography, ledgerId: LEDGER, keys: [{ generation: 1, key: KEY }] });

describe('the format of frames, version 2', () => {
  it('is the one that is pinned', () => {
    const draw = drawFrom(2);
    const hash = createHash('sha256');
    for (const kind of [1, 2, 3, 4, 5, 6]) {
      const codec = new FrameCodec(vaultOf(fixedCryptography()), { kind, number: 3 });
      let link: Uint8Array = NO_LINK;
      for (let sequence = 0; sequence < 64; sequence += 1) {
        const payload = Uint8Array.from({ length: draw(500) }, () => draw(256));
        const target = new Uint8Array(64 + payload.length);
        const frame = { kind: 1 + draw(255), payload, sequence, batchOffset: draw(2 ** 31), previous: link };
        link = codec.seal(target, 0, draw(2 ** 31), frame);
        hash.update(target);
      }
    }
    expect(hash.digest('hex')).toBe('87360ce5fb68711f198a081656c6696a846da4ec88562fcd9fd060b5d2461f22');
  });

  it('opens a journal that was written by this version when it was new', async () => {
    const fixture = JSON.parse(readFileSync(join(__dirname, 'golden-journal-2.json'), 'utf8')) as {
      readonly files: Record<string, string>;
      readonly records: readonly string[];
    };
    const disk = new MemoryDirectory();
    for (const [name, text] of Object.entries(fixture.files)) {
      const bytes = new Uint8Array(4_194_304);
      bytes.set(Buffer.from(text, 'base64'));
      disk.files.set(name, bytes);
    }
    const records: string[] = [];
    const journal = await Journal.open({
      directory: disk,
      vault: vaultOf(nodeCryptography),
      timers: nodeTimers,
      onRecord: ({ kind, payload }) => records.push(`${kind}:${Buffer.from(payload).toString('hex')}`),
      onFault: (error) => {
        throw error;
      },
      onSpace: () => undefined,
    });
    expect(records).toEqual(fixture.records);
    expect(journal.damage).toEqual([]);
  });
});
