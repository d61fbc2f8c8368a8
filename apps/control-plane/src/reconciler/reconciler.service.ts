import { hex } from '@quorate/crypto';
import type { Config } from '@quorate/config';
import { ReconcileStore, type ReconcileReplica, type ReconcileSession, type ReconcileView } from '@quorate/database';
import { Jobs, type WorkerJob } from '@quorate/jobs';
import { plan, type ObservedLedger, type Plan, type ReplicaStep, type Step } from '@quorate/provisioning';
import { Inject, Injectable } from '@nestjs/common';
import { configToken } from '../http/config-token';
import { signNext } from './configuration';
import { differingStates, foundLedger } from './genesis';
import { GovernanceKey } from './governance-key';

interface Dispatch {
  readonly workerId: string;
  readonly job: WorkerJob;
}

type PlacedReplica = Pick<ReconcileReplica, 'id' | 'index' | 'workerId' | 'workerName'>;

/** Brings ledgers step by step to where their tenants want them. Every step may be repeated. */
@Injectable()
export class ReconcilerService {
  /** Since when, by the database's clock, this process has been watching the workers. */
  private watchedSinceMs: number | null = null;

  constructor(
    private readonly store: ReconcileStore,
    private readonly jobs: Jobs,
    private readonly governance: GovernanceKey,
    @Inject(configToken) private readonly config: Config,
  ) {}

  /** Does for one ledger what is due now. Jobs leave after the commit; one that is lost is sent again when it is overdue. */
  async reconcile(ledgerId: string): Promise<void> {
    let dispatches: readonly Dispatch[] = [];
    this.watchedSinceMs ??= await this.store.nowMs();
    const watching = { watchedSinceMs: this.watchedSinceMs, replaceAfterMs: this.config.replaceAfterMs };
    await this.store.reconcile(ledgerId, async (session) => {
      const { view } = session;
      const wanted = view.state !== 'retiring' && view.state !== 'retired';
      const fork = view.parent === null ? {} : { fork: { pointKnown: view.parent.height !== null } };
      const planned = plan({ replicaCount: view.replicaCount, wanted, ...fork }, { ...toObserved(view), ...watching });
      dispatches = await new StepRun(session, this.governance, this.config.archiveRetentionMs).carryOut(planned);
    });
    await Promise.all(dispatches.map(({ workerId, job }) => this.jobs.sendWorkerJob(workerId, job)));
  }

  /** Retires the ledgers whose time is over, and destroys the keys of those whose archive's time is. */
  async expire(): Promise<void> {
    await this.store.shredRetired(this.governance.certifyShredding);
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

/** The steps of one reconciliation, carried out in the database; the jobs that follow from them are collected. */
class StepRun {
  private readonly requests = new Map<ReplicaStep, PlacedReplica[]>();
  private readonly updates: Dispatch[] = [];
  private marked = false;

  constructor(
    private readonly session: ReconcileSession,
    private readonly governance: GovernanceKey,
    private readonly archiveRetentionMs: number,
  ) {}

  async carryOut({ steps, cause }: Plan): Promise<readonly Dispatch[]> {
    const { view } = this.session;
    for (const step of steps) await this.perform(step, cause);
    for (const [step, replicas] of this.requests) await this.session.noteRequests(step, replicas);
    // A retiring or failed ledger keeps the cause that brought it there.
    if (!this.marked && (view.state === 'provisioning' || view.state === 'ready')) await this.session.setCause(cause);
    const jobs = [...this.requests].flatMap(([kind, replicas]) =>
      replicas.map(({ id, workerId }): Dispatch => ({ workerId, job: { kind, replicaId: id } })),
    );
    return [...jobs, ...this.updates];
  }

  private async perform(step: Step, cause: Plan['cause']): Promise<void> {
    const { session } = this;
    const { view } = session;
    switch (step.kind) {
      case 'place-replica':
      case 'place-joiner':
        return this.place(step);
      case 'write-genesis': {
        const differing = differingStates(view);
        if (differing !== null) return session.mark('failed', differing);
        const { document, id, origin } = foundLedger(view, this.governance.publicKey);
        return session.writeGenesis(document, hex(id), origin);
      }
      case 'discard-joiner': {
        const joiner = view.replicas.find(({ id }) => id === step.replicaId);
        return joiner ? session.discardJoiner(joiner) : undefined;
      }
      case 'sign-configuration':
        await session.keepConfiguration(await signNext(session, step.members, this.governance));
        return this.tellAll();
      case 'adopt-configuration':
        await session.adoptConfiguration(step.hash);
        return this.tellAll();
      case 'mark-ready':
        return this.mark('ready', cause);
      case 'mark-failed':
        return this.mark('failed', step.cause);
      case 'mark-retired':
        this.marked = true;
        return session.retire(view.cause, this.archiveRetentionMs, this.governance.certifyShredding);
      case 'acquire-state':
        await this.tellParent();
        return this.requestFor(step);
      default:
        return this.requestFor(step);
    }
  }

  private requestFor({ kind, replicaId }: Extract<Step, { kind: ReplicaStep }>): void {
    const replica = this.session.view.replicas.find(({ id }) => id === replicaId);
    if (replica) this.request(kind, replica);
  }

  /** The parent's replicas have to know whom they let in; those that do not hear of it now do so within seconds. */
  private async tellParent(): Promise<void> {
    for (const { id, workerId } of await this.session.parentReplicas())
      this.updates.push({ workerId, job: { kind: 'update-replica', replicaId: id } });
  }

  private async mark(state: 'ready' | 'failed', cause: Plan['cause']): Promise<void> {
    this.marked = true;
    await this.session.mark(state, cause);
  }

  private request(step: ReplicaStep, replica: PlacedReplica): void {
    this.requests.set(step, [...(this.requests.get(step) ?? []), replica]);
  }

  /** Members and joiners are told at once; what is lost on the way their workers find by themselves. */
  private tellAll(): void {
    for (const { id, role, workerId } of this.session.view.replicas)
      if (role !== 'leaver') this.updates.push({ workerId, job: { kind: 'update-replica', replicaId: id } });
  }

  private async place(step: Extract<Step, { kind: 'place-replica' | 'place-joiner' }>): Promise<void> {
    const worker = this.session.view.workers.find((candidate) => candidate.id === step.workerId);
    if (!worker) return;
    const id =
      step.kind === 'place-joiner'
        ? await this.session.placeJoiner(step.index, worker)
        : await this.session.placeReplica(step.index, worker, step.replaces);
    this.request('prepare-replica', { id, index: step.index, workerId: worker.id, workerName: worker.name });
  }
}

function toObserved(view: ReconcileView): Omit<ObservedLedger, 'watchedSinceMs' | 'replaceAfterMs'> {
  const { state, hasGenesis, epoch, signed, workers, nowMs } = view;
  const replicas = view.replicas.map((replica) => ({
    ...replica,
    prepared: replica.consensusKey !== null,
    acquired: replica.acquired !== null,
    nextKeyKnown: replica.nextConsensusKey !== null,
    reported:
      replica.epoch === null || replica.configHash === null
        ? null
        : { epoch: replica.epoch, configHash: replica.configHash, handedOver: replica.handedOver === true },
    requested:
      replica.requestedStep === null || replica.requestedAtMs === null
        ? null
        : { step: replica.requestedStep, atMs: replica.requestedAtMs },
  }));
  return { state, hasGenesis, epoch, signed, workers, nowMs, replicas };
}
