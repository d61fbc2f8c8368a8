import { CodecError, Reader } from '@quorate/codec';
import { equalBytes, sha256 } from '@quorate/crypto';
import { HEADER_BYTES, type Certificate } from '@quorate/protocol';
import { MESSAGE_BYTES_MAX } from './limits';
import { readTermEntry } from './message-parts';
import { decodeMessage, encodeMessage, encodeMessageParts } from './message-codec';
import type { Message, TimeoutCertificate } from './types';
import { initialVoteState, decodeVoteState, encodeVoteState } from './vote-state';

const id = (seed: number): Uint8Array => Uint8Array.from(sha256(Uint8Array.of(seed)));
const signature = (seed: number): Uint8Array => new Uint8Array(64).fill(seed);
const certificate = (kind: 'prepare' | 'commit', term: number, slot: number): Certificate => ({
  kind,
  epoch: 1,
  term,
  slot,
  blockId: id(9),
  signers: [0, 2, 3],
  signatures: [signature(1), signature(2), signature(3)],
});
const timeoutCertificate: TimeoutCertificate = {
  term: 4,
  entries: [
    { replica: 0, high: { term: 3, slot: 7, blockId: id(9) }, signature: signature(4) },
    { replica: 1, high: null, signature: signature(5) },
    { replica: 3, high: { term: 2, slot: 1, blockId: id(8) }, signature: signature(6) },
  ],
  highCertificate: certificate('prepare', 3, 7),
};
const headerBytes = new Uint8Array(HEADER_BYTES).fill(3);
const propose = {
  kind: 'propose' as const,
  headerBytes,
  finalHeight: 4,
  executedHeight: 3,
  signature: signature(7),
  final: null,
};

const MESSAGES: Message[] = [
  { ...propose, term: 5, slot: 1, body: null, timeoutCertificate },
  { ...propose, term: 1, slot: 1, body: null, timeoutCertificate: null },
  {
    ...propose,
    term: 5,
    slot: 9,
    body: Uint8Array.of(1, 2, 3),
    timeoutCertificate: null,
    final: certificate('commit', 5, 8),
  },
  { ...propose, term: 5, slot: 10, body: new Uint8Array(0), timeoutCertificate: null },
  { kind: 'prepare', term: 1, slot: 2, blockId: id(1), replica: 3, executedHeight: 9, signature: signature(8) },
  { kind: 'commit', term: 1, slot: 2, blockId: id(1), replica: 3, executedHeight: 9, signature: signature(8) },
  { kind: 'timeout', term: 6, replica: 2, high: null, highCertificate: null, signature: signature(8) },
  {
    kind: 'timeout',
    term: 6,
    replica: 2,
    high: { term: 3, slot: 7, blockId: id(9) },
    highCertificate: certificate('commit', 3, 7),
    signature: signature(8),
  },
  {
    kind: 'status',
    term: 5,
    entry: { kind: 'timeout-certificate', certificate: timeoutCertificate },
    preparedSlot: 4,
    committedSlot: 3,
    high: certificate('prepare', 5, 4),
    final: certificate('commit', 5, 3),
    finalHeight: 77,
    executedHeight: 76,
    want: true,
    recall: true,
    echo: {
      prepare: { term: 5, slot: 4, blockId: id(3), signature: signature(8) },
      commit: null,
      timeout: { term: 4, high: { term: 3, slot: 2, blockId: id(2) }, signature: signature(8) },
    },
  },
  {
    kind: 'ready',
    configHash: id(1),
    ready: { replica: 2, height: 9, blockId: id(4), execRoot: id(5), timeNs: 77n, signature: signature(8) },
  },
  { kind: 'epoch-end', headerBytes, certificate: certificate('commit', 5, 3) },
  { kind: 'executed', executedHeight: 12 },
  { kind: 'get-block', blockId: id(3) },
  { kind: 'block', headerBytes, body: Uint8Array.of(5) },
  { kind: 'get-range', fromHeight: 1_000_000 },
  {
    kind: 'range',
    blocks: [{ headerBytes, body: Uint8Array.of(9) }],
    tailHeaders: [headerBytes],
    certificate: certificate('commit', 5, 3),
  },
];

const EPOCH = 3;

/** Decoded and encoded. */
function again(bytes: Uint8Array): Uint8Array {
  const { epoch, message } = decodeMessage(bytes);
  return encodeMessage(epoch, message);
}

describe('C-6: wire messages', () => {
  it.each(MESSAGES.map((message, index) => [index, message.kind, message] as const))(
    '%i %s comes back as it was',
    (_index, _kind, message) => {
      const bytes = encodeMessage(EPOCH, message);
      expect(decodeMessage(bytes)).toEqual({ epoch: EPOCH, message });
      expect(again(bytes)).toEqual(bytes);
    },
  );

  it.each(MESSAGES.map((message) => [message.kind, message] as const))(
    '%s is refused when cut short or followed by anything',
    (_kind, message) => {
      const bytes = encodeMessage(EPOCH, message);
      for (let length = 0; length < bytes.length; length += 1)
        expect(() => decodeMessage(bytes.subarray(0, length))).toThrow(CodecError);
      expect(() => decodeMessage(Uint8Array.from([...bytes, 0]))).toThrow(CodecError);
    },
  );

  it('a changed byte is refused or makes another message with exactly these bytes', () => {
    const wrong: string[] = [];
    for (const message of MESSAGES) {
      const bytes = encodeMessage(EPOCH, message);
      for (let at = 0; at < bytes.length; at += 1) {
        const changed = Uint8Array.from(bytes);
        changed[at] ^= 1 << (at % 8);
        try {
          if (!equalBytes(again(changed), changed)) wrong.push(`${message.kind} byte ${at}`);
        } catch (error) {
          if (!(error instanceof CodecError)) wrong.push(`${message.kind} byte ${at}: ${String(error)}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it('a body is neither copied on the way out nor on the way in', () => {
    const body = new Uint8Array(100_000);
    const message: Message = { ...propose, term: 5, slot: 9, body, timeoutCertificate: null };
    expect(encodeMessageParts(EPOCH, message)[1]).toBe(body);
    const bytes = encodeMessage(EPOCH, message);
    const { message: decoded } = decodeMessage(bytes);
    expect(decoded.kind === 'propose' && decoded.body?.buffer).toBe(bytes.buffer);
  });

  it.each([
    ['slot 1 with a body', { ...propose, term: 1, slot: 1, body: Uint8Array.of(1), timeoutCertificate: null }],
    ['slot 2 without a body', { ...propose, term: 1, slot: 2, body: null, timeoutCertificate: null }],
    [
      'a new term without a timeout certificate',
      { ...propose, term: 2, slot: 1, body: null, timeoutCertificate: null },
    ],
    ['a timeout certificate at slot 2', { ...propose, term: 2, slot: 2, body: Uint8Array.of(1), timeoutCertificate }],
    [
      'an empty range',
      { kind: 'range' as const, blocks: [], tailHeaders: [], certificate: certificate('commit', 1, 1) },
    ],
  ])('%s is refused', (_name, message) => {
    expect(() => decodeMessage(encodeMessage(EPOCH, message))).toThrow(CodecError);
  });

  it('an entry of a term that is neither certificate is refused', () => {
    expect(() => readTermEntry(new Reader(Uint8Array.of(3)))).toThrow('unknown kind of term entry');
  });

  it('a kind or a version that nobody knows is refused, and so is too much', () => {
    const bytes = encodeMessage(EPOCH, { kind: 'executed', executedHeight: 1 });
    const unknown = bytes.slice();
    unknown.set([2, 0, 0, 0, 1, 99]);
    expect(() => decodeMessage(unknown)).toThrow('unknown kind of message');
    const future = bytes.slice();
    future[0] = 9;
    expect(() => decodeMessage(future)).toThrow('version 9 has no such message');
    expect(() => decodeMessage(new Uint8Array(MESSAGE_BYTES_MAX + 1))).toThrow('message too large');
  });

  it('C-10: the vote state comes back as it was', () => {
    const state = {
      ...initialVoteState(3),
      term: 9,
      entry: { kind: 'timeout-certificate' as const, certificate: timeoutCertificate },
      abandoned: true,
      ledTerm: 8,
      preparedSlot: 3,
      preparedId: id(1),
      committedSlot: 2,
      committedId: id(2),
      timeoutHigh: certificate('prepare', 8, 8),
      high: certificate('commit', 9, 1),
    };
    expect(decodeVoteState(encodeVoteState(state))).toEqual(state);
    expect(decodeVoteState(encodeVoteState(initialVoteState(2)))).toEqual(initialVoteState(2));
    const bytes = encodeVoteState(state);
    for (let length = 0; length < bytes.length; length += 7)
      expect(() => decodeVoteState(bytes.subarray(0, length))).toThrow(CodecError);
  });
});
