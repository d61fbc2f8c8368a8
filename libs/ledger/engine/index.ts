// The hot half of the engine, compiled to WebAssembly (tools/engine.mjs). Works in the memory that it is given and has none of its own.
export { hashOf } from './id-hash';
export { firstMatch, insert, nextMatch, openIndex, remove, sizeTable } from './id-index';
export { forgetBatch } from './batch';
export { bookRun } from './booking';
export { clearHalves, joinAsked, joinHalves, loadAccounts, loadAsked, loadExpiry, placeSums } from './leaves';
