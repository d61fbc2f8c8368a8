import type { ReplicaStatus } from './status';

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
      readonly self: number;
      /** In replica order. */
      readonly addresses: readonly { readonly host: string; readonly port: number }[];
      /** PEM, in replica order. */
      readonly certificates: readonly string[];
      /** PEM of the gateways that may submit and query. */
      readonly clientCertificates: readonly string[];
    }
  /** Peers have moved. */
  | { readonly kind: 'addresses'; readonly addresses: readonly { readonly host: string; readonly port: number }[] }
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
  | { readonly kind: 'status'; readonly status: ReplicaStatus }
  | { readonly kind: 'failed'; readonly code: string; readonly detail: string };
