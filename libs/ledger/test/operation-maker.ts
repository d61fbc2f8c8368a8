// Draws operations that mostly mean something: ids in use, accounts of the signer, pending transfers that there are.
import {
  ISSUING_POLICIES,
  TRANSFER_POLICIES,
  type Operation,
  type PartyKeyDraft,
  type TransferDraft,
} from '@quorate/protocol';
import { changeAsset, changeParty, freeze, key, mandate, record, revoke, setRoles } from './authority-drafts';
import type { Chance } from './chance';
import { account, ed25519Key, transfer, type TestKey } from './ledger-fixture';
import type { LedgerModel } from './model/ledger-model';

const MAX = (1n << 128n) - 1n;
const KEY_COUNT = 6;
/** Keys that parties change among themselves. */
export const KEYS: readonly TestKey[] = Array.from({ length: KEY_COUNT }, (_, index) => ed25519Key(40 + index));
export const PARTY_IDS = [1n, 2n, 3n, 4n] as const;
export const ASSET_IDS = [756, 978, 900] as const;
export const ACCOUNT_IDS = [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n, 9n, 10n, 11n, 12n] as const;
const SMALL = [0n, 1n, 5n, 20n, 40n, 90n];
const LARGE = [MAX, MAX - 50n, 1n << 64n, (1n << 96n) - 1n];

export class OperationMaker {
  private nextId = 10_000n;
  private readonly transferIds: bigint[] = [];
  private readonly pendingIds: bigint[] = [];
  private readonly mandateIds: bigint[] = [];

  constructor(
    private readonly chance: Chance,
    private readonly model: LedgerModel,
  ) {}

  /** Something that the party might submit at that time. */
  operation(party: bigint, timeNs: bigint): Operation {
    const drawn = this.chance.below(100);
    if (drawn < 48) return this.transfer(party);
    if (drawn < 66) return this.resolution();
    if (drawn < 71) return this.account(party);
    if (drawn < 78) return this.mandate(party, timeNs);
    if (drawn < 81) return revoke(this.chance.pick([...this.mandateIds, 77n]));
    if (drawn < 87) return this.freeze();
    if (drawn < 92) return this.assetChange(party);
    if (drawn < 94) return this.roles();
    if (drawn < 96) return this.partyChange(party, timeNs);
    if (drawn < 97) return record(BigInt(1 + this.chance.below(30)), { kind: this.chance.below(3) });
    if (drawn < 98) return { kind: 'attest_account', account: this.accountId() };
    if (this.chance.onceIn(3)) return { kind: 'attest_supply', asset: this.chance.pick([...ASSET_IDS, 5]) };
    return this.creation();
  }

  /** The same once more with another value in one field. */
  altered(operation: Operation): Operation {
    const { chance } = this;
    const userData = { userData128: 5n, userData64: 5n, userData32: 5 };
    if (operation.kind === 'create_party') {
      const name = chance.rarely(4, operation.party.name, ['Another']);
      return { kind: 'create_party', party: { ...operation.party, name, threshold: 2 } };
    }
    if (operation.kind === 'create_asset') {
      const field = chance.pick([{ scale: 3 }, { code: 'XBB' }, { issuer: 2n }, { transfers: 'frozen' as const }]);
      return { kind: 'create_asset', asset: { ...operation.asset, ...field } };
    }
    if (operation.kind !== 'create_transfer') return operation;
    const { amount } = operation.transfer;
    const fields: Partial<TransferDraft>[] = [
      { pendingId: 5n },
      { timeoutSeconds: 7 },
      { debitAccount: 11n },
      { creditAccount: 11n },
      { amount: amount > 0n ? amount - 1n : 1n },
      { code: 7 },
      { asset: 900 },
      ...Object.entries(userData).map(([name, value]) => ({ [name]: value })),
    ];
    return { kind: 'create_transfer', transfer: { ...operation.transfer, ...chance.pick(fields) } };
  }

  private transfer(party: bigint): Operation {
    const { chance } = this;
    const owned = this.accountsOf(party);
    const debitAccount = owned.length > 0 && !chance.onceIn(5) ? chance.pick(owned) : this.accountId();
    const asset = this.model.books.accounts.get(debitAccount)?.draft.asset ?? 756;
    const others = this.accountsIn(asset).filter((id) => id !== debitAccount);
    const creditAccount = others.length > 0 && !chance.onceIn(20) ? chance.pick(others) : this.accountId();
    const flags = this.transferFlags();
    const timeoutSeconds = (flags & 2) !== 0 || chance.onceIn(60) ? chance.pick([0, 0, 1, 2, 5, 0xffff_ffff]) : 0;
    const fields: Partial<TransferDraft> = {
      debitAccount,
      creditAccount,
      amount: this.amount(),
      asset: chance.rarely(40, asset, [...ASSET_IDS, 0, 5]),
      code: chance.rarely(40, 1, [0, 2]),
      pendingId: chance.rarely(60, 0n, [3n]),
      timeoutSeconds,
      flags,
      ...this.userData(),
    };
    return this.remembered(fields);
  }

  private resolution(): Operation {
    const { chance } = this;
    const pendingId = chance.rarely(12, chance.pick([...this.pendingIds.slice(-12), 3n]), [
      0n,
      MAX,
      ...this.transferIds.slice(-4),
    ]);
    return this.remembered({
      debitAccount: chance.rarely(12, 0n, ACCOUNT_IDS),
      creditAccount: chance.rarely(12, 0n, ACCOUNT_IDS),
      amount: chance.pick([0n, MAX, MAX, ...SMALL]),
      asset: chance.rarely(12, 0, ASSET_IDS),
      code: chance.rarely(12, 0, [1, 2]),
      timeoutSeconds: chance.rarely(40, 0, [3]),
      flags: chance.rarely(30, chance.pick([4, 8]), [5, 9, 12, 6, 20]) | (chance.onceIn(8) ? 1 : 0),
      pendingId,
      ...this.userData(),
    });
  }

  private remembered(fields: Partial<TransferDraft>): Operation {
    const id = this.transferId();
    this.transferIds.push(id);
    if (((fields.flags ?? 0) & 2) !== 0) this.pendingIds.push(id);
    return transfer(id, fields);
  }

  private transferId(): bigint {
    if (this.chance.onceIn(100)) return this.chance.pick([0n, MAX]);
    const reuse = this.transferIds.length > 0 && this.chance.onceIn(20);
    return reuse ? this.chance.pick(this.transferIds.slice(-20)) : this.nextId++;
  }

  private transferFlags(): number {
    const usual = this.chance.pick([0, 0, 0, 0, 2, 2, 2, 16, 32, 48, 18]);
    const drawn = this.chance.rarely(12, usual, [2 | 64, 2 | 128, 2 | 192, 64, 256, 0x200, 2 | 4]);
    return drawn | (this.chance.onceIn(8) ? 1 : 0);
  }

  private account(party: bigint): Operation {
    const { chance } = this;
    const limits = chance.pick([0, 2, 2, 2, 4, 6, 10, 16, 34, 64]);
    return account(this.accountId(), {
      party: chance.rarely(3, party, [...PARTY_IDS, 77n]),
      asset: chance.rarely(20, chance.pick(ASSET_IDS), [0, 5]),
      code: chance.rarely(20, 1, [0, 2]),
      flags: limits | (chance.onceIn(5) ? 1 : 0),
      ...this.userData(),
    });
  }

  private mandate(party: bigint, timeNs: bigint): Operation {
    const { chance } = this;
    const owned = this.accountsOf(party);
    const id = chance.rarely(8, this.nextId++, [0n, MAX, ...this.mandateIds]);
    this.mandateIds.push(id);
    return mandate(id, {
      account: owned.length > 0 && !chance.onceIn(10) ? chance.pick(owned) : this.accountId(),
      grantee: chance.rarely(20, chance.pick(PARTY_IDS), [77n]),
      creditAccount: chance.rarely(3, 0n, [...ACCOUNT_IDS, 77n]),
      transferAmountMax: chance.rarely(3, 0n, [5n, 20n]),
      periodAmountMax: chance.rarely(3, 0n, [30n, 90n]),
      periodTransfersMax: chance.pick([0, 1, 2]),
      periodSeconds: chance.pick([0, 1, 2, 5]),
      validUntilNs: chance.rarely(3, 0n, [timeNs + 3_000_000_000n, timeNs + 9_000_000_000n, timeNs]),
    });
  }

  private freeze(): Operation {
    const { chance } = this;
    const target = chance.pick(['account', 'account', 'party'] as const);
    const id = target === 'account' ? this.accountId() : chance.rarely(20, chance.pick(PARTY_IDS), [77n]);
    // More lifting than freezing, so that the story goes on.
    return freeze(target, id, { frozen: chance.onceIn(3), reason: chance.rarely(20, 'because', ['']) });
  }

  private assetChange(party: bigint): Operation {
    const { chance } = this;
    const own = ASSET_IDS.filter((id) => this.model.books.assets.get(id)?.created.issuer === party);
    const asset = own.length > 0 && !chance.onceIn(8) ? chance.pick(own) : chance.pick([...ASSET_IDS, 5]);
    const policy = this.model.books.assets.get(asset)?.policy;
    const issuing = chance.rarely(10, policy?.issuing ?? 'free', ISSUING_POLICIES);
    const maximum = policy?.maximumSupply ?? 0n;
    const allowList = Array.from({ length: chance.below(3) }, () => ({
      party: chance.rarely(20, chance.pick(PARTY_IDS), [77n]),
      allowed: !chance.onceIn(3),
    }));
    return changeAsset({
      asset,
      issuing,
      maximumSupply:
        issuing === 'free'
          ? chance.rarely(20, 0n, [5n])
          : chance.rarely(4, maximum, [maximum - 1n > 0n ? maximum - 1n : 1n, 900n, 0n, MAX]),
      transfers: chance.rarely(3, 'open', TRANSFER_POLICIES),
      allowList,
    });
  }

  private roles(): Operation {
    const { chance } = this;
    const usual = chance.pick([4, 6, 6, 7, 7]);
    return setRoles(chance.rarely(20, chance.pick(PARTY_IDS), [77n]), chance.rarely(10, usual, [8, 0, 16]));
  }

  private partyChange(party: bigint, timeNs: bigint): Operation {
    const { chance } = this;
    const count = 1 + chance.below(3);
    const from = chance.below(KEYS.length);
    const keys = Array.from({ length: count }, (_, index): PartyKeyDraft => {
      const soon = timeNs + BigInt(chance.below(6)) * 1_000_000_000n;
      const by = KEYS[chance.rarely(30, (from + index) % KEYS.length, [from])];
      return key(by, chance.rarely(6, 0n, [soon]), chance.rarely(6, 0n, [soon + 4_000_000_000n, soon]));
    });
    const threshold = chance.rarely(20, 1 + chance.below(count), [0, 5]);
    return changeParty(chance.rarely(4, party, [...PARTY_IDS, 77n]), chance.rarely(30, keys, [[]]), threshold);
  }

  private creation(): Operation {
    const { chance } = this;
    if (chance.onceIn(2)) {
      const keys = [KEYS[chance.below(KEYS.length)].publicKey];
      const id = chance.pick([20n, 21n, 20n, 2n, 0n]);
      return { kind: 'create_party', party: { id, name: 'A party', threshold: 1, keys } };
    }
    const issuing = chance.pick(ISSUING_POLICIES);
    const maximumSupply = issuing === 'free' ? 0n : 500n;
    const id = chance.pick([0, 756, 901, 902]);
    const issuer = chance.pick([...PARTY_IDS, 77n]);
    const asset = { id, scale: chance.rarely(8, 2, [19]), code: 'XAA', issuer, issuing, maximumSupply };
    return { kind: 'create_asset', asset: { ...asset, transfers: 'open' } };
  }

  private accountId(): bigint {
    return this.chance.rarely(40, this.chance.pick(ACCOUNT_IDS), [0n, MAX, 77n]);
  }

  private accountsOf(party: bigint): bigint[] {
    return this.accountsWhere(({ party: owner }) => owner === party);
  }

  private accountsIn(asset: number): bigint[] {
    return this.accountsWhere((draft) => draft.asset === asset);
  }

  private accountsWhere(fits: (draft: { party: bigint; asset: number }) => boolean): bigint[] {
    return ACCOUNT_IDS.filter((id) => {
      const draft = this.model.books.accounts.get(id)?.draft;
      return draft !== undefined && fits(draft);
    });
  }

  private amount(): bigint {
    return this.chance.rarely(12, this.chance.pick(SMALL), LARGE);
  }

  private userData(): Pick<TransferDraft, 'userData128' | 'userData64' | 'userData32'> {
    return {
      userData128: this.chance.rarely(30, 0n, [1n << 100n]),
      userData64: this.chance.rarely(30, 0n, [1n, 1n << 40n]),
      userData32: this.chance.rarely(30, 0, [9]),
    };
  }
}
