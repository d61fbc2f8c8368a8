import { CodecError } from '@quorate/codec';
import { UNFINALISED_BLOCKS_MAX } from '../src/limits';
import { Chain } from '../src/chain';
import { readOrNull } from '../src/malformed';
import { recoverChain } from '../src/recovery';
import type { Block, HeaderLink, RangeMessage } from '../src/types';
import { decodeVoteState, encodeVoteState, initialVoteState } from '../src/vote-state';
import { LoneCore, NOTHING_SAID, rootAt } from './lone-core';

const sent = (core: LoneCore, kind: string): unknown[] =>
  core.take().flatMap(({ message }) => (message.kind === kind ? [message] : []));
const part = ({ headerBytes, body }: Block): RangeMessage['blocks'][number] => ({ headerBytes, body });

/** A core that knows a block far above its tip to be final, and can ask two peers. */
function behind(count: number): { core: LoneCore; blocks: Block[] } {
  const core = new LoneCore();
  const blocks = core.chain(count);
  for (const peer of core.others) core.step({ kind: 'connected', peer });
  core.hearCertificate(core.certificate('commit', 1, count + 1, blocks[count - 1]));
  return { core, blocks };
}

describe('C-32: a range', () => {
  it('is taken up to its last block, although the certificate names a later one', () => {
    const { core, blocks } = behind(6);
    const certificate = core.certificate('commit', 1, 7, blocks[5]);
    const tailHeaders = blocks.slice(3).map(({ headerBytes }) => headerBytes);
    core.hear(core.others[0], { kind: 'range', blocks: blocks.slice(0, 3).map(part), tailHeaders, certificate });
    expect(core.core.status().finalHeight).toBe(3);
    expect(core.state.chain.finalCertificate).toBeNull();
    core.hear(core.others[0], { kind: 'range', blocks: blocks.map(part), tailHeaders: [], certificate });
    expect(core.core.status().finalHeight).toBe(6);
    expect(core.state.chain.finalCertificate).toEqual(certificate);
    expect(core.alarms).toEqual([]);
    // It was asked for no more, and nothing in it is new.
    core.hear(core.others[0], { kind: 'range', blocks: blocks.map(part), tailHeaders: [], certificate });
    expect(core.alarms).toEqual([]);
  });

  it('that begins below the tip brings what is above it', () => {
    const { core, blocks } = behind(4);
    const certificate = core.certificate('commit', 1, 3, blocks[1]);
    core.hear(core.others[0], { kind: 'range', blocks: blocks.slice(0, 2).map(part), tailHeaders: [], certificate });
    core.hear(core.others[0], { kind: 'range', blocks: blocks.slice(0, 2).map(part), tailHeaders: [], certificate });
    expect(core.core.status().finalHeight).toBe(2);
    const last = core.certificate('commit', 1, 5, blocks[3]);
    core.hear(core.others[0], { kind: 'range', blocks: blocks.map(part), tailHeaders: [], certificate: last });
    expect(core.core.status().finalHeight).toBe(4);
  });

  const damages: readonly [string, (range: RangeMessage, core: LoneCore, blocks: readonly Block[]) => RangeMessage][] =
    [
      [
        'a block that is none',
        (range) => ({ ...range, blocks: [{ headerBytes: new Uint8Array(214), body: new Uint8Array(0) }] }),
      ],
      ['a gap', (range) => ({ ...range, blocks: range.blocks.slice(1) })],
      [
        'another parent',
        (range, core, [first]) => ({ ...range, blocks: [part(first), part(core.child(core.child(core.base, {}, 3)))] }),
      ],
      [
        'another body',
        (range) => ({
          ...range,
          blocks: range.blocks.map(({ headerBytes, body }) => ({ headerBytes, body: body.map((byte) => byte ^ 1) })),
        }),
      ],
      ['a header behind it that is none', (range) => ({ ...range, tailHeaders: [new Uint8Array(214)] })],
      ['a gap behind it', (range) => ({ ...range, tailHeaders: range.tailHeaders.slice(1) })],
      [
        'a header behind it with another parent',
        (range, core) => ({
          ...range,
          tailHeaders: [core.child(core.chain(2)[1], { height: 4, parentId: core.base.id }).headerBytes],
        }),
      ],
      [
        'the certificate of another block',
        (range, core, blocks) => ({ ...range, certificate: core.certificate('commit', 1, 3, blocks[1]) }),
      ],
      [
        'a certificate that only prepares',
        (range, core, blocks) => ({ ...range, certificate: core.certificate('prepare', 1, 6, blocks[4]) }),
      ],
      [
        'a certificate that nobody signed',
        (range, core, blocks) => ({
          ...range,
          certificate: {
            ...core.certificate('commit', 1, 9, blocks[4]),
            signatures: [0, 1, 2].map(() => new Uint8Array(64)),
          },
        }),
      ],
    ];

  it.each(damages)('with %s is not taken', (_, damage) => {
    const { core, blocks } = behind(5);
    const certificate = core.certificate('commit', 1, 6, blocks[4]);
    const tailHeaders = blocks.slice(3).map(({ headerBytes }) => headerBytes);
    const range: RangeMessage = { kind: 'range', blocks: blocks.slice(0, 3).map(part), tailHeaders, certificate };
    core.hear(core.others[0], damage(range, core, blocks));
    expect(core.core.status().finalHeight).toBe(0);
    expect(core.alarms).toEqual(['SIGNATURE_INVALID']);
  });
});

describe('C-31: a block', () => {
  it('that is malformed, or another than the one asked for, is not taken', () => {
    const { core, blocks } = behind(1);
    core.hear(core.others[0], { kind: 'block', headerBytes: new Uint8Array(214), body: new Uint8Array(0) });
    core.hear(core.others[0], { kind: 'block', ...part(core.child(core.base, {}, 5)) });
    core.hear(core.others[0], { kind: 'block', headerBytes: blocks[0].headerBytes, body: new Uint8Array(16) });
    expect(core.core.status().finalHeight).toBe(0);
    core.hear(core.others[0], { kind: 'block', ...part(blocks[0]) });
    expect(core.core.status().finalHeight).toBe(1);
  });

  it('is asked of one peer after another, ranges and the block itself in turn', () => {
    const { core } = behind(3);
    core.take();
    core.pass(700);
    const asked = core.take().filter(({ message }) => message.kind === 'get-range' || message.kind === 'get-block');
    expect(new Set(asked.map(({ to }) => to)).size).toBeGreaterThan(1);
    expect(new Set(asked.map(({ message }) => message.kind))).toEqual(new Set(['get-range', 'get-block']));
  });

  it('is served from memory, or by the host', () => {
    const core = new LoneCore();
    const [first, second] = core.chain(2);
    core.play([first, second], { certified: 1, final: 1 });
    core.take();
    core.hear(core.others[0], { kind: 'get-block', blockId: second.id });
    expect(sent(core, 'block')).toMatchObject([{ headerBytes: second.headerBytes }]);
    core.hear(core.others[0], { kind: 'get-block', blockId: first.id });
    core.hear(core.others[0], { kind: 'get-range', fromHeight: 1 });
    core.hear(core.others[0], { kind: 'get-range', fromHeight: 2 });
    core.hear(core.others[0], { kind: 'get-range', fromHeight: 0 });
    const served = core.effects.filter(({ kind }) => kind === 'serve-block' || kind === 'serve-range');
    expect(served).toMatchObject([{ kind: 'serve-block' }, { kind: 'serve-range', fromHeight: 1 }]);
  });

  it('C-32: is not asked for while much is final and not executed', () => {
    const { core, blocks } = behind(300);
    core.holdsExecution = true;
    const certificate = core.certificate('commit', 1, 301, blocks[299]);
    const tailHeaders = blocks.slice(258).map(({ headerBytes }) => headerBytes);
    core.hear(core.others[0], { kind: 'range', blocks: blocks.slice(0, 258).map(part), tailHeaders, certificate });
    core.take();
    core.pass(1_000);
    expect(sent(core, 'get-range')).toEqual([]);
    for (let height = 1; height <= 258; height += 1) core.step({ kind: 'executed', height, execRoot: rootAt(height) });
    core.pass(200);
    expect(sent(core, 'get-range')).not.toEqual([]);
  });

  it('C-26: a replica that lacks final blocks runs no timer', () => {
    const { core } = behind(3);
    core.step({ kind: 'pending', operations: 1, bytes: 8 });
    core.pass(20_000);
    expect(core.core.status()).toMatchObject({ term: 1, abandoned: false });
  });
});

describe('C-30: a status', () => {
  it('is answered with the proposals above it, with a large one only if it may be lost', () => {
    const resendMs = 60;
    const core = new LoneCore({ fromLeader: 0, parameters: { resendMs, streamedBytesMin: 64, timeoutMs: 5_000 } });
    const propose = (bytes: number): void => {
      core.step({ kind: 'pending', operations: bytes / 8, bytes });
      const request = core.effects
        .splice(0)
        .flatMap((effect) => (effect.kind === 'request-batch' ? [effect.request] : []));
      core.step({ kind: 'batch', request: request[0], body: new Uint8Array(bytes), operations: bytes / 8 });
    };
    const [peer] = core.others;
    const slotsFor = (): number[] => {
      core.take();
      core.hear(peer, core.status({ want: true }));
      return core.take().flatMap(({ message }) => (message.kind === 'propose' ? [message.slot] : []));
    };
    core.hearCertificate(core.certificate('prepare', 1, 1, core.base));
    propose(64);
    core.nowMs += resendMs;
    expect(slotsFor()).toEqual([1]);
    core.nowMs += resendMs * 2;
    expect(slotsFor()).toEqual([1, 2]);
    core.nowMs += resendMs;
    expect(slotsFor()).toEqual([1]);
    core.step({ kind: 'connected', peer });
    expect(slotsFor()).toEqual([1, 2]);
    core.nowMs += resendMs;
    expect(slotsFor()).toEqual([1]);
  });

  it('with a certificate that nobody signed is of no use', () => {
    const wrong = { signatures: [0, 1, 2].map(() => new Uint8Array(64)) };
    const core = new LoneCore();
    const [block] = core.chain(1);
    const forged = { ...core.certificate('commit', 3, 2, block), ...wrong };
    core.hear(core.others[0], core.status({ entry: { kind: 'certificate', certificate: forged } }));
    core.hear(core.others[0], core.status({ high: forged }));
    core.hear(core.others[0], core.status({ final: forged }));
    const unsigned = { ...core.timeoutCertificate(4), entries: core.timeoutCertificate(3).entries };
    core.hear(core.others[0], core.status({ entry: { kind: 'timeout-certificate', certificate: unsigned } }));
    core.hear(core.leaderOf(1), core.propose(1, 2, block, { final: forged }));
    expect(core.alarms).toEqual([...new Array<string>(4).fill('SIGNATURE_INVALID'), 'PROPOSAL_INVALID']);
    expect(core.core.status().term).toBe(1);
  });

  it('C-14: brings the timeout certificate of a term that was joined without it', () => {
    const core = new LoneCore({ fromLeader: 3 });
    for (const [index, peer] of core.others.slice(0, 2).entries()) core.hear(peer, core.timeout(peer, 5 + index));
    expect(core.state.vote).toMatchObject({ term: 5, entry: null });
    const entry = { kind: 'timeout-certificate' as const, certificate: core.timeoutCertificate(4) };
    core.hear(core.others[0], core.status({ term: 5, entry }));
    expect(core.state.vote).toMatchObject({ term: 5, entry: { kind: 'timeout-certificate' } });
  });

  it('is answered at most once in 20 ms', () => {
    const core = new LoneCore();
    core.pass(30);
    for (let count = 0; count < 5; count += 1) core.hear(core.others[0], core.status({ want: true, recall: true }));
    expect(sent(core, 'status')).toHaveLength(1);
    core.pass(25);
    core.hear(core.others[0], core.status({ recall: true }));
    expect(sent(core, 'status')).toHaveLength(1);
  });
});

describe('C-9: a replica that starts', () => {
  it('with the votes of an epoch that its blocks do not reach stops for good', () => {
    const core = new LoneCore({ boot: { voteState: encodeVoteState(initialVoteState(2)) } });
    expect(core.alarms).toContain('VOTES_LOST');
  });

  const promises: readonly ['prepare' | 'commit' | 'timeout'][] = [['prepare'], ['commit'], ['timeout']];
  it.each(promises)(
    'and is shown a %s that it does not remember stops for good; one that it never signed is nothing',
    (kind) => {
      const position = { term: 1, slot: 4, blockId: new Uint8Array(32).fill(9) };
      const echo = (core: LoneCore, replica: number) => ({
        ...NOTHING_SAID,
        [kind]:
          kind === 'timeout'
            ? { ...core.timeout(replica, 3), kind: undefined }
            : { ...position, signature: core.vote(kind, replica, 1, 4, position.blockId).signature },
      });
      const honest = new LoneCore({ unsure: true });
      for (const peer of honest.others) honest.hear(peer, honest.status({ echo: echo(honest, peer) }));
      expect(honest.alarms).toEqual([]);
      expect(honest.state.recall).toBeNull();
      const forgetful = new LoneCore({ unsure: true });
      forgetful.hear(forgetful.others[0], forgetful.status({ echo: echo(forgetful, forgetful.self) }));
      expect(forgetful.alarms).toEqual(['VOTES_LOST']);
    },
  );

  it('and is shown the TIMEOUT that it remembers, or an older one, goes on', () => {
    const first = new LoneCore();
    first.step({ kind: 'suspect', term: 1 });
    const again = new LoneCore({ unsure: true, boot: { voteState: first.voteState } });
    const { term, high, signature } = again.timeout(again.self, 1);
    for (const peer of again.others)
      again.hear(peer, again.status({ echo: { ...NOTHING_SAID, timeout: { term, high, signature } } }));
    expect(again.alarms).toEqual([]);
    expect(again.state.recall).toBeNull();
  });

  it('promises nothing before a quorum has told it what it signed', () => {
    const core = new LoneCore({ unsure: true });
    core.hear(core.leaderOf(1), core.propose(1, 1, core.base));
    core.hear(core.others[0], core.status({ echo: NOTHING_SAID }));
    core.hear(core.others[0], core.status({ echo: NOTHING_SAID }));
    core.hear(20, core.status({ echo: NOTHING_SAID }));
    core.step({ kind: 'suspect', term: 1 });
    expect(core.takeKinds().filter((kind) => kind !== 'status')).toEqual([]);
    core.hear(core.others[1], core.status({ echo: NOTHING_SAID }));
    expect(core.takeKinds()).toContain('prepare');
  });

  it('C-10: never with a vote state that nobody can have written', () => {
    const bytes = encodeVoteState(initialVoteState(1));
    expect(() => decodeVoteState(bytes.map((byte, index) => (index === 0 ? 99 : byte)))).toThrow('version 99');
    expect(() => decodeVoteState(encodeVoteState({ ...initialVoteState(1), term: 0 }))).toThrow('terms start at 1');
  });
});

describe('C-33: the final chain of a journal', () => {
  it('is the longest certified one without a gap', () => {
    const core = new LoneCore();
    const blocks = core.chain(4);
    const links = new Map<string, HeaderLink>(
      blocks.filter((_, index) => index !== 2).map((block) => [block.key, block]),
    );
    const certified = [1, 3].map((index) => ({
      height: index + 1,
      certificate: core.certificate('commit', 1, index + 2, blocks[index]),
    }));
    const found = recoverChain(core.base.key, links, certified);
    expect(found.headers.map(({ header }) => header.height)).toEqual([1, 2]);
    expect(found.certificate?.slot).toBe(3);
    expect(recoverChain(core.base.key, links, certified.slice(1))).toEqual({ headers: [], certificate: null });
  });

  it('a core starts above it, with the blocks above it, and knows what has been executed', () => {
    const first = new LoneCore();
    const blocks = first.chain(4);
    const certificate = first.certificate('commit', 1, 3, blocks[1]);
    const core = new LoneCore({
      boot: {
        finalHeaders: blocks.slice(0, 2),
        finalCertificate: certificate,
        blocks,
        executed: [{ height: 2, execRoot: rootAt(2) }],
      },
    });
    expect(core.core.status()).toMatchObject({ finalHeight: 2, executedHeight: 2 });
    expect(core.state.chain.block(blocks[3].key)).toBeDefined();
    expect(core.state.chain.block(blocks[0].key)).toBeUndefined();
  });
});

describe('C-19: blocks of terms that failed', () => {
  it('make room for those of the term, and nothing is held beyond the bound', () => {
    const core = new LoneCore({ fromLeader: 3 });
    let parent: Block = core.base;
    for (let term = 1; term <= 12; term += 1) {
      if (core.leaderOf(term) !== core.self) {
        core.hear(core.leaderOf(term), core.propose(term, 1, core.base));
        core.hearCertificate(core.certificate('prepare', term, 1, core.base));
        for (let slot = 2; slot <= 17; slot += 1) {
          parent = core.child(slot === 2 ? core.base : parent, {}, term);
          core.hear(core.leaderOf(term), core.propose(term, slot, parent));
          expect(core.state.chain.block(parent.key)).toBeDefined();
        }
        core.hearCertificate(core.certificate('prepare', term, 2, core.child(core.base, {}, term)));
      }
      const entry = { kind: 'timeout-certificate' as const, certificate: core.timeoutCertificate(term) };
      core.hear(core.others[0], core.status({ term: term + 1, entry }));
    }
    const { blocks } = core.state.chain as unknown as { blocks: Map<string, unknown> };
    expect(blocks.size).toBeLessThanOrEqual(UNFINALISED_BLOCKS_MAX);
    const stored = core.effects.flatMap((effect) => (effect.kind === 'persist' ? effect.blocks : []));
    const again = new LoneCore({ boot: { voteState: core.voteState, blocks: stored.slice(-UNFINALISED_BLOCKS_MAX) } });
    expect((again.state.chain as unknown as { blocks: Map<string, unknown> }).blocks.size).toBeLessThan(
      UNFINALISED_BLOCKS_MAX,
    );
  });

  it('a full store takes none, and counts what it cannot see as nothing', () => {
    const core = new LoneCore();
    const chain = new Chain(core.base);
    const blocks = core.chain(UNFINALISED_BLOCKS_MAX + 1);
    expect(blocks.map((block) => chain.add(block)).filter((taken) => !taken)).toHaveLength(1);
    expect(chain.add(blocks[0])).toBe(false);
    const short = new Chain(core.base);
    short.boot(
      {
        kind: 'boot',
        voteState: null,
        finalHeaders: blocks.slice(3, 5),
        epochEnd: null,
        finalCertificate: null,
        blocks: [],
        convicted: [],
        executed: [],
      },
      1,
    );
    expect(short.unexecutedBytes(1_000)).toBe(16);
  });
});

describe('C-6: bytes of others', () => {
  it('are nothing if they are malformed; any other error is one of this program', () => {
    const fail = (error: Error) => (): never => {
      throw error;
    };
    expect(readOrNull(fail(new CodecError('CODEC_INVALID', 'no')))).toBeNull();
    expect(() => readOrNull(fail(new RangeError('bug')))).toThrow('bug');
  });
});
