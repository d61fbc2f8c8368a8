import { CodecError, Reader, Writer } from '@quorate/codec';
import { EMPTY_ROOT, concatBytes, publicKeyAcceptable, sha256 } from '@quorate/crypto';
import { ZERO_HASH, blockId, encodeHeader, type BlockHeader } from './block';
import { LIMITS } from './limits';
import { readParty, writeParty, type PartyDraft } from './operation';

/** One member of the replica set: its consensus key and SHA-256 of its TLS certificate (DER). */
export interface GenesisReplica {
  readonly consensusKey: Uint8Array;
  readonly certificateHash: Uint8Array;
}

/** The ledger's birth certificate. Its id is the trust anchor from which everything else is proved. */
export interface Genesis {
  readonly ledgerId: Uint8Array;
  readonly createdAtNs: bigint;
  readonly operator: PartyDraft;
  readonly replicas: readonly GenesisReplica[];
}

/** Epoch of the replica set that the genesis names. */
export const FIRST_EPOCH = 1;

const GENESIS_VERSION = 1;
const CONFIG_TAG = new TextEncoder().encode('quorate/config/1\0');

export function encodeGenesis(genesis: Genesis): Uint8Array {
  const writer = new Writer(512);
  writer.u8(GENESIS_VERSION).fixed(genesis.ledgerId, 16).u64(genesis.createdAtNs);
  writeParty(writer, genesis.operator);
  writer.u8(genesis.replicas.length);
  for (const replica of genesis.replicas) writer.fixed(replica.consensusKey, 32).fixed(replica.certificateHash, 32);
  return writer.finish();
}

function assertOperator(operator: PartyDraft): void {
  const thresholdFits = operator.threshold >= 1 && operator.threshold <= operator.keys.length;
  if (operator.id === 0n || !thresholdFits || !operator.keys.every(publicKeyAcceptable)) {
    throw new CodecError(
      'CODEC_INVALID',
      'the operator needs an id, acceptable keys and a threshold between 1 and their number',
    );
  }
}

/** Decodes and checks a genesis document. Throws CodecError. */
export function decodeGenesis(bytes: Uint8Array): Genesis {
  const reader = new Reader(bytes);
  const version = reader.u8();
  if (version !== GENESIS_VERSION)
    throw new CodecError('CODEC_INVALID', `genesis version ${version} is unknown`, { version });
  const ledgerId = reader.fixed(16).slice();
  const createdAtNs = reader.u64();
  const operator = readParty(reader);
  assertOperator(operator);
  const count = reader.u8();
  if (count < 1 || count > LIMITS.replicasMax)
    throw new CodecError('CODEC_RANGE', `1 to ${LIMITS.replicasMax} replicas`, { count });
  const replicas: GenesisReplica[] = [];
  for (let index = 0; index < count; index += 1) {
    const consensusKey = reader.fixed(32).slice();
    if (!publicKeyAcceptable({ scheme: 'ed25519', bytes: consensusKey }))
      throw new CodecError('CODEC_INVALID', 'consensus key not acceptable', { index });
    replicas.push({ consensusKey, certificateHash: reader.fixed(32).slice() });
  }
  reader.end();
  return { ledgerId, createdAtNs, operator, replicas };
}

/** Hash of the replica set of the first epoch: ledger, epoch and every member. */
export function configHash(genesis: Genesis): Uint8Array {
  const writer = new Writer(32 + genesis.replicas.length * 64);
  writer.fixed(genesis.ledgerId, 16).u32(FIRST_EPOCH).u8(genesis.replicas.length);
  for (const replica of genesis.replicas) writer.fixed(replica.consensusKey, 32).fixed(replica.certificateHash, 32);
  return sha256(concatBytes(CONFIG_TAG, writer.finish()));
}

/** Header of block 0: shaped like the end of an epoch 0 whose successor is the genesis' replica set. */
export function genesisHeader(genesis: Genesis): BlockHeader {
  const document = encodeGenesis(genesis);
  return {
    kind: 'epoch_end',
    ledgerId: genesis.ledgerId,
    epoch: 0,
    height: 0,
    parentId: ZERO_HASH,
    timeNs: genesis.createdAtNs,
    bodyRoot: sha256(document),
    bodyLength: document.length,
    operationCount: 0,
    configHash: ZERO_HASH,
    execHeight: 0,
    execRoot: EMPTY_ROOT,
    nextConfigHash: configHash(genesis),
  };
}

/** The trust anchor: id of block 0. Envelopes name it as their ledger. */
export function genesisId(genesis: Genesis): Uint8Array {
  return blockId(encodeHeader(genesisHeader(genesis)));
}
