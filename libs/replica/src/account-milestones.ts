// An account's results name the one before them, none the one after it. To list them forwards, the chain is walked back once, and places along
// it are remembered: from each, what follows on an older one is found in a few steps.
import { PageRequestError, type Ledger, type StoredOutcome } from '@quorate/ledger';
import type { ResultPosition } from '@quorate/protocol';
import type { PageWork } from './page-work';

/** Results from one remembered place to the next: fewer than the blocks that one page may walk through. */
const SPACING = 256;

/** Places remembered of all accounts together, 8 bytes each: of more than 200 million results. */
const PLACES_MAX = 1_048_576;

/** More indexes than a block has results. */
const INDEXES = 65_536;

/** Outcomes of executed blocks. Throws ReplicaError for one that is not held. */
interface OutcomeSource {
  outcome(height: number): Promise<StoredOutcome>;
}

/** Places of results, newest first. */
interface Path {
  readonly places: readonly number[];
  /** Whether the last one is the first result of the account. */
  readonly isWhole: boolean;
}

const placeOf = ({ height, index }: ResultPosition): number => height * INDEXES + index;
const heightOf = (place: number): number => Math.floor(place / INDEXES);
const positionOf = (place: number): ResultPosition => ({ height: heightOf(place), index: place % INDEXES });

/** Finds the results of an account in the order in which they took effect. */
export class AccountMilestones {
  /** The one used last at the end. */
  private readonly paths = new Map<bigint, Path>();
  private placeCount = 0;
  /** An account's results often stand in one block. */
  private latest: { readonly height: number; readonly outcome: StoredOutcome } | null = null;

  constructor(
    private readonly ledger: Ledger,
    private readonly blocks: OutcomeSource,
    private readonly spacing = SPACING,
    private readonly placesMax = PLACES_MAX,
  ) {}

  /**
   * Some results behind `after`, or from the first one of `heightMin` on, oldest first; none at the end of the account's history. Null when the work
   * is spent before they are found: then ask again, what was walked is remembered. Throws PageRequestError if `after` is no result of the account.
   */
  async next(
    account: bigint,
    after: ResultPosition | null,
    heightMin: number,
    work: PageWork,
  ): Promise<ResultPosition[] | null> {
    const head = this.ledger.accountHead(account);
    const end = after === null ? null : placeOf(after);
    if (head === null || placeOf(head) === end || (after === null && head.height < heightMin)) return [];
    const floor = after?.height ?? heightMin;
    const path = await this.pathDownTo(account, placeOf(head), after, floor, work);
    if (path === null) return null;
    const found: ResultPosition[] = [];
    let at: number | null = startIn(path.places, after === null ? heightMin - 1 : after.height);
    while (at !== null && at !== end && heightOf(at) >= floor) {
      if (work.isSpent) return null;
      found.push(positionOf(at));
      at = await this.before(account, at, work);
    }
    if (end !== null && at !== end) throw cursorInvalid();
    return found.reverse();
  }

  /** Remembered places down to the first one below a height, or to the beginning; null if the work is spent before. */
  private async pathDownTo(
    account: bigint,
    head: number,
    after: ResultPosition | null,
    floor: number,
    work: PageWork,
  ): Promise<Path | null> {
    const known = this.paths.get(account);
    // What is newer than the newest place of a path is not on it.
    const isOutdated = known === undefined || heightOf(known.places[0]) <= (after?.height ?? floor - 1);
    const places = isOutdated ? [head] : [...known.places];
    let isWhole = !isOutdated && known.isWhole;
    let last = places[places.length - 1];
    let steps = 0;
    while (!isWhole && heightOf(last) >= floor && !work.isSpent) {
      const before = await this.before(account, last, work);
      steps += 1;
      if (before === null) isWhole = true;
      else last = before;
      if (isWhole || steps % this.spacing === 0) places.push(last);
    }
    if (places[places.length - 1] !== last) places.push(last);
    const path = { places, isWhole };
    this.remember(account, path);
    return isWhole || heightOf(last) < floor ? path : null;
  }

  private async before(account: bigint, place: number, work: PageWork): Promise<number | null> {
    const { height, index } = positionOf(place);
    work.row();
    work.block(height);
    if (height > this.ledger.height) throw cursorInvalid();
    if (this.latest?.height !== height) this.latest = { height, outcome: await this.blocks.outcome(height) };
    const result = this.ledger.accountResult(account, this.latest.outcome, index);
    if (result === null) throw cursorInvalid();
    return result.previous.height === 0 ? null : placeOf(result.previous);
  }

  private remember(account: bigint, path: Path): void {
    this.forget(account);
    for (const oldest of this.paths.keys()) {
      if (this.placeCount + path.places.length <= this.placesMax) break;
      this.forget(oldest);
    }
    this.paths.set(account, path);
    this.placeCount += path.places.length;
  }

  private forget(account: bigint): void {
    this.placeCount -= this.paths.get(account)?.places.length ?? 0;
    this.paths.delete(account);
  }
}

/** The oldest place above a height; the newest if there is none. */
function startIn(places: readonly number[], height: number): number {
  let [low, high] = [0, places.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (heightOf(places[middle]) > height) low = middle;
    else high = middle - 1;
  }
  return places[low];
}

function cursorInvalid(): PageRequestError {
  return new PageRequestError('CURSOR_INVALID', 'the cursor is not of this list');
}
