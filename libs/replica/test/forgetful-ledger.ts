// A ledger whose memory holds only a few transfers, with its blocks and what they did kept beside it, as a replica's disk keeps them.
import { LEDGER_LIMITS, Ledger, type StoredOutcome } from '@quorate/ledger';
import {
  ACCOUNT_FLAGS,
  OPEN_ASSET_POLICY,
  RULES_VERSION,
  encodeBody,
  encodeEnvelopeContent,
  encodeSignedEnvelope,
  genesisId,
  type AccountDraft,
  type Genesis,
  type Operation,
  type TransferDraft,
} from '@quorate/protocol';
import { BlockTimes } from '../src/block-times';
import { PastBlocks, type FinalBlocks, type Outcomes } from '../src/past-blocks';
import { TransferHistory } from '../src/transfer-history';

const START_NS = 1_700_000_000_000_000_000n;
const SECOND_NS = 1_000_000_000n;
const KEY = { scheme: 'ed25519', bytes: new Uint8Array(32).fill(1) } as const;
export const RECENT_MAX = 12;

const genesis: Genesis = {
  ledgerId: new Uint8Array(16).fill(7),
  createdAtNs: START_NS,
  operator: { id: 1n, name: 'Operator', threshold: 1, keys: [KEY] },
  rulesVersion: RULES_VERSION,
  replicas: [{ consensusKey: KEY.bytes, certificateHash: new Uint8Array(32) }],
  governance: { threshold: 1, keys: [KEY] },
};

const blank = { userData128: 0n, userData64: 0n, userData32: 0, code: 1, flags: 0, asset: 756 };

export function account(id: bigint, fields: Partial<AccountDraft> = {}): Operation {
  return { kind: 'create_account', account: { id, party: 1n, ...blank, ...fields } };
}

export function transfer(id: bigint, fields: Partial<TransferDraft> = {}): Operation {
  const draft = { id, debitAccount: 1n, creditAccount: 2n, amount: 1n, pendingId: 0n, timeoutSeconds: 0, ...blank };
  return { kind: 'create_transfer', transfer: { ...draft, ...fields } };
}

export const LIMITED = { flags: ACCOUNT_FLAGS.debitsMustNotExceedCredits };

/** One block a second; signatures are taken for right. */
export class ForgetfulLedger implements FinalBlocks, Outcomes {
  readonly ledger = Ledger.create(genesis, () => true, { ...LEDGER_LIMITS, recentTransfersMax: RECENT_MAX });
  readonly history = new TransferHistory(
    this.ledger,
    new PastBlocks(this, this),
    new BlockTimes(this, 0, () => this.ledger.height),
  );
  private readonly bodies: Uint8Array[] = [];
  private readonly outcomes: StoredOutcome[] = [];
  /** Heights that are asked for and not there. */
  readonly lost = new Set<number>();

  constructor() {
    this.block([
      {
        kind: 'create_asset',
        asset: { id: 756, scale: 2, code: 'CHF', issuer: 1n, ...OPEN_ASSET_POLICY },
      },
      ...[1n, 2n, 3n].map((id) => account(id)),
    ]);
  }

  /** Result codes of one block with one envelope. */
  block(operations: readonly Operation[]): Uint16Array {
    const height = this.ledger.height + 1;
    const timeNs = START_NS + BigInt(height) * SECOND_NS;
    const envelopes = operations.length === 0 ? [] : [this.envelope(operations, timeNs)];
    const { codes, captured } = this.ledger.executeBlock({ height, timeNs, envelopes });
    this.bodies.push(encodeBody(envelopes));
    this.outcomes.push({ timeNs, codes, captured });
    return codes;
  }

  private envelope(operations: readonly Operation[], timeNs: bigint): Uint8Array {
    const content = encodeEnvelopeContent({
      ledger: genesisId(genesis),
      party: 1n,
      id: timeNs,
      expiresAtNs: timeNs + SECOND_NS,
      operations,
    });
    return encodeSignedEnvelope(content, [{ key: 0, bytes: new Uint8Array(64) }]);
  }

  finalBlock(height: number): ReturnType<FinalBlocks['finalBlock']> {
    return Promise.resolve({ header: { timeNs: this.outcomes[height - 1].timeNs }, body: this.bodies[height - 1] });
  }

  outcome(height: number): Promise<StoredOutcome | null> {
    return Promise.resolve(this.lost.has(height) ? null : (this.outcomes[height - 1] ?? null));
  }
}
