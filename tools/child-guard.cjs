// Preloaded into every application the supervisor starts: when the supervisor is gone, however it went, the
// application stops in its own orderly way, and not later than the bound below.
const fs = require('node:fs');
const { Worker } = require('node:worker_threads');

const orderlyStopMsMax = 12_000;
const standardOutputs = [1, 2];

// The pipes to a dead supervisor are broken; a failing log line must not turn an orderly stop into a crash.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

/** Loggers that write synchronously repeat a line for ever when its pipe is broken; nobody would read it any more. */
function dropUnreadLines() {
  const write = fs.writeSync;
  fs.writeSync = (file, data, ...rest) => {
    try {
      return write(file, data, ...rest);
    } catch (error) {
      if (error.code === 'EPIPE' && standardOutputs.includes(file)) return Buffer.byteLength(data);
      throw error;
    }
  };
}

/** A thread of its own keeps the bound even when the application's thread is stuck. */
function endLatestAfter(waitMs) {
  const watch = `setTimeout(() => process.kill(${process.pid}, 'SIGKILL'), ${waitMs})`;
  new Worker(watch, { eval: true, execArgv: [], stdout: true, stderr: true }).unref();
}

process.once('disconnect', () => {
  dropUnreadLines();
  endLatestAfter(orderlyStopMsMax);
  process.kill(process.pid, 'SIGTERM');
});
