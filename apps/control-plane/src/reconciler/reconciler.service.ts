import { hex } from '@quorate/crypto';
import { ReconcileStore, type ReconcileReplica, type ReconcileSession, type ReconcileView } from '@quorate/database';
import { Jobs, type WorkerJob } from '@quorate/jobs';
import { plan, type ObservedLedger, type ReplicaStep, type Step } from '@quorate/provisioning';
import { Injectable } from '@nestjs/common';
import { foundLedger } from './genesis';
import { GovernanceKey } from './governance-key';

interface Dispatch {
  readonly workerId: string;
  readonly job: WorkerJob;
}

/** Brings ledgers step by step to where their tenants want them. Every step may be repeated. */
@Injectable()
export class ReconcilerService {
  constructor(
    private readonly store: ReconcileStore,
    private readonly jobs: Jobs,
    private readonly governance: GovernanceKey,
  ) {}

  /** Does for one ledger what is due now. Jobs leave after the commit; one that is lost is sent again when it is overdue. */
  async reconcile(ledgerId: string): Promise<void> {
    let dispatches: readonly Dispatch[] = [];
    await this.store.reconcile(ledgerId, async (session) => {
      dispatches = await carryOut(session, this.governance);
    });
    await Promise.all(dispatches.map(({ workerId, job }) => this.jobs.sendWorkerJob(workerId, job)));
  }

  /** Retires the ledgers whose time is over. */
  async expire(): Promise<void> {
    await this.request(await this.store.expireLedgers());
  }

  /** Looks after every ledger that is not settled, whatever hints were lost. */
  async resync(): Promise<void> {
    await this.request(await this.store.unsettledLedgers());
  }

  private async request(ledgerIds: readonly string[]): Promise<void> {
    await Promise.all(ledgerIds.map((ledgerId) => this.jobs.requestReconcile(ledgerId)));
  }
}

async function carryOut(session: ReconcileSession, governance: GovernanceKey): Promise<readonly Dispatch[]> {
  const { view } = session;
  const { steps, cause } = plan(
    { replicaCount: view.replicaCount, wanted: view.state !== 'retiring' && view.state !== 'retired' },
    toObserved(view),
  );
  const requests = new Map<
    ReplicaStep,
    { replica: Pick<ReconcileReplica, 'id' | 'index' | 'workerId' | 'workerName'> }[]
  >();
  const request = (
    step: ReplicaStep,
    replica: Pick<ReconcileReplica, 'id' | 'index' | 'workerId' | 'workerName'>,
  ): void => {
    requests.set(step, [...(requests.get(step) ?? []), { replica }]);
  };
  let marked = false;
  for (const step of steps) {
    if (step.kind === 'place-replica') {
      const placed = await place(session, step);
      if (placed) request('prepare-replica', placed);
    } else if (step.kind === 'write-genesis') {
      const { document, id } = foundLedger(view, governance.publicKey);
      await session.writeGenesis(document, hex(id));
    } else if (step.kind === 'mark-ready' || step.kind === 'mark-failed') {
      marked = true;
      if (step.kind === 'mark-ready') await session.mark('ready', cause);
      else await session.mark('failed', step.cause);
    } else if (step.kind === 'mark-retired') {
      marked = true;
      await session.retire(view.cause, (statement) => governance.certifyShredding(statement));
    } else {
      const replica = view.replicas.find((candidate) => candidate.id === step.replicaId);
      if (replica) request(step.kind, replica);
    }
  }
  for (const [step, entries] of requests)
    await session.noteRequests(
      step,
      entries.map((entry) => entry.replica),
    );
  // A retiring or failed ledger keeps the cause that brought it there.
  if (!marked && (view.state === 'provisioning' || view.state === 'ready')) await session.setCause(cause);
  return [...requests].flatMap(([kind, entries]) =>
    entries.map(({ replica }) => ({ workerId: replica.workerId, job: { kind, replicaId: replica.id } })),
  );
}

async function place(
  session: ReconcileSession,
  step: Extract<Step, { kind: 'place-replica' }>,
): Promise<Pick<ReconcileReplica, 'id' | 'index' | 'workerId' | 'workerName'> | null> {
  const worker = session.view.workers.find((candidate) => candidate.id === step.workerId);
  if (!worker) return null;
  const id = await session.placeReplica(step.index, worker, step.replaces);
  return { id, index: step.index, workerId: worker.id, workerName: worker.name };
}

function toObserved(view: ReconcileView): ObservedLedger {
  return {
    state: view.state,
    hasGenesis: view.hasGenesis,
    workers: view.workers,
    nowMs: view.nowMs,
    replicas: view.replicas.map((replica) => ({
      ...replica,
      requested:
        replica.requestedStep === null || replica.requestedAtMs === null
          ? null
          : { step: replica.requestedStep, atMs: replica.requestedAtMs },
    })),
  };
}
