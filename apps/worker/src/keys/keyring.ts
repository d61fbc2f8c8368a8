import { randomBytes } from 'node:crypto';
import type { KeyStore, StoredDataKey, TenantKey } from '@quorate/database';
import { KeyError, type KeyProvider } from './key-provider';
import { KEY_BYTES, unwrapKey, wrapKey } from './key-wrap';

/** One data key of a replica's directory, in the clear. It goes to the replica's process and nowhere else. */
export interface OpenDataKey {
  readonly generation: number;
  readonly key: Uint8Array;
}

/** What a keyring keeps wrapped keys in. */
export type KeyStorage = Pick<
  KeyStore,
  'tenantOf' | 'tenantKeys' | 'addTenantKey' | 'rewrapTenantKey' | 'dataKeys' | 'addDataKey' | 'moveDataKey'
>;

/**
 * The hierarchy: the provider's key wraps tenant keys, a tenant key wraps the data keys of the tenant's replicas, a data key seals a
 * replica's directory. Only wrapped keys are stored.
 */
export class Keyring {
  constructor(
    private readonly storage: KeyStorage,
    private readonly provider: KeyProvider,
  ) {}

  /** All data keys of a replica; makes the first one. Throws KeyError. */
  async dataKeys(replicaId: string): Promise<OpenDataKey[]> {
    const known = await this.storage.dataKeys(replicaId);
    const stored = known.length > 0 ? known : await this.addDataKey(replicaId, 1);
    const tenantId = await this.storage.tenantOf(replicaId);
    const keys: OpenDataKey[] = [];
    const tenantKeys = new Map<number, Uint8Array>();
    for (const entry of stored) {
      const { generation, tenantGeneration } = entry;
      const tenantKey = tenantKeys.get(tenantGeneration) ?? (await this.openTenantKey(tenantId, tenantGeneration));
      tenantKeys.set(tenantGeneration, tenantKey);
      keys.push({ generation, key: unwrapKey(tenantKey, entry.wrapped, dataContext(replicaId, generation)) });
    }
    for (const key of tenantKeys.values()) key.fill(0);
    return keys;
  }

  /** Adds a data key: the replica seals under it from its next start on. What is sealed stays readable. */
  async rotateDataKey(replicaId: string): Promise<number> {
    const known = await this.storage.dataKeys(replicaId);
    const generation = Math.max(0, ...known.map((entry) => entry.generation)) + 1;
    await this.addDataKey(replicaId, generation);
    return generation;
  }

  /** Makes a new tenant key, wraps all data keys of the tenant under it and forgets the old ones. No data is rewritten. */
  async rotateTenantKey(tenantId: string, replicaIds: readonly string[]): Promise<number> {
    const [newest] = await this.storage.tenantKeys(tenantId);
    const generation = (newest?.generation ?? 0) + 1;
    const key = await this.makeTenantKey(tenantId, generation);
    for (const replicaId of replicaIds) {
      for (const entry of await this.storage.dataKeys(replicaId)) {
        const old = await this.openTenantKey(tenantId, entry.tenantGeneration);
        const context = dataContext(replicaId, entry.generation);
        const wrapped = wrapKey(key, unwrapKey(old, entry.wrapped, context), context);
        await this.storage.moveDataKey(replicaId, { ...entry, tenantGeneration: generation, wrapped });
      }
    }
    return generation;
  }

  /** Wraps the tenant's keys under the provider's current key, after the provider has got a new one. */
  async rewrapTenantKeys(tenantId: string): Promise<number> {
    let count = 0;
    for (const { generation, by, wrapped } of await this.storage.tenantKeys(tenantId)) {
      if (by === this.provider.current) continue;
      const context = tenantContext(tenantId, generation);
      const key = await this.provider.unwrap({ by, bytes: wrapped }, context);
      const again = await this.provider.wrap(key, context);
      await this.storage.rewrapTenantKey(tenantId, { generation, by: again.by, wrapped: again.bytes });
      count += 1;
    }
    return count;
  }

  private async addDataKey(replicaId: string, generation: number): Promise<readonly StoredDataKey[]> {
    const tenantId = await this.storage.tenantOf(replicaId);
    const [newest] = await this.storage.tenantKeys(tenantId);
    const tenantGeneration = newest?.generation ?? 1;
    const tenantKey =
      newest === undefined
        ? await this.makeTenantKey(tenantId, 1)
        : await this.openTenantKey(tenantId, tenantGeneration);
    const wrapped = wrapKey(tenantKey, randomBytes(KEY_BYTES), dataContext(replicaId, generation));
    // Another process may have been first: then its key counts.
    await this.storage.addDataKey(replicaId, { generation, tenantGeneration, wrapped });
    const stored = await this.storage.dataKeys(replicaId);
    if (stored.length === 0) throw new KeyError('KEY_SHREDDED', 'the ledger is retired: it gets no keys any more');
    return stored;
  }

  private async makeTenantKey(tenantId: string, generation: number): Promise<Uint8Array> {
    const { by, bytes } = await this.provider.wrap(randomBytes(KEY_BYTES), tenantContext(tenantId, generation));
    await this.storage.addTenantKey(tenantId, { generation, by, wrapped: bytes });
    return this.openTenantKey(tenantId, generation);
  }

  private async openTenantKey(tenantId: string, generation: number): Promise<Uint8Array> {
    const stored = await this.storage.tenantKeys(tenantId);
    const entry: TenantKey | undefined = stored.find((candidate) => candidate.generation === generation);
    if (entry === undefined) throw new KeyError('KEY_UNKNOWN', `tenant key ${generation} is not there`);
    return this.provider.unwrap({ by: entry.by, bytes: entry.wrapped }, tenantContext(tenantId, generation));
  }
}

function tenantContext(tenantId: string, generation: number): string {
  return `quorate/tenant-key/1/${tenantId}/${generation}`;
}

function dataContext(replicaId: string, generation: number): string {
  return `quorate/data-key/1/${replicaId}/${generation}`;
}
