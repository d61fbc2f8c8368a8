// Ports for servers that are started a moment later.
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

const host = '127.0.0.1';
// Below the range from which kernels take ports for outgoing connections, which would steal one before its server binds it,
// and below the range of replicas.
const firstPort = 15_000;
const lastPort = 19_999;
const triesMax = 200;

/** Whether something already listens on a port of this machine. */
export function portTaken(port, address = host) {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(true));
    probe.listen({ host: address, port, exclusive: true }, () => probe.close(() => resolve(false)));
  });
}

/** A port of the loopback interface that nobody uses at the moment. */
export async function freePort() {
  for (let tried = 0; tried < triesMax; tried += 1) {
    const port = randomInt(firstPort, lastPort + 1);
    if (!(await portTaken(port))) return port;
  }
  throw new Error(`no free port from ${firstPort} to ${lastPort}`);
}
