// Salts of the results of accounts that an envelope creates, hashed many at once: one by one they would take most of an account's time.
import { CHUNK_BYTES, PAIR_BYTES, hashPairsInto } from '@quorate/crypto';
import { SALT_BYTES, accountSaltKey } from '@quorate/protocol';

/** How many accounts are looked at together at most. */
export const SALTS_MAX = 256;
/** Offset of the id in an encoded account. */
const ID_AT = 1;
// Imported numbers are looked up at each use, and here each use is in a loop over accounts.
const CHUNK = CHUNK_BYTES;
const PAIR = PAIR_BYTES;
const SALT = SALT_BYTES;

/** The salts of accounts that are about to be created. */
export class AccountSalts {
  private readonly pairs = new Uint8Array(SALTS_MAX * PAIR);
  private readonly salts = new Uint8Array(SALTS_MAX * CHUNK);
  private readonly view = new DataView(this.salts.buffer);
  private signature: Uint8Array = new Uint8Array(0);
  private key: Uint8Array | null = null;
  private from = 0;

  /** What is looked at from now on is of the envelope with this first signature. */
  begin(firstSignature: Uint8Array): void {
    this.signature = firstSignature;
    this.key = null;
  }

  /** Makes the salts of operations [from, end), all of which create an account; `offsets` are those of their bytes. */
  look(bytes: Uint8Array, offsets: Uint32Array, from: number, end: number): void {
    this.key ??= accountSaltKey(this.signature);
    for (let operation = from; operation < end; operation += 1) {
      const at = (operation - from) * PAIR;
      const id = offsets[operation * 2] + ID_AT;
      this.pairs.set(this.key, at);
      for (let byte = 0; byte < SALT; byte += 1) this.pairs[at + CHUNK + byte] = bytes[id + byte];
    }
    const count = end - from;
    hashPairsInto(this.pairs.subarray(0, count * PAIR), this.salts.subarray(0, count * CHUNK));
    this.from = from;
  }

  /** Writes the salt of an operation that was looked at as four limbs, lowest first. */
  store(operation: number, into: Uint32Array, at: number): void {
    const offset = (operation - this.from) * CHUNK;
    for (let limb = 0; limb < 4; limb += 1) into[at + 3 - limb] = this.view.getUint32(offset + limb * 4);
  }
}
