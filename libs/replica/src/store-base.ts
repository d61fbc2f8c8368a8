import type { HeaderLink } from '@quorate/consensus';
import type { Certificate, EpochStep } from '@quorate/protocol';
import type { JournalMark, JournalPosition } from '@quorate/storage';

/** Where the final chain of a store begins, when it does not begin at the genesis: with the state of a snapshot. */
export interface StoreBase {
  readonly height: number;
  /** Of the block at `height`. */
  readonly key: string;
  /** What the journal holds of the chain up to there: keys and places from `firstHeight` to `height`; none if `firstHeight` is above it. */
  readonly firstHeight: number;
  readonly keys: readonly string[];
  readonly places: readonly (JournalPosition | undefined)[];
  /** Newest headers up to `height`, ascending. */
  readonly headers: readonly HeaderLink[];
  readonly certificates: readonly { readonly height: number; readonly certificate: Certificate }[];
  /** The ends of all epochs up to `height`, ascending. */
  readonly epochs: readonly EpochStep[];
  /** Where the journal's records begin that are needed besides. */
  readonly mark: JournalMark;
}
