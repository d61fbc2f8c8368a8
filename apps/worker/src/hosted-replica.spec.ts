import { createHash, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unhex } from '@quorate/crypto';
import type { PreparedReplica, ReplicaAssignment } from '@quorate/database';
import { RULES_VERSION, encodeGenesis } from '@quorate/protocol';
import type { ReplicaCommand } from '@quorate/replica';
import { HostedReplica } from './hosted-replica';
import { ReplicaProcess } from './replica-process';

const replicaId = '00000000-0000-4000-8000-000000000001';

function operatorKey(): Uint8Array {
  const { x } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
  return Uint8Array.from(Buffer.from(x ?? '', 'base64url'));
}

const certificateHash = (pem: string): Uint8Array =>
  Uint8Array.from(createHash('sha256').update(new X509Certificate(pem).raw).digest());

/** A replica's process that keeps which clients it was told of last. */
class ListeningProcess extends ReplicaProcess {
  clients: readonly string[] = [];

  override tell(command: ReplicaCommand): void {
    if (command.kind === 'clients') this.clients = command.clientCertificates;
    super.tell(command);
  }
}

/** One replica of a ledger of its own, in real processes, with everything it told its worker. */
class Hosting {
  readonly folder = mkdtempSync(join(tmpdir(), 'quorate-replica-'));
  readonly directory = join(this.folder, replicaId);
  readonly prepared: PreparedReplica[] = [];
  readonly failures: string[] = [];
  readonly processes: ListeningProcess[] = [];
  readonly output: string[] = [];
  wanted = true;
  runs = 0;
  private readonly waiting = new Set<() => void>();
  readonly replica: HostedReplica;

  constructor() {
    this.replica = new HostedReplica(replicaId, {
      directory: this.directory,
      host: '127.0.0.1',
      portRange: [30_000, 32_000],
      dataKeys: () => Promise.resolve([{ generation: 1, key: new Uint8Array(32).fill(1) }]),
      archive: () => Promise.resolve(null),
      takeProcess: () => {
        const process = new ListeningProcess((line) => this.output.push(line));
        this.processes.push(process);
        return process;
      },
      onPrepared: async (prepared) => {
        this.prepared.push(prepared);
        return this.wanted;
      },
      onRunning: () => this.note(() => (this.runs += 1)),
      onFailed: ({ code }) => this.note(() => this.failures.push(code)),
    });
  }

  /** Which clients the newest process was told of. */
  get clients(): readonly string[] {
    return this.processes.at(-1)?.clients ?? [];
  }

  private note(change: () => void): void {
    change();
    for (const wake of this.waiting) wake();
    this.waiting.clear();
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.waiting.add(resolve));
  }

  assignment(): ReplicaAssignment {
    const { consensusKey, certificate, host, port } = this.prepared[0];
    const genesis = encodeGenesis({
      ledgerId: new Uint8Array(16).fill(7),
      createdAtNs: 1n,
      operator: { id: 1n, name: 'operator', threshold: 1, keys: [{ scheme: 'ed25519', bytes: operatorKey() }] },
      rulesVersion: RULES_VERSION,
      replicas: [{ consensusKey: unhex(consensusKey), certificateHash: certificateHash(certificate) }],
      governance: { threshold: 1, keys: [{ scheme: 'ed25519', bytes: operatorKey() }] },
    });
    return {
      replicaId,
      ledgerId: '07070707-0707-0707-0707-070707070707',
      workerId: '00000000-0000-4000-8000-000000000002',
      intent: 'run',
      state: 'prepared',
      genesis,
      participants: [{ host, port, certificate }],
      reconfiguration: null,
      clientCertificates: [],
      archived: false,
      ships: false,
    };
  }

  async close(): Promise<void> {
    await this.replica.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

describe('a hosted replica', () => {
  let hosting: Hosting;

  beforeEach(() => (hosting = new Hosting()));
  afterEach(() => hosting.close());

  it('makes its keys once, in a directory that only its owner reads', async () => {
    await hosting.replica.prepare();
    await hosting.replica.prepare();
    expect(hosting.processes).toHaveLength(1);
    expect(hosting.prepared).toHaveLength(1);
    expect(statSync(hosting.directory).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(hosting.directory)) {
      expect(statSync(join(hosting.directory, name)).mode & 0o077).toBe(0);
    }
  });

  it('comes back by itself under the same address after its process was killed', async () => {
    await hosting.replica.prepare();
    await hosting.replica.start(hosting.assignment());
    expect(hosting.runs).toBe(1);
    process.kill(hosting.replica.pid ?? 0, 'SIGKILL');
    await hosting.until(() => hosting.runs === 2);
    expect(hosting.failures).toEqual(['REPLICA_CRASHED']);
    expect(hosting.processes).toHaveLength(2);
    // Same keys, same port: nobody had to be told.
    expect(hosting.prepared).toHaveLength(1);
    expect(hosting.replica.running).toBe(true);
  });

  it('lets a guest in until told otherwise, whatever restarts and other clients come meanwhile', async () => {
    const other = new Hosting();
    await other.replica.prepare();
    const guest = other.prepared[0].certificate;
    await other.close();
    await hosting.replica.prepare();
    const gateway = hosting.prepared[0].certificate;
    await hosting.replica.start(hosting.assignment());
    hosting.replica.letIn(guest);
    expect(hosting.clients).toEqual([guest]);
    process.kill(hosting.replica.pid ?? 0, 'SIGKILL');
    await hosting.until(() => hosting.runs === 2);
    expect(hosting.clients).toEqual([guest]);
    hosting.replica.update({ ...hosting.assignment(), clientCertificates: [gateway] });
    expect(hosting.clients).toEqual([gateway, guest]);
    hosting.replica.letIn(null);
    expect(hosting.clients).toEqual([gateway]);
  });

  it('goes on trying when it cannot start, and says why', async () => {
    await hosting.replica.prepare();
    const stranger = { ...hosting.assignment(), genesis: new Uint8Array([1, 2, 3]) };
    await expect(hosting.replica.start(stranger)).rejects.toThrow();
    await hosting.until(() => hosting.failures.length === 2);
    expect(hosting.replica.running).toBe(false);
    expect(hosting.replica.kept).toBe(true);
  });

  it('does not start when the platform no longer wants it', async () => {
    hosting.wanted = false;
    await expect(hosting.replica.prepare()).rejects.toMatchObject({ code: 'REPLICA_NOT_WANTED' });
  });

  it('leaves its directory when it stops and removes it when it is destroyed', async () => {
    await hosting.replica.prepare();
    await hosting.replica.start(hosting.assignment());
    const pid = hosting.replica.pid ?? 0;
    await hosting.replica.stop();
    expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
    expect(existsSync(hosting.directory)).toBe(true);
    expect(hosting.failures).toEqual([]);
    await hosting.replica.destroy();
    expect(existsSync(hosting.directory)).toBe(false);
  });

  it('gives its process no variable of the platform', async () => {
    await hosting.replica.prepare();
    const environment = readFileSync(`/proc/${hosting.replica.pid}/environ`, 'utf8').split('\0').filter(Boolean);
    expect(environment.filter((entry) => !entry.startsWith('NODE_CHANNEL_'))).toEqual([]);
  });
});
