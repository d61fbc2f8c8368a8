import type { LedgerEntity, LedgerRecord, LedgerStepEntity, ReplicaEntity } from '@quorate/database';
import type { LedgerView, StepView } from './ledgers.schemas';

/** A running replica that its worker did not mention for this long is shown as lost. Workers beat every second. */
const observationFreshMs = 6_000;

/** A ledger as the API shows it. */
export function toLedgerView({ ledger, replicas, joiners }: LedgerRecord, nowMs: number): LedgerView {
  return {
    id: ledger.id,
    name: ledger.name,
    class: ledger.class,
    region: ledger.region,
    state: ledger.state,
    ...(ledger.causeCode === null ? {} : { cause: { code: ledger.causeCode, detail: ledger.causeDetail ?? '' } }),
    genesisId: ledger.genesisId,
    epoch: ledger.epoch,
    replicas: replicas.map((replica) => toReplicaView(replica, nowMs)),
    replicasWanted: ledger.replicaCount,
    joiners: joiners.map((replica) => toReplicaView(replica, nowMs)),
    backup: toBackupView(ledger, replicas),
    createdAt: ledger.createdAt.toISOString(),
    readyAt: ledger.readyAt?.toISOString() ?? null,
    expiresAt: ledger.expiresAt?.toISOString() ?? null,
    archiveUntil:
      ledger.shredCertificate === null && ledger.archived ? (ledger.archiveUntil?.toISOString() ?? null) : null,
    shredCertificate: ledger.shredCertificate,
    parent: toParentView(ledger),
    provisioningMs: ledger.readyAt === null ? null : ledger.readyAt.getTime() - ledger.createdAt.getTime(),
  };
}

function toBackupView(ledger: LedgerEntity, replicas: readonly ReplicaEntity[]): LedgerView['backup'] {
  if (!ledger.archived) return null;
  const [shipping] = replicas
    .filter(({ archivedHeight }) => archivedHeight !== null)
    .sort((left, right) => (right.observedAt?.getTime() ?? 0) - (left.observedAt?.getTime() ?? 0));
  return {
    height: Number(shipping?.archivedHeight ?? 0),
    lagBlocks: shipping === undefined ? null : Number(shipping.archiveLagBlocks),
    lagSeconds: shipping?.archiveLagSeconds ?? null,
    error: shipping?.archiveError ?? null,
    observedAt: shipping?.observedAt?.toISOString() ?? null,
  };
}

function toParentView({ parentId, parentHeight, parentState: state }: LedgerEntity): LedgerView['parent'] {
  if (parentId === null) return null;
  const height = parentHeight === null ? null : Number(parentHeight);
  if (state === null) return { ledgerId: parentId, genesisId: null, height, restore: null };
  const { genesisId, elapsedMs, tipHeight, tipTimeNs, height: restoredHeight, trialBalance, ...found } = state;
  const ns = (BigInt(tipTimeNs) - BigInt(found.timeNs)).toString();
  const recoveryPoint = { heights: tipHeight - restoredHeight, ns };
  const recoveryMs = Math.round(elapsedMs * 10) / 10;
  return {
    ledgerId: parentId,
    genesisId,
    height,
    restore: { ...found, trialBalance: [...trialBalance], recoveryPoint, recoveryMs },
  };
}

function toReplicaView(replica: ReplicaEntity, nowMs: number): LedgerView['replicas'][number] {
  const silent = replica.observedAt === null || nowMs - replica.observedAt.getTime() > observationFreshMs;
  return {
    id: replica.id,
    index: replica.index,
    state: replica.state === 'running' && silent ? 'lost' : replica.state,
    workerId: replica.workerId,
    workerName: replica.workerName,
    height: replica.height === null ? null : Number(replica.height),
    term: replica.term === null ? null : Number(replica.term),
    leader: replica.leader === null ? null : replica.leader === replica.index,
    observedAt: replica.observedAt?.toISOString() ?? null,
  };
}

/** An entry of the provisioning log as the API shows it. */
export function toStepView(step: LedgerStepEntity): StepView {
  return {
    sequence: step.sequence,
    step: step.step,
    state: step.state,
    replicaIndex: step.replicaIndex,
    workerName: step.workerName,
    cause: step.causeCode === null ? null : { code: step.causeCode, detail: step.causeDetail ?? '' },
    at: step.at.toISOString(),
    elapsedMs: step.elapsedMs === null ? null : Math.round(step.elapsedMs * 10) / 10,
  };
}
