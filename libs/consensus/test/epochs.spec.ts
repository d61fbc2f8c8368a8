import {
  encodeEvidence,
  encodeEpochEnd,
  encodeBody,
  makeEvidence,
  bodyRoot,
  configHash,
  type Ready,
} from '@quorate/protocol';
import { signWithKey, simulatedKey } from '../../simulation/src/signing';
import { Committee, genesisBlock } from '../src/committee';
import { READY_BLOCKS_MAX, READY_NS_MAX } from '../src/limits';
import type { Block } from '../src/types';
import { contentValid, countOperations, judgeChild } from '../src/validity';
import { judgeEpochEnd } from '../src/reconfiguration';
import { LoneCore, NO_SIGNATURE, rootAt } from './lone-core';

const sent = (core: LoneCore, kind: string): unknown[] =>
  core.take().flatMap(({ message }) => (message.kind === kind ? [message] : []));

/** A core with some final, executed blocks, whose epoch may be followed by one of the same replicas. */
function changing(change: { rulesVersion?: number; rulesVersionMax?: number } = {}) {
  const core = new LoneCore({ fromLeader: 2, ...change });
  const blocks = core.chain(3);
  core.play(blocks, { certified: 3, final: 3 });
  const next = core.reconfigure([...core.genesis.replicas.keys()]);
  return { core, blocks, next, tip: blocks[2] };
}

type Changing = ReturnType<typeof changing>;

function readyOf({ core, next, tip }: Changing, replica: number, change: Partial<Ready> = {}): Ready {
  const committee = new Committee({
    configuration: next,
    genesis: genesisBlock(core.genesis),
    signer: (key) => (key === next.replicas[replica].consensusKey ? (text) => signWithKey(key, text) : null),
    verify: () => true,
  });
  const { height, timeNs } = tip.header;
  const content = { replica, height, blockId: tip.id, execRoot: rootAt(height), timeNs, ...change };
  return { ...content, signature: committee.signReady(configHash(core.configuration), content) };
}

/** The end of the epoch as an honest leader makes it, with changes. */
function endOf(world: Changing, readys: readonly Ready[], change: Partial<Block['header']> = {}): Block {
  const { core, next, tip } = world;
  const signatures = core.state.succession?.signatures ?? [];
  const body = encodeEpochEnd({ configuration: next, signatures, readys });
  const header = { bodyRoot: bodyRoot(body), bodyLength: body.length, operationCount: 0 };
  const results = { execHeight: tip.header.height, execRoot: rootAt(tip.header.height) };
  const made = core.child(tip, {
    kind: 'epoch_end',
    ...header,
    ...results,
    nextConfigHash: configHash(next),
    ...change,
  });
  return { ...made, body };
}

describe('C-35: a configuration', () => {
  it('that is malformed, unsigned, of unknown rules or of former ones is refused', () => {
    const core = new LoneCore();
    core.step({ kind: 'reconfigure', configuration: new Uint8Array(3), signatures: [] });
    core.reconfigure([0, 1, 2, 3], { rulesVersion: 99 });
    core.reconfigure([0, 1, 2, 3], { rulesVersion: 1 });
    expect(core.alarms).toEqual(new Array(3).fill('CONFIGURATION_REFUSED'));
    expect(core.core.status().pending).toBeNull();
  });

  it('C-44: of rules that this software does not know is refused, although others know them', () => {
    const core = new LoneCore({ rulesVersion: 1, rulesVersionMax: 1 });
    core.reconfigure([0, 1, 2, 3], { rulesVersion: 2 });
    expect(core.alarms).toEqual(['CONFIGURATION_REFUSED']);
  });

  it('of this epoch or a former one is no news; one of a later epoch waits', () => {
    const core = new LoneCore();
    core.reconfigure([0, 1, 2, 3], { epoch: 1 });
    core.reconfigure([0, 1, 2, 3], { epoch: 5 });
    expect(core.alarms).toEqual([]);
    expect(core.state.wanted).not.toBeNull();
    expect(core.core.status().pending).toBeNull();
  });
});

describe('C-36: READY', () => {
  it('is said for the chain that is executed, and again as that grows', () => {
    const world = changing();
    const { core, tip } = world;
    expect(sent(core, 'ready')).toMatchObject([{ ready: { height: 3, blockId: tip.id } }]);
    core.pass(130);
    expect(sent(core, 'ready')).toHaveLength(1);
  });

  it('is not said while f + 1 peers say that much more is final', () => {
    const core = new LoneCore();
    for (const peer of core.others) core.step({ kind: 'connected', peer });
    for (const peer of core.others.slice(0, 2)) core.hear(peer, core.status({ finalHeight: 65 }));
    core.take();
    core.reconfigure([0, 1, 2, 3]);
    expect(sent(core, 'ready')).toEqual([]);
    const boasted = new LoneCore();
    for (const peer of boasted.others) boasted.step({ kind: 'connected', peer });
    boasted.hear(boasted.others[0], boasted.status({ finalHeight: 65 }));
    boasted.take();
    boasted.reconfigure([0, 1, 2, 3]);
    expect(sent(boasted, 'ready')).toHaveLength(1);
  });

  it('that is not signed, of another configuration, or no newer, is not kept', () => {
    const world = changing();
    const { core, next } = world;
    const [replica] = core.others;
    const wanted = configHash(next);
    const ready = readyOf(world, replica);
    core.hear(replica, { kind: 'ready', configHash: wanted, ready: { ...ready, signature: NO_SIGNATURE } });
    expect(core.alarms).toEqual(['SIGNATURE_INVALID']);
    core.hear(replica, { kind: 'ready', configHash: configHash(core.configuration), ready });
    expect(core.state.succession?.readys.has(replica)).toBe(false);
    core.hear(replica, { kind: 'ready', configHash: wanted, ready });
    core.hear(replica, { kind: 'ready', configHash: wanted, ready: readyOf(world, replica, { height: 2 }) });
    expect(core.state.succession?.readys.get(replica)).toEqual(ready);
  });
});

describe("C-37: an epoch's end", () => {
  const valid = (world: Changing, block: Block): boolean => contentValid(world.core.state, block.header, block.body);
  const judged = (world: Changing, readys: readonly Ready[], change: Partial<Block['header']> = {}) => {
    const { header, body } = endOf(world, readys, change);
    return judgeEpochEnd(world.core.state, header, body);
  };
  const quorum = (world: Changing, change: Partial<Ready> = {}): Ready[] =>
    [0, 1, 2].map((replica) => readyOf(world, replica, change));

  it('is voted for as an honest leader makes it', () => {
    const world = changing();
    const { core } = world;
    const end = endOf(world, quorum(world));
    expect(valid(world, end)).toBe(true);
    core.take();
    core.hear(core.leaderOf(1), core.propose(1, 5, end));
    expect(sent(core, 'prepare')).toMatchObject([{ slot: 5, blockId: end.id }]);
  });

  it('needs the READYs of a quorum, each signed, the signatures of governance, and no operations', () => {
    const world = changing();
    expect(valid(world, endOf(world, quorum(world).slice(1)))).toBe(false);
    expect(
      valid(
        world,
        endOf(
          world,
          quorum(world).map((ready) => ({ ...ready, signature: NO_SIGNATURE })),
        ),
      ),
    ).toBe(false);
    expect(valid(world, endOf(world, quorum(world), { operationCount: 1 }))).toBe(false);
    expect(valid(world, endOf(world, quorum(world), { nextConfigHash: configHash(world.core.configuration) }))).toBe(
      false,
    );
    const { core, next } = world;
    const body = encodeEpochEnd({ configuration: next, signatures: [], readys: quorum(world) });
    const unsigned = endOf(world, quorum(world), { bodyRoot: bodyRoot(body), bodyLength: body.length });
    expect(contentValid(core.state, unsigned.header, body)).toBe(false);
  });

  it('proves all results of its epoch', () => {
    const world = changing();
    expect(judged(world, quorum(world))).toBe('valid');
    expect(judged(world, quorum(world), { execHeight: 2, execRoot: rootAt(2) })).toBe('invalid');
  });

  it('C-36: names READYs of its own ancestors that are not old', () => {
    const world = changing();
    const { tip, blocks } = world;
    expect(judged(world, quorum(world, { height: 4 }))).toBe('invalid');
    expect(judged(world, quorum(world), { height: 3 + READY_BLOCKS_MAX, execHeight: 2 + READY_BLOCKS_MAX })).toBe(
      'valid',
    );
    expect(judged(world, quorum(world), { height: 4 + READY_BLOCKS_MAX, execHeight: 3 + READY_BLOCKS_MAX })).toBe(
      'invalid',
    );
    const oldest = tip.header.timeNs + READY_NS_MAX;
    expect(judged(world, quorum(world), { timeNs: oldest })).toBe('valid');
    expect(judged(world, quorum(world), { timeNs: oldest + 1n })).toBe('invalid');
    expect(judged(world, quorum(world, { blockId: blocks[0].id }))).toBe('invalid');
    expect(judged(world, quorum(world, { timeNs: tip.header.timeNs + 1n }))).toBe('invalid');
    expect(judged(world, quorum(world, { execRoot: rootAt(9) }))).toBe('invalid');
  });

  it('waits for what this replica does not hold yet, and takes the word of a READY for results that it has forgotten', () => {
    const world = changing();
    expect(judged(world, quorum(world, { height: 20 }), { height: 40, execHeight: 39 })).toBe('wait');
    const { execRoots } = world.core.state.chain as unknown as { execRoots: Map<number, Uint8Array> };
    execRoots.delete(3);
    expect(judged(world, quorum(world, { execRoot: rootAt(9) }))).toBe('valid');
  });

  it('is followed by nothing in its epoch', () => {
    const world = changing();
    const { core } = world;
    const end = endOf(world, quorum(world));
    expect(judgeChild(core.state, end, core.child(end).header)).toBe('invalid');
    expect(judgeChild(core.state, core.base, { ...core.child(core.base).header })).toBe('valid');
  });

  it('C-38: once final begins the next epoch: no vote, certificate or term of the former one is left', () => {
    const world = changing();
    const { core } = world;
    const end = endOf(world, quorum(world));
    core.hear(core.leaderOf(1), core.propose(1, 5, end));
    core.hearCertificate(core.certificate('prepare', 1, 5, end));
    core.hearCertificate(core.certificate('commit', 1, 5, end));
    expect(core.core.status()).toMatchObject({ epoch: 2, term: 1, abandoned: false, handedOver: false });
    expect(core.state.vote).toMatchObject({ epoch: 2, high: null, preparedSlot: 0, committedSlot: 0, ledTerm: 0 });
    expect(core.state.commitSeen).toBeNull();
    core.take();
    // C-39: to whoever is still in the former epoch it answers with that epoch's end, and nothing else.
    core.pass(30);
    for (let count = 0; count < 3; count += 1) core.hear(core.others[0], core.timeout(core.others[0], 1), 1);
    expect(core.effects.filter(({ kind }) => kind === 'serve-epoch-end')).toHaveLength(1);
    // C-40: its timer runs although nothing waits.
    for (const peer of core.others)
      core.hear(peer, core.status({ echo: { prepare: null, commit: null, timeout: null } }), 2);
    core.pass(3_000);
    expect(core.state.pacemaker.backoff).toBeGreaterThan(0);
  });
});

describe('C-39: the end of an epoch, shown by another replica', () => {
  it('is taken if its own replicas certified it', () => {
    const world = changing();
    const { core } = world;
    const end = endOf(
      world,
      [0, 1, 2].map((replica) => readyOf(world, replica)),
    );
    const certificate = core.certificate('commit', 1, 5, end);
    const show = (headerBytes: Uint8Array, change: Partial<typeof certificate> = {}): void => {
      core.hear(core.others[0], { kind: 'epoch-end', headerBytes, certificate: { ...certificate, ...change } });
    };
    show(world.tip.headerBytes);
    show(end.headerBytes, { kind: 'prepare' });
    show(end.headerBytes, { epoch: 2 });
    show(end.headerBytes, { blockId: world.tip.id });
    expect(core.alarms).toEqual([]);
    show(end.headerBytes, { signatures: [0, 1, 2].map(() => NO_SIGNATURE) });
    expect(core.alarms).toEqual(['SIGNATURE_INVALID']);
    expect(core.state.commitSeen?.slot).toBe(4);
    show(end.headerBytes);
    expect(core.state.commitSeen).toMatchObject({ slot: 5, blockId: end.id });
  });
});

describe('C-42: a block of evidence', () => {
  const evidenceOf = (core: LoneCore, accused: number): Uint8Array => {
    const [first, second] = [1, 2].map((operations) => {
      const { term, slot, blockId, signature } = core.vote(
        'prepare',
        accused,
        1,
        9,
        core.child(core.base, {}, operations).id,
      );
      return { kind: 'prepare' as const, term, slot, blockId, signature };
    });
    return encodeEvidence(makeEvidence(1, accused, first, second));
  };
  const blockOf = (core: LoneCore, parent: Block, body: Uint8Array, operationCount = 1): Block => ({
    ...core.child(parent, { kind: 'evidence', bodyRoot: bodyRoot(body), bodyLength: body.length, operationCount }),
    body,
  });

  it('counts as one operation, and holds what proves something', () => {
    const core = new LoneCore();
    const body = evidenceOf(core, core.others[0]);
    const valid = (block: Block): boolean => contentValid(core.state, block.header, block.body);
    expect(valid(blockOf(core, core.base, body))).toBe(true);
    expect(valid(blockOf(core, core.base, body, 2))).toBe(false);
    expect(valid(blockOf(core, core.base, body.slice(1)))).toBe(false);
    const former = new LoneCore({ rulesVersion: 1 });
    expect(contentValid(former.state, blockOf(former, former.base, body).header, body)).toBe(false);
  });

  it('is refused if there is one against that replica already, final or below it', () => {
    const core = new LoneCore();
    const accused = core.others.find((replica) => replica !== core.leaderOf(1)) ?? 0;
    const body = evidenceOf(core, accused);
    const first = blockOf(core, core.base, body);
    core.play([first], { certified: 1 });
    core.hear(core.leaderOf(1), core.propose(1, 3, blockOf(core, first, body)));
    expect(core.alarms).toContain('PROPOSAL_INVALID');
    const refused = core.alarms.length;
    core.hearCertificate(core.certificate('commit', 1, 2, first));
    expect(core.state.convicted.has(accused)).toBe(true);
    core.hear(core.others[0], { kind: 'evidence', evidence: body });
    core.hear(core.others[0], { kind: 'evidence', evidence: new Uint8Array(5) });
    expect(core.state.evidence.size).toBe(0);
    expect(core.alarms.length).toBe(refused);
  });

  it('C-41: the leader’s signature under another proposal than the own one accuses it; under the same, or about nothing, it does not', () => {
    const core = new LoneCore();
    const [mine, other] = [core.child(core.base, {}, 1), core.child(core.base, {}, 2)];
    const testify = (to: LoneCore, slot: number, { id }: Block, term = 1): void => {
      const { signature } = to.vote('prepare', to.leaderOf(1), term, slot, id);
      to.hear(to.others[0], { kind: 'testimony', term, slot, blockId: id, signature });
    };
    core.hear(core.leaderOf(1), core.propose(1, 2, mine));
    testify(core, 2, mine);
    testify(core, 3, other);
    testify(core, 2, other, 7);
    expect(core.state.evidence.size).toBe(0);
    testify(core, 2, other);
    expect([...core.state.evidence.keys()]).toEqual([core.leaderOf(1)]);
    const leader = new LoneCore({ fromLeader: 0 });
    testify(leader, 1, other);
    expect(leader.state.evidence.size).toBe(0);
  });

  it('C-43: an accused leader is given up at once, and that is no sign of a timeout that is too short', () => {
    const core = new LoneCore();
    core.hear(core.others[0], { kind: 'evidence', evidence: evidenceOf(core, core.leaderOf(1)) });
    expect(core.core.status()).toMatchObject({ term: 1, abandoned: true });
    expect(core.state.pacemaker.backoff).toBe(0);
    // More accused than may lie: then nobody is skipped.
    const many = new LoneCore();
    const accused = many.others.filter((replica) => replica !== many.leaderOf(1))[0];
    for (const replica of [accused, many.leaderOf(1)]) {
      many.state.convicted.add(replica);
    }
    many.step({ kind: 'tick' });
    expect(many.core.status().abandoned).toBe(false);
  });
});

describe('C-21, C-24: judging a block', () => {
  it('operations are counted in the body itself', () => {
    expect(countOperations(encodeBody([]))).toBe(0);
    expect(countOperations(new Uint8Array(3))).toBeNull();
    const core = new LoneCore();
    const { header, body } = core.child(core.base);
    const state = Object.assign(Object.create(core.state), { countOperations: undefined });
    expect(contentValid(state, header, body)).toBe(false);
  });

  it('waits for a root that it does not remember', () => {
    const core = new LoneCore();
    const blocks = core.chain(2);
    core.play(blocks, { certified: 2, final: 2 });
    const { execRoots } = core.state.chain as unknown as { execRoots: Map<number, Uint8Array> };
    execRoots.delete(2);
    const child = core.child(blocks[1], { execHeight: 2, execRoot: rootAt(2) });
    expect(judgeChild(core.state, blocks[1], child.header)).toBe('wait');
  });

  it('C-25: one whose time lies ahead waits until that has come, and is not voted for once it is final', () => {
    const core = new LoneCore();
    core.hear(core.leaderOf(1), core.propose(1, 1, core.base));
    core.hearCertificate(core.certificate('prepare', 1, 1, core.base));
    const early = core.child(core.base, { timeNs: core.timeNs + 700_000_000n });
    core.hear(core.leaderOf(1), core.propose(1, 2, early));
    core.take();
    core.pass(150);
    expect(sent(core, 'prepare')).toEqual([]);
    core.pass(60);
    expect(sent(core, 'prepare')).toMatchObject([{ slot: 2 }]);
    const final = new LoneCore();
    final.hear(final.leaderOf(1), final.propose(1, 1, final.base));
    final.hearCertificate(final.certificate('prepare', 1, 1, final.base));
    const later = final.child(final.base, { timeNs: final.timeNs + 700_000_000n });
    final.hear(final.leaderOf(1), final.propose(1, 2, later));
    final.hearCertificate(final.certificate('commit', 1, 2, later));
    final.take();
    final.pass(240);
    expect(final.core.status().finalHeight).toBe(1);
    expect(sent(final, 'prepare')).toEqual([]);
  });

  it('C-25: one whose time is long past on arrival is not voted for, however long it waits', () => {
    const core = new LoneCore();
    core.hear(core.leaderOf(1), core.propose(1, 1, core.base));
    core.hearCertificate(core.certificate('prepare', 1, 1, core.base));
    const late = core.child(core.base, { timeNs: core.base.header.timeNs + 2n });
    core.take();
    core.skewNs = 61_000_000_000n;
    core.hear(core.leaderOf(1), core.propose(1, 2, late));
    core.skewNs = 0n;
    core.step({ kind: 'tick' });
    expect(sent(core, 'prepare')).toEqual([]);
  });

  it('C-20: a block certified beside the final chain stops the replica', () => {
    const core = new LoneCore();
    const [one, other] = [core.child(core.base, {}, 1), core.child(core.base, {}, 2)];
    core.hear(core.leaderOf(1), core.propose(1, 3, other));
    core.play([one], { certified: 1, final: 1 });
    const above = core.child(other);
    core.hear(core.leaderOf(1), core.propose(1, 4, above));
    core.hearCertificate(core.certificate('prepare', 1, 4, above));
    expect(core.alarms).toContain('FINALITY_CONFLICT');
  });
});

describe('C-45: a fence', () => {
  it('takes no answer to another question, of no member, or with a certificate that nobody signed', () => {
    const core = new LoneCore();
    core.step({ kind: 'fence', id: 7 });
    const forged = { ...core.certificate('commit', 3, 2, core.base), signatures: [0, 1, 2].map(() => NO_SIGNATURE) };
    core.hear(core.others[0], { kind: 'high', id: 6, high: null });
    core.hear(12, { kind: 'high', id: 7, high: null });
    core.hear(core.others[1], { kind: 'high', id: 7, high: forged });
    expect(core.alarms).toEqual(['SIGNATURE_INVALID']);
    expect(core.state.fence?.answered).toEqual(new Set([core.self]));
    core.hear(core.others[0], { kind: 'high', id: 7, high: null });
    core.hear(core.others[1], { kind: 'high', id: 7, high: null });
    expect(core.effects.some(({ kind }) => kind === 'fenced')).toBe(true);
  });

  it('C-44: asks nothing that software of the first rules does not know', () => {
    const core = new LoneCore({ rulesVersion: 1 });
    core.step({ kind: 'fence', id: 1 });
    core.pass(500);
    expect(core.takeKinds()).not.toContain('ask-high');
    expect(core.effects.some(({ kind }) => kind === 'fenced')).toBe(false);
    const alone = new LoneCore({ replicaCount: 1, fromLeader: 0, rulesVersion: 1 });
    alone.step({ kind: 'fence', id: 1 });
    expect(alone.effects.some(({ kind }) => kind === 'fenced')).toBe(true);
  });

  it('waits until the highest certificate named is of a block that is final and executed here', () => {
    const core = new LoneCore();
    core.holdsExecution = true;
    const [block] = core.chain(1);
    core.step({ kind: 'fence', id: 1 });
    const high = core.certificate('prepare', 1, 2, block);
    for (const peer of core.others.slice(0, 2)) core.hear(peer, { kind: 'high', id: 1, high });
    const fenced = (): boolean => core.effects.some(({ kind }) => kind === 'fenced');
    expect(fenced()).toBe(false);
    core.play([block], { certified: 1, final: 1 });
    expect(fenced()).toBe(false);
    core.step({ kind: 'executed', height: 1, execRoot: rootAt(1) });
    expect(fenced()).toBe(true);
  });
});

describe('C-1: keys', () => {
  it('of a node are found wherever it stands in a configuration', () => {
    const core = new LoneCore();
    expect(core.state.committee.self).toBe(core.self);
    expect(core.configuration.replicas[core.self].consensusKey).toEqual(simulatedKey(core.self));
  });
});
