import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hex, unhex } from '@quorate/crypto';
import { ed25519Signer, type Signer } from '@quorate/sdk';
import { CliFailure } from './exit-codes';
import type { Settings } from './settings';

/** A key file. It never leaves this machine; only `publicKey` is ever sent. */
export interface KeyFile {
  readonly scheme: 'ed25519';
  readonly publicKey: string;
  /** PKCS #8 in PEM. */
  readonly privateKey: string;
  readonly label: string;
  readonly createdAt: string;
}

/** Makes an Ed25519 key pair and keeps it in a file that only its owner may read. */
export function createKey(settings: Settings, label: string): KeyFile {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const x = publicKey.export({ format: 'jwk' }).x ?? '';
  const key: KeyFile = {
    scheme: 'ed25519',
    publicKey: hex(Uint8Array.from(Buffer.from(x, 'base64url'))),
    privateKey: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    label,
    createdAt: new Date().toISOString(),
  };
  settings.saveKey(key.publicKey, key);
  return key;
}

/** Reads and checks a key file. */
export function readKey(path: string): KeyFile {
  let key: KeyFile;
  try {
    key = JSON.parse(readFileSync(path, 'utf8')) as KeyFile;
    const derived = createPublicKey(createPrivateKey(key.privateKey)).export({ format: 'jwk' }).x ?? '';
    if (hex(Uint8Array.from(Buffer.from(derived, 'base64url'))) !== key.publicKey)
      throw new Error('the public key does not belong to it');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CliFailure('failure', 'KEY_UNREADABLE', `the key file ${path} cannot be used: ${why}`);
  }
  return key;
}

/** Signs with a key file. */
export function signerOf(key: KeyFile): Signer {
  const privateKey = createPrivateKey(key.privateKey);
  return ed25519Signer({
    publicKey: unhex(key.publicKey),
    sign: (bytes) => Uint8Array.from(sign(null, bytes, privateKey)),
  });
}
