import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { ensureFile } from '@quorate/config';
import { KeyError, type KeyProvider, type WrappedKey } from './key-provider';
import { KEY_BYTES, unwrapKey, wrapKey } from './key-wrap';

const KEYS_MAX = 16;

/**
 * Keys in a file, for development and for tests: one key of 64 hex digits in each line, the newest first. Whoever reads the file can
 * read every ledger.
 */
export class FileKeyProvider implements KeyProvider {
  readonly current: string;

  private constructor(private readonly keys: ReadonlyMap<string, Uint8Array>) {
    this.current = [...keys.keys()][0];
  }

  /** Opens the file; makes one, for its owner only, if it is not there: with `first`, or with a random key. */
  static open(path: string, first: Uint8Array = randomBytes(KEY_BYTES)): FileKeyProvider {
    ensureFile(dirname(path), basename(path), () => `${Buffer.from(first).toString('hex')}\n`);
    const lines = readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
    if (lines.length < 1 || lines.length > KEYS_MAX || lines.some((line) => !/^[0-9a-f]{64}$/.test(line)))
      throw new KeyError('KEY_PROVIDER_INVALID', `the key file must hold 1 to ${KEYS_MAX} lines of 64 hex digits`);
    return new FileKeyProvider(
      new Map(
        lines.map((line) => {
          const key = new Uint8Array(Buffer.from(line, 'hex'));
          return [
            `file:${createHash('sha256').update('quorate/key-name/1').update(key).digest('hex').slice(0, 16)}`,
            key,
          ];
        }),
      ),
    );
  }

  wrap(key: Uint8Array, context: string): Promise<WrappedKey> {
    return Promise.resolve({ by: this.current, bytes: wrapKey(this.key(this.current), key, context) });
  }

  async unwrap({ by, bytes }: WrappedKey, context: string): Promise<Uint8Array> {
    return unwrapKey(this.key(by), bytes, context);
  }

  private key(name: string): Uint8Array {
    const key = this.keys.get(name);
    if (key === undefined) throw new KeyError('KEY_UNKNOWN', `the key file does not hold ${name}`);
    return key;
  }
}
