import { contradictionOf, type Contradiction, type FreezeTarget } from '@quorate/protocol';
import type { AccountTable } from './account-table';
import type { EvidenceRow, EvidenceTable } from './evidence-table';
import type { FreezeAct, FreezeTable } from './freeze-table';
import { periodOf, type Mandate, type MandateTable } from './mandate-table';
import { readPage, type Page, type PageRequest } from './page';
import type { PartyTable } from './party-table';
import type { LedgerRecord, RecordTable } from './record-table';
import { store } from './u128';

const ID_LIMIT = 1n << 128n;

/** A mandate as a query answers it. `used` is what the period that the last executed block lies in has seen. */
export interface MandateView {
  readonly id: bigint;
  readonly account: bigint;
  readonly grantee: bigint;
  readonly creditAccount: bigint;
  readonly transferAmountMax: bigint;
  readonly periodAmountMax: bigint;
  readonly periodTransfersMax: number;
  readonly periodSeconds: number;
  readonly validUntilNs: bigint;
  readonly revoked: boolean;
  readonly used: { readonly transfers: number; readonly amount: bigint };
  readonly timestampNs: bigint;
  readonly height: number;
  readonly index: number;
}

/** Who froze something or lifted that, why, and where the result stands. */
export interface FreezeActView {
  readonly party: bigint;
  readonly reason: string;
  readonly timestampNs: bigint;
  readonly height: number;
  readonly index: number;
}

/** A freeze as a query answers it; `lifted` is null while it stands. */
export interface FreezeView {
  readonly target: FreezeTarget;
  readonly id: bigint;
  readonly frozen: FreezeActView;
  readonly lifted: FreezeActView | null;
}

/** A record as a query answers it. */
export interface RecordView {
  readonly id: bigint;
  readonly kind: number;
  readonly subject: bigint;
  readonly hash: Uint8Array;
  readonly reference: string;
  readonly party: bigint;
  readonly timestampNs: bigint;
  readonly height: number;
  readonly index: number;
}

/** Evidence against a replica as a query answers it. */
export interface EvidenceView extends EvidenceRow {
  readonly contradiction: Contradiction | null;
}

/** The tables that these queries read. */
export interface AuthorityTables {
  readonly parties: PartyTable;
  readonly accounts: AccountTable;
  readonly mandates: MandateTable;
  readonly freezes: FreezeTable;
  readonly records: RecordTable;
  readonly evidence: EvidenceTable;
}

/** Answers queries about mandates, freezes, records and evidence; lists are newest first. */
export class AuthorityReads {
  private readonly probe = new Uint32Array(4);

  constructor(
    private readonly tables: AuthorityTables,
    private readonly nowNs: () => bigint,
  ) {}

  mandate(id: bigint): MandateView | undefined {
    const mandate = this.tables.mandates.find(id);
    return mandate === undefined ? undefined : this.mandateView(mandate);
  }

  /** The mandates on one account, revoked ones too. */
  mandates(request: PageRequest & { readonly account: bigint }): Page<MandateView> {
    const { mandates } = this.tables;
    const row = this.accountRow(request.account);
    return readPage(request, {
      newest: row < 0 ? 0 : mandates.newestOf(row),
      contains: (index) => index < mandates.size && mandates.at(index).debitRow === row,
      previous: (index) => mandates.at(index).previousOfAccount,
      view: (index) => this.mandateView(mandates.at(index)),
    });
  }

  /** Every freeze, or only those that stand. */
  freezes(request: PageRequest & { readonly standing: boolean }): Page<FreezeView> {
    const { freezes } = this.tables;
    return readPage(request, {
      newest: freezes.size,
      contains: (index) => index < freezes.size,
      previous: (index) => index,
      matches: (index) => !request.standing || freezes.at(index).lifted === null,
      view: (index) => {
        const { target, id, frozen, lifted } = freezes.at(index);
        return { target, id, frozen: this.actView(frozen), lifted: lifted === null ? null : this.actView(lifted) };
      },
    });
  }

  /** Why the account or party is frozen; undefined if it is not. */
  standingFreeze(target: FreezeTarget, id: bigint): FreezeActView | undefined {
    const freeze = this.tables.freezes.find(target, id);
    return freeze === undefined ? undefined : this.actView(freeze.frozen);
  }

  record(id: bigint): RecordView | undefined {
    const record = this.tables.records.find(id);
    return record === undefined ? undefined : this.recordView(record);
  }

  /** All records, or those about one subject. */
  records(request: PageRequest & { readonly subject?: bigint }): Page<RecordView> {
    const { records } = this.tables;
    const { subject } = request;
    return readPage(request, {
      newest: subject === undefined ? records.size : records.newestOf(subject),
      contains: (index) => index < records.size && (subject === undefined || records.at(index).subject === subject),
      previous: (index) => (subject === undefined ? index : records.at(index).previousOfSubject),
      view: (index) => this.recordView(records.at(index)),
    });
  }

  /** All evidence against replicas. */
  evidence(request: PageRequest): Page<EvidenceView> {
    const { evidence } = this.tables;
    return readPage(request, {
      newest: evidence.size,
      contains: (index) => index < evidence.size,
      previous: (index) => index,
      view: (index) => {
        const row = evidence.at(index);
        return { ...row, contradiction: contradictionOf(row.evidence) };
      },
    });
  }

  /** Replicas of the epoch that began with the block at this height, against which there is evidence, by index. */
  accusedSince(height: number): readonly number[] {
    return this.tables.evidence.replicasSince(height);
  }

  private accountRow(id: bigint): number {
    if (id < 0n || id >= ID_LIMIT) return -1;
    store(this.probe, 0, id);
    return this.tables.accounts.find(this.probe, 0);
  }

  private mandateView(mandate: Mandate): MandateView {
    const { used, position } = mandate;
    const current = used.period === periodOf(mandate, this.nowNs());
    return {
      id: mandate.id,
      account: mandate.account,
      grantee: mandate.grantee,
      creditAccount: mandate.creditAccount,
      transferAmountMax: mandate.transferAmountMax,
      periodAmountMax: mandate.periodAmountMax,
      periodTransfersMax: mandate.periodTransfersMax,
      periodSeconds: mandate.periodSeconds,
      validUntilNs: mandate.validUntilNs,
      revoked: mandate.revoked,
      used: current ? { transfers: used.transfers, amount: used.amount } : { transfers: 0, amount: 0n },
      timestampNs: mandate.timestampNs,
      height: mandate.height,
      index: position,
    };
  }

  private actView({ party, reason, timestampNs, height, position }: FreezeAct): FreezeActView {
    return { party: this.tables.parties.at(party).id, reason, timestampNs, height, index: position };
  }

  private recordView(record: LedgerRecord): RecordView {
    const { id, kind, subject, hash, reference, timestampNs, height, position } = record;
    const party = this.tables.parties.at(record.party).id;
    return { id, kind, subject, hash, reference, party, timestampNs, height, index: position };
  }
}
