import { CodecError } from '@quorate/codec';
import { equalBytes } from '@quorate/crypto';
import {
  bodyRoot,
  configHash,
  decodeEpochEnd,
  successionFault,
  type Configuration,
  type EpochStep,
} from '@quorate/protocol';
import { certificateFault, verifyKey } from './certificate';

/**
 * Follows the changes of the replica set from a trusted configuration (the genesis' first one, or a later one that was proved before) to the
 * one after the last step (docs/spec/consensus.md). Each step is final by the replicas of its own epoch and allowed by its governance. Null if
 * one of them is not.
 */
export function verifyEpochs(trusted: Configuration, steps: readonly EpochStep[]): Configuration | null {
  let current = trusted;
  for (const step of steps) {
    const next = follow(current, step);
    if (next === null) return null;
    current = next;
  }
  return current;
}

function follow(current: Configuration, { header, body, certificate }: EpochStep): Configuration | null {
  if (header.kind !== 'epoch_end' || certificate.kind !== 'commit') return null;
  if (certificateFault(current, header, certificate) !== null || !equalBytes(bodyRoot(body), header.bodyRoot))
    return null;
  try {
    const { configuration, signatures } = decodeEpochEnd(body);
    if (!equalBytes(configHash(configuration), header.nextConfigHash)) return null;
    return successionFault(current, configuration, signatures, verifyKey) === null ? configuration : null;
  } catch (error) {
    if (error instanceof CodecError) return null;
    throw error;
  }
}
