// Loaded into a worker's process by `--require`: every replica that it starts lies. The worker itself has no such switch.
const childProcess = require('node:child_process');
const { join } = require('node:path');

const lie = join(__dirname, 'lying-replica.cjs');
const { fork } = childProcess;

childProcess.fork = (script, words, options) => {
  const isReplica = script.endsWith(join('replica', 'dist', 'process.js'));
  return fork(script, words, isReplica ? { ...options, execArgv: ['--require', lie] } : options);
};
