import { hex, sha256, verifySignature } from '@quorate/crypto';
import {
  OPERATION_TAGS,
  blockId,
  encodeBody,
  encodeConfiguration,
  encodeExpiry,
  encodeGenesis,
  encodeHeader,
  encodeOperation,
  encodeReceipt,
  firstConfiguration,
  genesisHeader,
  receiptRecord,
  receiptSide,
  type Operation,
} from '@quorate/protocol';
import {
  changeAsset,
  changeParty,
  freeze,
  key,
  lift,
  mandate,
  record,
  revoke,
  setRoles,
} from '../test/authority-drafts';
import {
  AS_MEMBER,
  EURO,
  FRANC,
  LedgerDriver,
  MEMBER,
  MEMBER_PARTY,
  account,
  ed25519Key,
  genesis,
  memberKey,
  transfer,
} from '../test/ledger-fixture';
import { bytesOf } from '../test/snapshot-bytes';
import { Ledger, encodeOutcome } from '.';

/** Bytes that ledgers keep or sign for ever: a change here is a change of a format, with a version of its own. `npm run formats` writes them anew. */
const fingerprint = (bytes: Uint8Array): string => `${bytes.length} ${hex(sha256(bytes)).slice(0, 32)}`;

const limited = { flags: 2, party: MEMBER, userData128: 1n << 100n, userData64: 5n, userData32: 9 };
const ENVELOPES: readonly (readonly [boolean, readonly Operation[]])[] = [
  [false, [FRANC, EURO, MEMBER_PARTY, account(100n), account(200n, { flags: 2 }), account(300n, limited)]],
  [
    false,
    [
      transfer(1n, { creditAccount: 300n, amount: (1n << 90n) + 7n, userData128: 3n }),
      transfer(2n, { amount: 50n, flags: 2, timeoutSeconds: 2 }),
      transfer(3n, { amount: 60n, flags: 2 }),
      transfer(4n, { pendingId: 3n, amount: 20n, flags: 4, debitAccount: 0n, creditAccount: 0n }),
      transfer(5n, { creditAccount: 900n }),
      mandate(1n, { transferAmountMax: 9n, periodSeconds: 60, validUntilNs: 1n << 62n }),
      mandate(2n, { creditAccount: 300n }),
      revoke(2n),
      record(1n),
      freeze('account', 200n),
      lift('account', 200n),
      changeAsset({ issuing: 'capped', maximumSupply: 1n << 100n, allowList: [{ party: MEMBER, allowed: true }] }),
      setRoles(MEMBER, 6),
      { kind: 'attest_account', account: 300n },
      { kind: 'attest_supply', asset: 756 },
    ],
  ],
  [true, [changeParty(MEMBER, [key(memberKey), key(ed25519Key(21), 5n, 1n << 62n)])]],
];

function played(): LedgerDriver {
  const driver = new LedgerDriver();
  for (const [byMember, operations] of ENVELOPES) driver.block(driver.envelope(operations, byMember ? AS_MEMBER : {}));
  driver.block();
  return driver;
}

describe('the bytes of', () => {
  const driver = played();
  const operations = ENVELOPES.flatMap(([, each]) => each);

  it('every kind of operation', () => {
    expect(new Set(operations.map(({ kind }) => kind)).size).toBe(Object.keys(OPERATION_TAGS).length);
    expect(
      operations.map((operation) => `${operation.kind} ${fingerprint(encodeOperation(operation))}`),
    ).toMatchSnapshot();
    expect(fingerprint(encodeExpiry(2n))).toMatchSnapshot();
  });

  it('genesis, configuration, header and blocks', () => {
    const header = encodeHeader(genesisHeader(genesis));
    expect({
      genesis: fingerprint(encodeGenesis(genesis)),
      configuration: fingerprint(encodeConfiguration(firstConfiguration(genesis))),
      header: fingerprint(header),
      blockId: hex(blockId(header)),
      blocks: driver.blocks.map(({ envelopes }) =>
        fingerprint(encodeBody(envelopes.flatMap((each) => (each instanceof Uint8Array ? [each] : [])))),
      ),
    }).toMatchSnapshot();
  });

  it('results: each leaf, each root, and what the log of outcomes keeps', () => {
    expect(
      driver.outcomes.map(({ codes, captured, results, resultsRoot }, index) => ({
        leaves: Array.from({ length: results.count }, (_, leaf) => hex(results.leaf(leaf)).slice(0, 32)),
        root: hex(resultsRoot),
        outcome: fingerprint(encodeOutcome({ timeNs: driver.blocks[index].timeNs, codes, captured })),
      })),
    ).toMatchSnapshot();
  });

  it('receipts in compact form', () => {
    const { height, results } = driver.outcomes[1];
    const shown = (index: number) =>
      encodeReceipt({
        version: 2,
        genesis: hex(encodeGenesis(genesis)),
        record: receiptRecord(height, results.record(index)),
        debit: receiptSide(results.debit(index), true),
        credit: receiptSide(results.credit(index), false),
        resultCount: results.count,
        resultsPath: results.path(index).map(hex),
        blockId: '11'.repeat(32),
        historyPath: ['22'.repeat(32)],
        header: hex(encodeHeader(genesisHeader(genesis))),
        certificate: '33'.repeat(80),
      });
    expect([0, 1, 4, 8].map((index) => fingerprint(shown(index)))).toMatchSnapshot();
  });

  it('every section of a snapshot', () => {
    const sections = [...bytesOf(driver.ledger.capture())].map(([name, bytes]) => `${name} ${fingerprint(bytes)}`);
    expect(sections).toMatchSnapshot();
    const again = Ledger.create(genesis, verifySignature);
    for (const block of driver.blocks) again.executeBlock(block);
    expect([...bytesOf(again.capture())].map(([name, bytes]) => `${name} ${fingerprint(bytes)}`)).toEqual(sections);
  });
});
