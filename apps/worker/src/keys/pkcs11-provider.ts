import { spawn } from 'node:child_process';
import { constants, createPublicKey, publicEncrypt, type KeyObject } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KeyError, type KeyProvider, type WrappedKey } from './key-provider';
import { KEY_BYTES } from './key-wrap';

/** A module that is asked something answers within this time, or not at all. */
const ANSWER_MS_MAX = 15_000;

/** A public key or an unwrapped key is far below it. */
const ANSWER_BYTES_MAX = 65_536;

/** How a token is reached. */
export interface Pkcs11Settings {
  /** Path of the module that the token's maker ships. */
  readonly module: string;
  readonly token: string;
  /** Label of an RSA key pair of at least 3,072 bits on the token; older labels stay on it for unwrapping. */
  readonly label: string;
  /** A file, readable by the worker alone, with the user's PIN. */
  readonly pinFile: string;
  /** The program of OpenSC that speaks to modules. */
  readonly tool?: string;
}

/**
 * An RSA key on a PKCS #11 token wraps with OAEP. Wrapping needs only the public key; the token alone unwraps.
 *
 * The module runs in a short-lived process of OpenSC's pkcs11-tool: a module is native code of a third party, and cannot bring down or
 * read the worker this way. The PIN is in that process's environment only; the unwrapped key comes through a pipe.
 */
export class Pkcs11KeyProvider implements KeyProvider {
  readonly current: string;
  private publicKey: KeyObject | null = null;

  constructor(private readonly settings: Pkcs11Settings) {
    this.current = `pkcs11:${settings.label}`;
  }

  async wrap(key: Uint8Array): Promise<WrappedKey> {
    this.publicKey ??= await this.readPublicKey();
    const padding = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' };
    return { by: this.current, bytes: new Uint8Array(publicEncrypt({ key: this.publicKey, ...padding }, key)) };
  }

  async unwrap({ by, bytes }: WrappedKey): Promise<Uint8Array> {
    if (!by.startsWith('pkcs11:')) throw new KeyError('KEY_UNKNOWN', `the token does not hold ${by}`);
    const folder = mkdtempSync(join(tmpdir(), 'quorate-unwrap-'));
    try {
      const input = join(folder, 'wrapped');
      writeFileSync(input, bytes, { mode: 0o600 });
      const hash = ['--hash-algorithm', 'SHA-1', '--mgf', 'MGF1-SHA1'];
      const words = ['--login', '--decrypt', '--mechanism', 'RSA-PKCS-OAEP', ...hash];
      const key = await this.ask([...words, '--label', by.slice('pkcs11:'.length), '--input-file', input], true);
      if (key.length !== KEY_BYTES) throw new KeyError('KEY_DAMAGED', `${by} unwrapped something that is no key`);
      return key;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  private async readPublicKey(): Promise<KeyObject> {
    const words = ['--read-object', '--type', 'pubkey', '--label', this.settings.label];
    const der = await this.ask(words, false);
    const key = createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' });
    if (key.asymmetricKeyType !== 'rsa' || (key.asymmetricKeyDetails?.modulusLength ?? 0) < 3_072)
      throw new KeyError('KEY_PROVIDER_INVALID', `${this.current} is no RSA key of at least 3,072 bits`);
    return key;
  }

  private ask(words: readonly string[], loggedIn: boolean): Promise<Uint8Array> {
    const { module, token, pinFile, tool = 'pkcs11-tool' } = this.settings;
    const pin = loggedIn ? { QUORATE_PIN: readFileSync(pinFile, 'utf8').trim() } : {};
    const login = loggedIn ? ['--pin', 'env:QUORATE_PIN'] : [];
    const { PATH, SOFTHSM2_CONF } = process.env;
    return new Promise((resolve, reject) => {
      const child = spawn(tool, ['--module', module, '--token-label', token, ...login, ...words], {
        env: { PATH, SOFTHSM2_CONF, ...pin },
        stdio: ['ignore', 'pipe', 'ignore'],
        timeout: ANSWER_MS_MAX,
      });
      const chunks: Buffer[] = [];
      let bytes = 0;
      child.stdout.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > ANSWER_BYTES_MAX) child.kill('SIGKILL');
        else chunks.push(chunk);
      });
      const failed = (how: string): void =>
        reject(new KeyError('KEY_PROVIDER_FAILED', `${tool} could not ${words[loggedIn ? 1 : 0].slice(2)}: ${how}`));
      child.once('error', (error) => failed(error.message));
      child.once('close', (code, signal) => {
        if (code === 0 && bytes > 0) resolve(new Uint8Array(Buffer.concat(chunks)));
        else failed(signal ?? `code ${code}`);
      });
    });
  }
}
