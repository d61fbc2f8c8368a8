// The rules for keys, roles, policies, mandates, freezes and records, from docs/reference/ledger.md and nothing else.
import { hex, publicKeyAcceptable, type PublicKey } from '@quorate/crypto';
import type {
  AssetChange,
  AssetDraft,
  AssetPolicy,
  FreezeChange,
  MandateDraft,
  PartyChange,
  PartyDraft,
  PartyKeyDraft,
  RecordDraft,
  ResultName,
  TransferDraft,
} from '@quorate/protocol';
import type { LedgerLimits } from '../../src';
import type { Books, ModelMandate } from './books';

const MAX = (1n << 128n) - 1n;
const NS_PER_SECOND = 1_000_000_000n;
const OPERATOR = 1;
const ISSUER = 2;
const PARTICIPANT = 4;
const AUDITOR = 8;
const ROLES = 15;

/** Who signs, when, and what the ledger can hold. */
export interface Signing {
  readonly party: bigint;
  readonly timeNs: bigint;
  readonly limits: LedgerLimits;
}

export function validAt({ validFromNs, validUntilNs }: PartyKeyDraft, timeNs: bigint): boolean {
  return validFromNs <= timeNs && (validUntilNs === 0n || timeNs < validUntilNs);
}

const judged = new Map<string, boolean>();

/** Slow to compute, and the same few keys are judged again and again. */
function acceptable(key: PublicKey): boolean {
  const name = key.scheme + hex(key.bytes);
  const known = judged.get(name) ?? publicKeyAcceptable(key);
  judged.set(name, known);
  return known;
}

function keysRule({ keys, threshold }: Pick<PartyDraft, 'keys' | 'threshold'>): ResultName {
  if (keys.length === 0) return 'party_keys_must_not_be_empty';
  if (threshold < 1 || threshold > keys.length) return 'party_threshold_out_of_range';
  if (new Set(keys.map(({ bytes }) => hex(bytes))).size < keys.length) return 'party_keys_must_be_different';
  return keys.every(acceptable) ? 'applied' : 'party_key_not_acceptable';
}

const keyNames = (keys: PartyDraft['keys']): string => keys.map(({ scheme, bytes }) => scheme + hex(bytes)).join();

export function createParty(books: Books, { party, limits }: Signing, draft: PartyDraft): ResultName {
  if (!books.hasRole(party, OPERATOR)) return 'operator_required';
  if (draft.id === 0n) return 'id_must_not_be_zero';
  if (draft.id === MAX) return 'id_must_not_be_int_max';
  const created = books.parties.get(draft.id)?.created;
  if (created !== undefined) {
    if (created.name !== draft.name) return 'exists_with_different_name';
    if (created.threshold !== draft.threshold) return 'exists_with_different_threshold';
    return keyNames(created.keys) === keyNames(draft.keys) ? 'exists' : 'exists_with_different_keys';
  }
  if (draft.name === '') return 'party_name_must_not_be_empty';
  const rule = keysRule(draft);
  if (rule !== 'applied') return rule;
  if (books.parties.size >= limits.partiesMax) return 'party_limit_reached';
  addParty(books, draft, PARTICIPANT);
  return 'applied';
}

export function addParty(books: Books, created: PartyDraft, roles: number): void {
  const keys = created.keys.map((key) => ({ ...key, validFromNs: 0n, validUntilNs: 0n }));
  books.parties.put(created.id, { created, threshold: created.threshold, keys, roles, frozen: false });
}

export function changeParty(books: Books, { party, timeNs }: Signing, change: PartyChange): ResultName {
  const changed = books.parties.get(change.party);
  if (changed === undefined) return 'party_not_found';
  const recovers = changed.frozen && books.hasRole(party, OPERATOR);
  if (party !== change.party && !recovers) return 'party_not_authorized';
  const rule = keysRule(change);
  if (rule !== 'applied') return rule;
  for (const { validFromNs, validUntilNs } of change.keys) {
    if (validUntilNs !== 0n && (validUntilNs <= validFromNs || validUntilNs <= timeNs))
      return 'party_key_validity_empty';
  }
  // The number of valid keys only changes where a key begins or ends.
  const moments = change.keys.flatMap((key) => [key.validFromNs, key.validUntilNs]).filter((moment) => moment > timeNs);
  moments.sort((left, right) => Number(left - right));
  let over = false;
  for (const moment of [timeNs, ...moments]) {
    const enough = change.keys.filter((key) => validAt(key, moment)).length >= change.threshold;
    if (enough ? over : moment === timeNs) return 'party_keys_leave_gap';
    over ||= !enough;
  }
  books.parties.put(change.party, { ...changed, threshold: change.threshold, keys: change.keys });
  return 'applied';
}

export function setRoles(books: Books, { party }: Signing, target: bigint, roles: number): ResultName {
  if (!books.hasRole(party, OPERATOR)) return 'operator_required';
  const changed = books.parties.get(target);
  if (changed === undefined) return 'party_not_found';
  if (roles > ROLES) return 'reserved_role';
  const others = books.parties
    .entries()
    .filter(([id, { roles: held, frozen }]) => id !== target && (held & OPERATOR) !== 0 && !frozen);
  if (others.length === 0 && ((roles & OPERATOR) === 0 || changed.frozen)) return 'operator_must_remain';
  books.parties.put(target, { ...changed, roles });
  return 'applied';
}

const misplaced = ({ issuing, maximumSupply }: AssetPolicy): boolean => (issuing === 'free') !== (maximumSupply === 0n);
const policyName = ({ issuing, maximumSupply, transfers }: AssetPolicy): string =>
  [issuing, maximumSupply, transfers].join();

export function createAsset(books: Books, { party, limits }: Signing, draft: AssetDraft): ResultName {
  if (!books.hasRole(party, OPERATOR)) return 'operator_required';
  if (draft.id === 0) return 'id_must_not_be_zero';
  const created = books.assets.get(draft.id)?.created;
  if (created !== undefined) {
    if (created.scale !== draft.scale) return 'exists_with_different_scale';
    if (created.code !== draft.code) return 'exists_with_different_code';
    if (created.issuer !== draft.issuer) return 'exists_with_different_issuer';
    return policyName(created) === policyName(draft) ? 'exists' : 'exists_with_different_policy';
  }
  if (draft.scale > 18) return 'asset_scale_out_of_range';
  if (books.parties.get(draft.issuer) === undefined) return 'asset_issuer_not_found';
  if (!books.hasRole(draft.issuer, ISSUER)) return 'asset_issuer_role_required';
  if (misplaced(draft)) return 'asset_maximum_supply_misplaced';
  if (books.assets.size >= limits.assetsMax) return 'asset_limit_reached';
  books.assets.put(draft.id, { created: draft, policy: draft, allowed: new Set(), issued: 0n });
  return 'applied';
}

const STRICTNESS = { free: 0, capped: 1, fixed: 2 };

export function changeAsset(books: Books, { party, limits }: Signing, change: AssetChange): ResultName {
  const asset = books.assets.get(change.asset);
  if (asset === undefined) return 'asset_not_found';
  if (asset.created.issuer !== party) return 'asset_not_authorized';
  if (misplaced(change)) return 'asset_maximum_supply_misplaced';
  if (STRICTNESS[change.issuing] < STRICTNESS[asset.policy.issuing]) return 'asset_issuing_must_not_loosen';
  if (asset.policy.issuing !== 'free' && change.maximumSupply > asset.policy.maximumSupply) {
    return 'asset_issuing_must_not_loosen';
  }
  if (!books.fitsMaximum(change.asset, 0n, change)) return 'asset_maximum_below_supply';
  const allowed = new Set(asset.allowed);
  // Room is needed for every party that the change puts on the list, whatever it takes off.
  const added = new Set<bigint>();
  for (const entry of change.allowList) {
    if (books.parties.get(entry.party) === undefined) return 'party_not_found';
    if (entry.allowed && !asset.allowed.has(entry.party)) added.add(entry.party);
    if (entry.allowed) allowed.add(entry.party);
    else allowed.delete(entry.party);
  }
  const listed = books.assets.all().reduce((sum, other) => sum + other.allowed.size, 0);
  if (listed + added.size > limits.allowListEntriesMax) return 'allow_list_full';
  books.assets.put(change.asset, { ...asset, policy: change, allowed });
  return 'applied';
}

const hasEnded = ({ validUntilNs }: MandateDraft, timeNs: bigint): boolean =>
  validUntilNs !== 0n && validUntilNs <= timeNs;

export function putMandate(books: Books, { party, timeNs, limits }: Signing, draft: MandateDraft): ResultName {
  if (draft.id === 0n) return 'id_must_not_be_zero';
  if (draft.id === MAX) return 'id_must_not_be_int_max';
  const account = books.accounts.get(draft.account);
  if (account === undefined) return 'mandate_account_not_found';
  if (account.draft.party !== party) return 'mandate_not_authorized';
  const existing = books.mandates.get(draft.id)?.draft;
  if (existing !== undefined) {
    const fields = Object.keys(draft) as (keyof MandateDraft)[];
    return fields.every((field) => existing[field] === draft[field]) ? 'exists' : 'exists_with_different_mandate';
  }
  if (books.parties.get(draft.grantee) === undefined) return 'party_not_found';
  if (draft.grantee === party) return 'mandate_grantee_must_differ';
  if (draft.creditAccount !== 0n && books.accounts.get(draft.creditAccount) === undefined) {
    return 'mandate_credit_account_not_found';
  }
  if (hasEnded(draft, timeNs)) return 'mandate_already_ended';
  const others = books.mandates.all().filter((other) => other.draft.account === draft.account && !other.revoked);
  const alike = ({ draft: other }: ModelMandate): boolean =>
    other.grantee === draft.grantee && other.creditAccount === draft.creditAccount && !hasEnded(other, timeNs);
  if (others.some(alike)) return 'mandate_duplicate';
  const full = books.mandates.size >= limits.mandatesMax || others.length >= limits.mandatesPerAccountMax;
  if (full) return 'mandate_limit_reached';
  books.mandates.put(draft.id, { draft, putAtNs: timeNs, revoked: false, uses: [] });
  return 'applied';
}

export function revokeMandate(books: Books, { party }: Signing, id: bigint): ResultName {
  const mandate = books.mandates.get(id);
  if (mandate === undefined) return 'mandate_not_found';
  const owner = books.ownerOf(mandate.draft.account);
  if (party !== owner && party !== mandate.draft.grantee) return 'mandate_not_authorized';
  if (mandate.revoked) return 'mandate_already_revoked';
  books.mandates.put(id, { ...mandate, revoked: true });
  return 'applied';
}

/** The mandate under which the party may make the transfer, or why there is none. */
export function mandateFor(
  books: Books,
  transfer: TransferDraft,
  party: bigint,
  timeNs: bigint,
): ModelMandate | ResultName {
  const own = books.mandates
    .all()
    .filter(({ draft, revoked }) => !revoked && draft.account === transfer.debitAccount && draft.grantee === party);
  if (own.length === 0) return 'debit_account_not_owned';
  const fitting = own.filter(({ draft }) => [0n, transfer.creditAccount].includes(draft.creditAccount));
  if (fitting.length === 0) return 'mandate_credit_account_differs';
  const live = fitting.filter(({ draft }) => !hasEnded(draft, timeNs));
  if (live.length === 0) return 'mandate_expired';
  return live.find(({ draft }) => draft.creditAccount !== 0n) ?? live[0];
}

export function useMandate(books: Books, mandate: ModelMandate, amount: bigint, timeNs: bigint): ResultName {
  const { draft, putAtNs, uses } = mandate;
  if (draft.transferAmountMax !== 0n && amount > draft.transferAmountMax) return 'mandate_amount_exceeded';
  const length = BigInt(draft.periodSeconds) * NS_PER_SECOND;
  const periodOf = (atNs: bigint): bigint => (length === 0n ? 0n : (atNs - putAtNs) / length);
  const inPeriod = uses.filter(({ atNs }) => periodOf(atNs) === periodOf(timeNs));
  if (draft.periodTransfersMax !== 0 && inPeriod.length >= draft.periodTransfersMax)
    return 'mandate_transfers_exceeded';
  const sum = inPeriod.reduce((total, use) => total + use.amount, amount);
  if (draft.periodAmountMax !== 0n && sum > draft.periodAmountMax) return 'mandate_period_amount_exceeded';
  books.mandates.put(draft.id, { ...mandate, uses: [...uses, { atNs: timeNs, amount }] });
  return 'applied';
}

export function setFrozen(books: Books, { party, limits }: Signing, change: FreezeChange): ResultName {
  if (!books.hasRole(party, OPERATOR)) return 'operator_required';
  if (change.reason === '') return 'freeze_reason_must_not_be_empty';
  const { target, id, frozen, reason } = change;
  const account = target === 'account' ? books.accounts.get(id) : undefined;
  const owner = target === 'party' ? books.parties.get(id) : undefined;
  if (account === undefined && owner === undefined) return 'freeze_target_not_found';
  if (target === 'party' && id === party) return 'freeze_of_own_party';
  const standing = books.freezes
    .entries()
    .find(([, row]) => row.liftedFor === null && row.change.target === target && row.change.id === id);
  if (frozen && standing !== undefined) return 'already_frozen';
  if (!frozen && standing === undefined) return 'not_frozen';
  if (frozen && books.freezes.size >= limits.freezesMax) return 'freeze_limit_reached';
  if (standing === undefined) books.freezes.put(books.freezes.size, { change, liftedFor: null });
  else books.freezes.put(standing[0], { ...standing[1], liftedFor: reason });
  if (account !== undefined) books.accounts.put(id, { ...account, frozen });
  if (owner !== undefined) books.parties.put(id, { ...owner, frozen });
  return 'applied';
}

export function putRecord(books: Books, { party, limits }: Signing, draft: RecordDraft): ResultName {
  if (draft.id === 0n) return 'id_must_not_be_zero';
  if (draft.id === MAX) return 'id_must_not_be_int_max';
  const existing = books.records.get(draft.id);
  if (existing !== undefined) {
    const content = ({ kind, subject, hash, reference }: RecordDraft): string =>
      [kind, subject, hex(hash), reference].join('|');
    const same = existing.party === party && content(existing.draft) === content(draft);
    return same ? 'exists' : 'exists_with_different_record';
  }
  if (draft.kind === 0) return 'record_kind_must_not_be_zero';
  if (books.records.size >= limits.recordsMax) return 'record_limit_reached';
  books.records.put(draft.id, { draft, party });
  return 'applied';
}

export function attestAccount(books: Books, { party }: Signing, id: bigint): ResultName {
  const account = books.accounts.get(id);
  if (account === undefined) return 'attested_account_not_found';
  const may = account.draft.party === party || books.hasRole(party, OPERATOR | AUDITOR);
  return may ? 'applied' : 'attestation_not_authorized';
}
