import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { CliFailure } from './exit-codes';

/** Whom this machine is logged in as. The API key is a secret; the file is readable by its owner only. */
export interface Login {
  readonly url: string;
  readonly email: string;
  readonly institution: string;
  readonly apiKey: string;
  readonly apiKeyId: string;
  readonly expiresAt: string;
}

/** What is kept of a ledger: its trust anchor, and which key signs for which party. */
export interface LedgerProfile {
  readonly ledgerId: string;
  readonly name: string;
  readonly url: string;
  readonly genesisId: string | null;
  /** Party id in hexadecimal to public key in hexadecimal; the operator's id is known once there is a genesis. */
  readonly partyKeys: Readonly<Record<string, string>>;
  readonly operatorKey: string | null;
}

const OWNER_ONLY_FILE = 0o600;
const OWNER_ONLY_DIRECTORY = 0o700;

/** Files of this program below one directory that only its owner may enter. */
export class Settings {
  readonly directory: string;

  constructor(environment: NodeJS.ProcessEnv) {
    this.directory =
      environment.QUORATE_CONFIG_HOME ?? join(environment.XDG_CONFIG_HOME ?? join(homedir(), '.config'), 'quorate');
  }

  login(): Login | null {
    return this.read<Login>('login.json');
  }

  saveLogin(login: Login): void {
    this.write('login.json', login);
  }

  forgetLogin(): void {
    rmSync(join(this.directory, 'login.json'), { force: true });
  }

  ledger(ledgerId: string): LedgerProfile | null {
    return this.read<LedgerProfile>(join('ledgers', `${ledgerId}.json`));
  }

  saveLedger(profile: LedgerProfile): void {
    this.write(join('ledgers', `${profile.ledgerId}.json`), profile);
  }

  currentLedger(): string | null {
    return this.read<{ ledgerId: string }>('current-ledger.json')?.ledgerId ?? null;
  }

  chooseLedger(ledgerId: string): void {
    this.write('current-ledger.json', { ledgerId });
  }

  keyNames(): string[] {
    const folder = join(this.directory, 'keys');
    if (!existsSync(folder)) return [];
    const files = readdirSync(folder).filter((name) => /^[0-9a-f]{64}\.json$/.test(name));
    return files.map((name) => name.slice(0, -'.json'.length)).sort();
  }

  keyPath(publicKey: string): string {
    return join(this.directory, 'keys', `${publicKey}.json`);
  }

  saveKey(publicKey: string, value: unknown): void {
    this.write(join('keys', `${publicKey}.json`), value);
  }

  private read<T>(name: string): T | null {
    const path = join(this.directory, name);
    if (!existsSync(path)) return null;
    try {
      return JSON.parse(readFileSync(path, 'utf8')) as T;
    } catch {
      throw new CliFailure('failure', 'SETTINGS_UNREADABLE', `${path} cannot be read`, {
        hint: 'Remove or repair the file.',
      });
    }
  }

  /** Written beside and renamed, so that a crash leaves the old file or the new one. */
  private write(name: string, value: unknown): void {
    const path = join(this.directory, name);
    const folder = join(path, '..');
    mkdirSync(folder, { recursive: true, mode: OWNER_ONLY_DIRECTORY });
    chmodSync(this.directory, OWNER_ONLY_DIRECTORY);
    const draft = `${path}.${process.pid}.draft`;
    writeFileSync(draft, `${JSON.stringify(value, null, 2)}\n`, { mode: OWNER_ONLY_FILE });
    chmodSync(draft, OWNER_ONLY_FILE);
    renameSync(draft, path);
  }
}
