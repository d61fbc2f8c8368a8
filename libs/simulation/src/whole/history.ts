import type { Block } from '@quorate/consensus';
import { decodeBody, decodeEnvelope, formatId, RESULT_CODES } from '@quorate/protocol';

/** Posted sums of an account after a block. */
interface Sums {
  readonly height: number;
  readonly debits: bigint;
  readonly credits: bigint;
}

/** Where an operation was executed and what came of it. */
export interface Place {
  readonly height: number;
  readonly index: number;
  readonly code: number;
}

/** What an account looked like to a client. */
export interface SeenAccount {
  readonly debitsPostedMinor: string;
  readonly creditsPostedMinor: string;
}

const NOTHING: Sums = { height: 0, debits: 0n, credits: 0n };

/**
 * The history that the final blocks tell, kept apart from the ledger: which transfer was applied where, and every account's sums after every
 * block. What clients are told is compared with it.
 */
export class History {
  height = 0;
  private readonly places = new Map<bigint, Place>();
  private readonly sums = new Map<bigint, Sums[]>();

  constructor(private readonly report: (violation: string) => void) {}

  /** A block was executed somewhere for the first time. */
  executed(block: Block, codes: Uint16Array): void {
    const { height } = block.header;
    this.height = height;
    if (block.header.kind !== 'data') return;
    let index = 0;
    for (const bytes of decodeBody(block.body))
      for (const operation of decodeEnvelope(bytes).operations) {
        const code = codes[index];
        if (operation.kind === 'create_transfer') {
          const { id, debitAccount, creditAccount, amount } = operation.transfer;
          const known = this.places.get(id);
          if (code === RESULT_CODES.applied && known?.code === RESULT_CODES.applied)
            this.report(`EXACTLY ONCE: transfer ${id} was applied at ${known.height} and at ${height}`);
          if (known === undefined || code === RESULT_CODES.applied) this.places.set(id, { height, index, code });
          if (code === RESULT_CODES.applied) {
            this.add(debitAccount, height, amount, 0n);
            this.add(creditAccount, height, 0n, amount);
          }
        }
        index += 1;
      }
  }

  place(transfer: bigint): Place | undefined {
    return this.places.get(transfer);
  }

  /** A replica told what an account holds after a block. */
  checkRead(account: bigint, height: number, seen: SeenAccount, replica: number): void {
    const { debits, credits } = this.at(account, height);
    if (seen.debitsPostedMinor !== String(debits) || seen.creditsPostedMinor !== String(credits))
      this.report(
        `READ: replica ${replica} at height ${height} shows ${seen.debitsPostedMinor}/${seen.creditsPostedMinor} for account ` +
          `${formatId(account)}, which had ${debits}/${credits}`,
      );
  }

  private at(account: bigint, height: number): Sums {
    return this.sums.get(account)?.findLast((each) => each.height <= height) ?? NOTHING;
  }

  private add(account: bigint, height: number, debits: bigint, credits: bigint): void {
    const known = this.sums.get(account) ?? [];
    this.sums.set(account, known);
    const last = known.at(-1) ?? NOTHING;
    const next = { height, debits: last.debits + debits, credits: last.credits + credits };
    if (last.height === height && known.length > 0) known[known.length - 1] = next;
    else known.push(next);
  }
}
