import { CodecError, Reader, Writer } from '@quorate/codec';
import { EMPTY_ROOT, equalBytes, publicKeyAcceptable, sha256 } from '@quorate/crypto';
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
import { LIMITS } from './limits';
import { readParty, writeParty, type PartyDraft } from './party-operations';

/** The block of another ledger, and the state after it, with which a fork begins. */
export interface Parent {
  readonly ledgerId: Uint8Array;
  readonly genesisId: Uint8Array;
  readonly height: number;
  /** Of the block at `height`. */
  readonly timeNs: bigint;
  /** Id of the block at `height`. */
  readonly blockId: Uint8Array;
  /** Root of the parent's history tree over blocks 0..height. */
  readonly execRoot: Uint8Array;
  /** Root of the parent's state after `height` (`stateRoot`). */
  readonly stateRoot: Uint8Array;
}

/** The ledger's birth certificate. Its id is the trust anchor from which everything else is proved. */
export interface Genesis {
  readonly ledgerId: Uint8Array;
  readonly createdAtNs: bigint;
  readonly operator: PartyDraft;
  /** Rules of execution, at most RULES_VERSION. */
  readonly rulesVersion: number;
  /** The replica set of the first epoch. */
  readonly replicas: readonly Member[];
  /** Who may sign the configuration of the second epoch. */
  readonly governance: Governance;
  /** Absent unless the ledger is a fork. */
  readonly parent?: Parent;
}

/** Version 2 is version 1 with a parent behind it. */
const GENESIS_VERSION = { ledger: 1, fork: 2 } as const;

/** Distance of a fork's beginning from the time of its parent's block: no operation of that block has a later time. */
const FORK_AFTER_NS = BigInt(LIMITS.blockOperationsMax);

/** The earliest time of a genesis with this parent. */
export function earliestForkNs(parent: Pick<Parent, 'timeNs'>): bigint {
  return parent.timeNs + FORK_AFTER_NS;
}

export function encodeGenesis(genesis: Genesis): Uint8Array {
  const writer = new Writer(512);
  writer
    .u8(genesis.parent === undefined ? GENESIS_VERSION.ledger : GENESIS_VERSION.fork)
    .fixed(genesis.ledgerId, 16)
    .u64(genesis.createdAtNs);
  writeParty(writer, genesis.operator);
  writer.u16(genesis.rulesVersion);
  writeMembers(writer, genesis.replicas);
  writeGovernance(writer, genesis.governance);
  if (genesis.parent !== undefined) writeParent(writer, genesis.parent);
  return writer.finish();
}

function writeParent(writer: Writer, parent: Parent): void {
  writer.fixed(parent.ledgerId, 16).fixed(parent.genesisId, 32).uint(parent.height).u64(parent.timeNs);
  writer.fixed(parent.blockId, 32).fixed(parent.execRoot, 32).fixed(parent.stateRoot, 32);
}

function readParent(reader: Reader): Parent {
  return {
    ledgerId: reader.fixed(16).slice(),
    genesisId: reader.fixed(32).slice(),
    height: reader.uint(),
    timeNs: reader.u64(),
    blockId: reader.fixed(32).slice(),
    execRoot: reader.fixed(32).slice(),
    stateRoot: reader.fixed(32).slice(),
  };
}

function assertParent(genesis: Genesis, parent: Parent): void {
  if (equalBytes(parent.ledgerId, genesis.ledgerId))
    throw new CodecError('CODEC_INVALID', 'a fork has another identity than its parent');
  if (genesis.createdAtNs < earliestForkNs(parent))
    throw new CodecError('CODEC_INVALID', 'a fork begins behind its parent in time');
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
  if (version !== GENESIS_VERSION.ledger && version !== GENESIS_VERSION.fork)
    throw new CodecError('CODEC_INVALID', `genesis version ${version} is unknown`, { version });
  const ledgerId = reader.fixed(16).slice();
  const createdAtNs = reader.u64();
  const operator = readParty(reader);
  assertOperator(operator);
  const rulesVersion = reader.u16();
  if (rulesVersion < 1 || rulesVersion > RULES_VERSION)
    throw new CodecError('CODEC_INVALID', `rules version ${rulesVersion} is unknown`, { rulesVersion });
  const replicas = readMembers(reader);
  const governance = readGovernance(reader);
  const genesis: Genesis = { ledgerId, createdAtNs, operator, rulesVersion, replicas, governance };
  const parent = version === GENESIS_VERSION.fork ? readParent(reader) : undefined;
  reader.end();
  if (parent === undefined) return genesis;
  assertParent(genesis, parent);
  return { ...genesis, parent };
}

/** The configuration of the first epoch. */
export function firstConfiguration(genesis: Genesis): Configuration {
  const { ledgerId, rulesVersion, replicas, governance } = genesis;
  return { ledgerId, epoch: FIRST_EPOCH, rulesVersion, replicas, governance };
}

/**
 * Header of the first block: shaped like the end of an epoch 0 whose successor is the genesis' replica set. A fork's stands at the height of
 * its parent's block and carries the parent's results, so that heights, positions and the history tree go on.
 */
export function genesisHeader(genesis: Genesis): BlockHeader {
  const document = encodeGenesis(genesis);
  const { height, execRoot } = genesis.parent ?? { height: 0, execRoot: EMPTY_ROOT };
  return {
    kind: 'epoch_end',
    ledgerId: genesis.ledgerId,
    epoch: 0,
    height,
    parentId: ZERO_HASH,
    timeNs: genesis.createdAtNs,
    bodyRoot: sha256(document),
    bodyLength: document.length,
    operationCount: 0,
    configHash: ZERO_HASH,
    execHeight: height,
    execRoot,
    nextConfigHash: configHash(firstConfiguration(genesis)),
  };
}

/** The trust anchor: id of the first block. Envelopes name it as their ledger. */
export function genesisId(genesis: Genesis): Uint8Array {
  return blockId(encodeHeader(genesisHeader(genesis)));
}
