export { concatBytes, equalBytes, hex, unhex } from './bytes';
export { HistoryTree } from './history-tree';
export { EMPTY_ROOT, inclusionPath, leafHash, merkleRoot, nodeHash, rootFromPath } from './merkle';
export { CHUNK_BYTES, PAIR_BYTES, hashPairsInto, pairHash, portableHashPairsInto } from './pair-hash';
export { PairRoots, pairDepth, pairLevels, pairPath, pairRoot, rootFromPairPath } from './pair-tree';
export { RootBuilder } from './root-builder';
export { portableSha256, sha256 } from './sha256';
export {
  PUBLIC_KEY_BYTES,
  SIGNATURE_BYTES,
  publicKeyAcceptable,
  verifySignature,
  verifySignaturePortable,
  type KeyScheme,
  type PublicKey,
} from './signature';
