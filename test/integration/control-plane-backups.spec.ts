import { systemContext } from '@quorate/tenancy';
import { BackupStore, openSystemDatabase, type SystemDatabase } from '@quorate/database';
import { eventually } from '../platform/eventually';
import { RunningControlPlane, createTestDatabase, ledgerDraft, type TestDatabase } from './control-plane-process';
import { ScriptedWorker } from './scripted-worker';

interface Run {
  readonly id: string;
  readonly ledgerId: string;
  readonly kind: string;
  readonly state: string;
  readonly cause: { readonly code: string } | null;
}

interface RunList {
  readonly data: readonly Run[];
  readonly schedule: { readonly everySeconds: number; readonly nextAt: string | null };
}

interface Retired {
  readonly id: string;
  readonly state: string;
  readonly archiveUntil: string | null;
  readonly shredCertificate: { readonly statement: string } | null;
}

/** Workers by script, so that a run ends when the test says so; real are control plane, queues, database and schedule. */
describe('backups, checks and drills', () => {
  let database: TestDatabase;
  let system: SystemDatabase;
  let store: BackupStore;
  let plane: RunningControlPlane;
  let worker: ScriptedWorker;
  let cookie: string;
  let admin: string;

  beforeEach(async () => {
    database = await createTestDatabase({ QUORATE_DRILL_SECONDS: '1' });
    system = await openSystemDatabase(database.config, { poolSizeMax: 2 });
    store = new BackupStore(null, system);
    plane = await RunningControlPlane.start(database.config);
    ({ cookie } = await plane.institution());
    admin = await plane.administrator();
    worker = await ScriptedWorker.start(database.config);
  });

  afterEach(async () => {
    await worker?.vanish();
    await plane?.stop();
    await system?.close();
    await database?.remove();
  });

  const create = async (archived: boolean): Promise<string> => {
    const { body } = await plane.call('POST', '/v1/ledgers', { cookie, body: ledgerDraft({ archived }) });
    const { id } = body as unknown as { id: string };
    await eventually(
      async () => (await plane.call('GET', `/v1/ledgers/${id}`, { cookie })).body as unknown as { state: string },
      ({ state }) => state === 'ready',
    );
    return id;
  };
  const list = async (path: string, who = cookie): Promise<RunList> =>
    (await plane.call('GET', path, { cookie: who })).body as unknown as RunList;
  const fail = (run: Run) => store.finished(run.id, { code: 'TEST_FAULT', detail: 'as the script says' });

  it('draws an archived ledger whenever the schedule says so, one drill at a time, and keeps every report', async () => {
    const plain = await create(false);
    expect((await list('/v1/fleet/drills', admin)).data).toEqual([]);
    const id = await create(true);
    const drills = () => list(`/v1/ledgers/${id}/backups`);
    const { data, schedule } = await eventually(drills, (runs) => runs.data.length === 1);
    expect(data[0]).toMatchObject({ kind: 'drill', state: 'requested', ledgerId: id });
    expect(schedule.everySeconds).toBe(1);
    expect(Date.parse(schedule.nextAt ?? '')).not.toBeNaN();
    // The schedule goes on, and while this one is not done nothing else of the ledger is begun, by nobody.
    await eventually(
      async () => (await drills()).schedule.nextAt,
      (nextAt) => nextAt !== schedule.nextAt,
    );
    const refused = await plane.call('POST', `/v1/ledgers/${id}/drills`, { cookie });
    expect(refused.body).toMatchObject({ status: 409, code: 'BACKUP_UNDER_WAY' });
    const drawn = await plane.call('POST', '/v1/fleet/drills', { cookie: admin, body: {} });
    expect(drawn.body).toMatchObject({ status: 409, code: 'DRILL_IMPOSSIBLE' });
    expect((await drills()).data).toHaveLength(1);
    await fail(data[0]);
    const later = await eventually(drills, (runs) => runs.data.length === 2);
    expect(later.data[1]).toMatchObject({ state: 'failed', cause: { code: 'TEST_FAULT' } });
    expect((await list('/v1/fleet/drills', admin)).data.length).toBeGreaterThanOrEqual(2);
    expect((await list(`/v1/ledgers/${plain}/backups`)).data).toEqual([]);
  });

  it('begins one run of a ledger when many are asked for at once', async () => {
    const id = await create(true);
    const asked = await Promise.all(
      Array.from({ length: 6 }, () => plane.call('POST', `/v1/ledgers/${id}/backups`, { cookie })),
    );
    const statuses = asked.map(({ status }) => status);
    expect(statuses.filter((status) => status === 409).length).toBeGreaterThanOrEqual(5);
    const [open] = await system
      .direct(systemContext('test'))
      .query<{ count: number }[]>(
        `select count(*)::integer as count from backup_runs where ledger_id = $1 and state = 'requested'`,
        [id],
      );
    expect(open.count).toBe(1);
  });

  it("refuses what is not the caller's to ask", async () => {
    const [id, plain] = [await create(true), await create(false)];
    const { cookie: stranger } = await plane.institution();
    const ask = (ledger: string, what: string, who: string) =>
      plane.call('POST', `/v1/ledgers/${ledger}/${what}`, { cookie: who });
    for (const what of ['backups', 'drills', 'backups/height-1/verify', 'backups/nonsense/verify'])
      expect((await ask(id, what, stranger)).body).toMatchObject({ status: 404, code: 'LEDGER_UNKNOWN' });
    expect((await plane.call('GET', `/v1/ledgers/${id}/backups`, { cookie: stranger })).status).toBe(404);
    expect((await ask(plain, 'backups', cookie)).body).toMatchObject({ code: 'LEDGER_NOT_ARCHIVED' });
    expect((await ask(id, 'backups/nonsense/verify', cookie)).body).toMatchObject({ code: 'BACKUP_UNKNOWN' });
    expect((await ask(id, 'backups', admin)).body).toMatchObject({ code: 'TENANT_REQUIRED' });
    for (const method of ['GET', 'POST'])
      expect(
        (await plane.call(method, '/v1/fleet/drills', { cookie, body: method === 'GET' ? undefined : {} })).body,
      ).toMatchObject({
        code: 'PLATFORM_ADMIN_REQUIRED',
      });
    await database.asOwner(
      `update members set role = 'auditor' where tenant_id = (select tenant_id from ledgers where id = $1)`,
      [id],
    );
    for (const what of ['backups', 'drills', 'shred'])
      expect((await ask(id, what, cookie)).body).toMatchObject({ status: 403, code: 'ROLE_INSUFFICIENT' });
  });

  it('keeps the keys of an archived ledger after its retirement, until its time is over or its tenant wants them gone', async () => {
    const read = async (id: string) =>
      (await plane.call('GET', `/v1/ledgers/${id}`, { cookie })).body as unknown as Retired;
    const keysOf = (id: string) => database.asOwner('select 1 from data_keys where ledger_id = $1', [id]);
    const retire = async (archived: boolean): Promise<Retired> => {
      const id = await create(archived);
      await database.asOwner(
        `insert into tenant_keys (tenant_id, generation, provider_key, wrapped)
         select tenant_id, 1, 'test', decode(repeat('00', 60), 'hex') from ledgers where id = $1 on conflict do nothing`,
        [id],
      );
      await database.asOwner(
        `insert into data_keys (replica_id, ledger_id, tenant_id, generation, tenant_generation, wrapped)
         select id, id, tenant_id, 1, 1, decode(repeat('00', 60), 'hex') from ledgers where id = $1`,
        [id],
      );
      await plane.call('DELETE', `/v1/ledgers/${id}`, { cookie });
      return eventually(
        () => read(id),
        ({ state }) => state === 'retired',
      );
    };
    const shred = (id: string, who = cookie) =>
      plane.call('POST', `/v1/ledgers/${id}/shred`, { cookie: who, body: {} });
    const fork = (id: string) =>
      plane.call('POST', '/v1/ledgers', { cookie, body: ledgerDraft({ from: { ledgerId: id } }) });
    const certified = (id: string) =>
      eventually(
        () => read(id),
        ({ shredCertificate }) => shredCertificate !== null,
      );

    const plain = await retire(false);
    expect(plain).toMatchObject({ archiveUntil: null });
    expect(await keysOf(plain.id)).toEqual([]);
    expect((await fork(plain.id)).body).toMatchObject({ status: 409, code: 'LEDGER_SHREDDED' });

    const kept = await retire(true);
    expect(kept.shredCertificate).toBeNull();
    expect(Date.parse(kept.archiveUntil ?? '')).toBeGreaterThan(Date.now() + 29 * 86_400_000);
    expect(await keysOf(kept.id)).toHaveLength(1);
    const { cookie: stranger } = await plane.institution();
    expect((await shred(kept.id, stranger)).body).toMatchObject({ status: 404, code: 'LEDGER_UNKNOWN' });
    const child = (await fork(kept.id)).body as unknown as Retired;
    expect(child.state).toBe('provisioning');
    // A fork that still reads the archive is not robbed of it.
    expect((await shred(kept.id)).status).toBe(202);
    expect((await fork(kept.id)).body).toMatchObject({ code: 'LEDGER_SHREDDED' });
    expect(await keysOf(kept.id)).toHaveLength(1);
    await plane.call('DELETE', `/v1/ledgers/${child.id}`, { cookie });
    const gone = await certified(kept.id);
    expect(JSON.parse(gone.shredCertificate?.statement ?? '')).toMatchObject({ keys: [{ replicaId: kept.id }] });
    expect(await keysOf(kept.id)).toEqual([]);
    expect((await shred(kept.id)).status).toBe(202);

    const late = await retire(true);
    await database.asOwner('update ledgers set archive_until = now() where id = $1', [late.id]);
    await certified(late.id);
    const id = await create(true);
    expect((await shred(id)).body).toMatchObject({ status: 409, code: 'LEDGER_NOT_RETIRED' });
  });
});
