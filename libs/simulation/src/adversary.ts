import type { Message, ProposeMessage, VoteMessage } from '@quorate/consensus';
import {
  LIMITS,
  blockId,
  bodyRoot,
  commitPreimage,
  decodeHeader,
  encodeHeader,
  genesisHeader,
  preparePreimage,
  timeoutPreimage,
  type BlockHeader,
  type Certificate,
  type Genesis,
  type Position,
} from '@quorate/protocol';
import { OPERATION_BYTES } from './executor';
import type { Random } from './random';
import type { Scheduler } from './scheduler';

/** Lets a test or an adversary see, change, drop or add what a node sends in the name of an epoch. Null = unchanged. */
export type Interceptor = (from: number, to: number, message: Message, epoch: number) => readonly Message[] | null;

/** What a liar can do in a simulated world. */
export interface LiarWorld {
  readonly genesis: Genesis;
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly nodeCount: number;
  /** What votes of an epoch are bound to. */
  context(epoch: number): Uint8Array;
  /** A node's index in the configuration of an epoch; -1 if it is no member. */
  indexOf(epoch: number, node: number): number;
  /** Signs with the node's newest consensus key. */
  signAs(node: number, preimage: Uint8Array): Uint8Array;
  /** Puts one message on the wire, as it is. */
  transmit(from: number, to: number, message: Message, epoch: number): void;
  /** Puts an old state of the node's disk back and starts it again. */
  rollBack(node: number): void;
}

/**
 * A replica that proposes two blocks wherever it leads (one to the even replicas, another to the odd ones) and lends its
 * signature to every vote it sees, for both sides.
 */
function equivocator(cluster: LiarWorld, traitor: number): Interceptor {
  const echoed = new Set<string>();
  const sign = (epoch: number, kind: 'prepare' | 'commit', { term, slot }: Position, id: Uint8Array): Uint8Array => {
    const preimageOf = kind === 'prepare' ? preparePreimage : commitPreimage;
    return cluster.signAs(traitor, preimageOf(cluster.context(epoch), { term, slot }, id));
  };

  const twin = (message: ProposeMessage, epoch: number): ProposeMessage => {
    const header = decodeHeader(message.headerBytes);
    const headerBytes = encodeHeader({ ...header, timeNs: header.timeNs + 1n });
    return { ...message, headerBytes, signature: sign(epoch, 'prepare', message, blockId(headerBytes)) };
  };

  const echo = (message: VoteMessage, epoch: number): void => {
    const replica = cluster.indexOf(epoch, traitor);
    if (replica < 0) return;
    const key = `${epoch} ${message.kind} ${message.term} ${message.slot} ${message.blockId.join()}`;
    if (echoed.has(key)) return;
    echoed.add(key);
    const vote = {
      ...message,
      replica,
      signature: sign(epoch, message.kind, message, message.blockId),
    };
    for (let index = 0; index < cluster.nodeCount; index += 1)
      if (index !== traitor) cluster.transmit(traitor, index, vote, epoch);
  };

  return (from: number, to: number, message: Message, epoch: number): readonly Message[] | null => {
    if (from !== traitor) {
      if (message.kind === 'prepare' || message.kind === 'commit') echo(message, epoch);
      return null;
    }
    if (message.kind === 'propose' && message.slot > 1 && to % 2 === 1) return [twin(message, epoch)];
    return null;
  };
}

/** A liar that changes its proposals, each signed again, and is otherwise correct. */
function falseProposer(change: (header: BlockHeader, body: Uint8Array) => { header: BlockHeader; body: Uint8Array }) {
  return (cluster: LiarWorld, traitor: number): Interceptor => {
    return (from, _to, message, epoch) => {
      if (from !== traitor || message.kind !== 'propose' || message.slot === 1 || message.body === null) return null;
      const { header, body } = change(decodeHeader(message.headerBytes), message.body);
      const headerBytes = encodeHeader(header);
      const signature = cluster.signAs(traitor, preparePreimage(cluster.context(epoch), message, blockId(headerBytes)));
      return [{ ...message, headerBytes, body, signature }];
    };
  };
}

const futureTime = falseProposer((header, body) => ({
  header: { ...header, timeNs: header.timeNs + 5_000_000_000n },
  body,
}));

const wrongResults = falseProposer((header, body) => ({
  header: { ...header, execRoot: header.execRoot.map((byte) => byte ^ 1) },
  body,
}));

const oversize = falseProposer((header) => {
  const operationCount = LIMITS.blockOperationsMax + 1;
  const body = new Uint8Array(operationCount * OPERATION_BYTES);
  return {
    header: { ...header, kind: 'data', operationCount, bodyLength: body.length, bodyRoot: bodyRoot(body) },
    body,
  };
});

/** Begins every term it leads with genesis, whatever is certified. */
function wrongBase(cluster: LiarWorld, traitor: number): Interceptor {
  const headerBytes = encodeHeader(genesisHeader(cluster.genesis));
  return (from, _to, message, epoch) => {
    if (from !== traitor || message.kind !== 'propose' || message.slot > 1) return null;
    const signature = cluster.signAs(traitor, preparePreimage(cluster.context(epoch), message, blockId(headerBytes)));
    return [{ ...message, headerBytes, signature }];
  };
}

/** Always names the first certificate that it ever had. */
function staleCertificate(cluster: LiarWorld, traitor: number): Interceptor {
  let first: Certificate | null = null;
  return (from, _to, message, epoch) => {
    if (from !== traitor) return null;
    // A certificate of an earlier epoch would not be taken at all.
    if (first !== null && first.epoch !== epoch) first = null;
    if (message.kind === 'status') {
      first ??= message.high;
      return [{ ...message, high: first, final: null }];
    }
    if (message.kind !== 'timeout') return null;
    first ??= message.highCertificate;
    const high = first === null ? null : { term: first.term, slot: first.slot, blockId: first.blockId };
    const signature = cluster.signAs(traitor, timeoutPreimage(cluster.context(epoch), message.term, high));
    return [{ ...message, high, highCertificate: first, signature }];
  };
}

/** Shows its proposals to half of the others only, and never gives a block away. */
function withholder(_cluster: LiarWorld, traitor: number): Interceptor {
  return (from, to, message) => {
    if (from !== traitor) return null;
    if (message.kind === 'block' || message.kind === 'range') return [];
    return message.kind === 'propose' && to % 2 === 1 ? [] : null;
  };
}

/** Serves blocks with another body. */
function forger(_cluster: LiarWorld, traitor: number): Interceptor {
  const forged = <T extends { body: Uint8Array }>(block: T): T => ({
    ...block,
    body: block.body.map((byte) => byte ^ 1),
  });
  return (from, _to, message) => {
    if (from !== traitor) return null;
    if (message.kind === 'block') return [forged(message)];
    return message.kind === 'range' ? [{ ...message, blocks: message.blocks.map(forged) }] : null;
  };
}

/** Says everything many times, and votes for what nobody proposed in slots and terms far away. */
function flooder(_cluster: LiarWorld, traitor: number): Interceptor {
  return (from, _to, message) => {
    if (from !== traitor) return null;
    const copies: Message[] = [message, message, message, message];
    if (message.kind !== 'prepare' && message.kind !== 'commit') return copies;
    const far = [1, 9, 17, 1_000].map((slot) => ({ ...message, slot: message.slot + slot }));
    return [...copies, ...far, { ...message, term: message.term + 1 }, { ...message, term: message.term + 1_000 }];
  };
}

/** Signs nothing that it says. */
function garbageSender({ random }: LiarWorld, traitor: number): Interceptor {
  return (from, _to, message) => {
    if (from !== traitor || !('signature' in message)) return null;
    return [{ ...message, signature: message.signature.map(() => random.below(256)) }];
  };
}

/** Time between two restores of an old disk. */
const RESTORE_MS = 400;

/** Loses the newest half of its disk again and again, and goes on under its key (C-9). */
function oldDisk(cluster: LiarWorld, traitor: number): Interceptor {
  const restore = (): void => {
    cluster.rollBack(traitor);
    cluster.scheduler.after(RESTORE_MS, restore);
  };
  cluster.scheduler.after(RESTORE_MS, restore);
  return () => null;
}

/** Ways to lie, by name. */
export const ADVERSARIES = {
  equivocator,
  withholder,
  'wrong-base': wrongBase,
  'stale-certificate': staleCertificate,
  'future-time': futureTime,
  'wrong-results': wrongResults,
  oversize,
  flooder,
  'garbage-sender': garbageSender,
  forger,
  'old-disk': oldDisk,
} as const;

export type AdversaryName = keyof typeof ADVERSARIES;
