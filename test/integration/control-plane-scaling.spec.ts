import { createPublicKey, verify } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  decodeConfiguration,
  decodeGenesis,
  firstConfiguration,
  governanceSigningBytes,
  type Configuration,
} from '@quorate/protocol';
import { eventually } from '../platform/eventually';
import { RunningControlPlane, createTestDatabase, ledgerDraft, type TestDatabase } from './control-plane-process';
import { ScriptedWorker } from './scripted-worker';

interface ReplicaView {
  readonly id: string;
  readonly index: number;
  readonly state: string;
  readonly workerId: string;
}

interface View {
  readonly id: string;
  readonly state: string;
  readonly cause?: { code: string; detail: string };
  readonly epoch: number;
  readonly genesisId: string;
  readonly replicas: readonly ReplicaView[];
  readonly replicasWanted: number;
  readonly joiners: readonly ReplicaView[];
}

const settled = (view: View): boolean => view.joiners.length === 0 && view.replicas.length === view.replicasWanted;

/** Workers and replicas by script; what is real is control plane, queues, database and planner. */
describe('the replica set of a running ledger', () => {
  let database: TestDatabase;
  let plane: RunningControlPlane;
  let cookie: string;
  let admin: string;
  let workers: ScriptedWorker[];

  beforeEach(async () => {
    database = await createTestDatabase({ QUORATE_REPLACE_AFTER_SECONDS: '1' });
    plane = await RunningControlPlane.start(database.config);
    ({ cookie } = await plane.institution());
    admin = await plane.administrator();
    workers = [];
  });

  afterEach(async () => {
    await Promise.all(workers.map((worker) => worker.vanish()));
    await plane?.stop();
    await database?.remove();
  });

  const hire = async (count: number): Promise<void> => {
    for (let order = 0; order < count; order += 1)
      workers.push(await ScriptedWorker.start(database.config, { name: `worker-${workers.length + 1}` }));
  };
  const read = async (id: string): Promise<View> =>
    (await plane.call('GET', `/v1/ledgers/${id}`, { cookie })).body as unknown as View;
  const create = async (name: string): Promise<View> => {
    const { body } = await plane.call('POST', '/v1/ledgers', { cookie, body: ledgerDraft({ class: name }) });
    return eventually(
      () => read((body as unknown as View).id),
      (view) => view.state === 'ready',
    );
  };
  const scale = (id: string, replicas: number, who = cookie) =>
    plane.call('POST', `/v1/ledgers/${id}/scale`, { cookie: who, body: { replicas } });
  const until = (id: string, epoch: number): Promise<View> =>
    eventually(
      () => read(id),
      (view) => view.epoch === epoch && settled(view),
    );
  const workersOf = (view: View): string[] => view.replicas.map(({ workerId }) => workerId);
  const stepsOf = async (id: string): Promise<{ step: string; state: string }[]> =>
    (await plane.call('GET', `/v1/ledgers/${id}/steps`, { cookie })).body.data;

  it('grows from 1 to 4 to 7 and shrinks again, one epoch at a time, every step visible', async () => {
    await hire(7);
    const first = await create('sandbox');
    expect(first.epoch).toBe(1);
    expect((await scale(first.id, 4)).status).toBe(202);
    const four = await until(first.id, 2);
    const idsOf = (view: typeof first): string[] => view.replicas.map(({ id }) => id);
    expect(idsOf(four)).toEqual(expect.arrayContaining(idsOf(first)));
    expect((await scale(first.id, 7)).body).toMatchObject({ replicasWanted: 7 });
    const seven = await until(first.id, 3);
    expect(idsOf(seven)).toEqual(expect.arrayContaining(idsOf(four)));
    expect(new Set(workersOf(seven)).size).toBe(7);
    await scale(first.id, 4);
    await until(first.id, 4);
    await scale(first.id, 1);
    const last = await until(first.id, 5);
    expect(last.genesisId).toBe(first.genesisId);
    const held = await eventually(
      () => database.asOwner(`select state from replicas where ledger_id = $1 and state <> 'destroyed'`, [first.id]),
      (rows) => rows.length === 1,
    );
    expect(held).toEqual([{ state: 'running' }]);

    const steps = (await stepsOf(first.id)).filter(({ state }) => state === 'done').map(({ step }) => step);
    expect(steps.filter((step) => step === 'change-epoch')).toHaveLength(4);
    expect(steps.filter((step) => step === 'sign-configuration')).toHaveLength(4);
    expect(steps.filter((step) => step === 'destroy-replica')).toHaveLength(6);
  });

  it('signs every configuration with the key that the genesis names, and shows that key to nobody', async () => {
    await hire(4);
    const { id } = await create('sandbox');
    await scale(id, 4);
    await until(id, 2);
    const [row] = await database.asOwner<{ genesis: Buffer; document: Buffer; signature: Buffer }>(
      'select l.genesis, c.document, c.signature from configurations c join ledgers l on l.id = c.ledger_id',
    );
    const current = firstConfiguration(decodeGenesis(new Uint8Array(row?.genesis ?? [])));
    const next: Configuration = decodeConfiguration(new Uint8Array(row?.document ?? []));
    expect(next).toMatchObject({ epoch: 2, ledgerId: current.ledgerId, governance: current.governance });
    const [key] = current.governance.keys;
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(key?.bytes ?? []).toString('base64url') };
    const publicKey = createPublicKey({ format: 'jwk', key: jwk });
    expect(verify(null, governanceSigningBytes(current, next), publicKey, row?.signature ?? Buffer.alloc(0))).toBe(
      true,
    );

    const file = join(database.config.home, 'governance.key');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const secret = readFileSync(file, 'utf8').split('\n')[1] ?? '';
    const raw = Buffer.from(secret, 'base64').subarray(-32);
    const tables = await database.asOwner<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')`,
    );
    for (const { name } of tables) {
      const like = [`%${secret}%`, `%${raw.toString('hex')}%`];
      const found = await database.asOwner(
        `select 1 from ${name} t where t::text like $1 or t::text like $2 limit 1`,
        like,
      );
      expect([name, found]).toEqual([name, []]);
    }
  });

  it('refuses what cannot be: too few workers, another number, a ledger that is not ready, a second change', async () => {
    await hire(4);
    const { id } = await create('standard');
    expect((await scale(id, 7)).body).toMatchObject({
      status: 409,
      code: 'FLEET_WORKERS_SHORT',
      detail: '3 more workers with room are needed and 0 are there',
    });
    expect((await scale(id, 3)).body).toMatchObject({ status: 400, code: 'REQUEST_INVALID' });
    const { cookie: stranger } = await plane.institution();
    expect((await scale(id, 7, stranger)).body).toMatchObject({ status: 404, code: 'LEDGER_UNKNOWN' });
    for (const worker of workers) worker.decides = false;
    expect((await scale(id, 1)).status).toBe(202);
    // The same wish again is no second change.
    expect((await scale(id, 1)).status).toBe(202);
    expect((await scale(id, 4)).body).toMatchObject({ status: 409, code: 'LEDGER_CHANGE_UNDER_WAY' });
    for (const worker of workers) worker.decides = true;
    await until(id, 2);
    await plane.call('DELETE', `/v1/ledgers/${id}`, { cookie });
    expect((await scale(id, 4)).body).toMatchObject({ status: 409, code: 'LEDGER_NOT_READY' });
  });

  it("counts replicas against a tenant's quota, but not for administrators", async () => {
    await hire(7);
    const { id } = await create('sandbox');
    await database.asOwner('update ledgers set replica_count = 31 where id = $1', [id]);
    const others = Array.from({ length: 5 }, (_, order) => `other-${order}`);
    for (const creation of others)
      await database.asOwner(
        `insert into ledgers (id, tenant_id, name, class, region, replica_count, state, operator, creation_key)
         select gen_random_uuid(), tenant_id, 'x', 'standard', 'local', 31, 'retiring', operator, $2 from ledgers where id = $1`,
        [id, creation],
      );
    await database.asOwner('update ledgers set replica_count = 1 where id = $1', [id]);
    expect((await scale(id, 7)).body).toMatchObject({ status: 409, code: 'QUOTA_REPLICAS_EXHAUSTED' });
    const path = `/v1/fleet/ledgers/${id}/scale`;
    expect((await plane.call('POST', path, { cookie: admin, body: { replicas: 7 } })).status).toBe(202);
    await until(id, 2);
  });

  it('empties a worker that drains', async () => {
    await hire(5);
    const [standard, sandbox] = [await create('standard'), await create('sandbox')];
    const drained = workers.find(({ id }) => workersOf(standard).includes(id));
    await plane.call('POST', `/v1/fleet/workers/${drained?.id}/drain`, { cookie: admin, body: {} });
    await eventually(
      () => database.asOwner(`select 1 from replicas where worker_id = $1 and state <> 'destroyed'`, [drained?.id]),
      (held) => held.length === 0,
    );
    const after = await read(standard.id);
    expect(after.epoch).toBe(2);
    expect(after.replicas).toHaveLength(4);
    expect((await read(sandbox.id)).replicas).toHaveLength(1);
  });

  it('replaces the replica of a worker that does not come back, and removes the old one when it does', async () => {
    await hire(5);
    const before = await create('standard');
    const lost = workers.find(({ id }) => workersOf(before).includes(id));
    await lost?.beLost();
    const after = await until(before.id, 2);
    expect(workersOf(after)).not.toContain(lost?.id);
    expect(after.replicas.filter(({ id }) => before.replicas.some((old) => old.id === id))).toHaveLength(3);
    lost?.speakAgain();
    await eventually(
      () => database.asOwner(`select 1 from replicas where worker_id = $1 and state <> 'destroyed'`, [lost?.id]),
      (held) => held.length === 0,
    );
    await eventually(
      () => read(before.id),
      (view) => view.cause === undefined,
    );
  });

  it('puts another replica in the place of one that an administrator wants gone', async () => {
    await hire(5);
    const before = await create('standard');
    const path = (index: number | string) => `/v1/fleet/ledgers/${before.id}/replicas/${index}/replace`;
    const replace = (index: number | string, who = admin) => plane.call('POST', path(index), { cookie: who, body: {} });
    expect((await replace(9)).body).toMatchObject({ status: 404, code: 'REPLICA_UNKNOWN' });
    expect((await replace('x')).body).toMatchObject({ status: 404, code: 'REPLICA_UNKNOWN' });
    expect((await replace(2, cookie)).body).toMatchObject({ code: 'PLATFORM_ADMIN_REQUIRED' });
    expect((await replace(2)).status).toBe(202);
    const after = await eventually(
      () => read(before.id),
      (view) => view.epoch === 2,
    );
    expect(after.replicas.map(({ id }, index) => id === before.replicas[index]?.id)).toEqual([true, true, false, true]);
  });

  it('gives a replica another key by an epoch with the same members', async () => {
    await hire(4);
    const before = await create('standard');
    const path = (index: number | string) => `/v1/fleet/ledgers/${before.id}/replicas/${index}/rotate-key`;
    const rotate = (index: number | string, who = admin) => plane.call('POST', path(index), { cookie: who, body: {} });
    expect((await rotate(4)).body).toMatchObject({ status: 404, code: 'REPLICA_UNKNOWN' });
    expect((await rotate(1, cookie)).body).toMatchObject({ status: 403, code: 'PLATFORM_ADMIN_REQUIRED' });
    const keys = () =>
      database.asOwner<{ consensus_key: string }>(
        'select consensus_key from replicas where ledger_id = $1 order by index',
        [before.id],
      );
    const former = await keys();
    for (const worker of workers) worker.decides = false;
    expect((await rotate(1)).status).toBe(202);
    expect((await rotate(1)).status).toBe(202);
    expect((await rotate(2)).body).toMatchObject({ status: 409, code: 'LEDGER_CHANGE_UNDER_WAY' });
    expect((await scale(before.id, 1)).body).toMatchObject({ status: 409, code: 'LEDGER_CHANGE_UNDER_WAY' });
    for (const worker of workers) worker.decides = true;
    const after = await until(before.id, 2);
    expect(after.replicas.map(({ id }) => id)).toEqual(before.replicas.map(({ id }) => id));
    const now = await keys();
    expect(now.map((row, index) => row.consensus_key === former[index]?.consensus_key)).toEqual([
      true,
      false,
      true,
      true,
    ]);
    const [row] = await database.asOwner<{ document: Buffer }>('select document from configurations');
    const named = decodeConfiguration(new Uint8Array(row?.document ?? [])).replicas;
    expect(named.map(({ consensusKey }) => Buffer.from(consensusKey).toString('hex'))).toEqual(
      now.map(({ consensus_key: key }) => key),
    );
    await database.asOwner(`update replicas set state = 'failed' where ledger_id = $1 and index = 3`, [before.id]);
    expect((await rotate(3)).body).toMatchObject({ status: 409, code: 'REPLICA_NOT_RUNNING' });
  });

  it('goes on in another control plane when the first one dies in the middle of a change', async () => {
    await hire(4);
    for (const worker of workers) worker.decides = false;
    const { id } = await create('sandbox');
    await scale(id, 4);
    await eventually(
      () => database.asOwner('select 1 from configurations'),
      (rows) => rows.length === 1,
    );
    await plane.stop();
    plane = await RunningControlPlane.start(database.config);
    for (const worker of workers) worker.decides = true;
    await until(id, 2);
    expect(await database.asOwner('select 1 from configurations')).toHaveLength(1);
  });

  it('takes another joiner when one is lost after the configuration was signed', async () => {
    await hire(6);
    for (const worker of workers) worker.decides = false;
    const { id } = await create('sandbox');
    await scale(id, 4);
    const { joiners } = await eventually(
      () => read(id),
      (view) => view.joiners.length === 3 && view.joiners.every(({ state }) => state === 'running'),
    );
    const lost = workers.find((worker) => worker.id === joiners[0]?.workerId);
    await lost?.vanish();
    await eventually(
      () => database.asOwner('select 1 from configurations'),
      (rows) => rows.length === 2,
    );
    for (const worker of workers) worker.decides = true;
    const after = await until(id, 2);
    expect(workersOf(after)).not.toContain(lost?.id);
  });
});
