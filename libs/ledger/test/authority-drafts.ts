// Operations on parties, assets, mandates, freezes and records with everything that a test does not care about filled in.
import {
  OPEN_ASSET_POLICY,
  type AssetChange,
  type FreezeChange,
  type MandateDraft,
  type Operation,
  type PartyKeyDraft,
  type RecordDraft,
} from '@quorate/protocol';
import { MEMBER, ed25519Key, type TestKey } from './ledger-fixture';

export const key = (by: TestKey, validFromNs = 0n, validUntilNs = 0n): PartyKeyDraft => ({
  ...by.publicKey,
  validFromNs,
  validUntilNs,
});

export const changeParty = (
  party: bigint,
  keys: readonly PartyKeyDraft[] = [key(ed25519Key(20))],
  threshold = 1,
): Operation => ({ kind: 'change_party', change: { party, threshold, keys } });

export const setRoles = (party: bigint, roles: number): Operation => ({
  kind: 'set_party_roles',
  change: { party, roles },
});

export const changeAsset = (fields: Partial<AssetChange> = {}): Operation => ({
  kind: 'change_asset',
  change: { asset: 756, ...OPEN_ASSET_POLICY, allowList: [], ...fields },
});

/** The operator's account 100 may be debited by the member. */
export const mandate = (id: bigint, fields: Partial<MandateDraft> = {}): Operation => ({
  kind: 'put_mandate',
  mandate: {
    id,
    account: 100n,
    grantee: MEMBER,
    creditAccount: 0n,
    transferAmountMax: 0n,
    periodAmountMax: 0n,
    periodTransfersMax: 0,
    periodSeconds: 0,
    validUntilNs: 0n,
    ...fields,
  },
});

export const revoke = (id: bigint): Operation => ({ kind: 'revoke_mandate', mandate: id });

export const freeze = (target: FreezeChange['target'], id: bigint, fields: Partial<FreezeChange> = {}): Operation => ({
  kind: 'set_frozen',
  change: { target, id, frozen: true, reason: 'court order 7', ...fields },
});

export const lift = (target: FreezeChange['target'], id: bigint): Operation => freeze(target, id, { frozen: false });

export const record = (id: bigint, fields: Partial<RecordDraft> = {}): Operation => ({
  kind: 'put_record',
  record: { id, kind: 1, subject: 300n, hash: new Uint8Array(32).fill(7), reference: 'contract 12', ...fields },
});
