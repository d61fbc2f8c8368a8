import { ReplicaProcess } from './replica-process';

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
