// Runs a platform for a test in a process of its own and obeys it by IPC; stops everything when the test goes away.
import { freePort } from '../../tools/free-port.mjs';
import { startPlatform } from '../../tools/platform.mjs';

const [home, workers] = process.argv.slice(2);
const reply = (message) => process.connected && process.send(message);

try {
  const platform = await startPlatform({
    home,
    port: await freePort(),
    gatewayPort: await freePort(),
    quiet: true,
    workers: Number(workers),
  });
  const end = async () => {
    await platform.stop();
    process.exit(0);
  };
  process.on('disconnect', end);
  process.on('message', async ({ call, command, name }) => {
    try {
      if (command === 'kill') await platform.killWorker(name);
      if (command === 'start') await platform.startWorker(name);
      reply({ call, ok: true, workers: platform.workers });
    } catch (error) {
      reply({ call, ok: false, detail: String(error?.message ?? error) });
    }
  });
  const { url, gatewayUrl, adminEmail, adminPassword, databaseUrl } = platform;
  reply({ call: 0, ok: true, url, gatewayUrl, adminEmail, adminPassword, databaseUrl, workers: platform.workers });
} catch (error) {
  reply({ call: 0, ok: false, detail: String(error?.message ?? error) });
  process.exit(1);
}
