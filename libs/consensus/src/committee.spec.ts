import { sha256 } from '@quorate/crypto';
import {
  RULES_VERSION,
  blockId,
  encodeHeader,
  firstConfiguration,
  genesisHeader,
  type Genesis,
  type VerifyKey,
} from '@quorate/protocol';
import { Committee, genesisBlock } from './committee';
import { compareRank } from './rank';

const REPLICAS = 4;

function genesisOf(ledger: number): Genesis {
  return {
    ledgerId: new Uint8Array(16).fill(ledger),
    createdAtNs: 1_700_000_000_000_000_000n,
    operator: {
      id: 1n,
      name: 'operator',
      threshold: 1,
      keys: [{ scheme: 'ed25519', bytes: new Uint8Array(32).fill(1) }],
    },
    rulesVersion: RULES_VERSION,
    replicas: Array.from({ length: REPLICAS }, (_, index) => ({
      consensusKey: new Uint8Array(32).fill(10 + index),
      certificateHash: new Uint8Array(32).fill(20 + index),
    })),
    governance: { threshold: 1, keys: [{ scheme: 'ed25519', bytes: new Uint8Array(32).fill(1) }] },
  };
}

/** Signs by hashing, so that two signatures are equal only over equal bytes. */
function committee(ledger: number): Committee {
  const sign = (preimage: Uint8Array): Uint8Array => sha256(preimage);
  const verify: VerifyKey = (_key, preimage, signature) =>
    sha256(preimage).every((byte, index) => byte === signature[index]);
  const genesis = genesisOf(ledger);
  const own = genesis.replicas[0].consensusKey;
  return new Committee({
    configuration: firstConfiguration(genesis),
    genesis: genesisBlock(genesis),
    signer: (key) => (key === own ? sign : null),
    verify,
  });
}

const position = { term: 2, slot: 3, blockId: new Uint8Array(32).fill(7) };

describe('the replica set', () => {
  it('C-1: a vote holds for its ledger, purpose, position and block only', () => {
    const here = committee(1);
    const signature = here.signVote('prepare', position);
    expect(here.verifyVote('prepare', 0, position, signature)).toBe(true);
    expect(committee(2).verifyVote('prepare', 0, position, signature)).toBe(false);
    expect(here.verifyVote('commit', 0, position, signature)).toBe(false);
    expect(here.verifyVote('prepare', 0, { ...position, slot: 4 }, signature)).toBe(false);
    expect(here.verifyVote('prepare', 0, { ...position, term: 3 }, signature)).toBe(false);
    expect(here.verifyTimeout(0, 2, position, signature)).toBe(false);
    expect(here.verifyVote('prepare', REPLICAS, position, signature)).toBe(false);
  });

  it('C-2: a later term ranks above every slot of an earlier one, and nothing below all', () => {
    expect(compareRank({ term: 2, slot: 1 }, { term: 1, slot: 10_000 })).toBeGreaterThan(0);
    expect(compareRank({ term: 1, slot: 1 }, { term: 1, slot: 2 })).toBeLessThan(0);
    expect(compareRank(null, { term: 1, slot: 1 })).toBeLessThan(0);
    expect(compareRank(null, null)).toBe(0);
  });

  it('C-3: leaders take turns, and ledgers begin with different ones', () => {
    const turns = Array.from({ length: REPLICAS }, (_, index) => committee(1).leaderOf(index + 1));
    expect(new Set(turns).size).toBe(REPLICAS);
    expect(committee(1).leaderOf(1 + REPLICAS)).toBe(turns[0]);
    const first = Array.from({ length: 32 }, (_, ledger) => committee(ledger).leaderOf(1));
    expect(new Set(first).size).toBe(REPLICAS);
  });

  it('C-5: a block is named by its header, which knows neither term nor slot nor proposer', () => {
    const header = genesisHeader(genesisOf(1));
    expect(Object.keys(header).filter((name) => /^(term|slot|proposer|leader)$/.test(name))).toEqual([]);
    expect(blockId(encodeHeader(header))).toEqual(blockId(encodeHeader({ ...header })));
    expect(blockId(encodeHeader(header))).not.toEqual(blockId(encodeHeader({ ...header, timeNs: header.timeNs + 1n })));
  });
});
