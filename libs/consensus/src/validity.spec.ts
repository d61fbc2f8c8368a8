import { sha256 } from '@quorate/crypto';
import {
  RULES_VERSION,
  FIRST_EPOCH,
  ZERO_HASH,
  bodyRoot,
  encodeHeader,
  type BlockHeader,
  type Genesis,
} from '@quorate/protocol';
import { makeBlock } from './committee';
import { CoreState } from './state';
import type { HeaderLink } from './types';
import { contentValid, earliestTimeNs, judgeChild } from './validity';

const genesis: Genesis = {
  ledgerId: new Uint8Array(16).fill(7),
  createdAtNs: 1_000n,
  operator: { id: 1n, name: 'o', threshold: 1, keys: [{ scheme: 'ed25519', bytes: sha256(Uint8Array.of(1)) }] },
  rulesVersion: RULES_VERSION,
  replicas: [1, 2, 3, 4].map((seed) => ({
    consensusKey: sha256(Uint8Array.of(seed)),
    certificateHash: sha256(Uint8Array.of(seed)),
  })),
  governance: { threshold: 1, keys: [{ scheme: 'ed25519', bytes: sha256(Uint8Array.of(1)) }] },
};

const BODY = new Uint8Array(24);

function freshCore(): CoreState {
  return new CoreState({
    genesis,
    signer: (key) => (key === genesis.replicas[0].consensusKey ? () => new Uint8Array(64) : null),
    verify: () => true,
    countOperations: (body) => body.length / 8,
  });
}

function child(core: CoreState, parent: HeaderLink, change: Partial<BlockHeader> = {}): BlockHeader {
  return {
    kind: 'data',
    ledgerId: genesis.ledgerId,
    epoch: FIRST_EPOCH,
    height: parent.header.height + 1,
    parentId: parent.id,
    timeNs: earliestTimeNs(parent.header),
    bodyRoot: bodyRoot(BODY),
    bodyLength: BODY.length,
    operationCount: 3,
    configHash: core.committee.configHash,
    execHeight: parent.header.execHeight,
    execRoot: parent.header.execRoot,
    nextConfigHash: ZERO_HASH,
    ...change,
  };
}

const linkOf = (header: BlockHeader): HeaderLink => makeBlock(encodeHeader(header), BODY);

describe('C-21: content', () => {
  it('accepts what a leader makes and refuses any other field', () => {
    const core = freshCore();
    const header = child(core, core.chain.finalTip);
    expect(contentValid(core, header, BODY)).toBe(true);
    const wrong: Partial<BlockHeader>[] = [
      { ledgerId: new Uint8Array(16) },
      { epoch: 2 },
      { configHash: ZERO_HASH },
      { nextConfigHash: core.committee.configHash },
      { bodyLength: 23 },
      { bodyRoot: ZERO_HASH },
      { operationCount: 2 },
      { operationCount: 0 },
      { kind: 'empty' },
      { kind: 'epoch_end' },
      { execHeight: 1 },
    ];
    for (const change of wrong)
      expect({ change, valid: contentValid(core, { ...header, ...change }, BODY) }).toEqual({ change, valid: false });
  });
});

describe('C-23: ledger time', () => {
  it('leaves room for every operation of the parent, so that no two operations share a time', () => {
    const core = freshCore();
    const parent = linkOf(child(core, core.chain.finalTip, { timeNs: 5_000n }));
    expect(earliestTimeNs(parent.header)).toBe(5_003n);
    expect(judgeChild(core, parent, child(core, parent, { timeNs: 5_003n }))).toBe('valid');
    expect(judgeChild(core, parent, child(core, parent, { timeNs: 5_002n }))).toBe('invalid');
  });

  it('an empty block needs results to flush, or ten seconds', () => {
    const core = freshCore();
    const tip = core.chain.finalTip;
    const empty = child(core, tip, {
      kind: 'empty',
      operationCount: 0,
      bodyLength: 0,
      bodyRoot: bodyRoot(new Uint8Array(0)),
    });
    expect(judgeChild(core, tip, empty)).toBe('invalid');
    expect(judgeChild(core, tip, { ...empty, timeNs: tip.header.timeNs + 10_000_000_000n })).toBe('valid');
    const data = linkOf(child(core, tip));
    core.chain.finalize([data], {
      kind: 'commit',
      epoch: 1,
      term: 1,
      slot: 2,
      blockId: data.id,
      signers: [],
      signatures: [],
    });
    core.chain.executed(1, sha256(BODY));
    const flush = { ...child(core, data), kind: 'empty' as const, execHeight: 1, execRoot: sha256(BODY) };
    expect(judgeChild(core, data, flush)).toBe('valid');
  });
});

describe('C-24: execution results', () => {
  const root = sha256(Uint8Array.of(9));

  it('copies need no execution, newer ones wait for it, wrong ones are refused', () => {
    const core = freshCore();
    const first = linkOf(child(core, core.chain.finalTip));
    core.chain.finalize([first], {
      kind: 'commit',
      epoch: 1,
      term: 1,
      slot: 2,
      blockId: first.id,
      signers: [],
      signatures: [],
    });
    const copied = child(core, first);
    const newer = child(core, first, { execHeight: 1, execRoot: root });
    expect(judgeChild(core, first, copied)).toBe('valid');
    expect(judgeChild(core, first, { ...copied, execRoot: root })).toBe('invalid');
    expect(judgeChild(core, first, newer)).toBe('wait');
    core.chain.executed(1, root);
    expect(judgeChild(core, first, newer)).toBe('valid');
    expect(judgeChild(core, first, { ...newer, execRoot: sha256(root) })).toBe('invalid');
    const second = linkOf(newer);
    expect(judgeChild(core, second, child(core, second, { execHeight: 0, execRoot: first.header.execRoot }))).toBe(
      'invalid',
    );
  });

  it('C-17: too far ahead of finality waits, too far ahead of execution is refused', () => {
    const core = freshCore();
    let parent = core.chain.finalTip;
    for (let height = 1; height <= 8; height += 1) {
      const header = child(core, parent);
      expect(judgeChild(core, parent, header)).toBe('valid');
      parent = linkOf(header);
    }
    expect(judgeChild(core, parent, child(core, parent))).toBe('wait');
    for (let height = 9; height <= 16; height += 1) parent = linkOf(child(core, parent));
    expect(judgeChild(core, parent, child(core, parent))).toBe('invalid');
  });
});
