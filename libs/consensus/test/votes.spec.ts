import { LIMITS } from '@quorate/protocol';
import type { Message } from '../src/types';
import { LoneCore, NOTHING_SAID, rootAt } from './lone-core';

const kinds = (core: LoneCore): string[] => core.takeKinds().filter((kind) => kind !== 'status');

describe('leading', () => {
  it('C-12: nothing of a term leaves before the record of leading it is durable, and everything after it at once', () => {
    const core = new LoneCore({ fromLeader: 0, unsure: true });
    core.holdsDisk = true;
    for (const peer of core.others) core.hear(peer, core.status({ echo: NOTHING_SAID }));
    core.step({ kind: 'pending', operations: 1, bytes: 8 });
    expect(kinds(core)).toEqual([]);
    core.sync();
    expect(kinds(core)).toEqual(['propose']);
    const request = core.effects.find((effect) => effect.kind === 'request-batch');
    core.step({ kind: 'batch', request: request?.request ?? 0, body: new Uint8Array(8), operations: 1 });
    // Its own record is not durable yet; the permit's record covers it.
    expect(kinds(core)).toEqual(['propose']);
  });

  it('C-12: whoever starts in a term that it led gives it up, and says nothing else in it', () => {
    const first = new LoneCore({ fromLeader: 0 });
    expect(first.voteState).not.toBeNull();
    const again = new LoneCore({ fromLeader: 0, boot: { voteState: first.voteState } });
    expect(again.core.status().abandoned).toBe(true);
    again.step({ kind: 'pending', operations: 1, bytes: 8 });
    expect(again.effects.some((effect) => effect.kind === 'request-batch')).toBe(false);
  });

  it('C-7, C-12: a term whose base is not held begins once it is', () => {
    const core = new LoneCore({ fromLeader: 1 });
    const [block] = core.chain(1);
    const certificate = core.timeoutCertificate(1, [core.certificate('prepare', 1, 2, block)]);
    core.hear(core.others[0], core.status({ term: 2, entry: { kind: 'timeout-certificate', certificate } }));
    expect(core.core.status()).toMatchObject({ term: 2, leader: core.self, leading: false });
    core.hear(core.others[0], { kind: 'block', headerBytes: block.headerBytes, body: block.body });
    expect(core.core.status()).toMatchObject({ term: 2, leading: true });
    expect(core.take().flatMap(({ message }) => (message.kind === 'propose' ? [message.slot] : []))).toContain(1);
  });

  it('C-14: whoever entered a term by a certificate does not lead it', () => {
    const core = new LoneCore({ fromLeader: 1 });
    core.hearCertificate(core.certificate('prepare', 2, 1, core.base));
    expect(core.core.status()).toMatchObject({ term: 2, leader: core.self, leading: false });
    expect(kinds(core)).not.toContain('propose');
  });

  it('C-10: an answer to a question that nobody asks any more proposes nothing', () => {
    const core = new LoneCore({ fromLeader: 0 });
    core.step({ kind: 'batch', request: 7, body: new Uint8Array(8), operations: 1 });
    core.step({ kind: 'pending', operations: 1, bytes: 8 });
    const request = core.effects.flatMap((effect) => (effect.kind === 'request-batch' ? [effect.request] : []))[0];
    core.step({ kind: 'batch', request, body: null, operations: 0 });
    expect(core.core.status().unfinalisedBlocks).toBe(0);
  });
});

describe('proposing', () => {
  const requests = (core: LoneCore): number[] =>
    core.effects.splice(0).flatMap((effect) => (effect.kind === 'request-batch' ? [effect.request] : []));
  const operations = (core: LoneCore, count: number): void =>
    void core.step({ kind: 'pending', operations: count, bytes: 8 * count });
  const batch = (core: LoneCore, request: number): void =>
    void core.step({ kind: 'batch', request, body: new Uint8Array(8), operations: 1 });

  it('C-12: a term that was given up while its record was on the way to the disk is not led', () => {
    const core = new LoneCore({ fromLeader: 0, unsure: true });
    core.holdsDisk = true;
    for (const peer of core.others) core.hear(peer, core.status({ echo: NOTHING_SAID }));
    core.step({ kind: 'suspect', term: 1 });
    core.sync();
    operations(core, 1);
    expect(core.core.status()).toMatchObject({ leading: false, abandoned: true });
    expect(requests(core)).toEqual([]);
  });

  it('C-17: full blocks go ahead of certificates, as far as the window reaches', () => {
    const core = new LoneCore({ fromLeader: 0 });
    operations(core, LIMITS.blockOperationsMax);
    for (let count = 0; count < 20; count += 1) for (const request of requests(core)) batch(core, request);
    expect(core.core.status().unfinalisedBlocks).toBe(8);
  });

  it('C-17: nothing is proposed above a block that is not held, and nothing once the replica has stopped', () => {
    const core = new LoneCore({ fromLeader: 0 });
    operations(core, LIMITS.blockOperationsMax);
    for (const request of requests(core)) batch(core, request);
    for (const request of requests(core)) core.step({ kind: 'batch', request, body: null, operations: 0 });
    core.state.chain.retain(new Set());
    operations(core, LIMITS.blockOperationsMax);
    expect(requests(core)).toEqual([]);
    const stopped = new LoneCore({ fromLeader: 0 });
    operations(stopped, 1);
    stopped.state.halted = true;
    for (const request of requests(stopped)) batch(stopped, request);
    expect(stopped.core.status().unfinalisedBlocks).toBe(0);
  });
});

describe('results', () => {
  it('C-24: the leader names those that it and a quorum have, and its parent’s until then', () => {
    const core = new LoneCore({ fromLeader: 0 });
    const request = (): number =>
      core.effects.splice(0).flatMap((effect) => (effect.kind === 'request-batch' ? [effect.request] : []))[0];
    const proposed = (): number => {
      core.step({ kind: 'pending', operations: 1, bytes: 8 });
      core.step({ kind: 'batch', request: request(), body: new Uint8Array(8), operations: 1 });
      return core.state.leadership?.tip.header.execHeight ?? -1;
    };
    const certify = (slot: number): void => {
      const block = core.state.slots.get(slot)?.proposal?.block ?? core.base;
      core.hearCertificate(core.certificate('prepare', 1, slot, block));
      core.hearCertificate(core.certificate('commit', 1, slot, block));
    };
    certify(1);
    expect(proposed()).toBe(0);
    certify(2);
    expect(core.core.status()).toMatchObject({ finalHeight: 1, executedHeight: 1 });
    core.hear(core.others[0], { kind: 'executed', executedHeight: 1 });
    expect(proposed()).toBe(0);
    certify(3);
    core.hear(core.others[1], { kind: 'executed', executedHeight: 1 });
    expect(proposed()).toBe(1);
  });
});

describe('PREPARE', () => {
  it('C-15: only over a certified parent, in ascending slots, once per slot', () => {
    const core = new LoneCore();
    const [first, second] = core.chain(2);
    core.hear(core.leaderOf(1), core.propose(1, 1, core.base));
    core.hear(core.leaderOf(1), core.propose(1, 2, first));
    core.hear(core.leaderOf(1), core.propose(1, 3, second));
    expect(core.take().map(({ message }) => 'slot' in message && message.slot)).toEqual([1]);
    core.hearCertificate(core.certificate('prepare', 1, 1, core.base));
    const said = core.take().map(({ message }) => message);
    expect(said.flatMap((message) => (message.kind === 'prepare' ? [message.slot] : []))).toEqual([2]);
    core.hear(core.leaderOf(1), core.propose(1, 2, core.child(core.base, {}, 2)));
    expect(kinds(core)).not.toContain('prepare');
  });

  it('C-15: a parent that is certified at another slot is no parent', () => {
    const core = new LoneCore();
    core.hear(core.leaderOf(1), core.propose(1, 1, core.base));
    core.hearCertificate(core.certificate('prepare', 1, 1, core.base));
    const [first, second] = core.chain(2);
    core.hear(core.leaderOf(1), core.propose(1, 2, first));
    core.hearCertificate(core.certificate('prepare', 1, 2, first));
    core.take();
    core.hear(core.leaderOf(1), core.propose(1, 3, core.child(core.base, {}, 3)));
    core.hear(core.leaderOf(1), core.propose(1, 4, second));
    expect(kinds(core)).toEqual([]);
  });

  it('C-22, C-25: a base keeps its old time and its results, and is voted for all the same', () => {
    const core = new LoneCore({ fromLeader: 2 });
    const [first] = core.chain(1);
    core.play([first], { certified: 1 });
    core.take();
    core.skewNs = 3_600_000_000_000n;
    const high = core.certificate('prepare', 1, 2, first);
    const timeoutCertificate = core.timeoutCertificate(1, [null, high, high]);
    core.hear(core.leaderOf(2), core.propose(2, 1, first, { timeoutCertificate }));
    expect(core.take().map(({ message }) => message.kind)).toContain('prepare');
  });

  it('C-7: the base is judged by the timeout certificate that came with it, not by the own one', () => {
    const core = new LoneCore({ fromLeader: 2 });
    const [first] = core.chain(1);
    core.play([first], { certified: 1 });
    const high = core.certificate('prepare', 1, 2, first);
    // The own entry of term 2 names the block; the leader's certificate has only those that knew none.
    core.hear(
      core.others[0],
      core.status({ term: 2, entry: { kind: 'timeout-certificate', certificate: core.timeoutCertificate(1, [high]) } }),
    );
    expect(core.core.status().term).toBe(2);
    core.take();
    core.hear(core.leaderOf(2), core.propose(2, 1, core.base));
    expect(core.take().map(({ message }) => message.kind)).toContain('prepare');
  });

  it('C-7: a first proposal with the timeout certificate of another term, or of another block, is refused', () => {
    const core = new LoneCore();
    const [first] = core.chain(1);
    const high = core.certificate('prepare', 1, 2, first);
    core.hear(core.leaderOf(3), core.propose(3, 1, core.base, { timeoutCertificate: core.timeoutCertificate(2) }));
    core.take();
    core.hear(core.leaderOf(3), core.propose(3, 1, core.base, { timeoutCertificate: core.timeoutCertificate(1) }));
    expect(core.alarms).toEqual([]);
    const old = new LoneCore();
    old.hearCertificate(old.certificate('prepare', 3, 1, old.base));
    old.hear(old.leaderOf(3), old.propose(3, 1, old.base, { timeoutCertificate: old.timeoutCertificate(1) }));
    expect(old.alarms).toEqual(['PROPOSAL_INVALID']);
    const other = new LoneCore();
    other.hear(other.leaderOf(2), other.propose(2, 1, first, { timeoutCertificate: other.timeoutCertificate(1) }));
    expect(other.alarms).toEqual(['PROPOSAL_INVALID']);
    const wrong = new LoneCore();
    const forged = { ...wrong.timeoutCertificate(1, [high]), highCertificate: null };
    wrong.hear(wrong.leaderOf(2), wrong.propose(2, 1, wrong.base, { timeoutCertificate: forged }));
    expect(wrong.alarms).toEqual(['PROPOSAL_INVALID']);
  });

  it('C-5: a proposal with a header that is none is refused, and one that the leader did not sign', () => {
    const core = new LoneCore();
    const [block] = core.chain(1);
    const proposal = core.propose(1, 2, block);
    core.hear(core.leaderOf(1), { ...proposal, headerBytes: new Uint8Array(214) });
    core.hear(core.leaderOf(1), { ...proposal, signature: new Uint8Array(64) });
    expect(core.alarms).toEqual(['PROPOSAL_INVALID', 'SIGNATURE_INVALID']);
  });

  it('C-11: a second proposal of a slot is no obstacle to what is certified there', () => {
    const core = new LoneCore();
    const [one, other] = [core.child(core.base, {}, 1), core.child(core.base, {}, 2)];
    core.play([one]);
    core.take();
    core.hearCertificate(core.certificate('prepare', 1, 2, other));
    for (const peer of core.others) core.step({ kind: 'connected', peer });
    core.pass(200);
    expect(core.take().some(({ message }) => message.kind === 'get-block')).toBe(true);
    core.hear(core.others[0], { kind: 'block', headerBytes: other.headerBytes, body: other.body });
    const commits = core.take().flatMap(({ message }) => (message.kind === 'commit' ? [message.blockId] : []));
    expect(commits).toContainEqual(other.id);
  });
});

describe('COMMIT', () => {
  it('C-16: only with the body and all its ancestors on the own disk', () => {
    const core = new LoneCore();
    const [first, second] = core.chain(2);
    core.hear(core.leaderOf(1), core.propose(1, 1, core.base));
    core.hearCertificate(core.certificate('prepare', 1, 1, core.base));
    core.hearCertificate(core.certificate('prepare', 1, 2, first));
    core.hear(core.leaderOf(1), core.propose(1, 3, second));
    core.hearCertificate(core.certificate('prepare', 1, 3, second));
    const slots = (): number[] =>
      core.take().flatMap(({ message }) => (message.kind === 'commit' ? [message.slot] : []));
    expect(slots()).toEqual([1]);
    core.hear(core.leaderOf(1), core.propose(1, 2, first));
    expect(slots()).toEqual([2, 3]);
  });

  it('C-8, C-16: the certificate is in the record with the COMMIT', () => {
    const core = new LoneCore();
    const [first] = core.chain(1);
    core.play([first], { certified: 1 });
    expect(core.state.vote).toMatchObject({ committedSlot: 2, high: { term: 1, slot: 2 } });
    const again = new LoneCore({ boot: { voteState: core.voteState, blocks: [first] } });
    expect(again.state.vote.high).toMatchObject({ term: 1, slot: 2 });
    expect(again.state.certifiedSlot).toBe(2);
  });

  it('C-33: a restart says again what was said last, from the disk, and nothing newer', () => {
    const core = new LoneCore();
    const [first] = core.chain(1);
    core.play([first], { certified: 1 });
    const again = new LoneCore({ boot: { voteState: core.voteState, blocks: [first] } });
    again.pass(25);
    again.hear(again.others[0], again.status({ want: true }));
    const said = again.take().map(({ message }) => message);
    expect(said.filter(({ kind }) => kind === 'prepare' || kind === 'commit')).toMatchObject([
      { kind: 'prepare', slot: 2 },
      { kind: 'commit', slot: 2 },
    ]);
  });
});

describe('TIMEOUT', () => {
  const timeouts = (core: LoneCore): Message[] =>
    core.take().flatMap(({ message }) => (message.kind === 'timeout' ? [message] : []));

  it('C-13: is the same bytes each time, whatever becomes certified meanwhile, and after a restart', () => {
    const core = new LoneCore();
    core.step({ kind: 'suspect', term: 1 });
    const [said] = timeouts(core);
    core.hearCertificate(core.certificate('prepare', 1, 1, core.base));
    core.pass(70);
    expect(timeouts(core)[0]).toEqual(said);
    const again = new LoneCore({ boot: { voteState: core.voteState } });
    again.pass(70);
    expect(timeouts(again)[0]).toEqual(said);
    // One message ends the term and brings a higher certificate: the record of TIMEOUT holds both.
    const rotated = new LoneCore({ parameters: { termMsMax: 0 } });
    const [first, second] = rotated.chain(2);
    const entry = { kind: 'certificate' as const, certificate: rotated.certificate('commit', 1, 2, first) };
    rotated.hear(rotated.others[0], rotated.status({ entry, high: rotated.certificate('prepare', 1, 3, second) }));
    const [named] = timeouts(rotated);
    expect(named).toMatchObject({ high: { term: 1, slot: 2 } });
    const restarted = new LoneCore({ boot: { voteState: rotated.voteState } });
    restarted.pass(70);
    expect(timeouts(restarted)[0]).toEqual(named);
  });

  it('C-13: ends all votes of the term', () => {
    const core = new LoneCore();
    const [first] = core.chain(1);
    core.hear(core.leaderOf(1), core.propose(1, 1, core.base));
    core.step({ kind: 'suspect', term: 1 });
    core.take();
    core.play([first], { certified: 1 });
    expect(kinds(core).filter((kind) => kind === 'prepare' || kind === 'commit')).toEqual([]);
  });

  it('C-28: a suspicion of another term, or of one replica alone, ends nothing', () => {
    const core = new LoneCore();
    core.step({ kind: 'suspect', term: 2 });
    expect(core.core.status().abandoned).toBe(false);
    const alone = new LoneCore({ replicaCount: 1, fromLeader: 0 });
    alone.step({ kind: 'suspect', term: 1 });
    expect(alone.core.status().abandoned).toBe(false);
  });

  it('C-14: f + 1 of higher terms take a replica along, fewer do not', () => {
    const core = new LoneCore();
    core.hear(core.others[0], core.timeout(core.others[0], 5));
    expect(core.core.status()).toMatchObject({ term: 1, abandoned: false });
    core.hear(core.others[1], core.timeout(core.others[1], 7));
    expect(core.core.status()).toMatchObject({ term: 5, abandoned: true });
  });

  it('C-14: in a set that bears no liar, one slow replica that is not the leader ends no term', () => {
    const core = new LoneCore({ replicaCount: 3, fromLeader: 2 });
    const other = core.others.find((replica) => replica !== core.leaderOf(1)) ?? 0;
    core.hear(other, core.timeout(other, 1));
    expect(core.core.status()).toMatchObject({ term: 1, abandoned: false });
    // Its own TIMEOUT and the leader's are a quorum of three.
    core.hear(core.leaderOf(1), core.timeout(core.leaderOf(1), 1));
    expect(core.core.status().term).toBe(2);
  });

  it('C-29: goes out again at a fixed pace, however many terms have failed', () => {
    const core = new LoneCore();
    for (let term = 1; term <= 9; term += 1) {
      core.step({ kind: 'suspect', term });
      core.hear(
        core.others[0],
        core.status({
          term: term + 1,
          entry: { kind: 'timeout-certificate', certificate: core.timeoutCertificate(term) },
        }),
      );
    }
    core.step({ kind: 'suspect', term: 10 });
    core.take();
    core.pass(600);
    expect(timeouts(core).length).toBeGreaterThanOrEqual(9);
  });
});

describe('counting', () => {
  it('C-18: the first vote of a replica at a position counts, and takes the room of one', () => {
    const core = new LoneCore({ rulesVersion: 1 });
    const [one, ...more] = [1, 2, 3, 4, 5].map((operations) => core.child(core.base, {}, operations));
    const liar = core.others.find((replica) => replica !== core.leaderOf(1)) ?? 0;
    for (const block of [one, ...more.toReversed()]) core.hear(liar, core.vote('commit', liar, 1, 2, block.id));
    for (const replica of core.others)
      if (replica !== liar) core.hear(replica, core.vote('commit', replica, 1, 2, more[0].id));
    expect(core.state.commitSeen).toBeNull();
    core.hear(core.self, core.vote('commit', core.self, 1, 2, one.id));
  });

  it('C-18: a vote in the name of another replica counts for nobody', () => {
    const core = new LoneCore();
    for (const replica of core.others) core.hear(core.others[0], core.vote('commit', replica, 1, 2, core.base.id));
    core.hear(9, { ...core.vote('commit', 0, 1, 2, core.base.id), replica: 9 });
    expect(core.state.commitSeen).toBeNull();
  });

  it('C-19: nothing is kept about slots far above what is certified, or terms above the next', () => {
    const core = new LoneCore();
    const [block] = core.chain(1);
    for (let slot = 1; slot <= 200; slot += 1)
      for (const term of [1, 2, 3, 900])
        core.hear(core.others[0], core.vote('prepare', core.others[0], term, slot, block.id));
    for (const slot of [2, 17, 18, 5_000]) core.hear(core.leaderOf(1), core.propose(1, slot, block));
    for (const term of [2, 3, 40]) core.hear(core.leaderOf(term), core.propose(term, 2, block));
    const { tallies } = core.state.tallies as unknown as { tallies: Map<string, unknown> };
    expect(tallies.size).toBeLessThan(40);
    expect([...core.state.slots.keys()].sort((left, right) => left - right)).toEqual([2, 17]);
  });

  it('C-19: what a proposal carries is used although the proposal is of a term that is over, or far ahead', () => {
    const core = new LoneCore();
    const [block] = core.chain(1);
    core.hear(core.leaderOf(4), core.propose(4, 5_000, block, { final: core.certificate('commit', 4, 3, block) }));
    expect(core.core.status().term).toBe(4);
    expect(core.state.commitSeen).toMatchObject({ term: 4, slot: 3 });
    const late = new LoneCore();
    late.hearCertificate(late.certificate('prepare', 3, 1, late.base));
    late.hear(late.leaderOf(1), late.propose(1, 2, block, { final: late.certificate('commit', 1, 2, block) }));
    expect(late.state.commitSeen).toMatchObject({ term: 1, slot: 2 });
  });
});

describe('a fork', () => {
  it('C-1: votes, makes final, fetches and starts again above the height at which its parent was forked', () => {
    const core = new LoneCore({ startHeight: 41 });
    const blocks = core.chain(3);
    expect(blocks.map(({ header }) => header.height)).toEqual([42, 43, 44]);
    core.play(blocks, { certified: 3, final: 2 });
    expect(core.core.status()).toMatchObject({ finalHeight: 43, executedHeight: 43 });
    expect(core.take().filter(({ message }) => message.kind === 'commit')).not.toEqual([]);
    const certificate = core.certificate('commit', 1, 3, blocks[1]);
    const boot = { voteState: core.voteState, blocks, finalHeaders: blocks.slice(0, 2), finalCertificate: certificate };
    const again = new LoneCore({
      startHeight: 41,
      boot: { ...boot, executed: [{ height: 43, execRoot: rootAt(43) }] },
    });
    expect(again.core.status()).toMatchObject({ finalHeight: 43, executedHeight: 43, abandoned: false });
    const joiner = new LoneCore({ startHeight: 41 });
    for (const peer of joiner.others) joiner.step({ kind: 'connected', peer });
    joiner.hearCertificate(joiner.certificate('commit', 1, 4, blocks[2]));
    joiner.pass(60);
    expect(joiner.take().map(({ message }) => message)).toContainEqual({ kind: 'get-range', fromHeight: 42 });
    const range = blocks.map(({ headerBytes, body }) => ({ headerBytes, body }));
    const last = joiner.certificate('commit', 1, 4, blocks[2]);
    joiner.hear(joiner.others[0], { kind: 'range', blocks: range, tailHeaders: [], certificate: last });
    expect(joiner.core.status()).toMatchObject({ finalHeight: 44, executedHeight: 44 });
    expect(joiner.alarms).toEqual([]);
  });
});

describe('finality', () => {
  it('C-20: a block that is final already needs no vote', () => {
    const core = new LoneCore({ fromLeader: 3 });
    const early = core.child(core.base, { timeNs: core.timeNs + 700_000_000n });
    core.hear(core.leaderOf(2), core.propose(2, 1, core.base));
    core.hearCertificate(core.certificate('prepare', 2, 1, core.base));
    core.hear(core.leaderOf(2), core.propose(2, 2, early));
    core.hearCertificate(core.certificate('commit', 1, 2, early));
    expect(core.core.status().finalHeight).toBe(1);
    core.take();
    core.pass(230);
    expect(kinds(core)).not.toContain('prepare');
  });

  it('C-20: a certificate for a block beside the final chain stops the replica for good', () => {
    const core = new LoneCore();
    const [one, other] = [core.child(core.base, {}, 1), core.child(core.base, {}, 2)];
    core.play([one], { certified: 1, final: 1 });
    expect(core.core.status().finalHeight).toBe(1);
    const above = core.child(other);
    core.hear(core.leaderOf(1), core.propose(1, 3, above));
    core.hearCertificate(core.certificate('commit', 1, 3, above));
    expect(core.alarms).toContain('FINALITY_CONFLICT');
    core.take();
    core.hear(core.others[0], core.status({ want: true }));
    core.step({ kind: 'suspect', term: 1 });
    core.pass(5_000);
    expect(core.take()).toEqual([]);
  });

  it('C-24: a certified root that differs from the own one stops the replica for good', () => {
    const core = new LoneCore();
    const [first] = core.chain(1);
    core.play([first], { certified: 1, final: 1 });
    const second = core.child(first, { execHeight: 1, execRoot: rootAt(77) });
    core.hear(core.leaderOf(1), core.propose(1, 3, second));
    core.hearCertificate(core.certificate('prepare', 1, 3, second));
    core.hearCertificate(core.certificate('commit', 1, 3, second));
    expect(core.alarms).toContain('EXECUTION_DIVERGED');
  });

  it('C-26: k falls by one per 64 final blocks, and not before', () => {
    const core = new LoneCore({ parameters: { backoffBlocks: 3 } });
    const blocks = core.chain(7);
    core.state.pacemaker.backoff = 5;
    core.play(blocks.slice(0, 2), { certified: 2, final: 2 });
    expect(core.state.pacemaker.backoff).toBe(5);
    core.play(blocks, { certified: 7, final: 7 });
    expect(core.state.pacemaker.backoff).toBe(3);
  });
});
