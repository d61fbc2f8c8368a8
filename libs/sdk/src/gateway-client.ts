import { LIMITS, type Receipt, type Statement } from '@quorate/protocol';

import type { GenesisDocument } from './control-plane-types';
import type { SignedEnvelope } from './envelope';
import { readEvents } from './event-stream';
import type {
  AccountView,
  AssetView,
  BalanceView,
  BlockEvent,
  BlockView,
  EvidenceView,
  FreezeView,
  LedgerStatus,
  MandateView,
  PartyView,
  PaymentFilePlan,
  RecordView,
  SubmitResult,
  TransferView,
} from './gateway-types';
import {
  HttpClient,
  type CallOptions,
  type ClientOptions,
  type HttpRequest,
  type QueryValue,
  type ReadOptions,
} from './http-client';
import { idToHex } from './ids';
import { PagedList, type Page, type PageOptions } from './paged-list';

/** Longer than the gateway's own limit for finality, so that its answer is heard. */
const submitTimeoutMs = 15_000;

/** How a payment file is to be read. */
export interface PaymentFileOptions extends CallOptions {
  /** Accepts a wrong stated number of transactions if the file holds exactly this many. */
  readonly acceptTransactionCount?: number;
}

/** Whose balances a receipt shows; the other account stays behind its hash. */
export interface ReceiptOptions extends CallOptions {
  /** `debit` without a wish. */
  readonly side?: 'debit' | 'credit' | 'none';
}

/** What a list of accounts or transfers is narrowed to. A page may then be short or empty although more follow. */
export interface RowFilter {
  readonly userData128?: bigint | string;
  readonly userData64?: bigint;
  readonly userData32?: number;
  readonly code?: number;
  readonly asset?: number;
  /** The oldest and the newest that are listed: ledger times as ISO 8601, for transfers also heights. */
  readonly from?: number | string;
  readonly to?: number | string;
}

/** Which end of a list comes first; `newest` without a wish. */
export interface OrderOption {
  readonly order?: 'newest' | 'oldest';
}

/** What the transfers of one account are narrowed to. */
export interface AccountTransfersOptions extends PageOptions, RowFilter, OrderOption {
  /** Only those that debit the account, or only those that credit it. */
  readonly side?: 'debit' | 'credit';
}

/** Which part of an account's history; heights, or ledger times as ISO 8601. Without any, all of it. */
export interface StatementOptions extends CallOptions {
  readonly from?: number | string;
  readonly to?: number | string;
  /** Place of an attest_account operation that the statement ends with. */
  readonly attestation?: { readonly height: number; readonly index: number };
}

/** Pages of one statement that are fetched at most; one page holds up to a hundred lines. */
const statementPagesMax = 10_000;

/** Submits envelopes to ledgers and reads what is on them. Make one with {@link createGatewayClient}. */
export class GatewayClient {
  constructor(private readonly http: HttpClient) {}

  /**
   * Submits an envelope and waits for its results. Repeats the very same bytes when the outcome is unknown: the ledger
   * executes an envelope once and answers a repetition with the first results.
   */
  submit(ledgerId: string, envelope: SignedEnvelope | Uint8Array, options?: CallOptions): Promise<SubmitResult> {
    const bytes = envelope instanceof Uint8Array ? envelope : envelope.bytes;
    if (bytes.length > LIMITS.envelopeBytesMax)
      throw new RangeError(`an envelope has at most ${LIMITS.envelopeBytesMax} bytes`);
    const body = { contentType: 'application/octet-stream', bytes };
    return this.http.json({
      method: 'POST',
      path: `${ledgerPath(ledgerId)}/envelopes`,
      body,
      timeoutMs: submitTimeoutMs,
      ...options,
    });
  }

  status(ledgerId: string, options?: ReadOptions): Promise<LedgerStatus> {
    return this.get(ledgerId, '/status', options);
  }

  accounts(
    ledgerId: string,
    options: PageOptions & RowFilter & OrderOption & { readonly party?: bigint | string } = {},
  ): PagedList<AccountView> {
    return this.list(ledgerId, '/accounts', options, {
      ...filterQuery(options),
      order: options.order,
      party: options.party === undefined ? undefined : idToHex(options.party),
    });
  }

  account(ledgerId: string, id: bigint | string, options?: ReadOptions): Promise<AccountView> {
    return this.get(ledgerId, `/accounts/${idToHex(id)}`, options);
  }

  /** Up to 100 accounts by their ids, in that order; those that do not exist are left out. */
  lookUpAccounts(ledgerId: string, ids: readonly (bigint | string)[], options?: ReadOptions): Promise<AccountView[]> {
    return this.lookUp(ledgerId, 'accounts', ids, options);
  }

  /** As far back as the ledger goes. Pages from the oldest on may be empty at first, while the replica looks for the beginning. */
  accountTransfers(
    ledgerId: string,
    id: bigint | string,
    options: AccountTransfersOptions = {},
  ): PagedList<TransferView> {
    const filter = { ...filterQuery(options), side: options.side, order: options.order };
    return this.list(ledgerId, `/accounts/${idToHex(id)}/transfers`, options, filter);
  }

  /** What the account held after each of its transfers. */
  accountBalances(
    ledgerId: string,
    id: bigint | string,
    options: AccountTransfersOptions = {},
  ): PagedList<BalanceView> {
    const filter = { ...filterQuery(options), side: options.side, order: options.order };
    return this.list(ledgerId, `/accounts/${idToHex(id)}/balances`, options, filter);
  }

  transfers(ledgerId: string, options: PageOptions & RowFilter & OrderOption = {}): PagedList<TransferView> {
    return this.list(ledgerId, '/transfers', options, { ...filterQuery(options), order: options.order });
  }

  /** Up to 100 applied transfers by their ids, however old, in that order; others are left out. */
  lookUpTransfers(ledgerId: string, ids: readonly (bigint | string)[], options?: ReadOptions): Promise<TransferView[]> {
    return this.lookUp(ledgerId, 'transfers', ids, options);
  }

  /** An applied transfer, however old. */
  transfer(ledgerId: string, id: bigint | string, options?: ReadOptions): Promise<TransferView> {
    return this.get(ledgerId, `/transfers/${idToHex(id)}`, options);
  }

  parties(ledgerId: string, options?: PageOptions): PagedList<PartyView> {
    return this.list(ledgerId, '/parties', options);
  }

  party(ledgerId: string, id: bigint | string, options?: ReadOptions): Promise<PartyView> {
    return this.get(ledgerId, `/parties/${idToHex(id)}`, options);
  }

  assets(ledgerId: string, options?: PageOptions): PagedList<AssetView> {
    return this.list(ledgerId, '/assets', options);
  }

  asset(ledgerId: string, id: number, options?: ReadOptions): Promise<AssetView> {
    return this.get(ledgerId, `/assets/${id}`, options);
  }

  /** Mandates on one account, revoked ones too; newest first. */
  mandates(ledgerId: string, account: bigint | string, options?: PageOptions): PagedList<MandateView> {
    return this.list(ledgerId, `/accounts/${idToHex(account)}/mandates`, options);
  }

  mandate(ledgerId: string, id: bigint | string, options?: ReadOptions): Promise<MandateView> {
    return this.get(ledgerId, `/mandates/${idToHex(id)}`, options);
  }

  /** What is frozen and why; with `standing: false` also what was. Newest first. */
  freezes(ledgerId: string, options: PageOptions & { readonly standing?: boolean } = {}): PagedList<FreezeView> {
    const { standing = true, ...page } = options;
    return this.list(ledgerId, '/freezes', page, { standing: String(standing) });
  }

  /** Evidence that replicas contradicted themselves; newest first. */
  evidence(ledgerId: string, options?: PageOptions): PagedList<EvidenceView> {
    return this.list(ledgerId, '/evidence', options);
  }

  /** Records, all or about one subject; newest first. */
  records(ledgerId: string, options: PageOptions & { readonly subject?: bigint | string } = {}): PagedList<RecordView> {
    const { subject, ...page } = options;
    return this.list(ledgerId, '/records', page, { subject: subject === undefined ? undefined : idToHex(subject) });
  }

  record(ledgerId: string, id: bigint | string, options?: ReadOptions): Promise<RecordView> {
    return this.get(ledgerId, `/records/${idToHex(id)}`, options);
  }

  /** Newest first. */
  blocks(ledgerId: string, options?: PageOptions): PagedList<BlockView> {
    return this.list(ledgerId, '/blocks', options);
  }

  /** Proof of the first attempt to book this transfer, whether it was applied or failed. */
  receipt(ledgerId: string, transferId: bigint | string, options?: ReceiptOptions): Promise<Receipt> {
    return this.getReceipt(ledgerId, `/transfers/${idToHex(transferId)}/receipt`, options);
  }

  /** Proof of any operation by its place: {@link SubmitResult.height} and `firstIndex + index`. */
  operationReceipt(ledgerId: string, height: number, index: number, options?: ReceiptOptions): Promise<Receipt> {
    return this.getReceipt(ledgerId, `/operations/${height}/${index}/receipt`, options);
  }

  /**
   * An account's statement, proved to be complete: a list for `verifyStatement`, oldest part first. Fetched from its newest lines on, so
   * an attestation is in the last part.
   */
  statement(ledgerId: string, account: bigint | string, options: StatementOptions = {}): Promise<Statement[]> {
    const { from, to, attestation, ...call } = options;
    const path = `/accounts/${idToHex(account)}/statement`;
    const attested = attestation === undefined ? undefined : `${attestation.height}.${attestation.index}`;
    return this.statementPages(ledgerId, path, { from, to, attestation: attested, limit: 100 }, call);
  }

  /** Proof of an account's balance at a height or time of the past, for `verifyStatement` and `balanceAt`. */
  balance(
    ledgerId: string,
    account: bigint | string,
    at: number | string,
    options: CallOptions = {},
  ): Promise<Statement[]> {
    return this.statementPages(ledgerId, `/accounts/${idToHex(account)}/balance`, { at }, options);
  }

  genesis(ledgerId: string, options?: ReadOptions): Promise<GenesisDocument> {
    return this.get(ledgerId, '/genesis', options);
  }

  /** Follows the ledger's blocks until the signal aborts or the connection ends; reconnect by calling again. */
  async *stream(ledgerId: string, options?: CallOptions): AsyncGenerator<BlockEvent> {
    const path = `${ledgerPath(ledgerId)}/stream`;
    const response = await this.http.open({ method: 'GET', path, accept: 'text/event-stream', ...options });
    for await (const { event, data } of readEvents(response)) if (event === 'block') yield data as BlockEvent;
  }

  /** Lets the gateway read and check a payment file (pain.001). Nothing is booked. */
  checkPaymentFile(ledgerId: string, xml: string | Uint8Array, options?: PaymentFileOptions): Promise<PaymentFilePlan> {
    return this.http.json({
      method: 'POST',
      path: `${ledgerPath(ledgerId)}/payment-files`,
      ...paymentFile(xml, options),
    });
  }

  /** The status report (pain.002) of a payment file, computed from what the ledger holds. */
  paymentStatusReport(ledgerId: string, xml: string | Uint8Array, options?: PaymentFileOptions): Promise<string> {
    const path = `${ledgerPath(ledgerId)}/payment-files/status-report`;
    return this.http.text({ method: 'POST', path, accept: 'application/xml', ...paymentFile(xml, options) });
  }

  private getReceipt(ledgerId: string, path: string, options: ReceiptOptions = {}): Promise<Receipt> {
    const { side, ...call } = options;
    return this.http.json({ method: 'GET', path: ledgerPath(ledgerId) + path, query: { side }, ...call });
  }

  private async statementPages(
    ledgerId: string,
    path: string,
    query: Record<string, QueryValue>,
    options: CallOptions,
  ): Promise<Statement[]> {
    const pages: Statement[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < statementPagesMax; page += 1) {
      // Older pages end where newer ones begin: the attestation belongs to the newest lines only.
      const wanted = pages.length === 0 ? query : { ...query, attestation: undefined };
      const found: { statement: Statement | null; nextCursor: string | null } = await this.http.json({
        method: 'GET',
        path: ledgerPath(ledgerId) + path,
        query: { ...wanted, cursor },
        ...options,
      });
      if (found.statement !== null) pages.unshift(found.statement);
      if (found.nextCursor === null) return pages;
      cursor = found.nextCursor;
    }
    throw new RangeError('the statement has too many pages; ask for a part of it with from and to');
  }

  private async lookUp<T>(
    ledgerId: string,
    what: 'accounts' | 'transfers',
    ids: readonly (bigint | string)[],
    { consistency, ...call }: ReadOptions = {},
  ): Promise<T[]> {
    const path = `${ledgerPath(ledgerId)}/lookup/${what}`;
    const query = { ids: ids.map(idToHex).join(','), consistency };
    const { data } = await this.http.json<{ data: T[] }>({ method: 'GET', path, query, ...call });
    return data;
  }

  private get<T>(ledgerId: string, path: string, { consistency, ...call }: ReadOptions = {}): Promise<T> {
    return this.http.json({ method: 'GET', path: ledgerPath(ledgerId) + path, query: { consistency }, ...call });
  }

  private list<T>(
    ledgerId: string,
    path: string,
    options: PageOptions = {},
    filter: Record<string, QueryValue> = {},
  ): PagedList<T> {
    const { limit, signal, consistency } = options;
    return new PagedList<T>(
      (cursor) =>
        this.http.json<Page<T>>({
          method: 'GET',
          path: ledgerPath(ledgerId) + path,
          query: { ...filter, limit, cursor, consistency },
          signal,
        }),
      options.cursor,
    );
  }
}

/** A client of the gateway. Works in browsers and in Node. */
export function createGatewayClient(options: ClientOptions): GatewayClient {
  return new GatewayClient(new HttpClient(options));
}

function ledgerPath(id: string): string {
  return `/v1/ledgers/${encodeURIComponent(id)}`;
}

function paymentFile(xml: string | Uint8Array, options: PaymentFileOptions = {}): Omit<HttpRequest, 'method' | 'path'> {
  const { acceptTransactionCount, ...call } = options;
  return { query: { acceptTransactionCount }, body: { contentType: 'application/xml', bytes: xml }, ...call };
}

function filterQuery(filter: RowFilter): Record<string, QueryValue> {
  const { userData128, userData64, userData32, code, asset, from, to } = filter;
  return {
    userData128: userData128 === undefined ? undefined : idToHex(userData128),
    userData64: userData64 === undefined ? undefined : userData64.toString(),
    userData32,
    code,
    asset,
    from,
    to,
  };
}
