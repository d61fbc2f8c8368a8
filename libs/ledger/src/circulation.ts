import { ACCOUNT_STATE, BALANCE, BALANCE_WORDS, type AccountTable } from './account-table';
import { TOTAL, type AssetTable } from './asset-table';

const { issuing: ISSUING } = ACCOUNT_STATE;

/**
 * Keeps what is in circulation of each asset: whatever leaves accounts of its issuer for accounts of others, and comes back.
 * A transfer between two accounts of the issuer, or of others, changes nothing here.
 */
export class Circulation {
  constructor(
    private readonly accounts: AccountTable,
    private readonly assets: AssetTable,
  ) {}

  /** Whether a transfer between the two accounts takes units out of the issuer's hands. */
  issues(debit: number, credit: number): boolean {
    return this.isIssuing(debit) && !this.isIssuing(credit);
  }

  posted(debit: number, credit: number, amounts: Uint32Array, at: number): void {
    const from = this.isIssuing(debit);
    if (from === this.isIssuing(credit)) return;
    this.assets.add(this.assetOf(debit), from ? TOTAL.issued : TOTAL.redeemed, amounts, at);
  }

  unposted(debit: number, credit: number, amounts: Uint32Array, at: number): void {
    const from = this.isIssuing(debit);
    if (from === this.isIssuing(credit)) return;
    this.assets.subtract(this.assetOf(debit), from ? TOTAL.issued : TOTAL.redeemed, amounts, at);
  }

  reserved(debit: number, credit: number, amounts: Uint32Array, at: number): void {
    if (this.issues(debit, credit)) this.assets.add(this.assetOf(debit), TOTAL.issuePending, amounts, at);
  }

  released(debit: number, credit: number, amounts: Uint32Array, at: number): void {
    if (this.issues(debit, credit)) this.assets.subtract(this.assetOf(debit), TOTAL.issuePending, amounts, at);
  }

  private isIssuing(account: number): boolean {
    return (this.accounts.balances[account * BALANCE_WORDS + BALANCE.codeAndFlags] & ISSUING) !== 0;
  }

  private assetOf(account: number): number {
    return this.accounts.balances[account * BALANCE_WORDS + BALANCE.asset];
  }
}
