import { randomUUID } from 'node:crypto';
import { OutboxStore, SystemDatabase } from '@quorate/database';
import { openJobs, type Jobs, type ReconcileJob, type WorkerJob } from '@quorate/jobs';
import { eventually } from '../platform/eventually';
import { createTestDatabase, type TestDatabase } from './control-plane-process';

const redisUrl = process.env.QUORATE_TEST_REDIS_URL;
const backends = [['postgres', {}], ...(redisUrl ? [['redis', { REDIS_URL: redisUrl }]] : [])] as [
  string,
  Record<string, string>,
][];

/** A promise and the way to keep it. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

describe.each(backends)('queues in %s', (_backend, environment) => {
  let database: TestDatabase;
  let jobs: Jobs;

  beforeEach(async () => {
    database = await createTestDatabase(environment);
    jobs = await openJobs(database.config);
  });

  afterEach(async () => {
    await jobs?.close();
    await database?.remove();
  });

  it('loses no hint that comes while the same ledger is being reconciled', async () => {
    const ledgerId = randomUUID();
    const [started, release] = [gate(), gate()];
    const runs: ReconcileJob[] = [];
    await jobs.consumeReconcileJobs(async (job) => {
      if (job.kind !== 'reconcile-ledger' || job.ledgerId !== ledgerId) return;
      runs.push(job);
      started.open();
      if (runs.length === 1) await release.opened;
    });
    await jobs.requestReconcile(ledgerId);
    await started.opened;
    // The run has read its state already; what these hints tell it can no longer see.
    for (let hint = 0; hint < 20; hint += 1) await jobs.requestReconcile(ledgerId);
    release.open();
    await eventually(
      async () => runs.length,
      (count) => count >= 2,
    );
    // Twenty hints are one more run, not twenty.
    await jobs.requestReconcile(randomUUID());
    expect(runs.length).toBeLessThanOrEqual(3);
  });

  it('reconciles different ledgers at once, and one ledger never twice at once', async () => {
    const ledgerIds = [randomUUID(), randomUUID(), randomUUID()];
    const running = new Map<string, number>();
    let [together, doubled, done] = [0, 0, 0];
    const overlap = gate();
    await jobs.consumeReconcileJobs(async (job) => {
      if (job.kind !== 'reconcile-ledger') return;
      const count = (running.get(job.ledgerId) ?? 0) + 1;
      running.set(job.ledgerId, count);
      if (count > 1) doubled += 1;
      together = Math.max(together, [...running.values()].filter((one) => one > 0).length);
      if (together > 1) overlap.open();
      // A ledger's job is held until another ledger's has begun.
      await overlap.opened;
      running.set(job.ledgerId, count - 1);
      done += 1;
    });
    for (let round = 0; round < 5; round += 1)
      await Promise.all(ledgerIds.map((ledgerId) => jobs.requestReconcile(ledgerId)));
    await eventually(
      async () => done,
      (count) => count >= 3,
    );
    expect(doubled).toBe(0);
    expect(together).toBeGreaterThan(1);
  });

  it('hands a worker its own jobs only, with ids and nothing else in them', async () => {
    const [mine, theirs] = [randomUUID(), randomUUID()];
    const seen: WorkerJob[] = [];
    jobs.consumeWorkerJobs(mine, async (job) => void seen.push(job));
    const replicaId = randomUUID();
    await jobs.sendWorkerJob(theirs, { kind: 'prepare-replica', replicaId: randomUUID() });
    await jobs.sendWorkerJob(mine, { kind: 'prepare-replica', replicaId });
    await jobs.sendWorkerJob(mine, { kind: 'start-replica', replicaId });
    await eventually(
      async () => seen.length,
      (count) => count === 2,
    );
    expect(seen).toEqual(
      expect.arrayContaining([
        { kind: 'prepare-replica', replicaId },
        { kind: 'start-replica', replicaId },
      ]),
    );
  });

  it('keeps a job for a worker that comes later', async () => {
    const [workerId, replicaId] = [randomUUID(), randomUUID()];
    await jobs.sendWorkerJob(workerId, { kind: 'destroy-replica', replicaId });
    await jobs.sendWorkerJob(workerId, { kind: 'destroy-replica', replicaId });
    const seen: WorkerJob[] = [];
    jobs.consumeWorkerJobs(workerId, async (job) => void seen.push(job));
    await eventually(
      async () => seen.length,
      (count) => count > 0,
    );
    expect(seen).toEqual([{ kind: 'destroy-replica', replicaId }]);
  });

  it('goes on after a handler that fails', async () => {
    const workerId = randomUUID();
    const seen: string[] = [];
    jobs.consumeWorkerJobs(workerId, async (job) => {
      seen.push(job.replicaId);
      if (seen.length === 1) throw new Error('as the test says');
    });
    const [first, second] = [randomUUID(), randomUUID()];
    await jobs.sendWorkerJob(workerId, { kind: 'start-replica', replicaId: first });
    await eventually(
      async () => seen.length,
      (count) => count === 1,
    );
    await jobs.sendWorkerJob(workerId, { kind: 'start-replica', replicaId: second });
    // A failed job does not block a later one for the same replica either.
    await jobs.sendWorkerJob(workerId, { kind: 'start-replica', replicaId: first });
    await eventually(
      async () => seen.length,
      (count) => count >= 3,
    );
    expect(new Set(seen.slice(1))).toEqual(new Set([first, second]));
  });
});

describe('the outbox', () => {
  let database: TestDatabase;
  let system: SystemDatabase;
  const tenantId = randomUUID();

  beforeAll(async () => {
    database = await createTestDatabase();
    system = new SystemDatabase(database.config);
    await system.open();
    await database.asOwner(`insert into tenants (id, name) values ($1, 'Bank')`, [tenantId]);
  });

  afterAll(async () => {
    await system?.close();
    await database?.remove();
  });

  const write = (ledgerId: string): Promise<unknown> =>
    database.asOwner(`insert into outbox (tenant_id, kind, ledger_id) values ($1, 'ledger-changed', $2)`, [
      tenantId,
      ledgerId,
    ]);

  it('keeps a notice until it was delivered', async () => {
    const outbox = new OutboxStore(system);
    const ledgerId = randomUUID();
    await write(ledgerId);
    await expect(outbox.deliver(async () => Promise.reject(new Error('the queue is down')))).rejects.toThrow(
      'the queue is down',
    );
    const delivered: string[] = [];
    await outbox.deliver(async (ids) => void delivered.push(...ids));
    expect(delivered).toEqual([ledgerId]);
    await expect(outbox.deliver(async () => undefined)).resolves.toBe(0);
  });

  it('loses no notice that commits late with a lower number', async () => {
    const outbox = new OutboxStore(system);
    const [early, late] = [randomUUID(), randomUUID()];
    const delivered: string[] = [];
    const take = (): Promise<number> => outbox.deliver(async (ids) => void delivered.push(...ids));
    await system.run({ kind: 'system', reason: 'test' }, async (transaction) => {
      await transaction.query(`insert into outbox (tenant_id, kind, ledger_id) values ($1, 'ledger-changed', $2)`, [
        tenantId,
        early,
      ]);
      await write(late);
      await take();
      expect(delivered).toEqual([late]);
    });
    await take();
    expect(delivered).toEqual([late, early]);
  });
});
