import { setFlagsFromString } from 'node:v8';
import { ReplicaProcess } from './replica-process';

/**
 * Bodies of blocks are megabytes outside V8's heap, which is small: at its usual pace the collector would mark the whole heap after
 * every other full block. The heap may grow to five times of what survived before it is collected again.
 */
const HEAP_GROWING_PERCENT = 400;

setFlagsFromString(`--heap-growing-percent=${HEAP_GROWING_PERCENT}`);
// Young objects are few. On busy cores a collection by several threads waits for the last of them to get its turn: three times as long.
setFlagsFromString('--no-parallel-scavenge');

const replica = new ReplicaProcess({
  report: (report) => {
    if (process.connected) process.send?.(report);
  },
  // IPC messages leave before the process does.
  exit: (code) => setImmediate(() => process.exit(code)),
});

process.on('message', (command) => replica.take(command));
// Without its worker a replica would run on unseen.
process.on('disconnect', () => replica.stop());
process.on('SIGTERM', () => replica.stop());
process.on('SIGINT', () => undefined);
process.on('uncaughtException', (error) => replica.fail(error));
process.on('unhandledRejection', (error) => replica.fail(error));
replica.preload();
