import { CodecError, Reader, Writer } from '@quorate/codec';
import { concatBytes, hex, publicKeyAcceptable, sha256, type PublicKey } from '@quorate/crypto';
import { readKeys, writeKeys } from './key-list';
import { LIMITS } from './limits';

/** One member of a replica set: its consensus key (Ed25519) and SHA-256 of its TLS certificate (DER). */
export interface Member {
  readonly consensusKey: Uint8Array;
  readonly certificateHash: Uint8Array;
}

/** Who may sign the next configuration: `threshold` of these keys. */
export interface Governance {
  readonly threshold: number;
  readonly keys: readonly PublicKey[];
}

/** Everything that holds for one epoch: the rules by which blocks are executed, the replicas, and who may change either. */
export interface Configuration {
  readonly ledgerId: Uint8Array;
  readonly epoch: number;
  readonly rulesVersion: number;
  readonly replicas: readonly Member[];
  readonly governance: Governance;
}

/** One governance key's signature; `key` is its index in the list of keys. */
export interface GovernanceSignature {
  readonly key: number;
  readonly bytes: Uint8Array;
}

/** Epoch of the configuration that the genesis names. */
export const FIRST_EPOCH = 1;

/** The newest rules of execution; replicas refuse newer ones, and go on under older ones until a configuration names these. */
export const RULES_VERSION = 2;
/** The first rules under which evidence of misbehaviour is recorded. */
export const EVIDENCE_RULES_VERSION = 2;

const CONFIGURATION_VERSION = 1;
const CONFIGURATION_TAG = new TextEncoder().encode('quorate/config/1\0');
const GOVERNANCE_TAG = new TextEncoder().encode('quorate/governance/1\0');

export function writeGovernance(writer: Writer, governance: Governance): void {
  writer.u8(governance.threshold);
  writeKeys(writer, governance.keys, LIMITS.governanceKeysMax);
}

export function readGovernance(reader: Reader): Governance {
  const governance = { threshold: reader.u8(), keys: readKeys(reader, LIMITS.governanceKeysMax) };
  const { threshold, keys } = governance;
  const distinct = new Set(keys.map((key) => hex(key.bytes))).size === keys.length;
  if (threshold < 1 || threshold > keys.length || !distinct || !keys.every(publicKeyAcceptable))
    throw new CodecError(
      'CODEC_INVALID',
      'governance needs acceptable keys and a threshold between 1 and their number',
    );
  return governance;
}

export function writeMembers(writer: Writer, replicas: readonly Member[]): void {
  writer.u8(replicas.length);
  for (const replica of replicas) writer.fixed(replica.consensusKey, 32).fixed(replica.certificateHash, 32);
}

/** Reads 1 to `replicasMax` members, no two of which share a key or a certificate. */
export function readMembers(reader: Reader): Member[] {
  const count = reader.u8();
  if (count < 1 || count > LIMITS.replicasMax)
    throw new CodecError('CODEC_RANGE', `1 to ${LIMITS.replicasMax} replicas`, { count });
  const replicas: Member[] = [];
  const seen = new Set<string>();
  for (let index = 0; index < count; index += 1) {
    const consensusKey = reader.fixed(32).slice();
    const certificateHash = reader.fixed(32).slice();
    if (!publicKeyAcceptable({ scheme: 'ed25519', bytes: consensusKey }))
      throw new CodecError('CODEC_INVALID', 'consensus key not acceptable', { index });
    seen.add(`key ${hex(consensusKey)}`).add(`certificate ${hex(certificateHash)}`);
    replicas.push({ consensusKey, certificateHash });
  }
  if (seen.size !== 2 * count) throw new CodecError('CODEC_INVALID', 'two replicas share a key or a certificate');
  return replicas;
}

export function encodeConfiguration(configuration: Configuration): Uint8Array {
  const writer = new Writer(1_024);
  writer.u8(CONFIGURATION_VERSION).fixed(configuration.ledgerId, 16).u32(configuration.epoch);
  writer.u16(configuration.rulesVersion);
  writeMembers(writer, configuration.replicas);
  writeGovernance(writer, configuration.governance);
  return writer.finish();
}

/** Decodes and checks a configuration. Throws CodecError. */
export function decodeConfiguration(bytes: Uint8Array): Configuration {
  const reader = new Reader(bytes);
  const version = reader.u8();
  if (version !== CONFIGURATION_VERSION)
    throw new CodecError('CODEC_INVALID', `configuration version ${version} is unknown`, { version });
  const ledgerId = reader.fixed(16).slice();
  const epoch = reader.u32();
  const rulesVersion = reader.u16();
  const configuration = {
    ledgerId,
    epoch,
    rulesVersion,
    replicas: readMembers(reader),
    governance: readGovernance(reader),
  };
  reader.end();
  if (epoch < FIRST_EPOCH) throw new CodecError('CODEC_INVALID', 'epochs start at 1', { epoch });
  return configuration;
}

/** What headers name as the configuration under which they are valid. */
export function configHash(configuration: Configuration): Uint8Array {
  return sha256(concatBytes(CONFIGURATION_TAG, encodeConfiguration(configuration)));
}

/** Index of the member that leads the first term of an epoch (C-3); it differs among ledgers, so that many of them use all workers. */
export function firstLeader(ledgerId: Uint8Array, epoch: number, size: number): number {
  const digest = sha256(ledgerId);
  const offset = new DataView(digest.buffer, digest.byteOffset).getUint32(0) % size;
  return (offset + epoch - FIRST_EPOCH + 1) % size;
}

/**
 * The members of the epoch after `current` in their order, but for one exchange where the ledger grows and a newcomer would lead first: what it is
 * to do then it has never done, and clients would wait for it. Whoever only takes another's place takes its number too.
 */
export function orderForNextEpoch<T>(
  current: Configuration,
  members: readonly T[],
  memberOf: (member: T) => Member,
): T[] {
  const known = new Set(current.replicas.map(({ certificateHash }) => hex(certificateHash)));
  const isKnown = (member: T): boolean => known.has(hex(memberOf(member).certificateHash));
  const ordered = [...members];
  const first = firstLeader(current.ledgerId, current.epoch + 1, members.length);
  const seasoned = members.findIndex(isKnown);
  const grows = members.length > current.replicas.length;
  if (!grows || seasoned < 0 || isKnown(members[first])) return ordered;
  [ordered[first], ordered[seasoned]] = [members[seasoned], members[first]];
  return ordered;
}

/** What governance signs to let `next` follow `current`: it can be used once, after exactly this epoch of this ledger. */
export function governanceSigningBytes(current: Configuration, next: Configuration): Uint8Array {
  const epoch = new Writer(4).u32(current.epoch).finish();
  return concatBytes(GOVERNANCE_TAG, current.ledgerId, epoch, configHash(current), configHash(next));
}
