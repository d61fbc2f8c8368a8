import { hash, verify } from '@node-rs/argon2';
import { CodedError } from '@quorate/errors';

/** Argon2id parameters: 19 MiB and two passes. */
const options = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** Each hash takes its memory and a core: more than this at once, or in the queue, would be a way to exhaust the process. */
const concurrencyMax = 2;
const queueMax = 64;

/** Hashes and checks passwords, a bounded number at a time. Throws `PASSWORD_HASHING_BUSY` when the queue is full. */
export class PasswordHasher {
  private running = 0;
  private readonly waiting: (() => void)[] = [];
  private decoy: Promise<string> | null = null;

  hash(password: string): Promise<string> {
    return this.bounded(() => hash(password, options));
  }

  /** Whether the password fits. Without a stored hash it works as long and says no, so that time does not tell who exists. */
  async verify(stored: string | null, password: string): Promise<boolean> {
    if (stored !== null) return this.bounded(() => verify(stored, password));
    this.decoy ??= this.hash('a password that nobody has');
    const decoy = await this.decoy;
    await this.bounded(() => verify(decoy, password));
    return false;
  }

  private async bounded<T>(work: () => Promise<T>): Promise<T> {
    if (this.running >= concurrencyMax) {
      if (this.waiting.length >= queueMax)
        throw new CodedError('PASSWORD_HASHING_BUSY', 'too many passwords are being checked', { queueMax });
      // The slot is handed over by the one who leaves, so `running` does not change.
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    } else {
      this.running += 1;
    }
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.running -= 1;
    }
  }
}
