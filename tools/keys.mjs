// `npm run keys -- rotate-data LEDGER | rotate-tenant TENANT | rewrap`: replaces keys; needs the environment of the platform.
import { createRequire } from 'node:module';
import { install, installed } from './install.mjs';

if (!installed() && !install()) process.exit(1);
const { buildAll } = await import('./build.mjs');
await buildAll({ withConsole: false });
const require = createRequire(import.meta.url);
const { loadConfig } = require('@quorate/config');
const { KeyStore, openSystemDatabase } = require('@quorate/database');
const { Keyring } = require('../apps/worker/dist/keys/keyring.js');
const { openKeyProvider } = require('../apps/worker/dist/keys/open-provider.js');

const [act, id] = process.argv.slice(2);
const usage = 'npm run keys -- rotate-data LEDGER_ID | rotate-tenant TENANT_ID | rewrap';

const acts = {
  async 'rotate-data'({ store, keyring }) {
    const replicas = await store.replicasOf(id);
    for (const replica of replicas) console.log(`replica ${replica}: data key ${await keyring.rotateDataKey(replica)}`);
    console.log('They seal from the next start of the replicas on.');
  },
  async 'rotate-tenant'({ store, keyring }) {
    const generation = await keyring.rotateTenantKey(id, await store.replicasWithKeys(id));
    console.log(`tenant key ${generation} is in use; ${await store.forgetTenantKeys(id)} old ones are gone`);
  },
  async rewrap({ store, keyring }) {
    let count = 0;
    for (const tenant of await store.tenantsWithKeys()) count += await keyring.rewrapTenantKeys(tenant);
    console.log(`${count} tenant keys are wrapped under the provider's current key`);
  },
};

const chosen = Object.hasOwn(acts, act ?? '') ? acts[act] : null;
if (chosen === null || (act !== 'rewrap' && id === undefined)) {
  console.error(usage);
  process.exit(2);
}
const config = loadConfig();
const database = await openSystemDatabase(config, { poolSizeMax: 1 });
try {
  const store = new KeyStore(database);
  await chosen({ store, keyring: new Keyring(store, openKeyProvider(config)) });
} finally {
  await database.close();
}
