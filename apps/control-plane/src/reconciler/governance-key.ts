import { createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto';
import { loadGovernanceKey, type Config } from '@quorate/config';
import { hex, type PublicKey } from '@quorate/crypto';
import type { ShredCertificate } from '@quorate/database';
import { Inject, Injectable } from '@nestjs/common';
import { configToken } from '../http/config-token';

/** Precedes a statement about destroyed keys in what is signed, so that it is no signature of anything else. */
const SHRED_TAG = 'quorate/shred-certificate/1\n';

/** The platform's right to change the replica set of a ledger and its word that keys are destroyed. */
@Injectable()
export class GovernanceKey {
  private readonly key: KeyObject;

  constructor(@Inject(configToken) config: Config) {
    this.key = createPrivateKey(loadGovernanceKey(config));
  }

  get publicKey(): PublicKey {
    const der = createPublicKey(this.key).export({ type: 'spki', format: 'der' });
    return { scheme: 'ed25519', bytes: new Uint8Array(der.subarray(der.length - 32)) };
  }

  /** Signs that the keys of a ledger are destroyed. */
  readonly certifyShredding = (statement: string): ShredCertificate => {
    const signature = sign(null, Buffer.from(`${SHRED_TAG}${statement}`, 'utf8'), this.key);
    return { statement, publicKey: hex(this.publicKey.bytes), signature: signature.toString('hex') };
  };

  /** Signs what governanceSigningBytes gave. */
  signConfiguration(signingBytes: Uint8Array): Uint8Array {
    return new Uint8Array(sign(null, signingBytes, this.key));
  }
}
