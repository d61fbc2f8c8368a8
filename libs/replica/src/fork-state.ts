import { CaptureMemory } from '@quorate/ledger';
import { genesisId, type Genesis, type Parent } from '@quorate/protocol';
import { writeSnapshot, type SnapshotStore } from '@quorate/storage';
import type { RestoredChain } from './chain-restorer';
import { stateSections } from './state-sections';

/** Writes the state with which a fork of the ledger begins, and says what the fork's genesis has to name. */
export async function writeForkState(
  parent: Genesis,
  restored: RestoredChain,
  snapshots: SnapshotStore,
  pause: () => Promise<void>,
): Promise<Parent> {
  const { height, timeNs, blockId, execRoot } = restored;
  const { stateRoot } = await writeSnapshot(snapshots, {
    state: { genesisId: genesisId(parent), height, blockId, execRoot },
    sections: stateSections(restored, new CaptureMemory()),
    extra: () => new Uint8Array(0),
    pause,
  });
  return { ledgerId: parent.ledgerId, genesisId: genesisId(parent), height, timeNs, blockId, execRoot, stateRoot };
}
