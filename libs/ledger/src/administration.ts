import { invariant } from '@quorate/errors';
import { RESULT_CODES, type FreezeChange, type MandateDraft, type Operation } from '@quorate/protocol';
import { BALANCE, BALANCE_WORDS, type AccountTable, type OperationContext } from './account-table';
import type { AssetTable } from './asset-table';
import type { FreezeTable } from './freeze-table';
import { hasEnded, type MandateTable } from './mandate-table';
import type { PartyTable } from './party-table';
import type { RecordTable } from './record-table';
import type { ResultCapture } from './result-capture';
import { store } from './u128';

const CODES = RESULT_CODES;
const ID_MAX = (1n << 128n) - 1n;

/** The tables that operations other than transfers and new accounts act on. */
export interface AdministrationTables {
  readonly parties: PartyTable;
  readonly assets: AssetTable;
  readonly accounts: AccountTable;
  readonly mandates: MandateTable;
  readonly freezes: FreezeTable;
  readonly records: RecordTable;
  readonly capture: ResultCapture;
}

/** Executes what is rare: parties, assets, mandates, freezes, records and attestations. None of it can be part of a linked chain. */
export class Administration {
  private readonly probe = new Uint32Array(4);

  constructor(private readonly tables: AdministrationTables) {}

  /** Applies the operation unless a rule forbids it; returns the result code. */
  execute(operation: Operation, context: OperationContext): number {
    const { parties, assets } = this.tables;
    const timestampNs = timeOf(context);
    switch (operation.kind) {
      case 'create_party':
        return context.isOperator ? parties.create(operation.party, timestampNs) : CODES.operator_required;
      case 'change_party':
        return parties.change(operation.change, context.party, timestampNs);
      case 'set_party_roles':
        return this.setRoles(operation.change.party, operation.change.roles, context);
      case 'create_asset':
        return context.isOperator ? assets.create(operation.asset, timestampNs) : CODES.operator_required;
      case 'change_asset':
        return assets.change(operation.change, context.party);
      case 'put_mandate':
        return this.putMandate(operation.mandate, context, timestampNs);
      case 'revoke_mandate':
        return this.revokeMandate(operation.mandate, context);
      case 'set_frozen':
        return this.setFrozen(operation.change, context, timestampNs);
      case 'put_record':
        return this.tables.records.put(operation.record, { party: context.party, ...placeOf(context, timestampNs) });
      case 'attest_account':
        return this.attestAccount(operation.account, context);
      case 'attest_supply':
        return this.attestSupply(operation.asset, context);
      case 'create_account':
      case 'create_transfer':
        invariant(false, 'accounts and transfers are executed from their bytes');
    }
  }

  private setRoles(party: bigint, roles: number, context: OperationContext): number {
    if (!context.isOperator) return CODES.operator_required;
    const code = this.tables.parties.setRoles(party, roles);
    // The rest of the envelope is judged by what the signing party may do from here on.
    context.isOperator = this.tables.parties.has(context.party, 'operator');
    return code;
  }

  private putMandate(draft: MandateDraft, context: OperationContext, timestampNs: bigint): number {
    const { parties, mandates } = this.tables;
    if (draft.id === 0n) return CODES.id_must_not_be_zero;
    if (draft.id === ID_MAX) return CODES.id_must_not_be_int_max;
    const debitRow = this.accountRow(draft.account);
    if (debitRow < 0) return CODES.mandate_account_not_found;
    if (this.ownerOf(debitRow) !== context.party) return CODES.mandate_not_authorized;
    const existing = mandates.find(draft.id);
    if (existing !== undefined) return isSame(existing, draft) ? CODES.exists : CODES.exists_with_different_mandate;
    const grantee = parties.find(draft.grantee);
    if (grantee === undefined) return CODES.party_not_found;
    if (grantee.index === context.party) return CODES.mandate_grantee_must_differ;
    const creditRow = draft.creditAccount === 0n ? -1 : this.accountRow(draft.creditAccount);
    if (draft.creditAccount !== 0n && creditRow < 0) return CODES.mandate_credit_account_not_found;
    if (hasEnded(draft, timestampNs)) return CODES.mandate_already_ended;
    const place = placeOf(context, timestampNs);
    return mandates.add(draft, { ...place, debitRow, creditRow, granteeIndex: grantee.index });
  }

  private revokeMandate(id: bigint, context: OperationContext): number {
    const mandate = this.tables.mandates.find(id);
    if (mandate === undefined) return CODES.mandate_not_found;
    const owner = this.ownerOf(mandate.debitRow);
    if (context.party !== owner && context.party !== mandate.granteeIndex) return CODES.mandate_not_authorized;
    if (mandate.revoked) return CODES.mandate_already_revoked;
    this.tables.mandates.revoke(mandate);
    return CODES.applied;
  }

  private setFrozen(change: FreezeChange, context: OperationContext, timestampNs: bigint): number {
    if (!context.isOperator) return CODES.operator_required;
    if (change.reason === '') return CODES.freeze_reason_must_not_be_empty;
    const { accounts, parties, freezes } = this.tables;
    const { target, id, frozen, reason } = change;
    const row = target === 'account' ? this.accountRow(id) : (parties.find(id)?.index ?? -1);
    if (row < 0) return CODES.freeze_target_not_found;
    // So one operator that can act always remains: the one that signed.
    if (target === 'party' && row === context.party) return CODES.freeze_of_own_party;
    const act = { party: context.party, reason, ...placeOf(context, timestampNs) };
    const code = frozen ? freezes.freeze(target, id, act) : freezes.lift(target, id, act);
    if (code !== CODES.applied) return code;
    if (target === 'account') accounts.setFrozen(row, frozen);
    else parties.setFrozen(row, frozen);
    return CODES.applied;
  }

  private attestAccount(id: bigint, context: OperationContext): number {
    const { parties, capture } = this.tables;
    const row = this.accountRow(id);
    if (row < 0) return CODES.attested_account_not_found;
    const mayAttest =
      context.isOperator || this.ownerOf(row) === context.party || parties.has(context.party, 'auditor');
    if (!mayAttest) return CODES.attestation_not_authorized;
    capture.attested(context.index, row);
    return CODES.applied;
  }

  /** The supply is no secret from anyone who has a say on the ledger. */
  private attestSupply(id: number, context: OperationContext): number {
    const { assets, capture } = this.tables;
    const asset = assets.find(id);
    if (asset === undefined) return CODES.attested_asset_not_found;
    store(this.probe, 0, assets.supply(asset.index));
    capture.supply(context.index, this.probe);
    return CODES.applied;
  }

  private accountRow(id: bigint): number {
    store(this.probe, 0, id);
    return this.tables.accounts.find(this.probe, 0);
  }

  private ownerOf(row: number): number {
    return this.tables.accounts.balances[row * BALANCE_WORDS + BALANCE.party];
  }
}

/** Ledger time of the operation under way. */
export function timeOf(context: OperationContext): bigint {
  return (BigInt(context.timeHigh) << 32n) | BigInt(context.timeLow);
}

function placeOf(
  { height, index }: OperationContext,
  timestampNs: bigint,
): { timestampNs: bigint; height: number; position: number } {
  return { timestampNs, height, position: index };
}

/** A retry has the same terms, whether or not the mandate was revoked since. */
function isSame(existing: MandateDraft, draft: MandateDraft): boolean {
  return (Object.keys(draft) as (keyof MandateDraft)[]).every((field) => existing[field] === draft[field]);
}
