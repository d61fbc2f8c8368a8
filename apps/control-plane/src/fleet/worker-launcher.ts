import { Injectable } from '@nestjs/common';

/**
 * Adds workers where one machine runs everything: the supervisor that forked this process starts them. Elsewhere the
 * fleet is scaled by what runs the containers.
 */
@Injectable()
export class WorkerLauncher {
  /** False when no supervisor listens. */
  add(count: number): boolean {
    if (typeof process.send !== 'function' || !process.connected) return false;
    process.send({ kind: 'add-workers', count });
    return true;
  }
}
