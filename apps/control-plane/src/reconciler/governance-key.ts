import { createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto';
import { loadGovernanceKey, type Config } from '@quorate/config';
import type { PublicKey } from '@quorate/crypto';
import { Inject, Injectable } from '@nestjs/common';
import { configToken } from '../http/config-token';

/** The platform's right to change the replica set of a ledger: signs configurations, and nothing else. */
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

  /** Signs what governanceSigningBytes gave. */
  signConfiguration(signingBytes: Uint8Array): Uint8Array {
    return new Uint8Array(sign(null, signingBytes, this.key));
  }
}
