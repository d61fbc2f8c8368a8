import { GATEWAY_LIMITS } from '../limits';
import type { ReadyLedger } from '../routes/ledger-routes';
import { LedgerLink } from './ledger-link';
import type { ConnectReplica, GatewayIdentity } from './replica-link';

const sweepMs = 5_000;

/** Connections to the ledgers that were used of late. Bounded: the one idle longest goes first. */
export class LedgerLinks {
  private readonly links = new Map<string, LedgerLink>();
  private readonly sweep: NodeJS.Timeout;

  constructor(
    private readonly identity: GatewayIdentity,
    private readonly connect: ConnectReplica,
  ) {
    this.sweep = setInterval(() => this.closeIdle(), sweepMs);
    this.sweep.unref();
  }

  of(ledger: ReadyLedger): LedgerLink {
    const known = this.links.get(ledger.ledgerId);
    if (known !== undefined) {
      known.use(ledger);
      return known;
    }
    if (this.links.size >= GATEWAY_LIMITS.ledgersConnectedMax) this.closeIdlest();
    const link = new LedgerLink(ledger, this.identity, this.connect);
    this.links.set(ledger.ledgerId, link);
    return link;
  }

  close(): void {
    clearInterval(this.sweep);
    for (const link of this.links.values()) link.close();
    this.links.clear();
  }

  private closeIdle(): void {
    for (const [ledgerId, link] of this.links) {
      if (link.idleMs() >= GATEWAY_LIMITS.ledgerIdleMs) this.drop(ledgerId, link);
    }
  }

  private closeIdlest(): void {
    let idlest: [string, LedgerLink] | null = null;
    for (const entry of this.links) if (idlest === null || entry[1].idleMs() > idlest[1].idleMs()) idlest = entry;
    if (idlest !== null) this.drop(...idlest);
  }

  private drop(ledgerId: string, link: LedgerLink): void {
    link.close();
    this.links.delete(ledgerId);
  }
}
