import { bodyMatches, makeBlock, type Block, type RangeMessage } from '@quorate/consensus';
import { equalBytes } from '@quorate/crypto';
import { certificateFault, verifyEpochs } from '@quorate/light-client';
import {
  checkpointProven,
  firstConfiguration,
  genesisHeader,
  genesisId,
  stateRoot,
  type Configuration,
  type Genesis,
} from '@quorate/protocol';
import type { ChainTip, OfferedState } from './chain-source';
import { isParentState } from './replay';
import { ReplicaError } from './replica-error';

/** Checks what a source says of a ledger against the one thing that is trusted: its genesis. */
export class ChainVerifier {
  /** By epoch. */
  private readonly configurations = new Map<number, Configuration>();

  /** Throws ReplicaError unless the genesis proves the tip; there is none as long as no block is final. */
  constructor(
    private readonly genesis: Genesis,
    private readonly tip: ChainTip | null,
  ) {
    let current = firstConfiguration(genesis);
    this.configurations.set(current.epoch, current);
    if (tip === null) return;
    for (const step of tip.proof.epochs) {
      const next = verifyEpochs(current, [step]);
      if (next === null) throw wrong('a change of the replica set is not proved', { epoch: current.epoch });
      current = next;
      this.configurations.set(current.epoch, current);
    }
    this.demandCertificate(tip.header, tip.proof);
  }

  get tipHeight(): number {
    return this.tip?.header.height ?? this.firstId.height;
  }

  get tipTimeNs(): bigint {
    return this.tip?.header.timeNs ?? this.genesis.createdAtNs;
  }

  /** Throws ReplicaError unless a quorum signed the state's root, or the genesis names it. */
  demandState({ state, certificate }: OfferedState): void {
    const root = stateRoot(state);
    if (isParentState(this.genesis, root)) return;
    const configuration = certificate === null ? undefined : this.configurations.get(certificate.epoch);
    const proven =
      certificate !== null &&
      configuration !== undefined &&
      equalBytes(state.genesisId, genesisId(this.genesis)) &&
      certificate.height === state.height &&
      equalBytes(certificate.stateRoot, root) &&
      checkpointProven(certificate, configuration);
    if (!proven) throw wrong('no quorum signed the state', { height: state.height });
  }

  /** The blocks of a range that follow the block `afterId` at `afterHeight`. Throws ReplicaError unless they are final. */
  blocks(range: RangeMessage, afterId: Uint8Array, afterHeight: number): Block[] {
    const blocks = range.blocks.map(({ headerBytes, body }) => makeBlock(headerBytes, body));
    const tail = range.tailHeaders.map((headerBytes) => makeBlock(headerBytes, new Uint8Array(0)));
    const chain = [...blocks, ...tail];
    let [id, height] = [afterId, afterHeight];
    for (const block of chain) {
      if (block.header.height !== height + 1 || !equalBytes(block.header.parentId, id))
        throw wrong('a block does not follow the one before it', { height: height + 1 });
      [id, height] = [block.id, block.header.height];
    }
    for (const block of blocks)
      if (!bodyMatches(block.header, block.body))
        throw wrong('a body is not that of its block', { height: block.header.height });
    const last = chain.at(-1);
    if (last !== undefined) this.demandCertificate(last.header, range.certificate);
    return blocks;
  }

  /** The id of the first block, which stands for the parent's at its height. */
  get firstId(): { readonly id: Uint8Array; readonly height: number } {
    return { id: genesisId(this.genesis), height: genesisHeader(this.genesis).height };
  }

  private demandCertificate(header: Block['header'], certificate: RangeMessage['certificate']): void {
    const configuration = this.configurations.get(header.epoch);
    const fault = configuration === undefined ? 'wrong_epoch' : certificateFault(configuration, header, certificate);
    if (fault !== null || certificate.kind !== 'commit')
      throw wrong(`a block is not proved: ${fault ?? 'not a commit certificate'}`, { height: header.height });
  }
}

function wrong(message: string, facts: { readonly height?: number; readonly epoch?: number }): ReplicaError {
  return new ReplicaError('PARENT_PROOF_WRONG', message, facts);
}
