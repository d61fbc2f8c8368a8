// Appends numbers to a journal on a real disk and prints each one that is durable, until the disk fails.
const { Journal, Vault } = require('../dist/index.js');
const { nodeCryptography, nodeTimers, openNodeDirectory } = require('../../runtime-node/dist/index.js');

const say = (line) => process.stdout.write(`${line}\n`);

async function run(folder, count) {
  const vault = new Vault({
    cryptography: nodeCryptography,
    ledgerId: new Uint8Array(16).fill(1),
    keys: [{ generation: 1, key: new Uint8Array(32).fill(2) }],
  });
  const journal = await Journal.open({
    directory: await openNodeDirectory(folder),
    vault,
    timers: nodeTimers,
    onRecord: ({ payload }) => say(`found ${Buffer.from(payload).readUInt32BE(0)}`),
    onFault: (error) => say(`fault ${error.code}`),
    onSpace: () => undefined,
  });
  const first = Number(process.argv[4]);
  for (let number = first; number < first + count; number += 1) {
    const payload = Buffer.alloc(300);
    payload.writeUInt32BE(number);
    await journal.append([{ kind: 1, payload }]);
    say(`durable ${number}`);
  }
}

run(process.argv[2], Number(process.argv[3])).catch((error) => say(`ended ${error.code}`));
