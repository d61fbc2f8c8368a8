import { FIRST_EPOCH, firstLeader, orderForNextEpoch, type Configuration, type Member } from './configuration';

const member = (name: number): Member => ({
  consensusKey: new Uint8Array(32).fill(name),
  certificateHash: new Uint8Array(32).fill(name),
});

function configuration(ledger: number, names: readonly number[]): Configuration {
  return {
    ledgerId: new Uint8Array(16).fill(ledger),
    epoch: FIRST_EPOCH,
    rulesVersion: 1,
    replicas: names.map(member),
    governance: { threshold: 1, keys: [] },
  };
}

const ledgers = Array.from({ length: 64 }, (_, ledger) => ledger);

describe('the order of the next members', () => {
  it.each([
    ['grows', [1, 2, 3, 4, 5, 6, 7]],
    ['grows and loses one', [5, 1, 6, 3, 4, 7, 8]],
  ])('C-3: lets a member that is one already lead first where the ledger %s', (_name, next) => {
    for (const ledger of ledgers) {
      const current = configuration(ledger, [1, 2, 3, 4]);
      const ordered = orderForNextEpoch(current, next, member);
      expect([...ordered].sort()).toEqual([...next].sort());
      expect(ordered[firstLeader(current.ledgerId, FIRST_EPOCH + 1, next.length)]).toBeLessThanOrEqual(4);
      expect(ordered.filter((name, index) => name !== next[index]).length).toBeLessThanOrEqual(2);
    }
  });

  it('stays where the ledger does not grow, and where nobody has been a member', () => {
    for (const ledger of ledgers) {
      expect(orderForNextEpoch(configuration(ledger, [1, 2, 3, 4]), [5, 6, 3, 4], member)).toEqual([5, 6, 3, 4]);
      expect(orderForNextEpoch(configuration(ledger, [1]), [5, 6, 7, 8], member)).toEqual([5, 6, 7, 8]);
      expect(orderForNextEpoch(configuration(ledger, [1, 2, 3, 4]), [4, 3, 2, 1], member)).toEqual([4, 3, 2, 1]);
    }
  });
});
