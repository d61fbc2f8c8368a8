/**
 * What Node has that makes hashing and signatures faster; undefined in a browser. Reached through
 * `process.getBuiltinModule`, so that no bundler follows an import. Every use has a portable twin that gives the same answers.
 */
type NativeCrypto = typeof import('node:crypto');
type NativeModules = typeof import('node:module');

/** The one function of `@chainsafe/hashtree` that is used: SHA-256 of every 64 bytes of `input`, one behind the other. */
interface PairHasher {
  hashInto(input: Uint8Array, output: Uint8Array): void;
}

/** The one function of `sodium-native` that is used: Ed25519 in optimised code, at less than half the price of Node's. */
interface FastEd25519 {
  crypto_sign_verify_detached(signature: Uint8Array, message: Uint8Array, key: Uint8Array): boolean;
}

interface ProcessWithBuiltins {
  getBuiltinModule?(id: string): unknown;
}

/** Bundlers leave it undefined. */
declare const __filename: string | undefined;

const host = (globalThis as { process?: ProcessWithBuiltins }).process;

export const nativeCrypto = host?.getBuiltinModule?.('node:crypto') as NativeCrypto | undefined;

function loadOptional(name: string): unknown {
  const modules = host?.getBuiltinModule?.('node:module') as NativeModules | undefined;
  if (modules === undefined || typeof __filename !== 'string') return undefined;
  try {
    return modules.createRequire(__filename)(name);
  } catch {
    // No binary for this processor or C library: the portable twin does the same, slower.
    return undefined;
  }
}

export const nativePairHasher = loadOptional('@chainsafe/hashtree') as PairHasher | undefined;
export const fastEd25519 = loadOptional('sodium-native') as FastEd25519 | undefined;
