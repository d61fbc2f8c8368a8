import { generateKeyPairSync, sign } from 'node:crypto';
import { ACCOUNT_FLAGS, OPEN_ASSET_POLICY, type Operation } from '@quorate/protocol';
import {
  buildEnvelope,
  createControlPlaneClient,
  createGatewayClient,
  ed25519Signer,
  randomId,
  signEnvelope,
  type ControlPlaneClient,
  type GatewayClient,
  type LedgerClass,
  type SignedEnvelope,
  type Signer,
  type SubmitResult,
} from '@quorate/sdk';

export const CHF = 756;
export const OPERATOR = 1n;
export const ISSUER_ACCOUNT = 1n;

const password = 'a long enough password';

/** A ledger that a test owns, with the key that its operator signs with. */
export interface OwnedLedger {
  readonly id: string;
  readonly genesisId: string;
  readonly signer: Signer;
}

export function newSigner(): Signer {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(12));
  return ed25519Signer({ publicKey: raw, sign: (bytes) => new Uint8Array(sign(null, bytes, privateKey)) });
}

export function account(id: bigint, flags: number): Operation {
  const rest = { party: OPERATOR, asset: CHF, code: 1, userData128: 0n, userData64: 0n, userData32: 0 };
  return { kind: 'create_account', account: { id, flags, ...rest } };
}

export function transfer(debitAccount: bigint, creditAccount: bigint, amount: bigint, id = randomId()): Operation {
  const rest = {
    pendingId: 0n,
    userData128: 0n,
    userData64: 0n,
    userData32: 0,
    timeoutSeconds: 0,
    code: 1,
    flags: 0,
    asset: CHF,
  };
  return { kind: 'create_transfer', transfer: { id, debitAccount, creditAccount, amount, ...rest } };
}

/** An institution that has signed up and acts with an API key, over public interfaces only. */
export class Institution {
  private constructor(
    readonly apiKey: string,
    readonly controlPlane: ControlPlaneClient,
    readonly gateway: GatewayClient,
  ) {}

  static async signUp(platform: { url: string; gatewayUrl: string }, name: string): Promise<Institution> {
    const { url, gatewayUrl } = platform;
    const email = `${name.toLowerCase()}-${randomId().toString(36).slice(0, 8)}@bank.example`;
    const visitor = createControlPlaneClient({ url });
    await visitor.signup({ institution: name, email, password });
    const { cookie } = await visitor.loginForCookie({ email, password });
    const member = createControlPlaneClient({ url, cookie });
    const { key: apiKey } = await member.createApiKey({ name: 'test', expiresInDays: 1 });
    return new Institution(
      apiKey,
      createControlPlaneClient({ url, apiKey }),
      createGatewayClient({ url: gatewayUrl, apiKey }),
    );
  }

  async createLedger(ledgerClass: LedgerClass, name: string): Promise<OwnedLedger> {
    const signer = newSigner();
    const keys = [{ scheme: signer.scheme, publicKey: Buffer.from(signer.publicKey).toString('hex') }];
    const draft = { name, class: ledgerClass, region: 'local', operator: { name: 'Operator', keys } };
    const { id } = await this.controlPlane.createLedger(draft);
    const { genesisId } = await this.controlPlane.waitForLedger(id);
    if (genesisId === null) throw new Error('a ready ledger has a genesis');
    return { id, genesisId, signer };
  }

  envelope(ledger: OwnedLedger, operations: readonly Operation[], expiresAtNs?: bigint): Promise<SignedEnvelope> {
    const draft = { genesisId: ledger.genesisId, party: OPERATOR, operations, expiresAtNs };
    return signEnvelope(buildEnvelope(draft), ledger.signer);
  }

  async submit(ledger: OwnedLedger, operations: readonly Operation[]): Promise<SubmitResult> {
    return this.gateway.submit(ledger.id, await this.envelope(ledger, operations));
  }

  /** Creates CHF, the issuer's account, and funded accounts with the given ids. */
  async openAccounts(ledger: OwnedLedger, ids: readonly bigint[], amount: bigint): Promise<void> {
    const submitted = await this.submit(ledger, [
      { kind: 'create_asset', asset: { id: CHF, scale: 2, code: 'CHF', issuer: OPERATOR, ...OPEN_ASSET_POLICY } },
      account(ISSUER_ACCOUNT, 0),
      ...ids.map((id) => account(id, ACCOUNT_FLAGS.debitsMustNotExceedCredits)),
      ...ids.map((id) => transfer(ISSUER_ACCOUNT, id, amount)),
    ]);
    const refused = submitted.results.find(({ code }) => code !== 'applied');
    if (refused !== undefined) throw new Error(`operation ${refused.index}: ${refused.code}`);
  }
}
