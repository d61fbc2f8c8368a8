import type { Participant } from '@quorate/transport';
import type { Retention } from './pruning';
import type { ReplicaStatus } from './status';

/** A store of objects as settings name it. */
export type ArchiveStoreSettings =
  | { readonly kind: 'directory'; readonly path: string }
  | {
      readonly kind: 's3';
      readonly endpoint: string;
      readonly region: string;
      readonly bucket: string;
      readonly prefix: string;
      readonly accessKeyId: string;
      readonly secretAccessKey: string;
    };

/** Where a ledger is archived, under which keys, and what stays on the replica's disk. */
export interface ArchiveSettings {
  readonly store: ArchiveStoreSettings;
  /** Of the ledger, not of the directory. */
  readonly keys: readonly { readonly generation: number; readonly key: Uint8Array }[];
  readonly retention: Retention;
}

/** Where a fork begins: at a height, at the last block at or before a ledger time (decimal nanoseconds), or at the newest block. */
export type ForkPoint = { readonly height: number } | { readonly timeNs: string } | 'newest';

/** The state that a replica made for a fork: what the fork's genesis has to name, and what it rests on. Bytes in hex, big numbers decimal. */
export interface AcquiredState {
  readonly genesisId: string;
  readonly height: number;
  readonly timeNs: string;
  readonly blockId: string;
  readonly execRoot: string;
  readonly stateRoot: string;
  /** Newest final block of the parent when the state was made: what lies between the two is the distance to the recovery point. */
  readonly tipHeight: number;
  readonly tipTimeNs: string;
  readonly snapshotHeight: number;
  readonly blocksExecuted: number;
  readonly operationsExecuted: number;
  readonly stateBytes: number;
  readonly elapsedMs: number;
  readonly counts: {
    readonly parties: number;
    readonly assets: number;
    readonly accounts: number;
    readonly transfers: number;
  };
  /** Debits equal credits, or there would be no state. */
  readonly trialBalance: readonly {
    readonly asset: number;
    readonly accounts: number;
    readonly postedMinor: string;
    readonly pendingMinor: string;
  }[];
}

/** What a worker tells a replica process. Times, queues and retries are the worker's. */
export type ReplicaCommand =
  /** Makes keys (once), binds a port of the range (the same one ever after) and answers `prepared`. */
  | {
      readonly kind: 'prepare';
      readonly directory: string;
      readonly host: string;
      readonly portRange: readonly [number, number];
    }
  | {
      readonly kind: 'start';
      readonly directory: string;
      readonly genesis: Uint8Array;
      /** Data keys of the directory; the one of the highest generation seals. They come by this message only and are stored nowhere. */
      readonly dataKeys: readonly { readonly generation: number; readonly key: Uint8Array }[];
      /** The replicas of the ledger's current configuration and of the one that is to follow; this one may be among them. */
      readonly participants: readonly Participant[];
      /** PEM of the gateways that may submit and query. */
      readonly clientCertificates: readonly string[];
      /** Where the ledger is archived, if it is. Credentials and keys come by this message only. */
      readonly archive?: ArchiveSettings;
    }
  /** Whether this replica ships to the archive. */
  | { readonly kind: 'ship'; readonly ships: boolean }
  /** Puts everything that is final into the archive and answers `shipped`. */
  | { readonly kind: 'ship-now' }
  /**
   * Makes the state with which a fork begins, before there is its genesis: from the replicas of the parent, up to `point`. Answers `point` as soon as
   * the height is known, then `acquired`.
   */
  | {
      readonly kind: 'acquire';
      readonly directory: string;
      readonly ledgerId: Uint8Array;
      readonly dataKeys: readonly { readonly generation: number; readonly key: Uint8Array }[];
      readonly parent: {
        readonly genesis: Uint8Array;
        /** Replicas to read from; without any, or when they do not hold what is needed, the archive is read. */
        readonly participants: readonly Participant[];
        readonly archive: Pick<ArchiveSettings, 'store' | 'keys'> | null;
      };
      readonly point: ForkPoint;
    }
  /** Replicas have moved, come or gone: the whole list again. Members of the former epoch stay in it until the next one has handed over. */
  | { readonly kind: 'participants'; readonly participants: readonly Participant[] }
  /**
   * The configuration that is to follow the current one (encodeConfiguration), with governance's signatures over governanceSigningBytes. To every
   * member and every joiner; may be repeated, and does nothing when it has been done.
   */
  | {
      readonly kind: 'reconfigure';
      readonly configuration: Uint8Array;
      readonly signatures: readonly { readonly key: number; readonly bytes: Uint8Array }[];
      readonly participants: readonly Participant[];
    }
  /** Makes a consensus key for this replica's place in the next configuration (once; the same one until it is used) and answers `next-key`. */
  | { readonly kind: 'next-key' }
  /** Gateways have come or gone. */
  | { readonly kind: 'clients'; readonly clientCertificates: readonly string[] }
  /** Ends the process cleanly. */
  | { readonly kind: 'stop' };

/** What a replica process tells its worker. After `failed` the process ends. */
export type ReplicaReport =
  | {
      readonly kind: 'prepared';
      readonly consensusKey: string;
      readonly certificate: string;
      readonly certificateHash: string;
      readonly host: string;
      readonly port: number;
    }
  | { readonly kind: 'started' }
  /** The height at which the fork begins. */
  | { readonly kind: 'point'; readonly height: number }
  | { readonly kind: 'acquired'; readonly state: AcquiredState }
  | { readonly kind: 'next-key'; readonly consensusKey: string }
  /** The configuration does not follow the current one, or is not signed as it must be. */
  | { readonly kind: 'reconfigure-refused'; readonly detail: string }
  | { readonly kind: 'status'; readonly status: ReplicaStatus }
  /** `error` is the code of what kept it from it, and null otherwise. */
  | {
      readonly kind: 'shipped';
      readonly height: number;
      readonly snapshotHeight: number;
      readonly error: string | null;
    }
  | { readonly kind: 'failed'; readonly code: string; readonly detail: string };
