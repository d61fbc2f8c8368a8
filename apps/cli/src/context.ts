import { hex, unhex } from '@quorate/crypto';
import { decodeGenesis, formatId, genesisId, type Genesis } from '@quorate/protocol';
import {
  createControlPlaneClient,
  createGatewayClient,
  type ControlPlaneClient,
  type GatewayClient,
} from '@quorate/sdk';
import { CliFailure } from './exit-codes';
import { Settings, type LedgerProfile } from './settings';
import type { Terminal } from './terminal';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A ledger that a command speaks to, with its checked trust anchor. */
export interface OpenLedger {
  readonly id: string;
  readonly genesisId: string;
  readonly genesis: Genesis;
  readonly gateway: GatewayClient;
  readonly profile: LedgerProfile;
}

/** What every command is given: where it writes, what it remembers, whom it speaks to. */
export class CommandContext {
  readonly settings: Settings;

  constructor(
    readonly environment: NodeJS.ProcessEnv,
    readonly terminal: Terminal,
    readonly signal: AbortSignal,
  ) {
    this.settings = new Settings(environment);
  }

  /** The platform's address: the environment wins, so that pipelines need no file. */
  url(): string {
    const url = this.environment.QUORATE_URL ?? this.settings.login()?.url;
    if (url !== undefined && url !== '') return checkedUrl(url);
    throw new CliFailure('auth', 'NOT_LOGGED_IN', 'no platform is known', {
      hint: 'Log in with `quorate login`, or set QUORATE_URL and QUORATE_API_KEY.',
    });
  }

  private apiKey(): string {
    const fromEnvironment = this.environment.QUORATE_API_KEY;
    if (fromEnvironment !== undefined && fromEnvironment !== '') return fromEnvironment;
    const login = this.settings.login();
    // A stored key belongs to the platform it was made on and is never shown to another.
    if (login !== null && checkedUrl(login.url) === this.url()) return login.apiKey;
    throw new CliFailure('auth', 'NOT_LOGGED_IN', `not logged in to ${this.url()}`, {
      hint: 'Log in with `quorate login`, or set QUORATE_API_KEY.',
    });
  }

  controlPlane(): ControlPlaneClient {
    return createControlPlaneClient({ url: this.url(), apiKey: this.apiKey() });
  }

  /** The id of the ledger that an option, the environment or the last creation names. A name that no other has may be a retired ledger's. */
  async ledgerId(named: string | undefined): Promise<string> {
    const wanted = named ?? this.environment.QUORATE_LEDGER ?? this.settings.currentLedger() ?? '';
    if (wanted === '')
      throw new CliFailure('usage', 'USAGE', 'no ledger is named', { hint: 'Use --ledger or QUORATE_LEDGER.' });
    if (UUID.test(wanted)) return wanted;
    const [living, retired]: [string[], string[]] = [[], []];
    for await (const { id, name, state } of this.controlPlane().ledgers({ limit: 100 }))
      if (name === wanted) (state === 'retired' ? retired : living).push(id);
    const alike = living.length > 0 ? living : retired;
    if (alike.length === 1) return alike[0];
    const detail =
      alike.length === 0 ? `there is no ledger "${wanted}"` : `${alike.length} ledgers are named "${wanted}"`;
    throw new CliFailure('notFound', 'LEDGER_UNKNOWN', detail, { hint: 'Name it by id; see `quorate ledger list`.' });
  }

  /** Opens a ledger and checks its genesis against the anchor kept here; the first time, keeps it. */
  async openLedger(named: string | undefined): Promise<OpenLedger> {
    const id = await this.ledgerId(named);
    const controlPlane = this.controlPlane();
    const [platform, document] = await Promise.all([controlPlane.platform(), controlPlane.genesis(id)]);
    const genesis = decodeGenesis(unhex(document.genesis));
    const anchor = hex(genesisId(genesis));
    const known = this.settings.ledger(id);
    if (known !== null && known.genesisId !== null && known.genesisId !== anchor) {
      throw new CliFailure(
        'verification',
        'GENESIS_CHANGED',
        `the platform shows another genesis for ${id} than the one kept here`,
        {
          hint: 'Do not continue; ask the platform why.',
        },
      );
    }
    const profile = this.keepAnchor(id, anchor, genesis, known);
    const gatewayUrl = this.environment.QUORATE_GATEWAY_URL ?? platform.gatewayUrl;
    const gateway = createGatewayClient({ url: checkedUrl(gatewayUrl), apiKey: this.apiKey() });
    return { id, genesisId: anchor, genesis, gateway, profile };
  }

  private keepAnchor(id: string, anchor: string, genesis: Genesis, known: LedgerProfile | null): LedgerProfile {
    if (known !== null && known.genesisId === anchor) return known;
    const own = known?.operatorKey ?? null;
    const operatorKeys = genesis.operator.keys.map((key) => hex(key.bytes));
    if (own !== null && !operatorKeys.includes(own)) {
      throw new CliFailure(
        'verification',
        'GENESIS_KEY_MISSING',
        "the ledger's genesis does not name the operator key made here",
      );
    }
    const partyKeys = own === null ? {} : { [formatId(genesis.operator.id)]: own };
    const profile: LedgerProfile = {
      ledgerId: id,
      name: known?.name ?? '',
      url: this.url(),
      genesisId: anchor,
      operatorKey: own,
      partyKeys: { ...known?.partyKeys, ...partyKeys },
    };
    this.settings.saveLedger(profile);
    return profile;
  }
}

/** An http or https address without a slash at its end. */
export function checkedUrl(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text.replace(/\/+$/, '');
  throw new CliFailure('usage', 'URL_INVALID', `"${text}" is not an http or https address`);
}
