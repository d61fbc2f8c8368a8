import { unhex } from '@quorate/crypto';
import { parseId, type AssetChange, type Operation, type PartyKeyDraft } from '@quorate/protocol';
import { idFromHex, randomId, type AssetView, type PartyView } from '@quorate/sdk';

const NS_PER_MS = 1_000_000n;
const NS_PER_HOUR = 3_600_000_000_000n;

/** What a person chose for a mandate; an amount of null is no bound. */
export interface MandateChoice {
  readonly account: string;
  readonly grantee: string;
  /** Null: any. */
  readonly creditAccount: string | null;
  readonly transferAmountMax: bigint | null;
  readonly periodAmountMax: bigint | null;
  readonly periodTransfersMax: number | null;
  readonly periodSeconds: number;
  /** As a date field gives it, in the browser's time; empty for none. */
  readonly until: string;
}

/** Ledger time of what a date field holds; 0, which stands for no end, when it is empty. */
export function ledgerTimeOf(typed: string): bigint {
  return typed === '' ? 0n : BigInt(new Date(typed).getTime()) * NS_PER_MS;
}

/** Lets another party debit an account within bounds. */
export function mandatePut(choice: MandateChoice): Operation {
  return {
    kind: 'put_mandate',
    mandate: {
      id: randomId(),
      account: idFromHex(choice.account),
      grantee: idFromHex(choice.grantee),
      creditAccount: choice.creditAccount === null ? 0n : idFromHex(choice.creditAccount),
      transferAmountMax: choice.transferAmountMax ?? 0n,
      periodAmountMax: choice.periodAmountMax ?? 0n,
      periodTransfersMax: choice.periodTransfersMax ?? 0,
      periodSeconds: choice.periodSeconds,
      validUntilNs: ledgerTimeOf(choice.until),
    },
  };
}

/** What may be frozen. */
export interface FreezeTarget {
  readonly target: 'account' | 'party';
  readonly id: string;
}

/** Freezes, or lifts that again. */
export function freezeChange({ target, id }: FreezeTarget, frozen: boolean, reason: string): Operation {
  return { kind: 'set_frozen', change: { target, id: parseId(id), frozen, reason } };
}

/** One key of a party as it is to be; times are ledger time, null for no bound. */
export type KeyChoice = PartyView['keys'][number];

/** What becomes of a key: it stays as it is, ends after some hours, or is off the list at once. */
export const keyFates = { keep: null, hour: 1, day: 24, week: 168, remove: 0 } as const;
export type KeyFate = keyof typeof keyFates;

/** By public key. */
export type KeyFates = Readonly<Record<string, KeyFate>>;

/** The keys that stay, some of them with an end, which is counted from `fromNs` on. */
export function keptKeys(keys: readonly KeyChoice[], fates: KeyFates, fromNs: bigint): KeyChoice[] {
  return keys.flatMap((key) => {
    const hours = keyFates[fates[key.publicKey] ?? 'keep'];
    if (hours === null) return [key];
    return hours === 0 ? [] : [{ ...key, validUntilNs: (fromNs + BigInt(hours) * NS_PER_HOUR).toString() }];
  });
}

/** Replaces a party's keys and threshold at once. */
export function keyChange(party: string, threshold: number, keys: readonly KeyChoice[]): Operation {
  const drafts = keys.map(({ scheme, publicKey, validFromNs, validUntilNs }): PartyKeyDraft => ({
    scheme,
    bytes: unhex(publicKey),
    validFromNs: BigInt(validFromNs ?? 0),
    validUntilNs: BigInt(validUntilNs ?? 0),
  }));
  return { kind: 'change_party', change: { party: idFromHex(party), threshold, keys: drafts } };
}

/** What a person chose for an asset's policy; its allow-list gets and loses these parties. */
export interface PolicyChoice extends Pick<AssetChange, 'issuing' | 'transfers' | 'maximumSupply'> {
  readonly allow: readonly string[];
  readonly disallow: readonly string[];
}

/** Changes an asset's policy. */
export function policyChange({ id }: AssetView, { allow, disallow, ...policy }: PolicyChoice): Operation {
  const allowList = [
    ...allow.map((party) => ({ party: idFromHex(party), allowed: true })),
    ...disallow.map((party) => ({ party: idFromHex(party), allowed: false })),
  ];
  return { kind: 'change_asset', change: { asset: id, ...policy, allowList } };
}

/** Puts the hash of a document on record, with what it is about and where it is. */
export function recordPut(record: { kind: number; subject: string; hash: Uint8Array; reference: string }): Operation {
  return { kind: 'put_record', record: { id: randomId(), ...record, subject: idFromHex(record.subject) } };
}
