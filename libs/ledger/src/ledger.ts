import { PairRoots, hex } from '@quorate/crypto';
import { invariant } from '@quorate/errors';
import {
  LIMITS,
  RESULT_CODES,
  decodeEvidence,
  genesisId,
  type Genesis,
  type ResultName,
  type ResultPosition,
} from '@quorate/protocol';
import { readAccounts, type AccountsRequest } from './account-reads';
import { AccountTable, HEAD_WORDS } from './account-table';
import { AssetTable } from './asset-table';
import { AuthorityReads } from './authority-reads';
import { isEvidence, scanBody, scanChecked } from './block-body';
import { Booking } from './booking';
import { EnvelopeAdmission, type EnvelopeHead, type SignerReport, type VerifySignature } from './envelope-admission';
import { EnvelopeMemory, type EnvelopePosition } from './envelope-memory';
import { EvidenceTable } from './evidence-table';
import { EnvelopeExecution } from './execution';
import { FreezeTable } from './freeze-table';
import { BLOCK_HEIGHT, BLOCK_TIME } from './engine-layout';
import { hashKeyFrom } from './id-hash';
import type { TransferPosition } from './id-log';
import { LedgerMemory } from './ledger-memory';
import { LEDGER_LIMITS, type LedgerLimits } from './limits';
import { MandateTable } from './mandate-table';
import { readPage, type Page, type PageRequest } from './page';
import { PartyTable } from './party-table';
import { PendingTable } from './pending-table';
import { RecordTable } from './record-table';
import type { RestoredSections } from './restored-sections';
import { CaptureMemory, SECTION_NAMES, SnapshotError, capturedBytes, type LedgerCapture } from './section';
import type { StoredOutcome } from './outcome-codec';
import { ResultCapture, previousOf, type AccountResult, type CapturedResults } from './result-capture';
import { ResultHasher } from './result-hasher';
import { BlockResults, type ResultBlock, type ScannedEnvelope } from './results';
import { TransferReads } from './transfer-reads';
import { encodeStateHead, readStateHead } from './state-head';
import { trialBalance, type TrialBalance } from './trial-balance';
import { TransferTable } from './transfer-table';
import { store } from './u128';
import {
  accountView,
  assetView,
  partyView,
  type AccountView,
  type AssetView,
  type PartyView,
  type TransferView,
} from './views';

/**
 * A final block, as far as execution needs it. `envelopes` are its body's, in order; scanned ones are as `validateBlockBody` gives them. The body
 * of a block that records evidence is its one envelope.
 */
export interface ExecutableBlock {
  readonly height: number;
  readonly timeNs: bigint;
  readonly envelopes: readonly (Uint8Array | ScannedEnvelope)[];
}

/** Where the results of one envelope of a block are; `hash` in hexadecimal. */
export interface ExecutedEnvelope {
  readonly hash: string;
  readonly firstIndex: number;
  readonly count: number;
}

/** What a block did. */
export interface BlockOutcome {
  readonly height: number;
  /** A RESULT_CODES number for each operation, in block order. */
  readonly codes: Uint16Array;
  readonly envelopes: readonly ExecutedEnvelope[];
  /** What the results left behind, expiries included; with the block's body enough to prove any of them later. */
  readonly captured: CapturedResults;
  /** Computed when first read; holds the block's bytes in memory. */
  readonly results: BlockResults;
  readonly resultsRoot: Uint8Array;
}

const ID_LIMIT = 1n << 128n;

/**
 * The double-entry state machine: parties, assets, accounts and transfers of one ledger. Pure and deterministic: the same
 * genesis and blocks give the same results on every machine.
 */
export class Ledger {
  /** Answers queries about mandates, freezes and records. */
  readonly authority: AuthorityReads;
  /** Answers queries about all transfers ever made. */
  readonly history: TransferReads;
  private readonly room: LedgerMemory;
  private readonly partyTable: PartyTable;
  private readonly assetTable: AssetTable;
  private readonly accountTable: AccountTable;
  private readonly transferTable: TransferTable;
  private readonly pendingTable: PendingTable;
  private readonly mandateTable: MandateTable;
  private readonly freezeTable: FreezeTable;
  private readonly recordTable: RecordTable;
  private readonly evidenceTable: EvidenceTable;
  private readonly booking: Booking;
  private readonly noted: ResultCapture;
  private readonly hasher: ResultHasher;
  private readonly roots = new PairRoots();
  private readonly memory: EnvelopeMemory;
  private readonly admission: EnvelopeAdmission;
  private readonly execution: EnvelopeExecution;
  private readonly probe = new Uint32Array(4);
  private executedHeight = 0;
  private executedTimeNs: bigint;

  private constructor(
    genesis: Genesis,
    verifySignature: VerifySignature,
    private readonly limits: LedgerLimits,
    hashKey: Uint32Array,
  ) {
    const anchor = genesisId(genesis);
    this.room = new LedgerMemory(limits, hashKey);
    const { room } = this;
    this.partyTable = new PartyTable(limits.partiesMax);
    this.assetTable = new AssetTable(this.partyTable, limits.assetsMax, limits.allowListEntriesMax, room);
    this.accountTable = new AccountTable(this.partyTable, this.assetTable, limits.accountsMax, room);
    this.pendingTable = new PendingTable(limits.pendingTransfersMax, room);
    this.transferTable = new TransferTable(this.accountTable, this.pendingTable, limits, room);
    this.memory = new EnvelopeMemory(limits.envelopesMax);
    this.admission = new EnvelopeAdmission(anchor, this.partyTable, this.memory, verifySignature);
    this.noted = new ResultCapture(this.accountTable, room);
    this.hasher = new ResultHasher(room);
    this.mandateTable = new MandateTable(limits.mandatesMax, limits.mandatesPerAccountMax);
    this.freezeTable = new FreezeTable(limits.freezesMax);
    this.recordTable = new RecordTable(limits.recordsMax);
    this.evidenceTable = new EvidenceTable(limits.evidenceMax);
    const tables = {
      parties: this.partyTable,
      assets: this.assetTable,
      accounts: this.accountTable,
      transfers: this.transferTable,
      pendings: this.pendingTable,
      capture: this.noted,
      mandates: this.mandateTable,
      freezes: this.freezeTable,
      records: this.recordTable,
    };
    this.authority = new AuthorityReads({ ...tables, evidence: this.evidenceTable }, () => this.executedTimeNs);
    this.history = new TransferReads(tables);
    this.booking = new Booking(tables);
    this.execution = new EnvelopeExecution(tables, this.booking);
    this.partyTable.addOperator(genesis.operator, genesis.createdAtNs);
    this.executedTimeNs = genesis.createdAtNs;
  }

  /**
   * A ledger at its genesis: the operator is its only party. `hashKey` spreads ids in memory: a replica draws one that nobody
   * can know, so that nobody can choose ids that collide. No answer depends on it.
   */
  static create(
    genesis: Genesis,
    verifySignature: VerifySignature,
    limits: LedgerLimits = LEDGER_LIMITS,
    hashKey: Uint32Array = hashKeyFrom(0),
  ): Ledger {
    return new Ledger(genesis, verifySignature, limits, hashKey);
  }

  /**
   * The ledger as it was when its sections were captured, with the same genesis and limits. Throws SnapshotError or CodecError; whether the
   * bytes are the right ones, only their root can tell.
   */
  static restore(
    genesis: Genesis,
    verifySignature: VerifySignature,
    sections: RestoredSections,
    limits: LedgerLimits = LEDGER_LIMITS,
    hashKey: Uint32Array = hashKeyFrom(0),
  ): Ledger {
    const ledger = new Ledger(genesis, verifySignature, limits, hashKey);
    ledger.adopt(sections);
    return ledger;
  }

  /**
   * A fork at its genesis: the state of its parent, whose operator is the one of the new genesis. The caller has compared the sections with the
   * root that the genesis names. Throws SnapshotError or CodecError.
   */
  static fork(
    genesis: Genesis,
    verifySignature: VerifySignature,
    sections: RestoredSections,
    limits: LedgerLimits = LEDGER_LIMITS,
    hashKey: Uint32Array = hashKeyFrom(0),
  ): Ledger {
    const ledger = Ledger.restore(genesis, verifySignature, sections, limits, hashKey);
    if (ledger.executedHeight !== genesis.parent?.height)
      throw new SnapshotError('the state is not that of the genesis', { height: ledger.executedHeight });
    ledger.partyTable.adoptOperator(genesis.operator, genesis.createdAtNs);
    ledger.executedTimeNs = genesis.createdAtNs;
    return ledger;
  }

  /** Height of the last executed block; at the genesis 0, or the parent's height. */
  get height(): number {
    return this.executedHeight;
  }

  /** Time of the last executed block. */
  get timeNs(): bigint {
    return this.executedTimeNs;
  }

  /** Why an envelope as a whole would be refused at ledger time `nowNs`; null if it may be proposed. Changes nothing. */
  admit(envelope: EnvelopeHead, hash: Uint8Array, nowNs: bigint): ResultName | null {
    return this.admission.refusal(envelope, hash, nowNs);
  }

  /** Who signed the envelope as of ledger time `nowNs`, and who is missing; undefined if its party is not on the ledger. */
  signersOf(envelope: EnvelopeHead, hash: Uint8Array, nowNs: bigint): SignerReport | undefined {
    return this.admission.signers(envelope, hash, nowNs);
  }

  /**
   * Executes the next block. Every refusal is a result code; an envelope whose bytes are not an envelope is an
   * InvariantViolation, because replicas check a body's syntax before they vote for it (`validateBlockBody`).
   */
  executeBlock(block: ExecutableBlock): BlockOutcome {
    invariant(block.height === this.executedHeight + 1, 'blocks are executed in order', {
      height: block.height,
      executed: this.executedHeight,
    });
    invariant(block.height < 2 ** 32, 'a height fits 32 bits', { height: block.height });
    const envelopes = block.envelopes.map((envelope) =>
      envelope instanceof Uint8Array ? scanChecked(envelope) : envelope,
    );
    const operationCount = envelopes.reduce((total, envelope) => total + envelope.outline.operationCount, 0);
    invariant(operationCount <= LIMITS.blockOperationsMax, 'a block holds a bounded number of operations', {
      operationCount,
    });
    const codes = new Uint16Array(operationCount);
    const executed: ExecutedEnvelope[] = [];
    this.makeRoom(operationCount, envelopes);
    const { header } = this.room;
    header[BLOCK_HEIGHT / 4] = block.height;
    header[BLOCK_TIME / 4] = Number(block.timeNs & 0xffff_ffffn);
    header[BLOCK_TIME / 4 + 1] = Number(block.timeNs >> 32n);
    this.memory.forgetExpired(block.timeNs);
    this.transferTable.beginBlock(block.height);
    this.noted.begin(block.height, operationCount);
    this.booking.expire(block.timeNs, this.limits.expiriesPerBlockMax);
    let firstIndex = 0;
    for (const envelope of envelopes) {
      this.executeEnvelope(envelope, block, codes, firstIndex);
      const { hash, operationCount: count } = envelope.outline;
      executed.push({ hash: hex(hash), firstIndex, count });
      firstIndex += count;
    }
    this.assetTable.assertBalanced(block.height);
    this.transferTable.endBlock();
    this.executedHeight = block.height;
    this.executedTimeNs = block.timeNs;
    return this.outcome(block, envelopes, codes, executed);
  }

  /**
   * The results of an executed block from its body, the codes of its operations and what they left behind. `body` must be the
   * block's body: a CodecError or InvariantViolation says that it is not.
   */
  blockResults(block: ResultBlock, body: Uint8Array, codes: Uint16Array, captured: CapturedResults): BlockResults {
    return this.resultsOf(block, scanBody(body), codes, captured);
  }

  /**
   * All state as of the last executed block. What changes in place is copied now, a few milliseconds for a hundred thousand accounts;
   * the rest is read later from where it stands, so that the ledger goes on meanwhile.
   */
  capture(memory = new CaptureMemory()): LedgerCapture {
    const sections = [
      capturedBytes('head', encodeStateHead({ height: this.executedHeight, timeNs: this.executedTimeNs }), false),
      ...this.partyTable.capture(),
      ...this.assetTable.capture(memory),
      ...this.accountTable.capture(memory),
      ...this.transferTable.capture(memory),
      ...this.pendingTable.capture(),
      ...this.memory.capture(),
      ...this.assetTable.captureAllowLists(),
      ...this.mandateTable.capture(),
      ...this.freezeTable.capture(),
      ...this.recordTable.capture(),
      this.transferTable.captureEnds(memory),
      ...this.evidenceTable.capture(),
      ...this.accountTable.captureSettled(),
    ];
    invariant(
      sections.length === SECTION_NAMES.length && sections.every(({ section }, at) => section === SECTION_NAMES[at]),
      'every section is captured, in order',
    );
    return { height: this.executedHeight, timeNs: this.executedTimeNs, sections };
  }

  party(id: bigint): PartyView | undefined {
    const party = this.partyTable.find(id);
    return party === undefined ? undefined : partyView(party);
  }

  parties(request: PageRequest): Page<PartyView> {
    return readPage(request, {
      newest: this.partyTable.size,
      contains: (row) => row < this.partyTable.size,
      previous: (row) => row,
      view: (row) => partyView(this.partyTable.at(row)),
    });
  }

  asset(id: number): AssetView | undefined {
    const asset = this.assetTable.find(id);
    return asset === undefined ? undefined : assetView(asset, this.assetTable);
  }

  assets(request: PageRequest): Page<AssetView> {
    return readPage(request, {
      newest: this.assetTable.size,
      contains: (row) => row < this.assetTable.size,
      previous: (row) => row,
      view: (row) => assetView(this.assetTable.at(row), this.assetTable),
    });
  }

  account(id: bigint): AccountView | undefined {
    const row = this.accountRow(id);
    return row < 0 ? undefined : this.viewAccount(row);
  }

  /** All accounts, or those of one party; newest first, or oldest first where all are asked for. */
  accounts(request: AccountsRequest): Page<AccountView> {
    return readAccounts(request, this.accountTable, this.partyTable, (row) => this.viewAccount(row));
  }

  /** An applied transfer, if it is one of the recent ones. */
  transfer(id: bigint): TransferView | undefined {
    return this.history.held(this.history.find(id));
  }

  /** First attempt under a transfer id, applied or failed; undefined while the id is free. */
  position(transferId: bigint): TransferPosition | undefined {
    const row = this.history.find(transferId);
    return row < 0 ? undefined : this.history.positionOf(row);
  }

  /** Position of the newest result that touched an account; null if there is no such account. */
  accountHead(id: bigint): ResultPosition | null {
    const row = this.accountRow(id);
    if (row < 0) return null;
    const { heads } = this.accountTable;
    return { height: heads[row * HEAD_WORDS], index: heads[row * HEAD_WORDS + 1] };
  }

  /** What result `index` of a block left behind of an account; null if it did not touch it. */
  accountResult(id: bigint, { captured }: StoredOutcome, index: number): AccountResult | null {
    const row = this.accountRow(id);
    const previous = row < 0 || index >= captured.count ? null : previousOf(captured, index, row);
    return previous === null ? null : { previous, blockResults: captured.count };
  }

  /** All debits and credits by asset, and how much of everything there is. Reads every account. */
  trialBalance(): TrialBalance {
    return trialBalance(this.partyTable, this.assetTable, this.accountTable, this.transferTable);
  }

  /** Where the results of an executed envelope stand, until it expires. */
  envelopeOutcome(hash: Uint8Array): EnvelopePosition | undefined {
    return this.memory.find(hash);
  }

  private adopt(sections: RestoredSections): void {
    sections.assertComplete();
    const { height, timeNs } = readStateHead(sections);
    this.executedHeight = height;
    this.executedTimeNs = timeNs;
    const counted = ['accounts', 'transferIds', 'pendings', 'assetTotals'] as const;
    const rows = Math.max(...counted.map((section) => sections.rows(section)));
    this.room.reserve({ rows: rows + 2, operations: 0, envelopeBytes: 0 });
    this.partyTable.restore(sections);
    this.assetTable.restore(sections);
    this.accountTable.restore(sections);
    this.transferTable.restore(sections);
    this.pendingTable.restore(sections);
    this.memory.restore(sections);
    this.mandateTable.restore(sections);
    this.freezeTable.restore(sections);
    this.recordTable.restore(sections);
    this.evidenceTable.restore(sections);
  }

  /** The memory moves between blocks if at all. */
  private makeRoom(operations: number, envelopes: readonly ScannedEnvelope[]): void {
    const { accountTable, transferTable, pendingTable, assetTable } = this;
    const rows = Math.max(accountTable.size, transferTable.size, pendingTable.highest, assetTable.size) + operations;
    const envelopeBytes = envelopes.reduce((most, { bytes }) => Math.max(most, bytes.length), 0);
    // One row behind the last one is staged, and the first pending one is never used.
    this.room.reserve({ rows: rows + 2, operations, envelopeBytes });
  }

  private executeEnvelope(
    envelope: ScannedEnvelope,
    block: ExecutableBlock,
    codes: Uint16Array,
    firstIndex: number,
  ): void {
    const { outline } = envelope;
    if (isEvidence(envelope.bytes)) {
      codes[firstIndex] = this.evidenceTable.record(decodeEvidence(envelope.bytes), block);
      return;
    }
    const refusal = this.admission.refusal(outline, outline.hash, block.timeNs);
    if (refusal !== null) {
      codes.fill(RESULT_CODES[refusal], firstIndex, firstIndex + outline.operationCount);
      return;
    }
    const party = this.partyTable.find(outline.party);
    invariant(party !== undefined, 'an admitted envelope has a known party');
    this.admission.forgetVerified(outline, outline.hash);
    this.execution.execute(envelope, party.index, block, codes, firstIndex);
    this.memory.remember(outline.hash, outline.expiresAtNs, {
      height: block.height,
      firstIndex,
      count: outline.operationCount,
    });
  }

  /** Hashing costs more than execution, and an answer to a client needs only the codes: so it waits until it is read. */
  private outcome(
    block: ExecutableBlock,
    envelopes: readonly ScannedEnvelope[],
    codes: Uint16Array,
    executed: readonly ExecutedEnvelope[],
  ): BlockOutcome {
    const captured = this.noted.finish();
    const resultsOf = (): BlockResults => this.resultsOf(block, envelopes, codes, captured);
    let results: BlockResults | undefined;
    return {
      height: block.height,
      codes,
      envelopes: executed,
      captured,
      get results() {
        results ??= resultsOf();
        return results;
      },
      get resultsRoot() {
        return this.results.resultsRoot;
      },
    };
  }

  private resultsOf(
    block: ResultBlock,
    envelopes: readonly ScannedEnvelope[],
    codes: Uint16Array,
    captured: CapturedResults,
  ): BlockResults {
    const envelopeBytes = envelopes.reduce((most, { bytes }) => Math.max(most, bytes.length), 0);
    this.room.reserve({ rows: 0, operations: 0, envelopeBytes });
    const leaves = this.hasher.leaves(block, envelopes, codes, captured);
    const root = this.roots.root(leaves);
    return new BlockResults({ block, envelopes, codes, captured, leaves, root }, this.accountTable);
  }

  private accountRow(id: bigint): number {
    return this.probeFor(id) ? this.accountTable.find(this.probe, 0) : -1;
  }

  private probeFor(id: bigint): boolean {
    if (id < 0n || id >= ID_LIMIT) return false;
    store(this.probe, 0, id);
    return true;
  }

  private viewAccount(row: number): AccountView {
    return accountView(row, this.accountTable, this.partyTable, this.assetTable);
  }
}
