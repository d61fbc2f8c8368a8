// Two statements of one replica, signed with its consensus key, that no correct replica signs both: proof that it broke the rules of
// voting (docs/spec/consensus.md). It needs nothing but the configuration of its epoch to be verified.
import { CodecError, Reader, Writer } from '@quorate/codec';
import { SIGNATURE_BYTES, equalBytes } from '@quorate/crypto';
import { ZERO_HASH } from './block';
import type { Configuration } from './configuration';
import type { VerifyKey } from './epoch-end';
import { commitPreimage, consensusContext, preparePreimage, timeoutPreimage, type CertifiedPosition } from './vote';

/** A PREPARE (a proposal is its leader's) or COMMIT vote, as signed. */
export interface VoteStatement extends CertifiedPosition {
  readonly kind: 'prepare' | 'commit';
  readonly signature: Uint8Array;
}

/** A TIMEOUT, as signed. */
export interface TimeoutStatement {
  readonly kind: 'timeout';
  readonly term: number;
  readonly high: CertifiedPosition | null;
  readonly signature: Uint8Array;
}

/** What a replica has signed in the name of one epoch. */
export type SignedStatement = VoteStatement | TimeoutStatement;

/** Two signed statements of one replica that contradict each other. */
export interface Evidence {
  readonly epoch: number;
  /** Index in the configuration of that epoch. */
  readonly replica: number;
  readonly first: SignedStatement;
  readonly second: SignedStatement;
}

/** How the two statements contradict each other. */
export type Contradiction =
  /** Two PREPAREs, or two proposals, at one position for different blocks. */
  | 'two_prepares'
  /** Two COMMITs at one position for different blocks. */
  | 'two_commits'
  /** Two TIMEOUTs of one term with different content. */
  | 'two_timeouts'
  /** A COMMIT of a term that a TIMEOUT gives up while naming a lower certificate: one of them came too late, or was forgotten. */
  | 'commit_forgotten';

/** Why evidence proves nothing. */
export type EvidenceFault = 'wrong_epoch' | 'no_such_replica' | 'no_contradiction' | 'signature_wrong';

/** First byte of evidence where an operation stands; no envelope can hold it. */
export const EVIDENCE_TAG = 15;
const NO_POSITION: CertifiedPosition = { term: 0, slot: 0, blockId: ZERO_HASH };
const KIND_TAGS = { prepare: 1, commit: 2, timeout: 3 } as const;

function compareBytes(left: Uint8Array, right: Uint8Array): number {
  for (let index = 0; index < left.length; index += 1)
    if (left[index] !== right[index]) return left[index] - right[index];
  return 0;
}

function writePosition(writer: Writer, { term, slot, blockId }: CertifiedPosition): void {
  writer.uint(term).uint(slot).fixed(blockId, 32);
}

function readPosition(reader: Reader): CertifiedPosition {
  return { term: reader.uint(), slot: reader.uint(), blockId: reader.fixed(32).slice() };
}

function writeStatement(writer: Writer, statement: SignedStatement): void {
  writer.u8(KIND_TAGS[statement.kind]);
  if (statement.kind !== 'timeout') writePosition(writer, statement);
  else {
    writer.uint(statement.term).u8(statement.high === null ? 0 : 1);
    if (statement.high !== null) writePosition(writer, statement.high);
  }
  writer.fixed(statement.signature, SIGNATURE_BYTES);
}

function readStatement(reader: Reader): SignedStatement {
  const tag = reader.u8();
  if (tag === KIND_TAGS.prepare || tag === KIND_TAGS.commit) {
    const kind = tag === KIND_TAGS.prepare ? 'prepare' : 'commit';
    return { kind, ...readPosition(reader), signature: reader.fixed(SIGNATURE_BYTES).slice() };
  }
  if (tag !== KIND_TAGS.timeout) throw new CodecError('CODEC_INVALID', 'unknown kind of statement', { tag });
  const term = reader.uint();
  const hasHigh = reader.u8();
  if (hasHigh > 1) throw new CodecError('CODEC_INVALID', 'a flag is 0 or 1', { value: hasHigh });
  const high = hasHigh === 1 ? readPosition(reader) : null;
  return { kind: 'timeout', term, high, signature: reader.fixed(SIGNATURE_BYTES).slice() };
}

function statementBytes(statement: SignedStatement): Uint8Array {
  const writer = new Writer(160);
  writeStatement(writer, statement);
  return writer.finish();
}

/** Evidence from two statements, which have one order in it. */
export function makeEvidence(epoch: number, replica: number, one: SignedStatement, other: SignedStatement): Evidence {
  const inOrder = compareBytes(statementBytes(one), statementBytes(other)) <= 0;
  return { epoch, replica, first: inOrder ? one : other, second: inOrder ? other : one };
}

/** Its bytes, as the body of a block and in the place of an operation. */
export function encodeEvidence({ epoch, replica, first, second }: Evidence): Uint8Array {
  const writer = new Writer(320).u8(EVIDENCE_TAG).u32(epoch).u8(replica);
  writeStatement(writer, first);
  writeStatement(writer, second);
  return writer.finish();
}

/** Decodes what encodeEvidence wrote; nothing of it is verified. Throws CodecError. */
export function decodeEvidence(bytes: Uint8Array): Evidence {
  const reader = new Reader(bytes);
  const tag = reader.u8();
  if (tag !== EVIDENCE_TAG) throw new CodecError('CODEC_INVALID', 'not evidence', { tag });
  const epoch = reader.u32();
  const replica = reader.u8();
  const [first, second] = [readStatement(reader), readStatement(reader)];
  reader.end();
  if (compareBytes(statementBytes(first), statementBytes(second)) > 0)
    throw new CodecError('CODEC_INVALID', 'the statements are not in order');
  return { epoch, replica, first, second };
}

/** How the statements contradict each other; null if a correct replica may have signed both. Says nothing of the signatures. */
export function contradictionOf({ first, second }: Evidence): Contradiction | null {
  if (first.kind === 'timeout') return second.kind === 'timeout' ? twoTimeouts(first, second) : null;
  if (second.kind === 'timeout')
    return first.kind === 'commit' && isForgotten(first, second) ? 'commit_forgotten' : null;
  if (first.kind !== second.kind || first.term !== second.term || first.slot !== second.slot) return null;
  if (equalBytes(first.blockId, second.blockId)) return null;
  return first.kind === 'prepare' ? 'two_prepares' : 'two_commits';
}

function twoTimeouts(first: TimeoutStatement, second: TimeoutStatement): Contradiction | null {
  return first.term === second.term && !samePosition(first.high, second.high) ? 'two_timeouts' : null;
}

/** Whether a TIMEOUT that names the one is signed over the same bytes as one that names the other: none is written as zeros there. */
function samePosition(left: CertifiedPosition | null, right: CertifiedPosition | null): boolean {
  const [one, other] = [left ?? NO_POSITION, right ?? NO_POSITION];
  return one.term === other.term && one.slot === other.slot && equalBytes(one.blockId, other.blockId);
}

/** A COMMIT is sent with its certificate on disk, and a TIMEOUT names the highest one: so it names that one or a higher one. */
function isForgotten(commit: VoteStatement, { term, high }: TimeoutStatement): boolean {
  if (term < commit.term) return false;
  return high === null || high.term < commit.term || (high.term === commit.term && high.slot < commit.slot);
}

/** Why the evidence proves nothing against the replica under the configuration of its epoch; null if it does. */
export function evidenceFault(
  configuration: Configuration,
  evidence: Evidence,
  verify: VerifyKey,
): EvidenceFault | null {
  if (evidence.epoch !== configuration.epoch) return 'wrong_epoch';
  if (evidence.replica >= configuration.replicas.length) return 'no_such_replica';
  if (contradictionOf(evidence) === null) return 'no_contradiction';
  const key = { scheme: 'ed25519' as const, bytes: configuration.replicas[evidence.replica].consensusKey };
  const context = consensusContext(configuration);
  const signed = [evidence.first, evidence.second].every((statement) =>
    verify(key, preimageOf(context, statement), statement.signature),
  );
  return signed ? null : 'signature_wrong';
}

function preimageOf(context: Uint8Array, statement: SignedStatement): Uint8Array {
  if (statement.kind === 'timeout') return timeoutPreimage(context, statement.term, statement.high);
  const preimage = statement.kind === 'prepare' ? preparePreimage : commitPreimage;
  return preimage(context, statement, statement.blockId);
}
