import { hex } from '@quorate/crypto';
import { generateWebCryptoKey, webCryptoSigner } from '@quorate/sdk';

const databaseName = 'quorate-keys';
const storeName = 'signing-keys';

/** A P-256 signing key whose private half cannot leave this browser: WebCrypto refuses to export it. */
export interface StoredKey {
  /** Compressed point, 33 bytes as lowercase hex; the record's key. */
  readonly publicKey: string;
  readonly pair: CryptoKeyPair;
  readonly label: string;
  readonly createdAt: string;
}

/** Whether this page may use WebCrypto: browsers offer it on https and on localhost only. */
export const canMakeKeys = (): boolean => globalThis.isSecureContext && globalThis.crypto?.subtle !== undefined;

/** Makes a key pair and keeps it in this browser's IndexedDB. */
export async function createStoredKey(label: string): Promise<StoredKey> {
  const pair = await generateWebCryptoKey({ extractable: false });
  const { publicKey } = await webCryptoSigner(pair);
  const stored: StoredKey = { publicKey: hex(publicKey), pair, label, createdAt: new Date().toISOString() };
  await inStore('readwrite', (store) => store.put(stored));
  // Without this the browser may drop the database under storage pressure, and the key with it.
  await navigator.storage?.persist?.().catch(() => false);
  return stored;
}

/** The keys kept in this browser. */
export function storedKeys(): Promise<StoredKey[]> {
  return inStore('readonly', (store) => store.getAll() as IDBRequest<StoredKey[]>);
}

async function inStore<T>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await openDatabase();
  try {
    const transaction = database.transaction(storeName, mode);
    const result = await settled(act(transaction.objectStore(storeName)));
    if (mode === 'readwrite') await committed(transaction);
    return result;
  } finally {
    database.close();
  }
}

function openDatabase(): Promise<IDBDatabase> {
  const request = indexedDB.open(databaseName, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(storeName, { keyPath: 'publicKey' });
  return settled(request);
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('IndexedDB refused'));
  });
}

function committed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new Error('IndexedDB refused'));
  });
}
