import { createHash } from 'node:crypto';
import { AccountSalts, SALTS_MAX } from './account-salts';

const idBytes = 16;
const operationBytes = 69;

describe('AccountSalts', () => {
  it('makes each salt of the first signature and the id, whichever others are made with it', () => {
    const signature = Uint8Array.from({ length: 64 }, (_, index) => index);
    const bytes = Uint8Array.from(
      { length: SALTS_MAX * operationBytes },
      (_, index) => (index * 89 + (index >> 8)) & 0xff,
    );
    const offsets = Uint32Array.from({ length: SALTS_MAX * 2 }, (_, index) => ((index + 1) >> 1) * operationBytes);
    const salts = new AccountSalts();
    salts.begin(signature);
    salts.look(bytes, offsets, 3, SALTS_MAX);
    const key = createHash('sha256').update('quorate/account-salt/2\0').update(signature).digest();
    for (let operation = 3; operation < SALTS_MAX; operation += 1) {
      const id = bytes.subarray(operation * operationBytes + 1, operation * operationBytes + 1 + idBytes);
      const wanted = createHash('sha256').update(key).update(id).update(Buffer.alloc(16)).digest();
      const limbs = new Uint32Array(4);
      salts.store(operation, limbs, 0);
      expect([...limbs].reverse()).toEqual([0, 4, 8, 12].map((at) => wanted.readUInt32BE(at)));
    }
  });

  it('makes other salts for another envelope', () => {
    const salts = new AccountSalts();
    const saltOf = (signature: Uint8Array): number[] => {
      const limbs = new Uint32Array(4);
      salts.begin(signature);
      salts.look(new Uint8Array(operationBytes), Uint32Array.of(0, operationBytes), 0, 1);
      salts.store(0, limbs, 0);
      return [...limbs];
    };
    expect(saltOf(new Uint8Array(64))).not.toEqual(saltOf(new Uint8Array(64).fill(1)));
  });
});
