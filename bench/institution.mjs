// An institution that uses Quorate over its public interfaces only: signs up, owns ledgers, signs and submits.
import { generateKeyPairSync, sign } from 'node:crypto';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const sdk = require('@quorate/sdk');
const { ACCOUNT_FLAGS, OPEN_ASSET_POLICY } = require('@quorate/protocol');

export const CHF = 756;
export const ISSUER_ACCOUNT = 1n;
const OPERATOR = 1n;
const password = 'correct horse battery staple';

function newSigner() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(12));
  return sdk.ed25519Signer({ publicKey: raw, sign: (bytes) => new Uint8Array(sign(null, bytes, privateKey)) });
}

/** Signs up and returns clients that act with an API key of the new institution. */
export async function signUp(url, gatewayUrl, name) {
  const email = `${name.toLowerCase().replace(/[^a-z0-9]+/g, '-')}-${Date.now()}@example.com`;
  const visitor = sdk.createControlPlaneClient({ url });
  await visitor.signup({ institution: name, email, password });
  const { cookie } = await visitor.loginForCookie({ email, password });
  const member = sdk.createControlPlaneClient({ url, cookie });
  const { key: apiKey } = await member.createApiKey({ name: 'benchmark', expiresInDays: 1 });
  return {
    apiKey,
    controlPlane: sdk.createControlPlaneClient({ url, apiKey }),
    gateway: sdk.createGatewayClient({ url: gatewayUrl, apiKey }),
  };
}

/** Creates a ledger and waits until it is ready; `readyMs` is what the client saw. */
export async function createLedger(institution, ledgerClass, name) {
  const signer = newSigner();
  const began = performance.now();
  const keys = [{ scheme: signer.scheme, publicKey: Buffer.from(signer.publicKey).toString('hex') }];
  const draft = { name, class: ledgerClass, region: 'local', operator: { name: 'Operator', keys } };
  const created = await institution.controlPlane.createLedger(draft);
  const ledger = await institution.controlPlane.waitForLedger(created.id);
  return { ...ledger, signer, readyMs: performance.now() - began };
}

/** Signs operations as the ledger's operator. */
export async function envelopeOf(ledger, operations) {
  return sdk.signEnvelope(
    sdk.buildEnvelope({ genesisId: ledger.genesisId, party: OPERATOR, operations }),
    ledger.signer,
  );
}

/** Submits and demands that every operation was applied. */
export async function apply(institution, ledger, operations) {
  const result = await institution.gateway.submit(ledger.id, await envelopeOf(ledger, operations));
  const refused = result.results.find(({ code }) => code !== 'applied');
  if (refused !== undefined) throw new Error(`operation ${refused.index} was not applied: ${refused.code}`);
  return result;
}

function account(id, flags) {
  const rest = { party: OPERATOR, asset: CHF, code: 1, userData128: 0n, userData64: 0n, userData32: 0 };
  return { kind: 'create_account', account: { id, flags, ...rest } };
}

export function transfer(debitAccount, creditAccount, amount) {
  const rest = { pendingId: 0n, userData128: 0n, userData64: 0n, userData32: 0, timeoutSeconds: 0, code: 1, flags: 0 };
  return {
    kind: 'create_transfer',
    transfer: { id: sdk.randomId(), debitAccount, creditAccount, amount, asset: CHF, ...rest },
  };
}

/** Creates CHF, the issuer's account and `count` funded accounts with ids 2, 3, … */
export async function openAccounts(institution, ledger, count) {
  const asset = {
    kind: 'create_asset',
    asset: { id: CHF, scale: 2, code: 'CHF', issuer: OPERATOR, ...OPEN_ASSET_POLICY },
  };
  await apply(institution, ledger, [asset, account(ISSUER_ACCOUNT, 0)]);
  const ids = Array.from({ length: count }, (_, index) => BigInt(index + 2));
  const perEnvelope = 4_000;
  for (let start = 0; start < ids.length; start += perEnvelope) {
    const part = ids.slice(start, start + perEnvelope);
    await apply(
      institution,
      ledger,
      part.map((id) => account(id, ACCOUNT_FLAGS.debitsMustNotExceedCredits)),
    );
    await apply(
      institution,
      ledger,
      part.map((id) => transfer(ISSUER_ACCOUNT, id, 1_000_000_000n)),
    );
  }
  return ids;
}
