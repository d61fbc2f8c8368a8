import { createServer, type Server } from 'node:net';
import { TransportError } from './transport-error';

/** Binds the first free port of the range, trying `preferred` before all others. The caller hangs its own 'connection' listener on it. */
export async function bindPort(
  host: string,
  range: readonly [number, number],
  preferred: number | null,
): Promise<Server> {
  const [first, last] = range;
  const count = last - first + 1;
  // Processes that bind at the same moment should not all try the same port first.
  const start = process.pid % count;
  const others = Array.from({ length: count }, (_, index) => first + ((start + index) % count));
  for (const port of preferred === null ? others : [preferred, ...others]) {
    const server = await tryBind(host, port);
    if (server !== null) return server;
  }
  throw new TransportError('TRANSPORT_PORT_UNAVAILABLE', `no free port from ${first} to ${last} on ${host}`, {
    host,
    first,
    last,
  });
}

/** The port of a bound listener. */
export function boundPort(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new TransportError('TRANSPORT_PORT_UNAVAILABLE', 'the listener has no port');
  return address.port;
}

function tryBind(host: string, port: number): Promise<Server | null> {
  return new Promise((resolve, reject) => {
    const server = createServer({ noDelay: true });
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(null);
      else
        reject(
          new TransportError('TRANSPORT_PORT_UNAVAILABLE', `cannot listen on ${host}: ${String(error.code)}`, {
            host,
            port,
          }),
        );
    });
    server.listen({ host, port, exclusive: true }, () => {
      server.removeAllListeners('error');
      resolve(server);
    });
  });
}
