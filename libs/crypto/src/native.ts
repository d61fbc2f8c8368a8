/**
 * Node's own crypto where there is one; undefined in a browser. Reached through `process.getBuiltinModule`, so that no
 * bundler follows an import. It only makes things faster: every use has a portable twin that gives the same answers.
 */
type NativeCrypto = typeof import('node:crypto');

interface ProcessWithBuiltins {
  getBuiltinModule?(id: string): unknown;
}

const host = (globalThis as { process?: ProcessWithBuiltins }).process;

export const nativeCrypto = host?.getBuiltinModule?.('node:crypto') as NativeCrypto | undefined;
