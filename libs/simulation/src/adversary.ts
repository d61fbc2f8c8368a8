import type { Message, ProposeMessage, VoteMessage } from '@quorate/consensus';
import {
  blockId,
  commitPreimage,
  consensusContext,
  decodeHeader,
  encodeHeader,
  preparePreimage,
} from '@quorate/protocol';
import type { Cluster, Interceptor } from './cluster';
import { simulatedSignature } from './signing';

/**
 * A replica that proposes two blocks wherever it leads (one to the even replicas, another to the odd ones) and lends its
 * signature to every vote it sees, for both sides.
 */
function equivocator(cluster: Cluster, traitor: number): Interceptor {
  const context = consensusContext(cluster.genesis);
  const echoed = new Set<string>();
  const sign = (kind: 'prepare' | 'commit', term: number, slot: number, id: Uint8Array): Uint8Array =>
    simulatedSignature(traitor, (kind === 'prepare' ? preparePreimage : commitPreimage)(context, { term, slot }, id));

  const twin = (message: ProposeMessage): ProposeMessage => {
    const header = decodeHeader(message.headerBytes);
    const headerBytes = encodeHeader({ ...header, timeNs: header.timeNs + 1n });
    return { ...message, headerBytes, signature: sign('prepare', message.term, message.slot, blockId(headerBytes)) };
  };

  const echo = (message: VoteMessage): void => {
    const key = `${message.kind} ${message.term} ${message.slot} ${message.blockId.join()}`;
    if (echoed.has(key)) return;
    echoed.add(key);
    const vote = {
      ...message,
      replica: traitor,
      signature: sign(message.kind, message.term, message.slot, message.blockId),
    };
    for (const index of cluster.replicas.keys()) if (index !== traitor) cluster.transmit(traitor, index, vote);
  };

  return (from: number, to: number, message: Message): readonly Message[] | null => {
    if (from !== traitor) {
      if (message.kind === 'prepare' || message.kind === 'commit') echo(message);
      return null;
    }
    if (message.kind === 'propose' && message.slot > 1 && to % 2 === 1) return [twin(message)];
    return null;
  };
}

/** Ways to lie, by name. */
export const ADVERSARIES = { equivocator } as const;

export type AdversaryName = keyof typeof ADVERSARIES;
