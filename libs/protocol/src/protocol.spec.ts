import { CodecError } from '@quorate/codec';
import fc from 'fast-check';
import { hex, publicKeyAcceptable, sha256, type PublicKey } from '@quorate/crypto';
import { decodeBody, decodeHeader, encodeBody, encodeHeader, HEADER_BYTES, ZERO_HASH, type BlockHeader } from './block';
import {
  RULES_VERSION,
  configHash,
  decodeConfiguration,
  encodeConfiguration,
  governanceSigningBytes,
} from './configuration';
import { decodeGenesis, encodeGenesis, firstConfiguration, type Genesis } from './genesis';
import { decodeEnvelope, encodeEnvelope, scanEnvelope, type Envelope } from './envelope';
import { LIMITS } from './limits';
import { ISSUING_POLICIES, TRANSFER_POLICIES } from './asset-operations';
import { FREEZE_TARGETS } from './record-operations';
import { decodeOperation, encodeOperation, OPERATION_BYTES, type Operation } from './operation';
import { faultsTolerated, quorum } from './vote';

const u128 = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n });
const u64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const u16 = fc.integer({ min: 0, max: 0xffff });
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

const keyBytes = fc.oneof(
  fc.record({ scheme: fc.constant('ed25519' as const), bytes: bytes(32) }),
  fc.record({ scheme: fc.constant('p256' as const), bytes: bytes(33) }),
);
const policy = {
  issuing: fc.constantFrom(...ISSUING_POLICIES),
  maximumSupply: u128,
  transfers: fc.constantFrom(...TRANSFER_POLICIES),
};
const printable = (bytesMax: number) =>
  fc
    .string({ maxLength: 16, unit: 'grapheme' })
    .filter((text) => new TextEncoder().encode(text).length <= bytesMax && !/[\p{Cc}\p{Cf}\u2028\u2029]/u.test(text));

const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({
    kind: fc.constant('create_transfer' as const),
    transfer: fc.record({
      id: u128,
      debitAccount: u128,
      creditAccount: u128,
      amount: u128,
      pendingId: u128,
      userData128: u128,
      userData64: u64,
      userData32: u32,
      timeoutSeconds: u32,
      asset: u32,
      code: u16,
      flags: u16,
    }),
  }),
  fc.record({
    kind: fc.constant('create_account' as const),
    account: fc.record({
      id: u128,
      party: u128,
      userData128: u128,
      userData64: u64,
      userData32: u32,
      asset: u32,
      code: u16,
      flags: u16,
    }),
  }),
  fc.record({
    kind: fc.constant('create_asset' as const),
    asset: fc.record({
      id: u32,
      scale: fc.integer({ min: 0, max: 255 }),
      code: fc.stringMatching(/^[A-Z][A-Z0-9]{0,11}$/),
      issuer: u128,
      ...policy,
    }),
  }),
  fc.record({
    kind: fc.constant('create_party' as const),
    party: fc.record({
      id: u128,
      name: printable(64),
      threshold: fc.integer({ min: 0, max: 255 }),
      keys: fc.array(keyBytes, { maxLength: 8 }),
    }),
  }),
  fc.record({
    kind: fc.constant('change_party' as const),
    change: fc.record({
      party: u128,
      threshold: fc.integer({ min: 0, max: 255 }),
      keys: fc.array(
        fc.tuple(keyBytes, u64, u64).map(([key, validFromNs, validUntilNs]) => ({ ...key, validFromNs, validUntilNs })),
        { maxLength: 8 },
      ),
    }),
  }),
  fc.record({
    kind: fc.constant('set_party_roles' as const),
    change: fc.record({ party: u128, roles: fc.integer({ min: 0, max: 255 }) }),
  }),
  fc.record({
    kind: fc.constant('put_mandate' as const),
    mandate: fc.record({
      id: u128,
      account: u128,
      grantee: u128,
      creditAccount: u128,
      transferAmountMax: u128,
      periodAmountMax: u128,
      periodTransfersMax: u32,
      periodSeconds: u32,
      validUntilNs: u64,
    }),
  }),
  fc.record({ kind: fc.constant('revoke_mandate' as const), mandate: u128 }),
  fc.record({
    kind: fc.constant('set_frozen' as const),
    change: fc.record({
      target: fc.constantFrom(...FREEZE_TARGETS),
      id: u128,
      frozen: fc.boolean(),
      reason: printable(128),
    }),
  }),
  fc.record({
    kind: fc.constant('change_asset' as const),
    change: fc.record({
      asset: u32,
      ...policy,
      allowList: fc.array(fc.record({ party: u128, allowed: fc.boolean() }), { maxLength: 32 }),
    }),
  }),
  fc.record({
    kind: fc.constant('put_record' as const),
    record: fc.record({ id: u128, kind: u16, subject: u128, hash: bytes(32), reference: printable(256) }),
  }),
);

const envelope: fc.Arbitrary<Envelope> = fc.record({
  ledger: bytes(32),
  party: u128,
  id: u128,
  expiresAtNs: u64,
  operations: fc.array(operation, { minLength: 1, maxLength: 12 }),
  signatures: fc
    .uniqueArray(fc.integer({ min: 0, max: 255 }), { maxLength: 8 })
    .chain((keys) =>
      fc.tuple(
        ...keys
          .sort((left, right) => left - right)
          .map((key) => fc.record({ key: fc.constant(key), bytes: bytes(64) })),
      ),
    ),
});

describe('canonical bytes', () => {
  it('gives operations back as they were, at their stated sizes', () => {
    fc.assert(
      fc.property(operation, (value) => {
        const encoded = encodeOperation(value);
        expect(decodeOperation(encoded)).toEqual(value);
        const fixed = (OPERATION_BYTES as Partial<Record<Operation['kind'], number>>)[value.kind];
        if (fixed !== undefined) expect(encoded.length).toBe(fixed);
      }),
    );
  });

  it('refuses states, policies and targets that there are not', () => {
    const change = { target: 'party', id: 1n, frozen: true, reason: 'x' } as const;
    const frozen = encodeOperation({ kind: 'set_frozen', change });
    const asset = { asset: 1, issuing: 'free', maximumSupply: 0n, transfers: 'open', allowList: [] } as const;
    const changed = encodeOperation({ kind: 'change_asset', change: asset });
    const broken = (encoded: Uint8Array, at: number) => () =>
      decodeOperation(Uint8Array.from(encoded, (byte, index) => (index === at ? 9 : byte)));
    for (const at of [1, 18]) expect(broken(frozen, at)).toThrow(CodecError);
    for (const at of [5, 22]) expect(broken(changed, at)).toThrow(CodecError);
  });

  it('gives envelopes back as they were; the outline names each operation', () => {
    fc.assert(
      fc.property(envelope, (value) => {
        const encoded = encodeEnvelope(value);
        expect(decodeEnvelope(encoded)).toEqual(value);
        const outline = scanEnvelope(encoded);
        expect(outline.operationCount).toBe(value.operations.length);
        value.operations.forEach((each, index) => {
          const [start, end] = outline.operationOffsets.subarray(index * 2, index * 2 + 2);
          expect(hex(encoded.subarray(start, end))).toBe(hex(encodeOperation(each)));
        });
      }),
    );
  });

  it('refuses any truncation and any byte too many', () => {
    fc.assert(
      fc.property(envelope, fc.nat(), (value, cut) => {
        const encoded = encodeEnvelope(value);
        expect(() => decodeEnvelope(encoded.subarray(0, cut % encoded.length))).toThrow();
        expect(() => scanEnvelope(encoded.subarray(0, cut % encoded.length))).toThrow();
        expect(() => decodeEnvelope(Uint8Array.of(...encoded, 0))).toThrow();
        expect(() => scanEnvelope(Uint8Array.of(...encoded, 0))).toThrow();
      }),
    );
  });

  it('never does anything but decode or throw on random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (garbage) => {
        for (const decode of [decodeEnvelope, scanEnvelope, decodeHeader, decodeBody, decodeOperation]) {
          try {
            decode(garbage);
          } catch (error) {
            expect((error as { code?: string }).code).toMatch(/^CODEC_/);
          }
        }
      }),
    );
  });

  it('gives headers and bodies back as they were', () => {
    const header: BlockHeader = {
      kind: 'data',
      ledgerId: new Uint8Array(16).fill(1),
      epoch: 1,
      height: 2 ** 40,
      parentId: new Uint8Array(32).fill(2),
      timeNs: 5n,
      bodyRoot: new Uint8Array(32).fill(3),
      bodyLength: 10,
      operationCount: 4,
      configHash: ZERO_HASH,
      execHeight: 9,
      execRoot: new Uint8Array(32).fill(4),
      nextConfigHash: ZERO_HASH,
    };
    const encoded = encodeHeader(header);
    expect(encoded.length).toBe(HEADER_BYTES);
    expect(decodeHeader(encoded)).toEqual(header);
    const envelopes = [Uint8Array.of(1, 2), new Uint8Array(0), Uint8Array.of(3)];
    expect(decodeBody(encodeBody(envelopes)).map(hex)).toEqual(envelopes.map(hex));
  });

  it('fits a full envelope of transfers into the limits', () => {
    const largest =
      75 + LIMITS.envelopeOperationsMax * OPERATION_BYTES.create_transfer + 1 + LIMITS.envelopeSignaturesMax * 65;
    expect(largest).toBeLessThanOrEqual(LIMITS.envelopeBytesMax);
    expect(LIMITS.envelopeBytesMax + 8).toBeLessThanOrEqual(LIMITS.blockBodyBytesMax);
    expect(LIMITS.envelopeOperationsMax).toBeLessThanOrEqual(LIMITS.blockOperationsMax);
  });
});

describe('the name of a party', () => {
  it.each(['a\u0000b', 'line\nbreak', 'a\u202eb', '\u2066x'])(
    'is refused with a control or direction character',
    (name) => {
      const party = { id: 1n, name, threshold: 1, keys: [] };
      expect(() => decodeOperation(encodeOperation({ kind: 'create_party', party }))).toThrow('control or direction');
    },
  );

  it.each(['Zürcher Bank', '中国银行', 'بنك'])('may be written in any script: %s', (name) => {
    const party = { id: 1n, name, threshold: 1, keys: [] };
    expect(decodeOperation(encodeOperation({ kind: 'create_party', party }))).toMatchObject({ party: { name } });
  });
});

describe('quorum', () => {
  it('makes two quorums share an honest replica for every size', () => {
    for (let count = 1; count <= LIMITS.replicasMax; count += 1) {
      expect(2 * quorum(count) - count).toBeGreaterThan(faultsTolerated(count));
      expect(quorum(count)).toBeLessThanOrEqual(count - faultsTolerated(count));
    }
    expect([1, 4, 7, 10].map(quorum)).toEqual([1, 3, 5, 7]);
  });
});

describe('genesis and configuration', () => {
  /** The first acceptable key in a chain of hashes. */
  const key = (seed: number): PublicKey => {
    for (let bytes = sha256(Uint8Array.of(seed)); ; bytes = sha256(bytes)) {
      const candidate = { scheme: 'ed25519' as const, bytes: Uint8Array.from(bytes) };
      if (publicKeyAcceptable(candidate)) return candidate;
    }
  };
  const genesis: Genesis = {
    ledgerId: new Uint8Array(16).fill(7),
    createdAtNs: 1n,
    operator: { id: 1n, name: 'o', threshold: 1, keys: [key(1)] },
    rulesVersion: RULES_VERSION,
    replicas: [2, 3].map((seed) => ({ consensusKey: key(seed).bytes, certificateHash: key(seed + 10).bytes })),
    governance: { threshold: 1, keys: [key(4), key(5)] },
  };
  const first = firstConfiguration(genesis);

  it('come back from their bytes', () => {
    expect(decodeGenesis(encodeGenesis(genesis))).toEqual(genesis);
    expect(decodeConfiguration(encodeConfiguration(first))).toEqual(first);
  });

  it('are refused with other rules, a member twice, or a governance that cannot sign', () => {
    const broken: Partial<Genesis>[] = [
      { rulesVersion: RULES_VERSION + 1 },
      { replicas: [] },
      { replicas: [genesis.replicas[0], { ...genesis.replicas[1], consensusKey: genesis.replicas[0].consensusKey }] },
      {
        replicas: [
          genesis.replicas[0],
          { ...genesis.replicas[1], certificateHash: genesis.replicas[0].certificateHash },
        ],
      },
      { governance: { threshold: 3, keys: genesis.governance.keys } },
      { governance: { threshold: 0, keys: genesis.governance.keys } },
      { governance: { threshold: 2, keys: [key(4), key(4)] } },
    ];
    for (const change of broken) expect(() => decodeGenesis(encodeGenesis({ ...genesis, ...change }))).toThrow();
  });

  it('a governance signature holds for one step of one ledger only', () => {
    const second = { ...first, epoch: 2 };
    const other = { ...second, replicas: first.replicas.slice(1) };
    const texts = [
      governanceSigningBytes(first, second),
      governanceSigningBytes(first, other),
      governanceSigningBytes(second, { ...first, epoch: 3 }),
      governanceSigningBytes({ ...first, ledgerId: new Uint8Array(16) }, second),
    ].map(hex);
    expect(new Set(texts).size).toBe(texts.length);
    expect(hex(configHash(first))).not.toBe(hex(configHash(second)));
  });
});
