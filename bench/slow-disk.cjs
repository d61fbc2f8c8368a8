// Loaded into a replica's process by `--require`: every write to its files takes a hundred times as long as it did.
// The replica itself has no such switch.
const { open } = require('node:fs/promises');

const timesSlower = 100;

async function slowDown() {
  const handle = await open(__filename, 'r');
  const { writev } = Object.getPrototypeOf(handle);
  await handle.close();
  Object.getPrototypeOf(handle).writev = async function slowWritev(...request) {
    const began = performance.now();
    const written = await writev.apply(this, request);
    await new Promise((done) => setTimeout(done, (performance.now() - began) * (timesSlower - 1)));
    return written;
  };
}

void slowDown();
