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
});
