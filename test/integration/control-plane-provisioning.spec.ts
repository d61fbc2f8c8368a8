import { decodeGenesis, genesisId } from '@quorate/protocol';
import { eventually } from '../platform/eventually';
import { RunningControlPlane, createTestDatabase, ledgerDraft, type TestDatabase } from './control-plane-process';
import { ScriptedWorker } from './scripted-worker';

const redisUrl = process.env.QUORATE_TEST_REDIS_URL;
const backends = [['postgres', {}], ...(redisUrl ? [['redis', { REDIS_URL: redisUrl }]] : [])] as [
  string,
  Record<string, string>,
][];

interface View {
  readonly id: string;
  readonly state: string;
  readonly cause?: { code: string; detail: string };
  readonly genesisId: string | null;
  readonly shredCertificate: { statement: string; publicKey: string; signature: string } | null;
  readonly provisioningMs: number | null;
  readonly replicas: { id: string; index: number; state: string; workerName: string; workerId: string }[];
}

describe.each(backends)('provisioning with queues in %s', (backend, environment) => {
  let database: TestDatabase;
  let plane: RunningControlPlane;
  let cookie: string;
  let workers: ScriptedWorker[];

  beforeEach(async () => {
    database = await createTestDatabase(environment);
    plane = await RunningControlPlane.start(database.config);
    ({ cookie } = await plane.institution());
    workers = [];
  });

  afterEach(async () => {
    await Promise.all(workers.map((worker) => worker.vanish()));
    await plane?.stop();
    await database?.remove();
  });

  const hire = async (count: number, capacity = 100, config = database.config): Promise<ScriptedWorker[]> => {
    for (let order = 0; order < count; order += 1)
      workers.push(await ScriptedWorker.start(config, { name: `worker-${workers.length + 1}`, capacity }));
    return workers;
  };
  const create = async (changes: Record<string, unknown> = {}): Promise<View> => {
    const answer = await plane.call('POST', '/v1/ledgers', { cookie, body: ledgerDraft(changes) });
    expect(answer.status).toBe(202);
    return answer.body as unknown as View;
  };
  const read = async (id: string): Promise<View> =>
    (await plane.call('GET', `/v1/ledgers/${id}`, { cookie })).body as unknown as View;
  const until = (id: string, state: string): Promise<View> =>
    eventually(
      () => read(id),
      (view) => view.state === state,
    );
  const stepsOf = async (
    id: string,
  ): Promise<
    { step: string; state: string; replicaIndex: number | null; sequence: number; elapsedMs: number | null }[]
  > => (await plane.call('GET', `/v1/ledgers/${id}/steps`, { cookie })).body.data;

  it('uses the backend that the settings name', () => {
    expect(plane.services.jobs.backendKind).toBe(backend);
  });

  it('brings a standard ledger from the request to ready, with every step visible and the genesis right', async () => {
    await hire(4);
    const asked = await create({ class: 'standard' });
    expect(asked.state).toBe('provisioning');
    const view = await until(asked.id, 'ready');
    expect(view.replicas.map((replica) => replica.state)).toEqual(Array(4).fill('running'));
    expect(new Set(view.replicas.map((replica) => replica.workerId)).size).toBe(4);
    expect(view.cause).toBeUndefined();

    const steps = await stepsOf(asked.id);
    expect(steps.map((step) => step.sequence)).toEqual(steps.map((_step, order) => order + 1));
    for (const name of ['prepare-replica', 'start-replica']) {
      // A job that was not answered in time is handed out again, so that a step may start twice.
      const started = steps.filter((step) => step.step === name && step.state === 'started');
      expect(new Set(started.map((step) => step.replicaIndex)).size).toBe(4);
      expect(steps.filter((step) => step.step === name && step.state === 'done')).toHaveLength(4);
      for (const done of steps.filter((step) => step.step === name && step.state === 'done'))
        expect(done.elapsedMs).toBeGreaterThanOrEqual(0);
    }
    expect(steps.at(-1)).toMatchObject({ step: 'ready', state: 'done' });

    const document = (await plane.call('GET', `/v1/ledgers/${asked.id}/genesis`, { cookie })).body as unknown as {
      genesis: string;
      genesisId: string;
    };
    const genesis = decodeGenesis(Uint8Array.from(Buffer.from(document.genesis, 'hex')));
    expect(Buffer.from(genesisId(genesis)).toString('hex')).toBe(document.genesisId);
    expect(document.genesisId).toBe(view.genesisId);
    expect(Buffer.from(genesis.ledgerId).toString('hex')).toBe(asked.id.replaceAll('-', ''));
    expect(genesis.operator).toMatchObject({ id: 1n, name: 'Bank', threshold: 1 });
    const keys = await database.asOwner<{ consensus_key: string }>(
      'select consensus_key from replicas where ledger_id = $1 and current order by index',
      [asked.id],
    );
    expect(genesis.replicas.map((replica) => Buffer.from(replica.consensusKey).toString('hex'))).toEqual(
      keys.map((row) => row.consensus_key),
    );
  });

  it('waits with a visible cause while workers are short, and goes on when they come', async () => {
    await hire(3);
    const asked = await create({ class: 'standard' });
    const waiting = await eventually(
      () => read(asked.id),
      (view) => view.cause !== undefined,
    );
    expect(waiting).toMatchObject({ state: 'provisioning', cause: { code: 'PLACEMENT_WORKERS_SHORT' }, replicas: [] });
    await hire(1);
    const view = await until(asked.id, 'ready');
    expect(view.cause).toBeUndefined();
  });

  it('repeats a step that failed and shows why it waited', async () => {
    const [worker] = await hire(1);
    let attempts = 0;
    if (worker)
      worker.misdeed = (job) => {
        if (job.kind !== 'prepare-replica') return null;
        attempts += 1;
        // The second attempt hangs, so that the cause of the first one's failure can be looked at.
        return attempts === 1 ? 'fail' : 'ignore';
      };
    const asked = await create();
    await eventually(
      () => read(asked.id),
      (view) => view.cause?.code === 'REPLICA_FAILED',
    );
    if (worker) worker.misdeed = () => null;
    const view = await until(asked.id, 'ready');
    expect(view.cause).toBeUndefined();
    const steps = await stepsOf(asked.id);
    expect(steps.filter((step) => step.step === 'prepare-replica' && step.state === 'failed')).toMatchObject([
      { cause: { code: 'TEST_FAULT', detail: 'as the script says' } },
    ]);
  });

  it('replaces a replica whose worker is lost before the genesis', async () => {
    const [first] = await hire(4);
    if (first) first.misdeed = () => 'ignore';
    const asked = await create({ class: 'standard' });
    await eventually(
      () => read(asked.id),
      (view) => view.replicas.filter((replica) => replica.state === 'prepared').length === 3,
    );
    await hire(1);
    await first?.vanish();
    const view = await until(asked.id, 'ready');
    expect(view.replicas.map((replica) => replica.workerName).sort()).toEqual([
      'worker-2',
      'worker-3',
      'worker-4',
      'worker-5',
    ]);
  });

  it('places nothing on a worker that drains', async () => {
    const admin = await plane.administrator();
    const [first, second] = await hire(2);
    expect((await plane.call('POST', `/v1/fleet/workers/${first?.id}/drain`, { cookie: admin })).body).toMatchObject({
      state: 'draining',
    });
    const views = [await create(), await create(), await create()];
    for (const { id } of views) expect((await until(id, 'ready')).replicas[0]?.workerId).toBe(second?.id);
    expect(first?.performed).toEqual([]);
  });

  it('never gives a worker more replicas than it can take, whoever asks at once', async () => {
    await hire(2, 3);
    const asked = await Promise.all(Array.from({ length: 10 }, () => create()));
    await eventually(
      async () =>
        (await Promise.all(asked.map(({ id }) => read(id)))).filter(
          (view) => view.state === 'ready' || view.cause?.code === 'PLACEMENT_WORKERS_SHORT',
        ).length,
      (settled) => settled === 10,
    );
    const load = await database.asOwner<{ held: number }>(
      `select count(*)::integer as held from replicas where state <> 'destroyed' group by worker_id`,
    );
    expect(load.map((row) => row.held)).toEqual([3, 3]);
  });

  it('retires a ledger, also one that is still being provisioned, and removes what its workers hold', async () => {
    const [worker] = await hire(1);
    const ready = await until((await create()).id, 'ready');
    expect((await plane.call('DELETE', `/v1/ledgers/${ready.id}`, { cookie })).body).toMatchObject({
      state: 'retiring',
    });
    const retired = await until(ready.id, 'retired');
    expect(retired.replicas[0]?.state).toBe('destroyed');
    expect(JSON.parse(retired.shredCertificate?.statement ?? '')).toMatchObject({ version: 1, ledgerId: ready.id });
    if (worker) worker.misdeed = (job) => (job.kind === 'prepare-replica' ? 'ignore' : null);
    const halfway = await create();
    await eventually(
      () => read(halfway.id),
      (view) => view.replicas.length === 1,
    );
    expect((await plane.call('DELETE', `/v1/ledgers/${halfway.id}`, { cookie })).status).toBe(202);
    expect((await plane.call('DELETE', `/v1/ledgers/${halfway.id}`, { cookie })).status).toBe(202);
    await until(halfway.id, 'retired');
    expect(worker?.performed.filter((job) => job.kind === 'destroy-replica').length).toBeGreaterThanOrEqual(2);
  });

  it('ends a sandbox whose time is over', async () => {
    await hire(1);
    const asked = await until((await create({ ttlSeconds: 60 })).id, 'ready');
    await database.asOwner(`update ledgers set expires_at = now() where id = $1`, [asked.id]);
    const view = await until(asked.id, 'retired');
    expect(view.cause).toMatchObject({ code: 'LEDGER_EXPIRED' });
  });

  it('finds a ledger whose notice was lost', async () => {
    await hire(1);
    await plane.services.jobs.ready();
    const asked = await create();
    await database.asOwner('delete from outbox');
    await until(asked.id, 'ready');
  });

  it('shows a ready ledger whose worker is lost, and that it came back', async () => {
    const [worker] = await hire(1, 100, { ...database.config, workerLeaseMs: 4_000 });
    const { id } = await until((await create()).id, 'ready');
    await worker?.fallSilent();
    await eventually(
      () => read(id),
      (view) => view.cause?.code === 'WORKER_LOST' && view.replicas[0]?.state === 'lost',
    );
    worker?.speakAgain();
    await eventually(
      () => read(id),
      (view) => view.cause === undefined && view.replicas[0]?.state === 'running',
    );
  });

  it('goes on in another control plane when the first one dies in the middle', async () => {
    const [worker] = await hire(1);
    if (worker) worker.misdeed = (job) => (job.kind === 'prepare-replica' ? 'ignore' : null);
    const { id } = await create();
    await eventually(
      () => read(id),
      (view) => view.replicas.length === 1,
    );
    await plane.stop();
    plane = await RunningControlPlane.start(database.config);
    if (worker) worker.misdeed = () => null;
    await until(id, 'ready');
  });

  it('streams the log and the ledger as they change', async () => {
    await hire(4);
    const asked = await create({ class: 'standard' });
    const abort = new AbortController();
    const response = await fetch(`${plane.url}/v1/ledgers/${asked.id}/events`, {
      headers: { cookie },
      signal: abort.signal,
    });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(chunk, { stream: true });
      if (text.includes('"state":"ready"')) break;
    }
    abort.abort();
    const events = text
      .split('\n\n')
      .map((block) => /event: (\w+)/.exec(block)?.[1])
      .filter((name) => name !== undefined);
    expect(new Set(events)).toEqual(new Set(['step', 'ledger']));
    const sequences = [...text.matchAll(/event: step\nid: (\d+)/g)].map((match) => Number(match[1]));
    expect(sequences).toEqual(sequences.map((_sequence, order) => order + 1));
  });

  it("counts a tenant's ledgers against its quota, however they are asked for", async () => {
    const answers = await Promise.all(
      Array.from({ length: 24 }, () =>
        plane.call('POST', '/v1/ledgers', { cookie, body: ledgerDraft({ class: 'standard' }) }),
      ),
    );
    expect(answers.filter((answer) => answer.status === 202)).toHaveLength(20);
    for (const answer of answers.filter((one) => one.status !== 202))
      expect(answer.body).toMatchObject({ status: 409, code: 'QUOTA_LEDGERS_EXHAUSTED' });
  });

  it('measures what the platform itself adds to provisioning', async () => {
    await hire(4);
    const times: Record<string, number[]> = { sandbox: [], standard: [] };
    for (let turn = 0; turn < 8; turn += 1) {
      for (const name of ['sandbox', 'standard']) {
        const view = await until((await create({ class: name })).id, 'ready');
        times[name]?.push(view.provisioningMs ?? Infinity);
      }
    }
    const sorted = (name: string): number[] => (times[name] ?? []).sort((first, second) => first - second);
    process.stdout.write(
      `platform overhead with ${backend}: sandbox ${sorted('sandbox').join(' ')} ms, standard ${sorted('standard').join(' ')} ms\n`,
    );
    for (const name of ['sandbox', 'standard']) expect(sorted(name).every(Number.isFinite)).toBe(true);
  });
});
