// Preloaded into every application the supervisor starts: when the supervisor is gone, however it went, the
// application stops in its own orderly way, and not later than the bound below.
const orderlyStopMsMax = 12_000;

// The pipes to a dead supervisor are broken; a failing log line must not turn an orderly stop into a crash.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

process.once('disconnect', () => {
  setTimeout(() => process.exit(1), orderlyStopMsMax).unref();
  process.kill(process.pid, 'SIGTERM');
});
