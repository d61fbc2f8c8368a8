import { faultsTolerated } from '@quorate/protocol';
import type { CoreState } from './state';

/** A height that at least one correct peer says is final; one alone may boast. Without enough peers: 0. */
export function claimedHeight(core: CoreState): number {
  const claims = core.peers.filter(({ connected }) => connected).map(({ finalHeight }) => finalHeight);
  return claims.sort((first, second) => second - first)[faultsTolerated(core.committee.size)] ?? 0;
}
