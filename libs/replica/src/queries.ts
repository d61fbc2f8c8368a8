import { CodecError } from '@quorate/codec';
import { hex } from '@quorate/crypto';
import { PageRequestError, type Page } from '@quorate/ledger';
import { parseId } from '@quorate/protocol';
import type { ReceiptSideName, ReplicaAnswer, ReplicaQuery, StatementQuery } from '@quorate/transport';
import { assetJson, evidenceJson, freezeJson, mandateJson, partyJson, recordJson } from './authority-json';
import type { BlockStore } from './block-store';
import { accountJson, balanceJson, transferJson } from './booking-json';
import type { Executor } from './executor';
import {
  accountTransfersRequest,
  accountsRequest,
  ids,
  isOldestFirst,
  page,
  pointOf,
  transfersRequest,
} from './list-requests';
import type { ProvingTip, ReceiptAnswer, Receipts } from './receipts';
import { ReplicaError } from './replica-error';
import type { Statements } from './statements';
import type { ReplicaStatus } from './status';
import type { TransferHistory } from './transfer-history';

const SIDES: readonly ReceiptSideName[] = ['debit', 'credit', 'none'];

/** What queries read. */
export interface QuerySources {
  readonly store: BlockStore;
  readonly executor: Executor;
  readonly receipts: Receipts;
  readonly statements: Statements;
  readonly transfers: TransferHistory;
  readonly provingTip: () => ProvingTip | null;
  /** Resolves when another block became final, or after a second at most. */
  readonly nextTip: () => Promise<void>;
  readonly status: () => ReplicaStatus;
  /** Resolves when everything acknowledged before the call is executed. Throws ReplicaError if that takes too long. */
  readonly fence: () => Promise<void>;
}

/** Answers clients' queries from this replica's executed state. A wrong query is answered with `kind: 'error'`, never thrown. */
export class Queries {
  constructor(private readonly sources: QuerySources) {}

  async answer(value: unknown): Promise<ReplicaAnswer> {
    try {
      if (typeof value !== 'object' || value === null) throw new CodecError('CODEC_INVALID', 'unknown query');
      if ((value as ReplicaQuery).consistency === 'fence') await this.sources.fence();
      const { height } = this.sources.executor;
      return { height, ...(await this.read(value as ReplicaQuery)) };
    } catch (error) {
      if (error instanceof CodecError || error instanceof PageRequestError || error instanceof ReplicaError)
        return { height: this.sources.executor.height, kind: 'error', code: error.code, detail: error.message };
      throw error;
    }
  }

  private async read(query: ReplicaQuery): Promise<Record<string, unknown>> {
    const { ledger } = this.sources.executor;
    switch (query.query) {
      case 'status':
        return { status: this.sources.status() };
      case 'account':
        return one('account', ledger.account(parseId(query.id)), accountJson);
      case 'accounts':
        return list(ledger.accounts(accountsRequest(query)), accountJson);
      case 'accounts-by-id':
        return {
          data: ids(query.ids)
            .flatMap((id) => ledger.account(id) ?? [])
            .map(accountJson),
          nextCursor: null,
        };
      case 'transfer':
        return one('transfer', await this.sources.transfers.transfer(parseId(query.id)), transferJson);
      case 'transfers':
        return list(await this.sources.transfers.list(transfersRequest(query), isOldestFirst(query)), transferJson);
      case 'transfers-by-id':
        return this.transfersById(ids(query.ids));
      case 'account-transfers':
        return list(await this.sources.transfers.ofAccount(accountTransfersRequest(query)), transferJson);
      case 'account-balances':
        return list(await this.sources.transfers.balances(accountTransfersRequest(query)), balanceJson);
      case 'party':
        return one('party', ledger.party(parseId(query.id)), partyJson);
      case 'parties':
        return list(ledger.parties(page(query)), partyJson);
      case 'asset':
        return one('asset', ledger.asset(query.id), assetJson);
      case 'assets':
        return list(ledger.assets(page(query)), assetJson);
      case 'mandate':
        return one('mandate', ledger.authority.mandate(parseId(query.id)), mandateJson);
      case 'mandates':
        return list(ledger.authority.mandates({ ...page(query), account: parseId(query.account) }), mandateJson);
      case 'freezes':
        return list(ledger.authority.freezes({ ...page(query), standing: query.standing }), freezeJson);
      case 'record':
        return one('record', ledger.authority.record(parseId(query.id)), recordJson);
      case 'records':
        return list(
          ledger.authority.records({
            ...page(query),
            subject: query.subject === undefined ? undefined : parseId(query.subject),
          }),
          recordJson,
        );
      case 'evidence':
        return list(ledger.authority.evidence(page(query)), evidenceJson);
      case 'receipt':
        return { ...(await this.receipt(query)) };
      case 'statement':
        return this.statement(query);
      case 'blocks':
        return this.blocks(query);
      default:
        throw new CodecError('CODEC_INVALID', 'unknown query');
    }
  }

  /** Those that there are, in the order of their ids in the question. */
  private async transfersById(wanted: readonly bigint[]): Promise<Record<string, unknown>> {
    const data: Record<string, unknown>[] = [];
    for (const id of wanted) {
      const view = await this.sources.transfers.transfer(id);
      if (view !== undefined) data.push(transferJson(view));
    }
    return { data, nextCursor: null };
  }

  private async statement(query: StatementQuery): Promise<Record<string, unknown>> {
    const { statements, provingTip } = this.sources;
    const { limit, cursor } = page(query);
    const request = {
      account: parseId(query.account),
      from: pointOf(query.from),
      to: pointOf(query.to),
      limit,
      cursor: cursor ?? null,
      attestation: query.attestation ?? null,
    };
    // What was booked a moment ago is proved a moment later.
    const early = provingTip();
    const waits = early === null || !statements.isWhole(request, early) || !statements.isAttested(request, early);
    if (waits) await this.sources.nextTip();
    const tip = provingTip();
    if (tip === null || !statements.isAttested(request, tip)) return { kind: 'not_yet' };
    const found = await statements.page(request, tip);
    return found === null ? { kind: 'unknown' } : { ...found };
  }

  private async receipt(query: ReplicaQuery & { query: 'receipt' }): Promise<ReceiptAnswer> {
    const first = await this.receiptNow(query);
    if (first.kind !== 'not_yet') return first;
    // The certificate is on its way: whoever executes also makes a block that proves the results.
    await this.sources.nextTip();
    return this.receiptNow(query);
  }

  private async receiptNow(query: ReplicaQuery & { query: 'receipt' }): Promise<ReceiptAnswer> {
    const { receipts, executor, provingTip } = this.sources;
    const { side = 'debit' } = query;
    if (!SIDES.includes(side)) throw new CodecError('CODEC_INVALID', 'side: debit, credit or none');
    if ('transferId' in query) {
      const position = executor.ledger.position(parseId(query.transferId));
      if (position === undefined) return { kind: 'unknown' };
      const answer = await receipts.receipt(position.height, position.index, side, provingTip());
      return answer.kind === 'inherited' ? { ...answer, code: position.code } : answer;
    }
    if (!Number.isSafeInteger(query.height) || !Number.isSafeInteger(query.index) || query.index < 0)
      throw new CodecError('CODEC_INVALID', 'height and index are natural numbers');
    return receipts.receipt(query.height, query.index, side, provingTip());
  }

  /** Executed blocks, newest first; the cursor is the height to go on with. */
  private async blocks(query: { readonly cursor?: string; readonly limit: number }): Promise<Record<string, unknown>> {
    const { store, executor } = this.sources;
    const { cursor, limit } = page(query);
    if (cursor !== undefined && !/^[1-9][0-9]{0,15}$/.test(cursor))
      throw new CodecError('CODEC_INVALID', 'the cursor is not of this list');
    const first = Math.min(cursor === undefined ? executor.height : Number(cursor), executor.height);
    const last = Math.max(first - limit, store.firstReadable - 1);
    const data: Record<string, unknown>[] = [];
    for (let height = first; height > last; height -= 1) {
      const { header, key } = await store.finalBlock(height);
      data.push({
        height,
        id: key,
        kind: header.kind,
        timestampNs: header.timeNs.toString(),
        operationCount: header.operationCount,
        bodyBytes: header.bodyLength,
        parentId: hex(header.parentId),
        execHeight: header.execHeight,
      });
    }
    return { data, nextCursor: last >= store.firstReadable ? String(last) : null };
  }
}

function one<View>(
  kind: string,
  view: View | undefined,
  json: (view: View) => Record<string, unknown>,
): Record<string, unknown> {
  return view === undefined ? { kind: 'unknown' } : { kind, [kind]: json(view) };
}

function list<View>(found: Page<View>, json: (view: View) => Record<string, unknown>): Record<string, unknown> {
  return { data: found.data.map(json), nextCursor: found.nextCursor };
}
