import { decodeSubmitReply, encodeSubmitReply, type SubmitReply } from './client-protocol';

describe('the reply to a submission', () => {
  const replies: SubmitReply[] = [
    { kind: 'refused', code: 'busy', retryAfterMs: 100 },
    { kind: 'refused', code: 'envelope_expired' },
    {
      kind: 'refused',
      code: 'envelope_signatures_insufficient',
      signers: [
        { key: 0, publicKey: '07'.repeat(32), state: 'counted' },
        { key: 1, publicKey: '08'.repeat(33), state: 'missing' },
        { key: 9, publicKey: null, state: 'unknown_key' },
      ],
    },
    { kind: 'final', height: 7, firstIndex: 2, timeNs: 5n, codes: Uint16Array.of(0, 116) },
  ];

  it.each(replies)('comes back as it was sent: $kind $code', (reply) => {
    expect(decodeSubmitReply(encodeSubmitReply(reply))).toEqual(reply);
  });
});
