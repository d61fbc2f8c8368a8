import { CodecError, Reader, Writer } from '@quorate/codec';
import { EMPTY_ROOT, publicKeyAcceptable, sha256 } from '@quorate/crypto';
import { ZERO_HASH, blockId, encodeHeader, type BlockHeader } from './block';
import {
  FIRST_EPOCH,
  RULES_VERSION,
  configHash,
  readGovernance,
  readMembers,
  writeGovernance,
  writeMembers,
  type Configuration,
  type Governance,
  type Member,
} from './configuration';
import { readParty, writeParty, type PartyDraft } from './party-operations';

/** The ledger's birth certificate. Its id is the trust anchor from which everything else is proved. */
export interface Genesis {
  readonly ledgerId: Uint8Array;
  readonly createdAtNs: bigint;
  readonly operator: PartyDraft;
  /** Rules of execution; RULES_VERSION. */
  readonly rulesVersion: number;
  /** The replica set of the first epoch. */
  readonly replicas: readonly Member[];
  /** Who may sign the configuration of the second epoch. */
  readonly governance: Governance;
}

const GENESIS_VERSION = 1;

export function encodeGenesis(genesis: Genesis): Uint8Array {
  const writer = new Writer(512);
  writer.u8(GENESIS_VERSION).fixed(genesis.ledgerId, 16).u64(genesis.createdAtNs);
  writeParty(writer, genesis.operator);
  writer.u16(genesis.rulesVersion);
  writeMembers(writer, genesis.replicas);
  writeGovernance(writer, genesis.governance);
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
  const rulesVersion = reader.u16();
  if (rulesVersion !== RULES_VERSION)
    throw new CodecError('CODEC_INVALID', `rules version ${rulesVersion} is unknown`, { rulesVersion });
  const replicas = readMembers(reader);
  const governance = readGovernance(reader);
  reader.end();
  return { ledgerId, createdAtNs, operator, rulesVersion, replicas, governance };
}

/** The configuration of the first epoch. */
export function firstConfiguration(genesis: Genesis): Configuration {
  const { ledgerId, rulesVersion, replicas, governance } = genesis;
  return { ledgerId, epoch: FIRST_EPOCH, rulesVersion, replicas, governance };
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
    nextConfigHash: configHash(firstConfiguration(genesis)),
  };
}

/** The trust anchor: id of block 0. Envelopes name it as their ledger. */
export function genesisId(genesis: Genesis): Uint8Array {
  return blockId(encodeHeader(genesisHeader(genesis)));
}
