import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { hex } from '@quorate/crypto';
import {
  RULES_VERSION,
  encodeConfiguration,
  encodeGenesis,
  firstConfiguration,
  genesisId,
  governanceSigningBytes,
  type Configuration,
  type Genesis,
  type Operation,
} from '@quorate/protocol';
import { nodeClock, nodeCryptography, nodeTimers } from '@quorate/runtime-node';
import { Vault } from '@quorate/storage';
import type { SubmitReply } from '@quorate/transport';
import { Replica } from '../src/replica';
import { verifyKey } from '../src/replica-keys';
import type { ReplicaOptions } from '../src/replica-options';
import { makeParty, signEnvelope } from './cluster';

/** Opens the only replica of a ledger in this process; codes with which it stops, and what it refuses, are put into `faults`. */
export async function openAlone(
  genesis: Genesis,
  key: KeyObject,
  faults: string[],
  options: Pick<ReplicaOptions, 'directory' | 'snapshots' | 'vault'> & Partial<ReplicaOptions>,
): Promise<Replica> {
  const replica = await Replica.open({
    genesis,
    genesisBytes: encodeGenesis(genesis),
    certificateHash: hex(genesis.replicas[0].certificateHash),
    source: { fetch: () => Promise.reject(new Error('there is no other replica')) },
    clock: nodeClock,
    timers: nodeTimers,
    memoryBytes: () => 0,
    signer: () => (preimage) => new Uint8Array(sign(null, preimage, key)),
    verify: verifyKey,
    hasVoted: false,
    onFirstVote: () => undefined,
    onEpoch: () => undefined,
    onRefused: (detail) => faults.push(detail),
    onHalt: (error) => faults.push(error.code),
    ...options,
  });
  replica.useLinks({
    sendToPeer: () => false,
    sendToPeers: () => undefined,
    peerConnected: () => false,
    close: () => undefined,
  });
  return replica;
}

/** A ledger with one replica, on disks that a test gives: the real core, ledger and journal in this process. */
export class LoneLedger {
  readonly operator = makeParty(1n);
  /** Codes with which replicas stopped. */
  readonly faults: string[] = [];
  readonly genesis: Genesis;
  private configuration: Configuration;
  private readonly keys = generateKeyPairSync('ed25519');
  private nextEnvelope = 1n;

  constructor() {
    const der = this.keys.publicKey.export({ type: 'spki', format: 'der' });
    const { id, publicKey } = this.operator;
    this.genesis = {
      ledgerId: new Uint8Array(16).fill(3),
      createdAtNs: BigInt(Date.now()) * 1_000_000n,
      operator: { id, name: 'Operator', threshold: 1, keys: [{ scheme: 'ed25519', bytes: publicKey }] },
      rulesVersion: RULES_VERSION,
      replicas: [{ consensusKey: new Uint8Array(der.subarray(der.length - 32)), certificateHash: new Uint8Array(32) }],
      governance: { threshold: 1, keys: [{ scheme: 'ed25519', bytes: publicKey }] },
    };
    this.configuration = firstConfiguration(this.genesis);
  }

  vault(byte: number): Vault {
    const keys = [{ generation: 1, key: new Uint8Array(32).fill(byte) }];
    return new Vault({ cryptography: nodeCryptography, ledgerId: this.genesis.ledgerId, keys });
  }

  open(options: Pick<ReplicaOptions, 'directory' | 'snapshots'> & Partial<ReplicaOptions>): Promise<Replica> {
    return openAlone(this.genesis, this.keys.privateKey, this.faults, { vault: this.vault(5), ...options });
  }

  /** Begins another epoch with the same replica; resolves when it has handed over. */
  async nextEpoch(replica: Replica): Promise<void> {
    const next: Configuration = { ...this.configuration, epoch: this.configuration.epoch + 1 };
    const message = governanceSigningBytes(this.configuration, next);
    const bytes = new Uint8Array(sign(null, message, this.operator.privateKey));
    replica.reconfigure(encodeConfiguration(next), [{ key: 0, bytes }]);
    while (replica.status().epoch !== next.epoch && this.faults.length === 0)
      await new Promise((resolve) => setTimeout(resolve, 5));
    expect(this.faults).toEqual([]);
    this.configuration = next;
  }

  envelope(...operations: Operation[]): Uint8Array {
    return signEnvelope({
      ledger: genesisId(this.genesis),
      id: this.nextEnvelope++,
      operations,
      party: this.operator,
    });
  }

  submit(replica: Replica, ...operations: Operation[]): Promise<SubmitReply> {
    return new Promise((resolve) => replica.submit(this.envelope(...operations), resolve));
  }
}
