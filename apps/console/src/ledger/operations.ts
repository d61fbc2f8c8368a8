import { unhex } from '@quorate/crypto';
import { ACCOUNT_FLAGS, OPEN_ASSET_POLICY, formatId, type Operation } from '@quorate/protocol';
import { idFromHex, randomId, type AccountView } from '@quorate/sdk';

/** What the console writes into the free `code` field of accounts and transfers. */
export const accountCodes = { issuing: 1, ordinary: 2 } as const;
export const transferCodes = { issue: 1, transfer: 2 } as const;

/** The operator is the party of the genesis; its id is always 1. */
export const operatorPartyId = formatId(1n);

/** Creates an asset whose issuer is the given party. */
export function assetCreation(asset: { id: number; scale: number; code: string; issuer: string }): Operation {
  return { kind: 'create_asset', asset: { ...asset, issuer: idFromHex(asset.issuer), ...OPEN_ASSET_POLICY } };
}

/** Opens an account. An issuing account may owe (it is where units come from); an ordinary one never can. */
export function accountOpening(draft: { party: string; asset: number; issuing: boolean; id?: bigint }): Operation {
  return {
    kind: 'create_account',
    account: {
      id: draft.id ?? randomId(),
      party: idFromHex(draft.party),
      asset: draft.asset,
      code: draft.issuing ? accountCodes.issuing : accountCodes.ordinary,
      flags: draft.issuing ? 0 : ACCOUNT_FLAGS.debitsMustNotExceedCredits,
      userData128: 0n,
      userData64: 0n,
      userData32: 0,
    },
  };
}

/** Moves an amount of minor units from one account to another of the same asset. */
export function transferCreation(draft: {
  debit: AccountView;
  credit: AccountView;
  amountMinor: bigint;
  code: number;
}): Operation {
  return {
    kind: 'create_transfer',
    transfer: {
      id: randomId(),
      debitAccount: idFromHex(draft.debit.id),
      creditAccount: idFromHex(draft.credit.id),
      amount: draft.amountMinor,
      pendingId: 0n,
      userData128: 0n,
      userData64: 0n,
      userData32: 0,
      timeoutSeconds: 0,
      asset: draft.debit.asset,
      code: draft.code,
      flags: 0,
    },
  };
}

/** Records a party with keys; the ledger asks `threshold` of them for whatever the party does. */
export function partyCreation(draft: {
  id: bigint;
  name: string;
  threshold: number;
  publicKeys: readonly string[];
}): Operation {
  const keys = draft.publicKeys.map((publicKey) => ({ scheme: 'p256' as const, bytes: unhex(publicKey) }));
  return { kind: 'create_party', party: { id: draft.id, name: draft.name, threshold: draft.threshold, keys } };
}

/** Whether an account may owe, which only an asset's issuer can allow itself. */
export const isIssuing = (account: AccountView): boolean =>
  (account.flags & ACCOUNT_FLAGS.debitsMustNotExceedCredits) === 0;

/** Credits less debits; below zero only on issuing accounts, where it is what they put into circulation. */
export const balanceMinor = (account: AccountView): bigint =>
  BigInt(account.creditsPostedMinor) - BigInt(account.debitsPostedMinor);
