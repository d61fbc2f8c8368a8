import { decodeMessage, encodeMessage, type Message } from '@quorate/consensus';
import { Cluster } from './cluster';
import type { Random } from './random';

/** How many wrong ones go with each message. */
const WRONG = 8;

/** One thing in a message made wrong: a byte turned, a number moved, something missing or there twice. */
function spoil(random: Random, value: unknown): unknown {
  if (value instanceof Uint8Array) return spoilBytes(random, value);
  if (typeof value === 'number') return [0, value + 1, value + 1_000, Math.max(0, value - 1)][random.below(4)];
  if (typeof value === 'bigint') return value + 1n;
  if (typeof value === 'boolean') return !value;
  if (Array.isArray(value)) return spoilList(random, value);
  if (value === null || typeof value !== 'object') return value;
  const keys = Object.keys(value).filter((key) => key !== 'kind');
  const key = keys[random.below(keys.length)];
  const part = (value as Record<string, unknown>)[key];
  const isOptional = part !== null && typeof part === 'object' && !ArrayBuffer.isView(part) && !Array.isArray(part);
  return { ...value, [key]: isOptional && random.chance(0.2) ? null : spoil(random, part) };
}

function spoilBytes(random: Random, bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0) return Uint8Array.of(1);
  if (random.chance(0.2)) return bytes.subarray(0, random.below(bytes.length));
  const at = random.below(bytes.length);
  return bytes.map((byte, index) => (index === at ? byte ^ (1 << random.below(8)) : byte));
}

function spoilList(random: Random, list: readonly unknown[]): unknown[] {
  if (list.length === 0) return [];
  const at = random.below(list.length);
  const kept = list.filter((_, index) => index !== at);
  const choice = random.below(3);
  if (choice === 0) return kept;
  if (choice === 1) return [...list, list[at]];
  return list.map((item, index) => (index === at ? spoil(random, item) : item));
}

/** What the host would hand to a core; null for bytes for which it closes the link. */
function readable(epoch: number, message: unknown): Message | null {
  try {
    return decodeMessage(encodeMessage(epoch, message as Message)).message;
  } catch {
    return null;
  }
}

describe('messages in which something is wrong', () => {
  it.each([1, 2, 3, 4, 5, 6])(
    'C-5, C-8, C-19, C-26, C-30 to C-32: do no harm, whatever is wrong with them (seed %d)',
    (seed) => {
      const traitor = seed % 4;
      const cluster = new Cluster({ seed, replicaCount: 4, byzantine: [traitor] });
      const { random } = cluster;
      cluster.intercept = (from, _to, message, epoch) => {
        if (from !== traitor) return null;
        const wrong = Array.from({ length: WRONG }, () => readable(epoch, spoil(random, message))).filter(
          (one) => one !== null,
        );
        return random.chance(0.3) ? wrong : [...wrong, message];
      };
      cluster.startAll();
      cluster.network.lossRate = 0.02;
      const others = [0, 1, 2, 3].filter((index) => index !== traitor);
      const keys: string[] = [];
      for (let round = 0; round < 6; round += 1) {
        const away = others[round % others.length];
        if (round % 2 === 0) cluster.crash(away);
        else cluster.network.passes = (from, to) => from !== away && to !== away;
        for (let count = 0; count < 25; count += 1) {
          keys.push(cluster.submit(others));
          cluster.runFor(8);
        }
        if (round % 2 === 0) cluster.start(away);
        cluster.network.passes = () => true;
        cluster.runFor(300);
      }
      cluster.network.lossRate = 0;
      for (const key of keys) cluster.offer(key, others);
      expect(cluster.runUntil(() => keys.every((key) => cluster.appliedBy(key, others)), 20_000)).toBe(true);
      expect(cluster.checker.violations).toEqual([]);
    },
  );
});
