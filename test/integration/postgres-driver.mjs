// Runs the local PostgreSQL in a process of its own that a test can end in any way.
import { startPostgres } from '../../tools/postgres.mjs';

const server = await startPostgres({ directory: process.argv[2] });
process.on('message', async () => {
  await server.stop();
  process.disconnect();
});
process.send({ url: server.url, pid: server.pid, port: server.port });
