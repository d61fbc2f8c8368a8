import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { EMPTY_ROOT, HistoryTree, concatBytes, hex, pairLevels, pairPath, pairRoot, unhex } from '@quorate/crypto';
import {
  firstConfiguration,
  RULES_VERSION,
  RESULT_CODES,
  ZERO_HASH,
  accountHalf,
  blockId,
  commitPreimage,
  configHash,
  consensusContext,
  encodeFinalityProof,
  encodeGenesis,
  encodeHeader,
  genesisHeader,
  genesisId,
  historyLeaf,
  resultLeaf,
  resultsRoot,
  type BlockHeader,
  type Genesis,
  type Operation,
  type SignedStatement,
  decodeResultOperation,
  formatId,
  receiptRecord,
  receiptSide,
  type Receipt,
  type Statement,
  type StatementLine,
  type TransferDraft,
} from '@quorate/protocol';
import { ProvenBooks } from './proven-books';

function rawPublicKey(key: KeyObject): Uint8Array {
  return new Uint8Array(key.export({ format: 'der', type: 'spki' }).subarray(12));
}

/** A ledger of four replicas with real keys, and every receipt of its results; both sides are open. */
export interface ProvenLedger {
  readonly genesis: Genesis;
  readonly anchor: string;
  readonly receipts: Receipt[];
  /** The whole history of an account, with an attestation of it where there is one. */
  statement(account: bigint): Statement;
}

function transfer(id: bigint, fields: Partial<TransferDraft>): TransferDraft {
  const plain = { pendingId: 0n, userData128: 0n, userData64: 0n, userData32: 0, timeoutSeconds: 0 };
  return {
    id,
    debitAccount: 100n,
    creditAccount: 200n,
    amount: 1n,
    asset: 756,
    code: 1,
    flags: 0,
    ...plain,
    ...fields,
  };
}

const key = { scheme: 'ed25519', bytes: new Uint8Array(32).fill(3) } as const;

/** One of each kind that books nothing. */
const UNBOOKED: readonly Operation[] = [
  { kind: 'create_party', party: { id: 2n, name: 'Shop', threshold: 1, keys: [key] } },
  { kind: 'change_party', change: { party: 2n, threshold: 1, keys: [{ ...key, validFromNs: 0n, validUntilNs: 9n }] } },
  { kind: 'set_party_roles', change: { party: 2n, roles: 5 } },
  {
    kind: 'put_mandate',
    mandate: {
      id: 8n,
      account: 100n,
      grantee: 2n,
      creditAccount: 0n,
      transferAmountMax: 50n,
      periodAmountMax: 0n,
      periodTransfersMax: 3,
      periodSeconds: 86_400,
      validUntilNs: 0n,
    },
  },
  { kind: 'revoke_mandate', mandate: 8n },
  { kind: 'set_frozen', change: { target: 'account', id: 300n, frozen: true, reason: 'court order 12' } },
  {
    kind: 'change_asset',
    change: { asset: 756, issuing: 'capped', maximumSupply: 9_000n, transfers: 'open', allowList: [] },
  },
  {
    kind: 'put_record',
    record: { id: 9n, kind: 1, subject: 300n, hash: new Uint8Array(32).fill(4), reference: 'deed' },
  },
];

function timeout(term: number): SignedStatement {
  return { kind: 'timeout', term, high: null, signature: new Uint8Array(64).fill(term) };
}

/** What happens in the blocks 1 to 6; the results of the first four are 1, 7, 2 and 2. An expiry takes effect before the operations of its block. */
const BLOCKS: readonly ((books: ProvenBooks) => void)[] = [
  (books) => books.asset(756),
  (books) => {
    for (const id of [100n, 200n, 300n]) books.open(id);
    books.pay(transfer(1n, { amount: 500n }));
    books.refuse(transfer(2n, { creditAccount: 900n }), RESULT_CODES.credit_account_not_found);
    books.pay(transfer(3n, { debitAccount: 200n, creditAccount: 300n, amount: 70n }));
    books.reserve(transfer(4n, { debitAccount: 200n, creditAccount: 300n, amount: 30n, flags: 2, timeoutSeconds: 1 }));
  },
  (books) => {
    books.expire(transfer(4n, { debitAccount: 200n, creditAccount: 300n, amount: 30n }), 1);
    books.pay(transfer(5n, { amount: 11n }));
  },
  (books) => {
    books.pay(transfer(6n, { debitAccount: 300n, creditAccount: 200n, amount: 20n }));
    books.attest(200n);
  },
  (books) => {
    for (const operation of UNBOOKED) books.note(operation);
    books.note({ kind: 'attest_supply', asset: 756 }, 581n);
  },
  (books) => books.accuse({ epoch: 1, replica: 2, first: timeout(1), second: timeout(2) }),
];

function makeGenesis(keys: readonly { readonly publicKey: KeyObject }[]): Genesis {
  const operatorKey = rawPublicKey(generateKeyPairSync('ed25519').publicKey);
  return {
    ledgerId: new Uint8Array(16).fill(7),
    createdAtNs: 1_700_000_000_000_000_000n,
    operator: { id: 1n, name: 'Bank', threshold: 1, keys: [{ scheme: 'ed25519', bytes: operatorKey }] },
    rulesVersion: RULES_VERSION,
    replicas: keys.map(({ publicKey }, index) => ({
      consensusKey: rawPublicKey(publicKey),
      certificateHash: new Uint8Array(32).fill(index),
    })),
    governance: { threshold: 1, keys: [{ scheme: 'ed25519', bytes: operatorKey }] },
  };
}

/** Header of the block behind `parent`. */
function childHeader(genesis: Genesis, parent: BlockHeader, fields: Partial<BlockHeader>): BlockHeader {
  return {
    ...parent,
    epoch: 1,
    height: parent.height + 1,
    parentId: blockId(encodeHeader(parent)),
    timeNs: parent.timeNs + 1_000n,
    configHash: configHash(firstConfiguration(genesis)),
    nextConfigHash: ZERO_HASH,
    ...fields,
  };
}

function inEffect(left: Receipt, right: Receipt): number {
  const [first, second] = [left, right].map(({ record }) => record.height + (record.party === null ? 0 : 0.5));
  return first - second || left.record.index - right.record.index;
}

function lineOf({ record, debit, credit, resultsPath }: Receipt): StatementLine {
  return { record, debit, credit, resultsPath };
}

function statementOf(receipts: readonly Receipt[], account: bigint): Statement {
  const id = formatId(account);
  const touching = receipts
    .filter(({ record }) => record.debitAccount === id || record.creditAccount === id)
    .sort(inEffect);
  const attests = ({ record }: Receipt): boolean =>
    decodeResultOperation(unhex(record.operation)).kind === 'attest_account';
  const attestation = touching.find(attests);
  const { genesis, header, certificate } = receipts[0];
  const blocks = new Map(
    touching.map(({ record, blockId, resultCount, historyPath }) => [
      record.height,
      { height: record.height, blockId, resultCount, historyPath },
    ]),
  );
  const lines = touching.filter((receipt) => !attests(receipt)).map(lineOf);
  const attested = attestation === undefined ? null : lineOf(attestation);
  return {
    version: 1,
    genesis,
    account: id,
    blocks: [...blocks.values()],
    lines,
    attestation: attested,
    header,
    certificate,
  };
}

/** Of one replica, proofs are shorter: for tests that try many. */
export function provenLedger(replicas: 1 | 4 = 4): ProvenLedger {
  const keys = Array.from({ length: replicas }, () => generateKeyPairSync('ed25519'));
  const genesis = makeGenesis(keys);
  const history = new HistoryTree();
  history.append(historyLeaf(genesisId(genesis), EMPTY_ROOT));
  const books = new ProvenBooks();
  let parent = genesisHeader(genesis);
  const blocks = BLOCKS.map((happen) => {
    const header = childHeader(genesis, parent, { kind: 'data' });
    parent = header;
    books.begin(header.height, header.timeNs);
    happen(books);
    const results = books.finish();
    const leaves = results.map(({ record, debit, credit }) =>
      resultLeaf(record, debit && accountHalf(debit), credit && accountHalf(credit)),
    );
    const root = resultsRoot(pairRoot(concatBytes(...leaves)), leaves.length);
    history.append(historyLeaf(blockId(encodeHeader(header)), root));
    return { header, results, levels: pairLevels(concatBytes(...leaves)) };
  });
  const last = childHeader(genesis, parent, { kind: 'empty', execHeight: blocks.length, execRoot: history.root() });
  const lastId = blockId(encodeHeader(last));
  const preimage = commitPreimage(consensusContext(firstConfiguration(genesis)), { term: 1, slot: 5 }, lastId);
  const signers = replicas === 1 ? [0] : [0, 1, 3];
  const signatures = signers.map((signer) => new Uint8Array(sign(null, preimage, keys[signer].privateKey)));
  const position = { term: 1, slot: 5, blockId: lastId };
  const certificate = encodeFinalityProof({ kind: 'commit', epoch: 1, ...position, signers, signatures }, []);
  const receipts = blocks.flatMap(({ header, results, levels }) =>
    results.map(({ record, debit, credit }): Receipt => ({
      version: 2,
      genesis: hex(encodeGenesis(genesis)),
      record: receiptRecord(header.height, record),
      debit: receiptSide(debit, true),
      credit: receiptSide(credit, true),
      resultCount: results.length,
      resultsPath: pairPath(levels, record.index).map(hex),
      blockId: hex(blockId(encodeHeader(header))),
      historyPath: history.path(header.height, blocks.length + 1).map(hex),
      header: hex(encodeHeader(last)),
      certificate: hex(certificate),
    })),
  );
  return { genesis, anchor: hex(genesisId(genesis)), receipts, statement: (account) => statementOf(receipts, account) };
}
