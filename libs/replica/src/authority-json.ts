import { hex } from '@quorate/crypto';
import type {
  AssetView,
  EvidenceView,
  FreezeActView,
  FreezeView,
  MandateView,
  PartyView,
  RecordView,
} from '@quorate/ledger';
import { encodeEvidence, PARTY_ROLES, formatId } from '@quorate/protocol';

type Json = Record<string, unknown>;

/** A bound or time of 0 is none. */
const orNone = (value: bigint): string | null => (value === 0n ? null : value.toString());

export function partyJson(view: PartyView): Json {
  return {
    id: formatId(view.id),
    name: view.name,
    threshold: view.threshold,
    keys: view.keys.map(({ scheme, bytes, validFromNs, validUntilNs }) => ({
      scheme,
      publicKey: hex(bytes),
      validFromNs: orNone(validFromNs),
      validUntilNs: orNone(validUntilNs),
    })),
    roles: Object.entries(PARTY_ROLES).flatMap(([role, bit]) => ((view.roles & bit) === 0 ? [] : [role])),
    frozen: view.frozen,
    timestampNs: view.timestampNs.toString(),
  };
}

export function assetJson(view: AssetView): Json {
  return {
    id: view.id,
    code: view.code,
    scale: view.scale,
    issuer: formatId(view.issuer),
    issuing: view.issuing,
    maximumSupplyMinor: orNone(view.maximumSupply),
    transfers: view.transfers,
    supplyMinor: view.supply.toString(),
    issuedMinor: view.issued.toString(),
    timestampNs: view.timestampNs.toString(),
  };
}

export function mandateJson(view: MandateView): Json {
  return {
    id: formatId(view.id),
    account: formatId(view.account),
    grantee: formatId(view.grantee),
    creditAccount: view.creditAccount === 0n ? null : formatId(view.creditAccount),
    transferAmountMaxMinor: orNone(view.transferAmountMax),
    periodAmountMaxMinor: orNone(view.periodAmountMax),
    periodTransfersMax: view.periodTransfersMax === 0 ? null : view.periodTransfersMax,
    periodSeconds: view.periodSeconds === 0 ? null : view.periodSeconds,
    validUntilNs: orNone(view.validUntilNs),
    revoked: view.revoked,
    usedTransfers: view.used.transfers,
    usedAmountMinor: view.used.amount.toString(),
    timestampNs: view.timestampNs.toString(),
    height: view.height,
    index: view.index,
  };
}

export function freezeJson(view: FreezeView): Json {
  return {
    target: view.target,
    id: formatId(view.id),
    frozen: actJson(view.frozen),
    lifted: view.lifted === null ? null : actJson(view.lifted),
  };
}

function actJson({ party, reason, timestampNs, height, index }: FreezeActView): Json {
  return { party: formatId(party), reason, timestampNs: timestampNs.toString(), height, index };
}

export function evidenceJson({ evidence, contradiction, timestampNs, height }: EvidenceView): Json {
  return {
    epoch: evidence.epoch,
    replica: evidence.replica,
    contradiction,
    evidence: hex(encodeEvidence(evidence)),
    timestampNs: timestampNs.toString(),
    height,
    index: 0,
  };
}

export function recordJson(view: RecordView): Json {
  return {
    id: formatId(view.id),
    kind: view.kind,
    subject: formatId(view.subject),
    hash: hex(view.hash),
    reference: view.reference,
    party: formatId(view.party),
    timestampNs: view.timestampNs.toString(),
    height: view.height,
    index: view.index,
  };
}
