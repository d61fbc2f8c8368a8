// Copies of everything that an installation has on disks, and everything that is in its database about keys: what a thief could have.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { nodeCryptography } from '@quorate/runtime-node';
import { FILE_KIND, FrameCodec, Vault, type FileLabel } from '@quorate/storage';
import { Client } from 'pg';
import { FileKeyProvider } from '../../apps/worker/src/keys/file-provider';
import { Keyring, type KeyStorage } from '../../apps/worker/src/keys/keyring';

interface Copy {
  readonly path: string;
  readonly label: FileLabel;
  readonly bytes: Uint8Array;
}

const KINDS: readonly [RegExp, number][] = [
  [/\/journal-(\d+)$/, FILE_KIND.journal],
  [/\/outcomes-(\d+)$/, FILE_KIND.outcomes],
  [/\/pack-(\d+)$/, FILE_KIND.pack],
  [/\/snapshot-(\d+)$/, FILE_KIND.snapshot],
  [/\/checkpoint-(\d+)$/, FILE_KIND.checkpoint],
  [/\/genesis$/, FILE_KIND.archive],
  [/\/blocks\/\d{10}\/(\d{10})$/, FILE_KIND.archive],
  [/\/chunks\/(\d{10})$/, FILE_KIND.archivedChunks],
  [/\/snapshots\/(\d{10})$/, FILE_KIND.archivedSnapshot],
];

function labelOf(path: string): FileLabel | null {
  for (const [pattern, kind] of KINDS) {
    const found = pattern.exec(path);
    if (found !== null) return { kind, number: Number(found[1] ?? 0) };
  }
  return null;
}

/** The sealed files of one ledger: in directories of its replicas, and in the archive. */
export class StolenCopies {
  private constructor(
    private readonly ledgerId: Uint8Array,
    readonly copies: readonly Copy[],
  ) {}

  static take(home: string, ledgerId: string, replicaIds: readonly string[]): StolenCopies {
    const bare = ledgerId.replaceAll('-', '');
    const copies = readdirSync(home, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.includes(bare) || replicaIds.some((id) => path.includes(id)))
      .flatMap((path) => {
        const label = labelOf(path);
        return label === null ? [] : [{ path, label, bytes: new Uint8Array(readFileSync(join(home, path))) }];
      })
      // Outcomes are written some time after they are known.
      .filter(({ bytes }) => bytes.length > 0);
    return new StolenCopies(new Uint8Array(Buffer.from(bare, 'hex')), copies);
  }

  get paths(): readonly string[] {
    return this.copies.map(({ path }) => path);
  }

  /** Paths of those whose first frame one of the keys opens. */
  openedBy(keys: readonly Uint8Array[]): readonly string[] {
    const vaults = keys.map(
      (key) => new Vault({ cryptography: nodeCryptography, ledgerId: this.ledgerId, keys: [{ generation: 1, key }] }),
    );
    const isOpened = ({ label, bytes }: Copy): boolean =>
      vaults.some((vault) => new FrameCodec(vault, label).open(bytes, 0, 0) !== null);
    return this.copies.filter(isOpened).map(({ path }) => path);
  }
}

interface WrappedRow {
  readonly replica_id: string;
  readonly ledger_id: string;
  readonly tenant_id: string;
  readonly generation: number;
  readonly tenant_generation: number;
  readonly wrapped: Buffer;
}

/** All keys that database and key file give now, in the clear, and the SHA-256 of how they lie there wrapped. */
export async function keysAtHand(home: string, databaseUrl: string) {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<WrappedRow>('select * from data_keys');
    const tenants = await client.query<{
      tenant_id: string;
      generation: number;
      provider_key: string;
      wrapped: Buffer;
    }>('select * from tenant_keys');
    const storage: Pick<KeyStorage, 'tenantOf' | 'tenantKeys' | 'dataKeys'> = {
      tenantOf: (id) => Promise.resolve(rows.find((row) => row.replica_id === id)?.tenant_id ?? ''),
      tenantKeys: (tenantId) =>
        Promise.resolve(
          tenants.rows
            .filter((row) => row.tenant_id === tenantId)
            .map(({ generation, provider_key: by, wrapped }) => ({ generation, by, wrapped })),
        ),
      dataKeys: (id) =>
        Promise.resolve(
          rows
            .filter((row) => row.replica_id === id)
            .map(({ generation, tenant_generation: tenantGeneration, wrapped }) => ({
              generation,
              tenantGeneration,
              wrapped,
            })),
        ),
    };
    const keyring = new Keyring(storage as KeyStorage, FileKeyProvider.open(join(home, 'keys', 'provider-keys')));
    const open = await Promise.all(rows.map((row) => keyring.dataKeys(row.replica_id)));
    const hashOf = (wrapped: Buffer): string => createHash('sha256').update(wrapped).digest('hex');
    return {
      keys: open.flat().map(({ key }) => key),
      wrapped: rows.map(({ ledger_id: ledgerId, wrapped }) => ({ ledgerId, hash: hashOf(wrapped) })),
    };
  } finally {
    await client.end();
  }
}
