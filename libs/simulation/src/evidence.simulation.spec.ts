import type { Message } from '@quorate/consensus';
import { decodeEvidence, contradictionOf, preparePreimage, commitPreimage, timeoutPreimage } from '@quorate/protocol';
import { ADVERSARIES } from './adversary';
import { Cluster } from './cluster';
import { simulatedSignature } from './signing';

const everybody = [0, 1, 2, 3];
const statusOf = (cluster: Cluster, node: number) => cluster.replicas[node].core?.status();
const id = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);

/** Four replicas of which the last one lies. */
function withLiar(seed: number): { cluster: Cluster; liar: number; honest: number[] } {
  const cluster = new Cluster({ seed, replicaCount: 4, byzantine: [3] });
  cluster.startAll();
  cluster.runFor(20);
  return { cluster, liar: 3, honest: [0, 1, 2] };
}

/** Evidence in the chain of a replica. */
function recorded(cluster: Cluster, node: number) {
  return cluster.replicas[node].evidence.map(decodeEvidence);
}

const context = (cluster: Cluster): Uint8Array => cluster.checker.context(1);

/** Two contradicting messages of replica 3, each to all others. */
function contradictions(cluster: Cluster): [string, Message, Message][] {
  const vote = (kind: 'prepare' | 'commit', term: number, slot: number, blockId: Uint8Array): Message => {
    const preimageOf = kind === 'prepare' ? preparePreimage : commitPreimage;
    const signature = simulatedSignature(3, preimageOf(context(cluster), { term, slot }, blockId));
    return { kind, term, slot, blockId, replica: 3, executedHeight: 0, signature };
  };
  const { term } = statusOf(cluster, 0) ?? { term: 1 };
  const signature = simulatedSignature(3, timeoutPreimage(context(cluster), term, null));
  const timeout: Message = { kind: 'timeout', term, replica: 3, high: null, highCertificate: null, signature };
  return [
    ['two_prepares', vote('prepare', term, 9, id(1)), vote('prepare', term, 9, id(2))],
    ['two_commits', vote('commit', term, 9, id(1)), vote('commit', term, 9, id(2))],
    ['commit_forgotten', vote('commit', term, 9, id(1)), timeout],
    ['commit_forgotten', timeout, vote('commit', term, 9, id(1))],
  ];
}

describe('evidence', () => {
  it.each([0, 1, 2, 3])(
    'C-41, C-42: case %i of two contradicting messages is on the ledger of everybody, once',
    (which) => {
      const { cluster, liar, honest } = withLiar(61);
      const [kind, ...messages] = contradictions(cluster)[which];
      for (const message of [...messages, ...messages])
        for (const node of honest) cluster.transmit(liar, node, message, 1);
      expect(cluster.runUntil(() => honest.every((node) => recorded(cluster, node).length === 1), 2_000)).toBe(true);
      const [evidence] = recorded(cluster, 0);
      expect([evidence.replica, contradictionOf(evidence)]).toEqual([liar, kind]);
      cluster.runFor(3_000);
      expect(recorded(cluster, 0)).toHaveLength(1);
      expect(cluster.checker.violations).toEqual([]);
    },
  );

  it('C-41: replicas that hold one half each put them together', () => {
    const { cluster, liar, honest } = withLiar(62);
    cluster.intercept = ADVERSARIES.equivocator(cluster, liar);
    expect(
      cluster.runUntil(() => {
        cluster.submit();
        return honest.every((node) => statusOf(cluster, node)?.leader !== liar);
      }, 1),
    ).toBe(true);
    for (let round = 0; round < 40 && cluster.checker.accused.size === 0; round += 1) {
      for (const node of everybody)
        cluster.replicas[node].step({ kind: 'suspect', term: statusOf(cluster, node)?.term ?? 0 });
      cluster.submit();
      cluster.runFor(50);
    }
    expect([...cluster.checker.accused]).toEqual([`1 ${liar}`]);
    expect(cluster.checker.violations).toEqual([]);
  });

  it('C-41: nobody is accused by what is not signed, and nobody for saying the same twice', () => {
    const { cluster, liar, honest } = withLiar(63);
    for (const [, first, second] of contradictions(cluster))
      for (const node of honest) {
        cluster.transmit(liar, node, { ...first, signature: new Uint8Array(64) } as Message, 1);
        cluster.transmit(liar, node, { ...second, signature: new Uint8Array(64) } as Message, 1);
      }
    const key = cluster.submit();
    expect(cluster.runUntil(() => cluster.appliedBy(key), 3_000)).toBe(true);
    cluster.runFor(3_000);
    expect(cluster.checker.accused.size).toBe(0);
  });

  it('C-42: evidence that is on the ledger is known after a restart, and not recorded again', () => {
    const { cluster, liar, honest } = withLiar(64);
    const [, ...messages] = contradictions(cluster)[0];
    const accuse = (): void => {
      for (const message of messages) for (const node of honest) cluster.transmit(liar, node, message, 1);
    };
    accuse();
    expect(cluster.runUntil(() => honest.every((node) => recorded(cluster, node).length === 1), 2_000)).toBe(true);
    for (const node of honest) cluster.crash(node);
    for (const node of honest) cluster.start(node);
    cluster.runFor(500);
    accuse();
    const key = cluster.submit();
    expect(cluster.runUntil(() => cluster.appliedBy(key, honest), 3_000)).toBe(true);
    cluster.runFor(3_000);
    expect(recorded(cluster, 0)).toHaveLength(1);
    expect(cluster.checker.violations).toEqual([]);
  });

  it('C-43: a leader against whom there is evidence is not waited for', () => {
    const { cluster, liar, honest } = withLiar(65);
    const [, ...messages] = contradictions(cluster)[0];
    for (const message of messages) for (const node of honest) cluster.transmit(liar, node, message, 1);
    expect(cluster.runUntil(() => honest.every((node) => recorded(cluster, node).length === 1), 2_000)).toBe(true);
    cluster.crash(liar);
    for (let round = 0; round < 8; round += 1) {
      for (const node of honest)
        cluster.replicas[node].step({ kind: 'suspect', term: statusOf(cluster, node)?.term ?? 0 });
      cluster.runFor(30);
      expect(honest.map((node) => statusOf(cluster, node)?.leader)).not.toContain(liar);
    }
  });

  it('C-44: under the former rules nobody says or records what they do not know', () => {
    const cluster = new Cluster({ seed: 66, replicaCount: 4, byzantine: [3], rulesVersion: 1 });
    const kinds = new Set<string>();
    cluster.intercept = (_from, _to, message) => {
      kinds.add(message.kind);
      return null;
    };
    cluster.startAll();
    cluster.runFor(20);
    const [, ...messages] = contradictions(cluster)[0];
    for (const message of messages) for (const node of [0, 1, 2]) cluster.transmit(3, node, message, 1);
    const key = cluster.submit();
    expect(cluster.runUntil(() => cluster.appliedBy(key), 3_000)).toBe(true);
    cluster.runFor(3_000);
    expect(cluster.checker.accused.size).toBe(0);
    expect([...kinds]).not.toContain('evidence');
    expect([...kinds]).not.toContain('testimony');
  });
});
