// The hot half of the engine (../engine) as this half calls it. All arguments and results are numbers of 32 bits; addresses are in
// bytes of the ledger's memory, and an index is named by the address of its description (engine-layout.ts).
import { ENGINE_CODE } from './engine-code';

/** What ../engine/index.ts exports. */
export interface Engine {
  hashOf(id: number): number;
  openIndex(index: number): void;
  sizeTable(index: number, number: number, ids: number): void;
  firstMatch(index: number, hash: number): number;
  nextMatch(index: number, hash: number): number;
  insert(index: number, hash: number, row: number): void;
  remove(index: number, hash: number, row: number): number;
  forgetBatch(): void;
  bookRun(at: number, count: number, index: number, transfer: number, party: number): number;
  loadAsked(at: number, count: number, index: number): number;
  loadExpiry(slot: number, index: number, length: number): void;
  joinAsked(count: number): void;
  loadAccounts(count: number): number;
  placeSums(count: number): void;
  clearHalves(count: number): void;
  joinHalves(count: number): void;
}

const compiled = new WebAssembly.Module(Uint8Array.from(atob(ENGINE_CODE), (character) => character.charCodeAt(0)));

/** An engine that works in this memory. */
export function engineIn(memory: WebAssembly.Memory): Engine {
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
  return { ...exports } as unknown as Engine;
}
