// Starts a server process that cannot outlive the process that started it.
import { spawn } from 'node:child_process';

// The shell watches its standard input: when the process that started it dies, however it dies, the input ends and
// the server is told to shut down in an orderly way. Nothing is left running after `kill -9` of the parent.
const guardian = `
exec 3<&0
"$@" <&- 3<&- & server=$!
(read -r line <&3; kill -INT $server 2>&-) & watcher=$!
trap 'kill -INT $server 2>&-' INT TERM
wait $server; status=$?
while kill -0 $server 2>&-; do wait $server; status=$?; done
kill $watcher 2>&-
exit $status
`;

/**
 * Starts `command` under the guardian; ending the returned process's `stdin` asks the server to stop with SIGINT.
 *
 * It gets its own process group: Ctrl-C in a terminal must reach the applications before the servers they use.
 */
export function spawnGuarded(command, options) {
  const child = spawn('/bin/sh', ['-c', guardian, 'quorate-guardian', ...command], {
    ...options,
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  child.stdin.on('error', () => undefined);
  return child;
}
