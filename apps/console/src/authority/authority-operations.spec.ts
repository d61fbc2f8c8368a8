import { formatId } from '@quorate/protocol';
import type { PartyView } from '@quorate/sdk';
import type { StoredKey } from '../keys/key-store';
import { heldKeys } from '../keys/held-keys';
import { keptKeys, keyChange, ledgerTimeOf, mandatePut, type KeyChoice } from './authority-operations';

const key = (fill: string, fields: Partial<KeyChoice> = {}): KeyChoice => ({
  scheme: 'p256',
  publicKey: fill.repeat(66),
  validFromNs: null,
  validUntilNs: null,
  ...fields,
});

describe('the keys of a party', () => {
  const keys = ['a', 'b', 'c'].map((fill) => key(fill));

  it('stay, end later or go, and keep their order', () => {
    const fates = { [keys[0].publicKey]: 'hour', [keys[1].publicKey]: 'remove' } as const;
    expect(keptKeys(keys, fates, 5n)).toEqual([{ ...keys[0], validUntilNs: '3600000000005' }, keys[2]]);
    expect(keptKeys(keys, {}, 5n)).toEqual(keys);
  });

  it('are written with the times at which they count', () => {
    const operation = keyChange(formatId(1n), 1, [key('a', { validUntilNs: '9' })]);
    expect(operation).toMatchObject({
      kind: 'change_party',
      change: { party: 1n, threshold: 1, keys: [{ scheme: 'p256', validFromNs: 0n, validUntilNs: 9n }] },
    });
  });

  it('sign only while they count', () => {
    const ended = key('a', { validUntilNs: '1' });
    const early = key('b', { validFromNs: (10n ** 30n).toString() });
    const party = { keys: [ended, early, key('c')] } as unknown as PartyView;
    const stored = party.keys.map(({ publicKey }) => ({ publicKey }) as StoredKey);
    expect(heldKeys(party, stored).map((held) => held.key)).toEqual([2]);
  });
});

describe('a mandate', () => {
  it('has 0 for every bound that was left open', () => {
    const open = { creditAccount: null, transferAmountMax: null, periodAmountMax: null, periodTransfersMax: null };
    const operation = mandatePut({
      account: formatId(10n),
      grantee: formatId(2n),
      ...open,
      periodSeconds: 0,
      until: '',
    });
    expect(operation).toMatchObject({
      mandate: { account: 10n, grantee: 2n, creditAccount: 0n, transferAmountMax: 0n, periodTransfersMax: 0 },
    });
    expect(operation).toMatchObject({ mandate: { periodAmountMax: 0n, validUntilNs: 0n } });
  });

  it('ends at the moment that was typed', () => {
    expect(ledgerTimeOf('2026-11-23T10:00')).toBe(BigInt(new Date(2026, 10, 23, 10).getTime()) * 1_000_000n);
  });
});
