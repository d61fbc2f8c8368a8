import { LIMITS, type Receipt } from '@quorate/protocol';

import type { GenesisDocument } from './control-plane-types';
import type { SignedEnvelope } from './envelope';
import { readEvents } from './event-stream';
import type {
  AccountView,
  AssetView,
  BlockEvent,
  BlockView,
  FreezeView,
  LedgerStatus,
  MandateView,
  PartyView,
  PaymentFilePlan,
  RecordView,
  SubmitResult,
  TransferView,
} from './gateway-types';
import { HttpClient, type CallOptions, type ClientOptions, type HttpRequest, type QueryValue } from './http-client';
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
}

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

  status(ledgerId: string, options?: CallOptions): Promise<LedgerStatus> {
    return this.get(ledgerId, '/status', options);
  }

  accounts(
    ledgerId: string,
    options: PageOptions & RowFilter & { readonly party?: bigint | string } = {},
  ): PagedList<AccountView> {
    return this.list(ledgerId, '/accounts', options, {
      ...filterQuery(options),
      party: options.party === undefined ? undefined : idToHex(options.party),
    });
  }

  account(ledgerId: string, id: bigint | string, options?: CallOptions): Promise<AccountView> {
    return this.get(ledgerId, `/accounts/${idToHex(id)}`, options);
  }

  /** Newest first. */
  accountTransfers(
    ledgerId: string,
    id: bigint | string,
    options: PageOptions & RowFilter = {},
  ): PagedList<TransferView> {
    return this.list(ledgerId, `/accounts/${idToHex(id)}/transfers`, options, filterQuery(options));
  }

  /** Newest first. */
  transfers(ledgerId: string, options: PageOptions & RowFilter = {}): PagedList<TransferView> {
    return this.list(ledgerId, '/transfers', options, filterQuery(options));
  }

  transfer(ledgerId: string, id: bigint | string, options?: CallOptions): Promise<TransferView> {
    return this.get(ledgerId, `/transfers/${idToHex(id)}`, options);
  }

  parties(ledgerId: string, options?: PageOptions): PagedList<PartyView> {
    return this.list(ledgerId, '/parties', options);
  }

  party(ledgerId: string, id: bigint | string, options?: CallOptions): Promise<PartyView> {
    return this.get(ledgerId, `/parties/${idToHex(id)}`, options);
  }

  assets(ledgerId: string, options?: PageOptions): PagedList<AssetView> {
    return this.list(ledgerId, '/assets', options);
  }

  asset(ledgerId: string, id: number, options?: CallOptions): Promise<AssetView> {
    return this.get(ledgerId, `/assets/${id}`, options);
  }

  /** Mandates on one account, revoked ones too; newest first. */
  mandates(ledgerId: string, account: bigint | string, options?: PageOptions): PagedList<MandateView> {
    return this.list(ledgerId, `/accounts/${idToHex(account)}/mandates`, options);
  }

  mandate(ledgerId: string, id: bigint | string, options?: CallOptions): Promise<MandateView> {
    return this.get(ledgerId, `/mandates/${idToHex(id)}`, options);
  }

  /** What is frozen and why; with `standing: false` also what was. Newest first. */
  freezes(ledgerId: string, options: PageOptions & { readonly standing?: boolean } = {}): PagedList<FreezeView> {
    const { standing = true, ...page } = options;
    return this.list(ledgerId, '/freezes', page, { standing: String(standing) });
  }

  /** Records, all or about one subject; newest first. */
  records(ledgerId: string, options: PageOptions & { readonly subject?: bigint | string } = {}): PagedList<RecordView> {
    const { subject, ...page } = options;
    return this.list(ledgerId, '/records', page, { subject: subject === undefined ? undefined : idToHex(subject) });
  }

  record(ledgerId: string, id: bigint | string, options?: CallOptions): Promise<RecordView> {
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

  genesis(ledgerId: string, options?: CallOptions): Promise<GenesisDocument> {
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

  private get<T>(ledgerId: string, path: string, options?: CallOptions): Promise<T> {
    return this.http.json({ method: 'GET', path: ledgerPath(ledgerId) + path, ...options });
  }

  private list<T>(
    ledgerId: string,
    path: string,
    options: PageOptions = {},
    filter: Record<string, QueryValue> = {},
  ): PagedList<T> {
    const { limit, signal } = options;
    return new PagedList<T>(
      (cursor) =>
        this.http.json<Page<T>>({
          method: 'GET',
          path: ledgerPath(ledgerId) + path,
          query: { ...filter, limit, cursor },
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

function filterQuery({ userData128, userData64, userData32, code }: RowFilter): Record<string, QueryValue> {
  return {
    userData128: userData128 === undefined ? undefined : idToHex(userData128),
    userData64: userData64 === undefined ? undefined : userData64.toString(),
    userData32,
    code,
  };
}
