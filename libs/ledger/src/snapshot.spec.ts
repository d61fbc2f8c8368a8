import { bytesOf, restoredFrom } from '../test/snapshot-bytes';
import { AS_MEMBER, LedgerDriver, MEMBER, account, openedLedger, transfer } from '../test/ledger-fixture';
import { Ledger, RestoredSections, SECTIONS, SECTION_NAMES, SnapshotError } from '.';

/**
 * Every field of the ledger's own objects, and where a snapshot has it. `state` is written by `capture` and read by `restore` of the
 * class; `derived` follows from the state and is made again; `scratch` is of use only within one call; `given` comes with the constructor.
 * A new field belongs here, and if it is state, into `capture` and `restore` of its class.
 */
const FIELDS: Readonly<Record<string, Readonly<Record<string, 'state' | 'derived' | 'scratch' | 'given'>>>> = {
  Ledger: {
    limits: 'given',
    room: 'given',
    partyTable: 'given',
    assetTable: 'given',
    accountTable: 'given',
    transferTable: 'given',
    pendingTable: 'given',
    mandateTable: 'given',
    freezeTable: 'given',
    recordTable: 'given',
    evidenceTable: 'given',
    authority: 'given',
    history: 'given',
    booking: 'given',
    memory: 'given',
    admission: 'given',
    execution: 'given',
    noted: 'scratch',
    hasher: 'scratch',
    roots: 'scratch',
    probe: 'scratch',
    executedHeight: 'state',
    executedTimeNs: 'state',
  },
  PartyTable: { partiesMax: 'given', rows: 'state', byId: 'derived', activeOperators: 'derived' },
  AssetTable: {
    parties: 'given',
    assetsMax: 'given',
    allowListEntriesMax: 'given',
    allowed: 'state',
    scratch: 'scratch',
    rows: 'state',
    byId: 'derived',
    totals: 'state',
    touched: 'scratch',
    facts: 'derived',
    memory: 'scratch',
  },
  AccountTable: {
    parties: 'given',
    assets: 'given',
    accountsMax: 'given',
    memory: 'derived',
    balances: 'state',
    details: 'state',
    userData: 'state',
    salts: 'state',
    given: 'scratch',
    pendings: 'state',
    heads: 'state',
    indexed: 'derived',
    byId: 'derived',
    count: 'state',
    lastParty: 'scratch',
    lookedFor: 'scratch',
    lastOwner: 'scratch',
  },
  TransferTable: {
    accounts: 'given',
    pendings: 'given',
    limits: 'given',
    rows: 'state',
    rowsMax: 'given',
    rowMask: 'derived',
    oldestRow: 'derived',
    log: 'given',
    staged: 'scratch',
    stagedIndex: 'scratch',
    named: 'scratch',
    timeoutSeconds: 'scratch',
    assetId: 'scratch',
    timeLow: 'scratch',
    timeHigh: 'scratch',
    byId: 'derived',
    stagedHash: 'scratch',
    newIds: 'scratch',
    runPendings: 'scratch',
    runTimed: 'scratch',
    memory: 'derived',
    capturing: 'scratch',
  },
  IdLog: {
    segments: 'state',
    shift: 'given',
    stride: 'given',
    pendingBits: 'state',
    blocks: 'state',
    offsets: 'state',
    failures: 'state',
    ends: 'state',
    count: 'state',
    height: 'scratch',
    firstOfBlock: 'scratch',
    offset: 'scratch',
  },
  AscendingPairs: { segments: 'state', count: 'state' },
  PendingTable: {
    pendingsMax: 'given',
    rows: 'state',
    indexed: 'derived',
    byId: 'derived',
    heap: 'derived',
    heapSize: 'derived',
    memory: 'derived',
    expiryLow: 'scratch',
    expiryHigh: 'scratch',
  },
  MandateTable: {
    mandatesMax: 'given',
    mandatesPerAccountMax: 'given',
    rows: 'state',
    byId: 'derived',
    unrevoked: 'derived',
    newest: 'derived',
    chosen: 'scratch',
    chosenAtNs: 'scratch',
    before: 'scratch',
    recording: 'scratch',
  },
  FreezeTable: { freezesMax: 'given', rows: 'state', standing: 'derived' },
  RecordTable: { recordsMax: 'given', rows: 'state', byId: 'derived', newest: 'derived' },
  EvidenceTable: { evidenceMax: 'given', rows: 'state' },
  EnvelopeMemory: {
    envelopesMax: 'given',
    entries: 'state',
    slots: 'derived',
    seconds: 'derived',
    probe: 'scratch',
    free: 'derived',
    highest: 'derived',
    used: 'derived',
    forgottenUntil: 'derived',
  },
  EnvelopeAdmission: {
    genesisId: 'given',
    parties: 'given',
    memory: 'given',
    verifySignature: 'given',
    // Spares work only.
    verified: 'derived',
  },
};

/** Hold no state between blocks, so that their fields need no place in a snapshot. */
const WITHOUT_STATE = new Set([
  'ResultHasher',
  'AccountSalts',
  'ResultCapture',
  'Booking',
  'EnvelopeExecution',
  'Administration',
  'AuthorityReads',
  'TransferReads',
  'Circulation',
  'IdIndex',
  // Tables hold what is state of it; indexes are made again.
  'LedgerMemory',
  'PendingResolution',
  'TransferRetry',
  'PairRoots',
]);
const BUILT_IN = new Set([
  'Object',
  'Array',
  'Map',
  'Set',
  'DataView',
  'Uint8Array',
  'Uint16Array',
  'Uint32Array',
  'Int32Array',
  'Memory',
  'ArrayBuffer',
]);

function fieldsOf(root: object): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const waiting = [root];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { name } = next.constructor;
    if (found.has(name) || BUILT_IN.has(name)) continue;
    found.set(name, Object.keys(next));
    for (const value of Object.values(next)) if (typeof value === 'object' && value !== null) waiting.push(value);
  }
  return found;
}

describe('a snapshot of the ledger', () => {
  it('knows of every field that there is', () => {
    const { ledger } = openedLedger();
    for (const [name, fields] of fieldsOf(ledger)) {
      if (WITHOUT_STATE.has(name)) continue;
      expect([name, [...fields].sort()]).toEqual([name, Object.keys(FIELDS[name] ?? {}).sort()]);
    }
  });

  it('gives every section a number of its own, ascending', () => {
    const numbers = SECTION_NAMES.map((name) => SECTIONS[name].number);
    expect(numbers).toEqual([...new Set(numbers)].sort((left, right) => left - right));
  });

  it('remembers envelopes, failed ids, expiries and lists', () => {
    const driver = openedLedger();
    const once = driver.envelope([transfer(1n), transfer(2n, { amount: 5n, flags: 2, timeoutSeconds: 2 })]);
    driver.block(once);
    driver.run([transfer(3n, { debitAccount: 300n, creditAccount: 100n, amount: 9n })], AS_MEMBER);
    const restored = restoredFrom(bytesOf(driver.ledger.capture()));
    const again = { height: driver.ledger.height + 1, timeNs: driver.timeNs + 5_000_000_000n, envelopes: [once] };
    expect(restored.position(3n)).toEqual(driver.ledger.position(3n));
    expect(restored.accounts({ limit: 10, party: MEMBER })).toEqual(
      driver.ledger.accounts({ limit: 10, party: MEMBER }),
    );
    expect(restored.executeBlock(again).codes).toEqual(driver.ledger.executeBlock(again).codes);
    expect(restored.transfer(2n)?.pendingState).toBe('expired');
    expect(bytesOf(restored.capture())).toEqual(bytesOf(driver.ledger.capture()));
  });

  it('is the same whatever way the ledger came to its state', () => {
    const driver = openedLedger();
    for (let id = 10n; id < 400n; id += 1n) driver.run([transfer(id), account(id + 1_000n)]);
    const other = new LedgerDriver();
    let half: Ledger = other.ledger;
    for (const block of driver.blocks) {
      if (block.height === 150) half = restoredFrom(bytesOf(half.capture()));
      half.executeBlock(block);
    }
    expect(bytesOf(half.capture())).toEqual(bytesOf(driver.ledger.capture()));
  });

  it('is refused when a section is missing, cut short, too long or of another version', () => {
    const bytes = bytesOf(openedLedger().ledger.capture());
    const refusal = (change: (copy: Map<string, Uint8Array>) => void): unknown => {
      const copy = new Map(bytes);
      change(copy);
      try {
        return restoredFrom(copy);
      } catch (error) {
        return error;
      }
    };
    const accounts = bytes.get('accounts') ?? new Uint8Array(0);
    expect(refusal((copy) => copy.set('accounts', accounts.subarray(0, 65)))).toBeInstanceOf(SnapshotError);
    expect(refusal((copy) => copy.set('accounts', accounts.subarray(0, 64)))).toBeInstanceOf(SnapshotError);
    expect(refusal((copy) => copy.set('assetTotals', new Uint8Array(0)))).toBeInstanceOf(SnapshotError);
    expect(refusal((copy) => copy.set('parties', new Uint8Array(0)))).toBeInstanceOf(SnapshotError);
    expect(
      refusal((copy) =>
        copy.set(
          'head',
          Uint8Array.from({ length: 18 }, () => 255),
        ),
      ),
    ).toBeInstanceOf(SnapshotError);
    const sections = new RestoredSections();
    sections.begin('accounts', 64);
    expect(() => sections.write('accounts', 0, new Uint8Array(65))).toThrow(SnapshotError);
    expect(() => sections.begin('accounts', 64)).toThrow(SnapshotError);
    expect(() => sections.assertComplete()).toThrow(SnapshotError);
  });
});
