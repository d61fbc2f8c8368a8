import { equalBytes } from '@quorate/crypto';
import {
  RULES_VERSION,
  configHash,
  decodeConfiguration,
  decodeEpochEnd,
  encodeEpochEnd,
  successionFault,
  type BlockHeader,
  type Configuration,
  type GovernanceSignature,
  type Ready,
} from '@quorate/protocol';
import { claimedHeight } from './claims';
import { Committee } from './committee';
import { isCatchingUp } from './finality';
import { readOrNull } from './malformed';
import { READY_BLOCKS_MAX, READY_NS_MAX, READY_RENEW_BLOCKS, READY_RENEW_NS } from './limits';
import type { CoreState, Succession } from './state';
import type { HeaderLink, Judgement, ReadyMessage } from './types';

/** C-35: governance wants this configuration to follow the current one. */
export function onReconfigure(core: CoreState, bytes: Uint8Array, signatures: readonly GovernanceSignature[]): void {
  const configuration = readOrNull(() => decodeConfiguration(bytes));
  if (configuration === null) return core.alarm('CONFIGURATION_REFUSED', 'it is malformed');
  // A repetition of what has been done.
  if (configuration.epoch <= core.committee.epoch) return;
  // A replica that joins may be epochs behind: it comes back to this when it is not.
  if (configuration.epoch > core.committee.epoch + 1) {
    core.wanted = { bytes, signatures };
    return;
  }
  const fault = configurationFault(core, configuration, signatures);
  if (fault !== null) return core.alarm('CONFIGURATION_REFUSED', fault);
  const committee = membersOf(core, configuration);
  if (core.succession !== null && equalBytes(core.succession.committee.configHash, committee.configHash)) return;
  core.succession = { configuration, signatures, committee, readys: new Map(), resendAtMs: core.now.nowMs };
  core.changed();
}

function configurationFault(
  core: CoreState,
  configuration: Configuration,
  signatures: readonly GovernanceSignature[],
): string | null {
  const { rulesVersion } = core.committee.configuration;
  const known = core.options.rulesVersionMax ?? RULES_VERSION;
  if (configuration.rulesVersion > known || configuration.rulesVersion < rulesVersion)
    return `rules version ${configuration.rulesVersion} is unknown here or of the past`;
  return successionFault(core.committee.configuration, configuration, signatures, core.options.verify);
}

/** The committee of a configuration that has not begun. */
function membersOf(core: CoreState, configuration: Configuration): Committee {
  const { signer, verify } = core.options;
  return new Committee({ configuration, genesis: core.committee.genesis, signer, verify });
}

/** C-36: says READY once this replica, a member of the next configuration, has executed the chain; again as the chain grows, and while nothing happens. */
export function keepReady(core: CoreState): void {
  const { succession, chain } = core;
  if (succession === null || !succession.committee.isMember || core.halted || core.epochEnd !== null) return;
  const own = succession.readys.get(succession.committee.self);
  const at = chain.finalHeader(chain.executedHeight);
  const execRoot = chain.execRoot(chain.executedHeight);
  if (at !== undefined && execRoot !== undefined && mustRenew(core, own, at)) {
    const content = {
      replica: succession.committee.self,
      height: at.header.height,
      blockId: at.id,
      execRoot,
      timeNs: at.header.timeNs,
    };
    const ready = { ...content, signature: succession.committee.signReady(core.committee.configHash, content) };
    succession.readys.set(ready.replica, ready);
    succession.resendAtMs = core.now.nowMs;
    core.changed();
  }
  repeatReady(core, succession);
}

function mustRenew(core: CoreState, own: Ready | undefined, at: HeaderLink): boolean {
  const { height, timeNs } = at.header;
  if (isCatchingUp(core) || claimedHeight(core) > height + READY_RENEW_BLOCKS) return false;
  return own === undefined || height >= own.height + READY_RENEW_BLOCKS || timeNs >= own.timeNs + READY_RENEW_NS;
}

function repeatReady(core: CoreState, succession: Succession): void {
  const ready = succession.readys.get(succession.committee.self);
  if (ready === undefined || core.now.nowMs < succession.resendAtMs) return;
  succession.resendAtMs = core.now.nowMs + core.parameters.resendMs * 2;
  core.send('all', { kind: 'ready', configHash: succession.committee.configHash, ready });
}

/** When the own READY goes out again; null if there is none. */
export function readyDueMs(core: CoreState): number | null {
  const { succession } = core;
  if (succession === null || core.epochEnd !== null) return null;
  return succession.readys.has(succession.committee.self) ? succession.resendAtMs : null;
}

/** READY of a member of the next configuration. Its signature counts, not the channel. */
export function onReady(core: CoreState, { configHash: wanted, ready }: ReadyMessage): void {
  const { succession } = core;
  if (succession === null || !equalBytes(wanted, succession.committee.configHash)) return;
  const known = succession.readys.get(ready.replica);
  if (known !== undefined && known.height >= ready.height) return;
  if (!succession.committee.verifyReady(core.committee.configHash, ready))
    return core.alarm('SIGNATURE_INVALID', `READY of replica ${ready.replica}`);
  succession.readys.set(ready.replica, ready);
  core.changed();
}

/** C-37: the body with which the leader may end the epoch above `tip`; null while too few members of the next configuration are ready. */
export function epochEndBody(core: CoreState, tip: HeaderLink): Uint8Array | null {
  const { succession } = core;
  if (succession === null) return null;
  const timeNs = core.now.timeNs > tip.header.timeNs ? core.now.timeNs : tip.header.timeNs;
  const place = { height: tip.header.height + 1, timeNs };
  const readys = [...succession.readys.values()]
    .filter((ready) => readyJudgement(core, ready, place) === 'valid')
    .sort((left, right) => left.replica - right.replica);
  if (readys.length < succession.committee.quorum) return null;
  return encodeEpochEnd({ configuration: succession.configuration, signatures: succession.signatures, readys });
}

/** Whether enough members of the next configuration said READY, however long ago: then whoever leads can end the epoch, if need be after an empty block (C-26). */
export function isSuccessionDue(core: CoreState): boolean {
  const { succession } = core;
  if (succession === null) return false;
  const height = core.chain.finalTip.header.height + 1;
  const isGood = (ready: Ready): boolean => readyJudgement(core, ready, { height, timeNs: ready.timeNs }) === 'valid';
  return [...succession.readys.values()].filter(isGood).length >= succession.committee.quorum;
}

/** Hash of the configuration that follows an epoch's end. */
export function nextConfigHash(body: Uint8Array): Uint8Array {
  return configHash(decodeEpochEnd(body).configuration);
}

/** C-36: on an idle ledger READYs grow old with the tip; an empty block lets them be made anew. */
export function wantsTimeKeeping(core: CoreState, tip: HeaderLink): boolean {
  return core.succession !== null && core.now.timeNs >= tip.header.timeNs + core.parameters.emptyBlockNsMin;
}

/** Everything about an epoch's end that can be judged without its parent (C-35, C-36). */
export function epochEndContentValid(core: CoreState, header: BlockHeader, body: Uint8Array): boolean {
  const end = header.operationCount === 0 ? readOrNull(() => decodeEpochEnd(body)) : null;
  if (end === null || !equalBytes(header.nextConfigHash, configHash(end.configuration))) return false;
  if (configurationFault(core, end.configuration, end.signatures) !== null) return false;
  const committee = membersOf(core, end.configuration);
  if (end.readys.length < committee.quorum) return false;
  return end.readys.every((ready) => committee.verifyReady(core.committee.configHash, ready));
}

/** What needs the chain below an epoch's end: it proves all results, and names READYs of its own ancestors that are not old (C-36, C-37). */
export function judgeEpochEnd(core: CoreState, header: BlockHeader, body: Uint8Array): Judgement {
  if (header.execHeight !== header.height - 1) return 'invalid';
  const judgements = decodeEpochEnd(body).readys.map((ready) => readyJudgement(core, ready, header));
  if (judgements.includes('invalid')) return 'invalid';
  return judgements.includes('wait') ? 'wait' : 'valid';
}

function readyJudgement(core: CoreState, ready: Ready, place: { height: number; timeNs: bigint }): Judgement {
  if (ready.height >= place.height || place.height - ready.height > READY_BLOCKS_MAX) return 'invalid';
  if (place.timeNs - ready.timeNs > READY_NS_MAX) return 'invalid';
  const named = core.chain.finalHeader(ready.height);
  if (named === undefined) return 'wait';
  if (!equalBytes(named.id, ready.blockId) || named.header.timeNs !== ready.timeNs) return 'invalid';
  // Results that this replica does not remember are the signer's affair: a READY is a statement about its maker.
  const own = core.chain.execRoot(ready.height);
  return own === undefined || equalBytes(own, ready.execRoot) ? 'valid' : 'invalid';
}
