// A ledger under test with real keys and real signatures.
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { verifySignature, type KeyScheme, type PublicKey } from '@quorate/crypto';
import {
  RULES_VERSION,
  ACCOUNT_FLAGS,
  OPEN_ASSET_POLICY,
  encodeEnvelopeContent,
  encodeSignedEnvelope,
  envelopeHash,
  envelopeSigningBytes,
  genesisId,
  resultName,
  type AccountDraft,
  type Genesis,
  type Operation,
  type TransferDraft,
} from '@quorate/protocol';
import { Ledger, type BlockOutcome, type ExecutableBlock, type LedgerLimits, type TransferView } from '../src';

/** A key pair of a party. */
export interface TestKey {
  readonly publicKey: PublicKey;
  sign(message: Uint8Array): Uint8Array;
}

function compressedPoint(key: KeyObject): Uint8Array {
  const { x, y } = key.export({ format: 'jwk' });
  const last = Buffer.from(y ?? '', 'base64url').at(-1) ?? 0;
  return Uint8Array.from([2 + (last & 1), ...Buffer.from(x ?? '', 'base64url')]);
}

export function p256Key(): TestKey {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    publicKey: { scheme: 'p256', bytes: compressedPoint(publicKey) },
    sign: (message) => new Uint8Array(sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' })),
  };
}

/** The Ed25519 key of a seed, so that runs can be repeated to the byte. */
export function ed25519Key(seed: number): TestKey {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, seed)]);
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return {
    publicKey: { scheme: 'ed25519' satisfies KeyScheme, bytes: new Uint8Array(spki.subarray(-32)) },
    sign: (message) => new Uint8Array(sign(null, message, privateKey)),
  };
}

export const OPERATOR = 1n;
export const START_NS = 1_700_000_000_000_000_000n;
export const operatorKey = ed25519Key(1);

/** The key of the only replica. */
export const consensusKey = ed25519Key(99);

export const genesis: Genesis = {
  ledgerId: new Uint8Array(16).fill(7),
  createdAtNs: START_NS,
  operator: { id: OPERATOR, name: 'Operator', threshold: 1, keys: [operatorKey.publicKey] },
  rulesVersion: RULES_VERSION,
  replicas: [{ consensusKey: consensusKey.publicKey.bytes, certificateHash: new Uint8Array(32) }],
  governance: { threshold: 1, keys: [operatorKey.publicKey] },
};

export const anchor = genesisId(genesis);

export function account(id: bigint, fields: Partial<AccountDraft> = {}): Operation {
  return {
    kind: 'create_account',
    account: {
      id,
      party: OPERATOR,
      asset: 756,
      code: 1,
      flags: 0,
      userData128: 0n,
      userData64: 0n,
      userData32: 0,
      ...fields,
    },
  };
}

export function transfer(id: bigint, fields: Partial<TransferDraft> = {}): Operation {
  const plain = {
    pendingId: 0n,
    userData128: 0n,
    userData64: 0n,
    userData32: 0,
    timeoutSeconds: 0,
    asset: 756,
    code: 1,
    flags: 0,
  };
  return {
    kind: 'create_transfer',
    transfer: { id, debitAccount: 100n, creditAccount: 200n, amount: 1n, ...plain, ...fields },
  };
}

export const FRANC: Operation = {
  kind: 'create_asset',
  asset: { id: 756, scale: 2, code: 'CHF', issuer: OPERATOR, ...OPEN_ASSET_POLICY },
};
export const EURO: Operation = {
  kind: 'create_asset',
  asset: { id: 978, scale: 2, code: 'EUR', issuer: OPERATOR, ...OPEN_ASSET_POLICY },
};

export interface EnvelopeOptions {
  readonly party?: bigint;
  readonly keys?: readonly { readonly key: number; readonly by: TestKey }[];
  readonly id?: bigint;
  readonly ledger?: Uint8Array;
  readonly expiresAtNs?: bigint;
}

/** Drives one ledger block by block; a block a second. */
export class LedgerDriver {
  readonly ledger: Ledger;
  readonly outcomes: BlockOutcome[] = [];
  readonly blocks: ExecutableBlock[] = [];
  timeNs: bigint;
  private nextEnvelope = 1n;

  constructor(limits?: LedgerLimits, ledger?: Ledger) {
    this.ledger = ledger ?? Ledger.create(genesis, verifySignature, limits);
    this.timeNs = this.ledger.timeNs;
  }

  envelope(operations: readonly Operation[], options: EnvelopeOptions = {}): Uint8Array {
    const content = encodeEnvelopeContent({
      ledger: options.ledger ?? anchor,
      party: options.party ?? OPERATOR,
      id: options.id ?? this.nextEnvelope++,
      expiresAtNs: options.expiresAtNs ?? this.timeNs + 60_000_000_000n,
      operations,
    });
    const message = envelopeSigningBytes(envelopeHash(content));
    const keys = options.keys ?? [{ key: 0, by: operatorKey }];
    return encodeSignedEnvelope(
      content,
      keys.map(({ key, by }) => ({ key, bytes: by.sign(message) })),
    );
  }

  block(...envelopes: Uint8Array[]): BlockOutcome {
    this.timeNs += 1_000_000_000n;
    const block = { height: this.ledger.height + 1, timeNs: this.timeNs, envelopes };
    const outcome = this.ledger.executeBlock(block);
    this.blocks.push(block);
    this.outcomes.push(outcome);
    return outcome;
  }

  /** One envelope in a block of its own; the names of its results. */
  run(operations: readonly Operation[], options: EnvelopeOptions = {}): string[] {
    return names(this.block(this.envelope(operations, options)).codes);
  }
}

export function names(codes: Uint16Array): string[] {
  return Array.from(codes, (code) => resultName(code) ?? `unknown ${code}`);
}

export const MEMBER = 2n;
export const memberKey = ed25519Key(2);
export const MEMBER_PARTY: Operation = {
  kind: 'create_party',
  party: { id: MEMBER, name: 'Member', threshold: 1, keys: [memberKey.publicKey] },
};
export const AS_MEMBER: EnvelopeOptions = { party: MEMBER, keys: [{ key: 0, by: memberKey }] };

/** Two assets, a second party, and franc accounts: 100 of the issuer, 200 of the issuer but limited, 300 of the member. */
export function openedLedger(limits?: LedgerLimits): LedgerDriver {
  const driver = new LedgerDriver(limits);
  const limited = ACCOUNT_FLAGS.debitsMustNotExceedCredits;
  const results = driver.run([
    FRANC,
    EURO,
    MEMBER_PARTY,
    account(100n),
    account(200n, { flags: limited }),
    account(300n, { flags: limited, party: MEMBER }),
    account(400n, { asset: 978 }),
    account(500n, { flags: ACCOUNT_FLAGS.creditsMustNotExceedDebits }),
  ]);
  if (results.some((result) => result !== 'applied')) throw new Error(`the fixture does not apply: ${results.join()}`);
  return driver;
}

/** The transfers that memory holds, all or of one account, newest first. */
export function heldTransfers({ history }: Ledger, account?: bigint): TransferView[] {
  const found: TransferView[] = [];
  let next = account === undefined ? history.size : history.newestOf(account);
  while (next > 0) {
    const view = history.held(next - 1);
    if (view === undefined && account !== undefined) break;
    if (view !== undefined) found.push(view);
    next = account === undefined ? next - 1 : (history.previousOf(next - 1, account) ?? 0);
  }
  return found;
}
