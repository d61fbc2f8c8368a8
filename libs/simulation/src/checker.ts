import type { Block, Message, TimeoutMessage } from '@quorate/consensus';
import { hex, sha256 } from '@quorate/crypto';
import { certificateFault } from '@quorate/light-client';
import {
  firstConfiguration,
  LIMITS,
  blockId,
  bodyRoot,
  commitPreimage,
  configHash,
  consensusContext,
  decodeEpochEnd,
  decodeEvidence,
  encodeHeader,
  evidenceFault,
  genesisHeader,
  quorum,
  type BlockHeader,
  type Certificate,
  type Configuration,
  type Evidence,
  type Genesis,
  type VerifyKey,
} from '@quorate/protocol';
import { simulatedCertificateHash, simulatedVerify } from './signing';

/** How far a block's time may be ahead of an honest clock: what voters accept (C-25), and the skew between two clocks. */
const CLOCK_AHEAD_NS_MAX = 500_000_000n + 400_000_000n;

interface SeenVote {
  readonly epoch: number;
  readonly kind: 'prepare' | 'commit';
  readonly term: number;
  readonly slot: number;
  /** Of the block voted for. */
  readonly key: string;
}

/** Watches everything that leaves honest replicas and everything they hold to be final. */
export class Checker {
  readonly violations: string[] = [];
  private readonly finalKeys: string[] = [];
  private readonly finalHeaders: BlockHeader[] = [];
  /** Of final blocks, by key. */
  private readonly heights = new Map<string, number>();
  private readonly genesisKey: string;
  private readonly execRoots = new Map<number, string>();
  private readonly votes = new Map<string, string>();
  /** Epoch and replica of the evidence on the ledger. */
  readonly accused = new Set<string>();
  private readonly highestCommit = new Map<string, number>();
  private readonly timeouts = new Map<string, string>();
  /** Configurations by epoch, from the final blocks that began them. */
  private readonly configurations = new Map<number, { configuration: Configuration; context: Uint8Array }>();

  constructor(
    genesis: Genesis,
    private readonly isHonest: (replica: number) => boolean,
    private readonly verify: VerifyKey = simulatedVerify,
  ) {
    this.addConfiguration(firstConfiguration(genesis));
    this.finalHeaders.push(genesisHeader(genesis));
    this.genesisKey = hex(blockId(encodeHeader(genesisHeader(genesis))));
  }

  get finalHeightMax(): number {
    return this.finalKeys.length;
  }

  /** Of the highest epoch that some honest replica is in. */
  get newestConfiguration(): Configuration {
    return this.inEpoch(this.configurations.size).configuration;
  }

  configuration(epoch: number): Configuration {
    return this.inEpoch(epoch).configuration;
  }

  /** What votes of an epoch are bound to. */
  context(epoch: number): Uint8Array {
    return this.inEpoch(epoch).context;
  }

  private inEpoch(epoch: number): { configuration: Configuration; context: Uint8Array } {
    const entry = this.configurations.get(epoch);
    if (entry === undefined) throw new RangeError(`epoch ${epoch} has not begun`);
    return entry;
  }

  private addConfiguration(configuration: Configuration): void {
    this.configurations.set(configuration.epoch, { configuration, context: consensusContext(configuration) });
  }

  /** One id per height, and a certificate that holds outside the core too. */
  onFinal(replica: number, blocks: readonly Block[], certificate: Certificate, wallClockNs?: bigint): void {
    if (!this.isHonest(replica)) return;
    for (const block of blocks) {
      const index = block.header.height - 1;
      const known = this.finalKeys[index];
      if (known === undefined && index !== this.finalKeys.length)
        this.report(`replica ${replica} skipped to height ${block.header.height}`);
      if (known !== undefined && known !== block.key)
        this.report(`AGREEMENT: replica ${replica} has another block at height ${block.header.height}`);
      if (known === undefined) this.checkContent(block, wallClockNs);
      if (known === undefined && block.header.kind === 'epoch_end')
        this.addConfiguration(decodeEpochEnd(block.body).configuration);
      this.finalKeys[index] ??= block.key;
      this.heights.set(block.key, block.header.height);
      if (hex(bodyRoot(block.body)) !== hex(block.header.bodyRoot))
        this.report(`BODY: replica ${replica} holds another`);
    }
    this.checkCertificate(replica, certificate);
  }

  /** C-16: what a replica commits to can be read back after a crash. */
  onCommit(replica: number, blockKey: string, disk: { holds(key: string): boolean }): void {
    if (this.isHonest(replica) && blockKey !== this.genesisKey && !disk.holds(blockKey))
      this.report(`COMMIT WITHOUT BODY: replica ${replica}`);
  }

  /** C-21, C-23, C-25: what a quorum of which some are honest can never have voted for. */
  private checkContent({ header, body }: Block, wallClockNs: bigint | undefined): void {
    const parent = this.finalHeaders[header.height - 1];
    this.finalHeaders[header.height] = header;
    if (header.operationCount > LIMITS.blockOperationsMax || body.length !== header.bodyLength)
      this.report(`CONTENT: height ${header.height}`);
    if (parent === undefined) return;
    this.checkEpoch(parent, header);
    if (header.kind === 'evidence') this.checkEvidence(decodeEvidence(body));
    const earliestNs = parent.timeNs + BigInt(Math.max(1, parent.operationCount));
    if (header.timeNs < earliestNs) this.report(`TIME: height ${header.height} is before its parent's last operation`);
    const aheadNs = wallClockNs === undefined ? 0n : header.timeNs - wallClockNs;
    if (header.timeNs > earliestNs && aheadNs > CLOCK_AHEAD_NS_MAX)
      this.report(`TIME: height ${header.height} is ${aheadNs / 1_000_000n} ms ahead`);
  }

  /** C-41, C-42: evidence holds outside the core too, never accuses who is honest, and is recorded once. */
  private checkEvidence(evidence: Evidence): void {
    const { configuration } = this.inEpoch(evidence.epoch);
    const fault = evidenceFault(configuration, evidence, this.verify);
    const certificateHash = hex(configuration.replicas[evidence.replica].certificateHash);
    const key = `${evidence.epoch} ${evidence.replica}`;
    let node = 0;
    while (hex(simulatedCertificateHash(node)) !== certificateHash) node += 1;
    if (fault !== null) this.report(`EVIDENCE: it proves nothing: ${fault}`);
    if (this.isHonest(node)) this.report(`EVIDENCE: it accuses node ${node}, which is honest`);
    if (this.accused.has(key)) this.report(`EVIDENCE: replica ${evidence.replica} is accused twice`);
    this.accused.add(key);
  }

  /** C-37: an epoch's end is followed by its own successor only, and every other block by one of its epoch. */
  private checkEpoch(parent: BlockHeader, header: BlockHeader): void {
    const ended = parent.kind === 'epoch_end';
    const { configuration } = this.inEpoch(header.epoch);
    const named = hex(configHash(configuration)) === hex(header.configHash);
    if (
      header.epoch !== parent.epoch + (ended ? 1 : 0) ||
      !named ||
      (ended && hex(parent.nextConfigHash) !== hex(header.configHash))
    )
      this.report(`EPOCH: height ${header.height} is of epoch ${header.epoch} above one of ${parent.epoch}`);
  }

  onExecuted(replica: number, height: number, execRoot: Uint8Array): void {
    if (!this.isHonest(replica)) return;
    const root = hex(execRoot);
    const known = this.execRoots.get(height);
    if (known !== undefined && known !== root) this.report(`EXECUTION: replica ${replica} differs at height ${height}`);
    this.execRoots.set(height, root);
  }

  onAlarm(replica: number, code: string, detail: string, fatal: boolean): void {
    if (this.isHonest(replica) && fatal) this.report(`ALARM ${code} at replica ${replica}: ${detail}`);
  }

  /** C-10, C-13, C-15: what an honest replica may never do, whatever crashed in between. */
  onSend(replica: number, message: Message, epoch: number): void {
    if (!this.isHonest(replica)) return;
    if (message.kind === 'propose')
      this.checkVote(replica, { ...message, kind: 'prepare', epoch, key: hex(blockId(message.headerBytes)) });
    else if (message.kind === 'prepare' || message.kind === 'commit') {
      this.checkVote(replica, { ...message, epoch, key: hex(message.blockId) });
    } else if (message.kind === 'timeout') this.checkTimeout(replica, message, epoch);
  }

  private checkVote(replica: number, { epoch, kind, term, slot, key }: SeenVote): void {
    const place = `${replica} ${epoch} ${kind} ${term} ${slot}`;
    const known = this.votes.get(place);
    if (known !== undefined && known !== key) this.report(`DOUBLE VOTE: ${place}`);
    this.votes.set(place, key);
    if (kind === 'commit') {
      const ofTerm = `${replica} ${epoch} ${term}`;
      this.highestCommit.set(ofTerm, Math.max(this.highestCommit.get(ofTerm) ?? 0, slot));
      const timeout = this.timeouts.get(ofTerm);
      if (timeout !== undefined) this.checkPositions(replica, term, slot, timeout);
    }
  }

  private checkTimeout(replica: number, message: TimeoutMessage, epoch: number): void {
    const place = `${replica} ${epoch} ${message.term}`;
    const content = `${message.high?.term ?? 0} ${message.high?.slot ?? 0} ${hex(message.high?.blockId ?? new Uint8Array(0))} ${hex(message.signature)}`;
    const known = this.timeouts.get(place);
    if (known !== undefined && known !== content) this.report(`TWO TIMEOUTS: replica ${replica} term ${message.term}`);
    this.timeouts.set(place, content);
    this.checkPositions(replica, message.term, this.highestCommit.get(place) ?? 0, content);
  }

  /** A TIMEOUT names a position at or above every COMMIT of its term. */
  private checkPositions(replica: number, term: number, committedSlot: number, timeout: string): void {
    if (committedSlot === 0) return;
    const [highTerm, highSlot] = timeout.split(' ').map(Number);
    if (highTerm < term || (highTerm === term && highSlot < committedSlot)) {
      this.report(`COMMIT ABOVE TIMEOUT: replica ${replica} term ${term} slot ${committedSlot}`);
    }
  }

  /** The light client's judgement, where the block that is named has been seen; while catching up it may be a later one. */
  private checkCertificate(replica: number, certificate: Certificate): void {
    const { configuration, context } = this.inEpoch(certificate.epoch);
    const height = this.heights.get(hex(certificate.blockId));
    const header = height === undefined ? undefined : this.finalHeaders[height];
    const proven =
      header?.epoch === certificate.epoch
        ? certificateFault(configuration, header, certificate, this.verify) === null
        : this.signedByQuorum(configuration, context, certificate);
    if (certificate.kind !== 'commit' || !proven)
      this.report(`CERTIFICATE: replica ${replica} holds one that proves nothing`);
  }

  private signedByQuorum({ replicas }: Configuration, context: Uint8Array, certificate: Certificate): boolean {
    const preimage = commitPreimage(context, certificate, certificate.blockId);
    const valid = certificate.signers.every((signer, index) =>
      this.verify({ scheme: 'ed25519', bytes: replicas[signer].consensusKey }, preimage, certificate.signatures[index]),
    );
    return valid && new Set(certificate.signers).size >= quorum(replicas.length);
  }

  /** Notes what must not happen. */
  report(violation: string): void {
    if (this.violations.length < 20) this.violations.push(violation);
  }
}

/** A running digest of everything that happened: equal for equal seeds. */
export class Trace {
  private digest = new Uint8Array(32);
  private pending: string[] = [];

  note(line: string): void {
    this.pending.push(line);
    if (this.pending.length >= 256) this.fold();
  }

  hash(): string {
    this.fold();
    return hex(this.digest);
  }

  private fold(): void {
    if (this.pending.length === 0) return;
    const text = new TextEncoder().encode(this.pending.join('\n'));
    const joined = new Uint8Array(32 + text.length);
    joined.set(this.digest);
    joined.set(text, 32);
    this.digest = Uint8Array.from(sha256(joined));
    this.pending = [];
  }
}
