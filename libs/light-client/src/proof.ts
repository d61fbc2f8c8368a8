// The steps that every proof of results is made of: from a leaf to the results of its block, from there to the history that a
// later header commits to, and from the header to the replicas that made it final.
import { equalBytes, rootFromPairPath, rootFromPath } from '@quorate/crypto';
import {
  accountHalf,
  historyLeaf,
  resultLeaf,
  resultsRoot,
  type BlockHeader,
  firstConfiguration,
  type Configuration,
  type FinalityProof,
  type Genesis,
} from '@quorate/protocol';
import { certificateFault, type CertificateFault } from './certificate';
import { verifyEpochs } from './epochs';
import type { ParsedResult, ParsedSide } from './result-parser';

const CERTIFICATE_FAULTS: Readonly<Record<CertificateFault, string>> = {
  wrong_ledger: 'the certified header belongs to another ledger',
  wrong_epoch: 'the header or its certificate names another epoch than the proof leads to',
  wrong_replica_set: 'the certified header names another replica set than the proof leads to',
  wrong_block: 'the certificate is for another block',
  quorum_missing: 'fewer replicas signed than a quorum needs',
  signature_wrong: "a signature does not verify under its replica's key",
};

function halfOf(side: ParsedSide): Uint8Array | null {
  if (side === null) return null;
  return side.kind === 'hidden' ? side.hash : accountHalf(side.account);
}

/** Leaf of a result. */
export function leafOf(result: ParsedResult): Uint8Array {
  return resultLeaf(result.record, halfOf(result.debit), halfOf(result.credit));
}

/** Results root of the block that the result leads to; null if its path does not fit its place among `count` results. */
export function resultsRootOf(result: ParsedResult, count: number): Uint8Array | null {
  const treeRoot = rootFromPairPath(leafOf(result), result.record.index, count, result.resultsPath);
  return treeRoot === null ? null : resultsRoot(treeRoot, count);
}

/** Whether the header's history contains this block with these results. */
export function historyContains(
  header: BlockHeader,
  block: { readonly height: number; readonly blockId: Uint8Array; readonly historyPath: readonly Uint8Array[] },
  root: Uint8Array,
): boolean {
  const { height, blockId, historyPath } = block;
  if (height < 1 || height > header.execHeight) return false;
  const found = rootFromPath(historyLeaf(blockId, root), height, header.execHeight + 1, historyPath);
  return found !== null && equalBytes(found, header.execRoot);
}

/**
 * The configuration whose replicas made the header final on the ledger of this genesis; or why it is not, in words. `trusted` is a
 * configuration that was proved before: the way begins there, and nothing of an earlier epoch counts.
 */
export function finalBy(
  genesis: Genesis,
  header: BlockHeader,
  proof: FinalityProof,
  trusted = firstConfiguration(genesis),
): Configuration | string {
  if (proof.kind !== 'commit') return 'only a commit certificate makes a block final';
  if (!equalBytes(trusted.ledgerId, genesis.ledgerId)) return 'the trusted configuration is of another ledger';
  const steps = proof.epochs.filter((step) => step.header.epoch >= trusted.epoch);
  const first = steps[0]?.header.epoch ?? trusted.epoch;
  if (first !== trusted.epoch)
    return `the proof begins with epoch ${first}: it needs a trusted configuration of that epoch`;
  const configuration = verifyEpochs(trusted, steps);
  if (configuration === null) return 'a change of the replica set is not allowed by governance, or not final';
  const fault = certificateFault(configuration, header, proof);
  return fault === null ? configuration : CERTIFICATE_FAULTS[fault];
}
