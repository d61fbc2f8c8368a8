// Log files that cannot grow without end: one current file and one older one, each of bounded size.
import { closeSync, existsSync, openSync, renameSync, statSync, writeSync } from 'node:fs';

const logBytesMax = 8 * 1024 * 1024;

/** An append-only log file that is moved to `<path>.1` when it reaches its maximum size. */
export class RotatingLog {
  #path;
  #file;
  #bytes;
  #bytesMax;

  constructor(path, bytesMax = logBytesMax) {
    this.#path = path;
    this.#bytesMax = bytesMax;
    this.#bytes = existsSync(path) ? statSync(path).size : 0;
    this.#file = openSync(path, 'a', 0o600);
  }

  write(chunk) {
    if (this.#file === null) return;
    if (this.#bytes + chunk.length > this.#bytesMax && this.#bytes > 0) this.#rotate();
    try {
      this.#bytes += writeSync(this.#file, chunk);
    } catch (error) {
      // A full disk must not take the platform's supervisor down; the ledgers stop by themselves when they cannot write.
      if (error.code !== 'ENOSPC' && error.code !== 'EDQUOT') throw error;
    }
  }

  #rotate() {
    closeSync(this.#file);
    renameSync(this.#path, `${this.#path}.1`);
    this.#file = openSync(this.#path, 'a', 0o600);
    this.#bytes = 0;
  }

  close() {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }
}
