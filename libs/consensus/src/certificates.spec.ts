import { sha256 } from '@quorate/crypto';
import {
  RULES_VERSION,
  firstConfiguration,
  type Certificate,
  type CertifiedPosition,
  type Genesis,
} from '@quorate/protocol';
import { CertificateBook, buildTimeoutCertificate } from './certificates';
import { Committee, genesisBlock } from './committee';
import type { TimeoutEntry, TimeoutMessage } from './types';

const id = (seed: number): Uint8Array => Uint8Array.from(sha256(Uint8Array.of(seed)));

function signWith(replica: number, preimage: Uint8Array): Uint8Array {
  const half = sha256(Uint8Array.from([replica, ...preimage]));
  return Uint8Array.from([...half, ...half]);
}

const genesis: Genesis = {
  ledgerId: new Uint8Array(16).fill(7),
  createdAtNs: 1n,
  operator: { id: 1n, name: 'o', threshold: 1, keys: [{ scheme: 'ed25519', bytes: id(1) }] },
  rulesVersion: RULES_VERSION,
  replicas: [1, 2, 3, 4].map((seed) => ({ consensusKey: id(seed), certificateHash: id(seed) })),
  governance: { threshold: 1, keys: [{ scheme: 'ed25519', bytes: id(1) }] },
};

const committeeOf = (self: number): Committee =>
  new Committee({
    configuration: firstConfiguration(genesis),
    genesis: genesisBlock(genesis),
    signer: (key) => (key === genesis.replicas[self].consensusKey ? (preimage) => signWith(self, preimage) : null),
    verify: (key, preimage, signature) => {
      const replica = genesis.replicas.findIndex(({ consensusKey }) => consensusKey === key.bytes);
      return signWith(replica, preimage).every((byte, index) => byte === signature[index]);
    },
  });

const members = [0, 1, 2, 3].map(committeeOf);

function certify(kind: 'prepare' | 'commit', position: CertifiedPosition, signers: number[]): Certificate {
  return {
    kind,
    epoch: 1,
    ...position,
    signers,
    signatures: signers.map((signer) => members[signer].signVote(kind, position)),
  };
}

function timeout(replica: number, term: number, highCertificate: Certificate | null): TimeoutMessage {
  const high =
    highCertificate === null
      ? null
      : { term: highCertificate.term, slot: highCertificate.slot, blockId: highCertificate.blockId };
  return { kind: 'timeout', term, replica, high, highCertificate, signature: members[replica].signTimeout(term, high) };
}

const unknown = [null, null, null, null];
const book = (): CertificateBook => new CertificateBook(members[0]);
const position = { term: 2, slot: 5, blockId: id(50) };

describe('C-4: certificates', () => {
  it('needs a quorum of different, ascending, valid signers', () => {
    expect(book().verify(certify('commit', position, [0, 1, 3]))).not.toBeNull();
    expect(book().verify(certify('commit', position, [0, 1]))).toBeNull();
    expect(book().verify(certify('commit', position, [0, 1, 1]))).toBeNull();
    expect(book().verify(certify('commit', position, [1, 0, 3]))).toBeNull();
    expect(book().verify({ ...certify('commit', position, [0, 1, 3]), slot: 6 })).toBeNull();
    expect(book().verify({ ...certify('prepare', position, [0, 1, 3]), kind: 'commit' })).toBeNull();
    expect(book().verify({ ...certify('commit', position, [0, 1, 3]), epoch: 2 })).toBeNull();
  });

  it('a statement known to be certified never lends itself to other signatures', () => {
    const known = certify('commit', position, [0, 1, 3]);
    const certificates = book();
    expect(certificates.verify(known)).toBe(known);
    const forged = { ...known, signatures: known.signatures.map(() => new Uint8Array(64)) };
    expect(certificates.verify(forged)).toBe(known);
  });
});

describe('C-7: timeout certificates', () => {
  const high = certify('prepare', position, [0, 1, 2]);
  const low = certify('prepare', { term: 1, slot: 9, blockId: id(19) }, [0, 1, 2]);

  it('names the block of the highest certificate', () => {
    const built = buildTimeoutCertificate([timeout(3, 2, low), timeout(0, 2, null), timeout(1, 2, high)]);
    expect(book().verifyTimeoutCertificate(built, unknown)?.highCertificate).toBe(high);
  });

  it('refuses an entry of maximal rank that names a block without a certificate', () => {
    // Replica 3 claims the highest rank for a block that nobody certified.
    const lie = { term: 2, slot: 8, blockId: id(66) };
    const entry: TimeoutEntry = { replica: 3, high: lie, signature: members[3].signTimeout(2, lie) };
    const honest = [timeout(0, 2, high), timeout(1, 2, low)].map(({ replica, high: claimed, signature }) => ({
      replica,
      high: claimed,
      signature,
    }));
    expect(
      book().verifyTimeoutCertificate({ term: 2, entries: [...honest, entry], highCertificate: high }, unknown),
    ).toBeNull();
    const forged = { ...certify('prepare', lie, [3]), signers: [0, 1, 3], signatures: high.signatures };
    expect(
      book().verifyTimeoutCertificate({ term: 2, entries: [...honest, entry], highCertificate: forged }, unknown),
    ).toBeNull();
  });

  it('refuses a tie in rank that names another block than the certificate', () => {
    const lie = { ...position, blockId: id(66) };
    const entries = [
      { replica: 0, high: null, signature: members[0].signTimeout(2, null) },
      { replica: 1, high: null, signature: members[1].signTimeout(2, null) },
      { replica: 3, high: lie, signature: members[3].signTimeout(2, lie) },
    ];
    expect(book().verifyTimeoutCertificate({ term: 2, entries, highCertificate: high }, unknown)).toBeNull();
  });

  it('refuses a base that is not the maximum, one too few entries, a future rank and a foreign signature', () => {
    const full = buildTimeoutCertificate([timeout(0, 2, high), timeout(1, 2, low), timeout(3, 2, null)]);
    expect(book().verifyTimeoutCertificate({ ...full, highCertificate: low }, unknown)).toBeNull();
    expect(book().verifyTimeoutCertificate({ ...full, highCertificate: null }, unknown)).toBeNull();
    expect(book().verifyTimeoutCertificate({ ...full, entries: full.entries.slice(1) }, unknown)).toBeNull();
    const early = buildTimeoutCertificate([timeout(0, 1, high), timeout(1, 1, low), timeout(3, 1, null)]);
    expect(book().verifyTimeoutCertificate(early, unknown)).toBeNull();
    const swapped = full.entries.map((entry) =>
      entry.replica === 3 ? { ...entry, signature: full.entries[0].signature } : entry,
    );
    expect(book().verifyTimeoutCertificate({ ...full, entries: swapped }, unknown)).toBeNull();
  });

  it('takes the signature of a known TIMEOUT for what that says only', () => {
    const known = [timeout(0, 2, null), timeout(1, 2, high), timeout(2, 2, null), null];
    const certificate = buildTimeoutCertificate([known[0], known[1], known[2]].filter((each) => each !== null));
    expect(book().verifyTimeoutCertificate(certificate, known)).not.toBeNull();
    const entries = certificate.entries.map((entry) => (entry.replica === 0 ? { ...entry, high: position } : entry));
    expect(book().verifyTimeoutCertificate({ ...certificate, entries }, known)).toBeNull();
  });

  it('refuses entries that are not in ascending order', () => {
    const certificate = buildTimeoutCertificate([0, 1, 2].map((replica) => timeout(replica, 2, null)));
    const entries = [...certificate.entries].reverse();
    expect(book().verifyTimeoutCertificate({ ...certificate, entries }, unknown)).toBeNull();
  });

  it('null highs stand for genesis', () => {
    const built = buildTimeoutCertificate([timeout(0, 1, null), timeout(1, 1, null), timeout(2, 1, null)]);
    expect(book().verifyTimeoutCertificate(built, unknown)).toEqual(built);
    expect(book().verifyTimeoutCertificate({ ...built, highCertificate: high }, unknown)).toBeNull();
  });
});
