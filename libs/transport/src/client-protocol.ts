import { Reader, Writer } from '@quorate/codec';

/** Frame kinds of a client's link. Kinds below 16 belong to links between replicas. */
export const CLIENT_FRAMES = {
  submit: 16,
  query: 17,
  subscribe: 18,
  /** What chain and state consist of; its content is the replica's business. */
  chain: 19,
  submitReply: 32,
  answer: 33,
  block: 34,
} as const;

/** Longest text of a refusal's code. */
const CODE_BYTES_MAX = 128;

/** What became of an envelope. `final`: executed in a final block at `height`, one code per operation. `refused`: it is in no block because of this submission. */
export type SubmitReply =
  | {
      readonly kind: 'final';
      readonly height: number;
      readonly firstIndex: number;
      readonly timeNs: bigint;
      readonly codes: Uint16Array;
    }
  | {
      readonly kind: 'refused';
      readonly code: string;
      readonly retryAfterMs?: number;
      /** Of an envelope whose signatures do not suffice: who signed, and who is missing. */
      readonly signers?: readonly SubmitSigner[];
    };

/** One key of the signing party, or one that it does not have (`publicKey` null), and what became of it. */
export interface SubmitSigner {
  readonly key: number;
  readonly publicKey: string | null;
  readonly state: string;
}

/** A party has at most 8 keys, an envelope at most 8 signatures. */
const SIGNERS_BYTES_MAX = 8_192;

/** Whose balances a receipt shows; without a wish, those of the debit account. */
export type ReceiptSideName = 'debit' | 'credit' | 'none';

/** A block by its height, or by ledger time in nanoseconds (decimal). */
export type StatementPoint = { readonly height: number } | { readonly timeNs: string };

/** A page of an account's statement, newest lines first; without `from` and `to` all of it. */
export interface StatementQuery {
  readonly account: string;
  readonly from?: StatementPoint;
  readonly to?: StatementPoint;
  readonly limit: number;
  readonly cursor?: string;
  /** Position of an attestation of the account that the statement is to show: `height.index`. */
  readonly attestation?: string;
}

/** Which page of a list. */
export interface ListQuery {
  readonly cursor?: string;
  readonly limit: number;
}

/** What a list of accounts or transfers is narrowed to: ids are 32 hex digits, `userData64` a decimal number. */
export interface FilterQuery {
  readonly userData128?: string;
  readonly userData64?: string;
  readonly userData32?: number;
  readonly code?: number;
  readonly asset?: number;
  /** What is older or newer is left out; both are included. */
  readonly from?: StatementPoint;
  readonly to?: StatementPoint;
}

/** Which of an account's transfers: those that debit or those that credit it, or both. */
export interface AccountTransfersQuery extends ListQuery, FilterQuery {
  readonly account: string;
  readonly side?: 'debit' | 'credit';
  readonly order?: ListOrder;
}

/** Which end of a list comes first; the newest without a wish. */
export type ListOrder = 'newest' | 'oldest';

/** Ids in one look-up. */
export const LOOKUP_IDS_MAX = 100;

/** What an answer reflects: everything that was acknowledged before the query was made (`fence`), or what this replica has executed. */
export type Consistency = 'proven' | 'fence';

/** A query, and what its answer is to reflect; `proven` if it does not say. */
export type ReplicaQuery = ReplicaQuestion & { readonly consistency?: Consistency };

/** Ids are 32 lowercase hex digits; `limit` 1..100; cursors are opaque. */
export type ReplicaQuestion =
  | { readonly query: 'status' }
  | { readonly query: 'account'; readonly id: string }
  | ({ readonly query: 'accounts'; readonly party?: string; readonly order?: ListOrder } & ListQuery & FilterQuery)
  | { readonly query: 'accounts-by-id'; readonly ids: readonly string[] }
  | { readonly query: 'transfer'; readonly id: string }
  | ({ readonly query: 'transfers'; readonly order?: ListOrder } & ListQuery & FilterQuery)
  | { readonly query: 'transfers-by-id'; readonly ids: readonly string[] }
  | ({ readonly query: 'account-transfers' } & AccountTransfersQuery)
  | ({ readonly query: 'account-balances' } & AccountTransfersQuery)
  | { readonly query: 'party'; readonly id: string }
  | { readonly query: 'parties'; readonly cursor?: string; readonly limit: number }
  | { readonly query: 'asset'; readonly id: number }
  | { readonly query: 'assets'; readonly cursor?: string; readonly limit: number }
  | { readonly query: 'mandate'; readonly id: string }
  | ({ readonly query: 'mandates'; readonly account: string } & ListQuery)
  | ({ readonly query: 'freezes'; readonly standing: boolean } & ListQuery)
  | { readonly query: 'record'; readonly id: string }
  | ({ readonly query: 'records'; readonly subject?: string } & ListQuery)
  | ({ readonly query: 'evidence' } & ListQuery)
  | { readonly query: 'receipt'; readonly transferId: string; readonly side?: ReceiptSideName }
  | { readonly query: 'receipt'; readonly height: number; readonly index: number; readonly side?: ReceiptSideName }
  | ({ readonly query: 'statement' } & StatementQuery)
  | { readonly query: 'blocks'; readonly cursor?: string; readonly limit: number };

/** Answer to a query: plain JSON. Every answer has the height that this replica had executed; a failed one has `kind: 'error'`. */
export type ReplicaAnswer = { readonly height: number } & Readonly<Record<string, unknown>>;

/** A block became final and was executed here. */
export interface BlockEvent {
  readonly height: number;
  readonly timeNs: string;
  readonly operationCount: number;
  readonly provenHeight: number;
  readonly term: number;
  readonly leader: number;
}

/** What a request or reply begins with: u32 id. Its content follows. */
export function requestId(id: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, id);
  return bytes;
}

/** Splits a request or reply into id and content (a view). Throws CodecError. */
export function decodeRequest(bytes: Uint8Array): { id: number; content: Uint8Array } {
  const id = new Reader(bytes).u32();
  return { id, content: bytes.subarray(4) };
}

export function encodeSubmitReply(reply: SubmitReply): Uint8Array {
  if (reply.kind === 'refused') {
    return new Writer(64)
      .u8(2)
      .text(reply.code)
      .u32(reply.retryAfterMs ?? 0)
      .blob(encodeJson(reply.signers ?? null))
      .finish();
  }
  const writer = new Writer(32 + reply.codes.length * 2);
  writer.u8(1).uint(reply.height).u32(reply.firstIndex).u64(reply.timeNs).u32(reply.codes.length);
  for (const code of reply.codes) writer.u16(code);
  return writer.finish();
}

/** Throws CodecError. */
export function decodeSubmitReply(bytes: Uint8Array): SubmitReply {
  const reader = new Reader(bytes);
  if (reader.u8() !== 1) {
    const code = reader.text(CODE_BYTES_MAX);
    const retryAfterMs = reader.u32();
    const signers = decodeJson(reader.blob(SIGNERS_BYTES_MAX)) as readonly SubmitSigner[] | null;
    reader.end();
    return {
      kind: 'refused',
      code,
      ...(retryAfterMs === 0 ? {} : { retryAfterMs }),
      ...(signers === null ? {} : { signers }),
    };
  }
  const head = { height: reader.uint(), firstIndex: reader.u32(), timeNs: reader.u64() };
  const count = reader.u32();
  const codes = new Uint16Array(Math.min(count, reader.remaining / 2));
  for (let index = 0; index < count; index += 1) codes[index] = reader.u16();
  reader.end();
  return { kind: 'final', ...head, codes };
}

const textEncoder = new TextEncoder();
const textDecoder = new TextDecoder('utf-8', { fatal: true });

export function encodeJson(value: unknown): Uint8Array {
  return textEncoder.encode(JSON.stringify(value));
}

/** Throws TypeError or SyntaxError. */
export function decodeJson(bytes: Uint8Array): unknown {
  return JSON.parse(textDecoder.decode(bytes));
}
