import { HistoryTree, concatBytes, sha256 } from '@quorate/crypto';
import { historyLeaf } from '@quorate/protocol';
import type { Block } from '@quorate/consensus';

/** Bytes of one simulated operation: an id of 8 bytes. */
export const OPERATION_BYTES = 8;

/** Keys of the operations in a simulated block. */
export function blockOperations({ header, body }: Pick<Block, 'header' | 'body'>): string[] {
  return header.kind === 'data' ? operationKeys(body) : [];
}

/** Keys of the operations in a simulated body. */
export function operationKeys(body: Uint8Array): string[] {
  const keys: string[] = [];
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  for (let offset = 0; offset < body.length; offset += OPERATION_BYTES) keys.push(view.getBigUint64(offset).toString());
  return keys;
}

/** A state machine small enough to be obviously deterministic: a hash over the operations, each applied once. */
export class SimulatedExecutor {
  private state = new Uint8Array(32);
  private readonly tree = new HistoryTree();
  readonly applied = new Set<string>();

  constructor(genesisId: Uint8Array) {
    this.tree.append(historyLeaf(genesisId, sha256(new Uint8Array(0))));
  }

  get execRoot(): Uint8Array {
    return this.tree.root();
  }

  execute(block: Block): Uint8Array {
    const fresh = blockOperations(block).filter((key) => !this.applied.has(key));
    for (const key of fresh) this.applied.add(key);
    this.state = Uint8Array.from(sha256(concatBytes(this.state, new TextEncoder().encode(fresh.join(',')))));
    this.tree.append(historyLeaf(block.id, this.state));
    return this.tree.root();
  }
}
