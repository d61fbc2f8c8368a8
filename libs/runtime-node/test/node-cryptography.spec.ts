import { createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { nodeCryptography } from '../src';

const key = new Uint8Array(randomBytes(32));
const purpose = new TextEncoder().encode('a purpose');
const associated = new TextEncoder().encode('a place');
const nonce = new Uint8Array(12).fill(7);
const tagBytes = 16;

/** Lengths around those at which a payload is enciphered in pieces and memory is given up. */
const LENGTHS = [0, 1, 400, 16_383, 16_384, 65_536, 262_143, 262_144, 262_145, 800_001];

function sealed(payload: Uint8Array): Uint8Array {
  const target = new Uint8Array(3 + payload.length + tagBytes + 2);
  nodeCryptography.cipher(key, purpose).seal(nonce, associated, payload, target, 3);
  expect([...target.subarray(0, 3), ...target.subarray(-2)]).toEqual([0, 0, 0, 0, 0]);
  return target.slice(3, -2);
}

describe('the cipher of frames', () => {
  it.each(LENGTHS)('seals %d bytes as AES-256-GCM under the derived key, and opens them', (length) => {
    const payload = new Uint8Array(randomBytes(length));
    const bytes = sealed(payload);
    const derived = new Uint8Array(hkdfSync('sha256', key, new Uint8Array(0), purpose, 32));
    const decipher = createDecipheriv('aes-256-gcm', derived, nonce, { authTagLength: tagBytes });
    decipher.setAAD(associated).setAuthTag(bytes.subarray(length));
    const plain = Buffer.concat([decipher.update(bytes.subarray(0, length)), decipher.final()]);
    expect(plain.equals(payload)).toBe(true);
    const opened = nodeCryptography.cipher(key, purpose).open(nonce, associated, bytes);
    expect(opened !== null && Buffer.compare(opened, payload) === 0).toBe(true);
  });

  it('opens nothing that was changed anywhere', () => {
    const cipher = nodeCryptography.cipher(key, purpose);
    const bytes = sealed(new Uint8Array(randomBytes(600_000)));
    for (const at of [0, 262_144, 599_999, 600_000, bytes.length - 1]) {
      const changed = bytes.slice();
      changed[at] ^= 1;
      expect(cipher.open(nonce, associated, changed)).toBeNull();
    }
    expect(cipher.open(nonce, associated.subarray(1), bytes)).toBeNull();
    expect(cipher.open(nonce.slice().fill(8), associated, bytes)).toBeNull();
    expect(nodeCryptography.cipher(key, associated).open(nonce, associated, bytes)).toBeNull();
    expect(cipher.open(nonce, associated, bytes)).not.toBeNull();
  });

  it('refuses a key of another length', () => {
    expect(() => nodeCryptography.cipher(key.subarray(1), purpose)).toThrow(RangeError);
  });
});
