import { faultsTolerated, quorum } from '@quorate/protocol';

/**
 * Complete search of the voting rules (C-4, C-7, C-8, C-13, C-15, C-16) for a few replicas, terms and slots. Every leader lies, the votes of the
 * f liars are there wherever they help, and every choice of the honest replicas is tried.
 *
 * A term is searched in one order: PREPAREs slot by slot, COMMITs, TIMEOUTs. That loses nothing, because what a replica does in a
 * term depends only on certificates of that term and TIMEOUTs of earlier ones. A TIMEOUT may name any certificate that exists and is not below what its
 * sender had to remember; that allows more than time would. Only COMMITs that complete a quorum are tried, since any other only binds its sender.
 */
export interface ExplorerOptions {
  readonly replicaCount: number;
  readonly terms: number;
  readonly slots: number;
  /** Different children of one block. */
  readonly children: number;
  /** Rules left out. */
  readonly without?: readonly LeftOut[];
  /** Search no more states than this. */
  readonly statesMax: number;
}

/** A rule that the search can do without, to see that it is needed. */
export type LeftOut =
  | 'base-is-highest'
  | 'timeout-certificate'
  | 'certified-parent'
  | 'one-vote-per-slot'
  | 'commit-raises-high'
  | 'no-commit-after-timeout'
  | 'base-of-the-certificate'
  | 'full-quorum';

export interface ExplorerOutcome {
  /** Different states at the ends of terms. */
  readonly states: number;
  readonly transitions: number;
  /** False if `statesMax` ended the search. */
  readonly complete: boolean;
  /** A fork, as the certificates that lead to it; null if there is none. */
  readonly violation: string | null;
}

interface Certified {
  /** Position as one number: (term − 1) · slots + slot. 0 = nothing, which stands for genesis. */
  readonly rank: number;
  readonly block: number;
}

/** What one honest replica names in its TIMEOUT, and what it has stored. They differ only where a rule is left out. */
interface Memory {
  readonly named: Certified;
  readonly stored: Certified;
}

interface State {
  readonly certified: readonly Certified[];
  readonly honest: readonly Memory[];
  /** Highest final block. */
  readonly final: number;
}

const GENESIS = 0;
const NOTHING: Certified = { rank: 0, block: GENESIS };

class Fork extends Error {}

class Explorer {
  private readonly parents = [GENESIS];
  private readonly childIds = new Map<string, number>();
  private readonly seen = new Set<string>();
  private readonly honestCount: number;
  private readonly faults: number;
  /** Honest votes that complete a quorum together with the liars' ones. */
  private readonly honestQuorum: number;
  transitions = 0;
  complete = true;

  constructor(private readonly options: ExplorerOptions) {
    const { replicaCount } = options;
    this.faults = faultsTolerated(replicaCount);
    this.honestCount = replicaCount - this.faults;
    this.honestQuorum = quorum(replicaCount) - this.faults - (this.lacks('full-quorum') ? 1 : 0);
  }

  run(): ExplorerOutcome {
    const honest = Array.from({ length: this.honestCount }, () => ({ named: NOTHING, stored: NOTHING }));
    let violation: string | null = null;
    try {
      this.term({ certified: [], honest, final: GENESIS }, 1);
    } catch (error) {
      if (!(error instanceof Fork)) throw error;
      violation = error.message;
    }
    return { states: this.seen.size, transitions: this.transitions, complete: this.complete, violation };
  }

  private lacks(rule: LeftOut): boolean {
    return this.options.without?.includes(rule) ?? false;
  }

  private term(state: State, term: number): void {
    this.slot(state, term, 1, term === 1 ? [GENESIS] : this.bases(state), []);
  }

  /** Tries every set of blocks that may become certified at the slot, and goes on with the next slot. */
  private slot(
    state: State,
    term: number,
    slot: number,
    candidates: readonly number[],
    ofTerm: readonly Certified[],
  ): void {
    const { terms, slots } = this.options;
    const setMax = this.lacks('one-vote-per-slot') ? 2 : Math.floor(this.honestCount / this.honestQuorum);
    const rank = (term - 1) * slots + slot;
    for (const blocks of subsets(candidates, setMax)) {
      this.transitions += 1;
      const certified = blocks.map((block) => ({ rank, block }));
      const all = [...ofTerm, ...certified];
      if (slot < slots && (certified.length > 0 || this.lacks('certified-parent'))) {
        this.slot(state, term, slot + 1, this.successors(state, all, certified), all);
      } else if (term === terms) this.judgeLast(state, all);
      else this.commits(state, term, all);
    }
  }

  /** Blocks with which a term may begin: those of every timeout certificate that q TIMEOUTs can make. */
  private bases(state: State): number[] {
    const existing = [NOTHING, ...state.certified];
    if (this.lacks('timeout-certificate')) return distinct(existing.map(({ block }) => block));
    const bases: number[] = [];
    for (const group of groups(state.honest, this.honestQuorum)) {
      const highest = Math.max(...group.map(({ named }) => named.rank));
      const lied = this.faults > 0;
      for (const { rank, block } of existing) {
        const named =
          rank === highest && group.some((memory) => memory.named.block === block && memory.named.rank === rank);
        if (named || (lied && rank >= highest)) bases.push(block);
        else if (lied && this.lacks('base-is-highest')) bases.push(block);
        // A liar may claim the highest rank for any block: the certificate decides, not the claim.
        else if (lied && highest > 0 && this.lacks('base-of-the-certificate')) bases.push(block);
      }
    }
    return distinct(bases);
  }

  private successors(state: State, ofTerm: readonly Certified[], parents: readonly Certified[]): number[] {
    const known = [...state.certified, ...ofTerm].map(({ block }) => block);
    const from = this.lacks('certified-parent') ? [GENESIS, ...known] : parents.map(({ block }) => block);
    return distinct(from).flatMap((parent) => this.childrenOf(parent, known));
  }

  /** Children that exist, and one new one: which new one it is makes no difference. */
  private childrenOf(parent: number, known: readonly number[]): number[] {
    const found: number[] = [];
    for (let index = 0; index < this.options.children; index += 1) {
      const id = this.child(parent, index);
      found.push(id);
      if (!known.includes(id)) break;
    }
    return found;
  }

  private child(parent: number, index: number): number {
    const key = `${parent} ${index}`;
    let id = this.childIds.get(key);
    if (id === undefined) {
      id = this.parents.length;
      this.parents.push(parent);
      this.childIds.set(key, id);
    }
    return id;
  }

  /** In the last term all that counts is whether a certified block, once committed, would stand beside the final one. */
  private judgeLast(state: State, ofTerm: readonly Certified[]): void {
    let { final } = state;
    for (const { block } of ofTerm) final = this.extend(final, block, state, ofTerm);
  }

  /** Tries every set of certified blocks of the term that become final, with every group of replicas that commit to them. */
  private commits(state: State, term: number, ofTerm: readonly Certified[]): void {
    const certified = [...state.certified, ...ofTerm];
    for (const chosen of subsets(ofTerm, ofTerm.length)) {
      let { final } = state;
      for (const { block } of chosen) final = this.extend(final, block, state, ofTerm);
      this.committers(state, chosen, (bounds) => this.timeouts({ ...state, certified, final }, term, bounds));
    }
  }

  /** Calls back with the rank that each replica committed to, for every choice of a quorum for each block. */
  private committers(state: State, chosen: readonly Certified[], each: (bounds: readonly Certified[]) => void): void {
    const members = state.honest.map((_, index) => index);
    const choose = (at: number, bounds: readonly Certified[]): void => {
      if (at === chosen.length) return each(bounds);
      for (const group of groups(members, this.honestQuorum)) {
        choose(
          at + 1,
          bounds.map((bound, index) => (group.includes(index) && chosen[at].rank > bound.rank ? chosen[at] : bound)),
        );
      }
    };
    choose(
      0,
      members.map(() => NOTHING),
    );
  }

  /** Tries every certificate that each replica may name. */
  private timeouts(state: State, term: number, committed: readonly Certified[]): void {
    const existing = [NOTHING, ...state.certified];
    const choices = state.honest.map((memory, index) => this.memories(memory, committed[index], existing));
    const pick = (at: number, honest: readonly Memory[]): void => {
      if (at === choices.length) return this.enter({ ...state, honest: sorted(honest) }, term + 1);
      for (const memory of choices[at]) pick(at + 1, [...honest, memory]);
    };
    pick(0, []);
  }

  private memories(before: Memory, committed: Certified, existing: readonly Certified[]): Memory[] {
    const bound = higher(before.stored, committed);
    const atLeast = (low: Certified): Certified[] =>
      existing.filter((each) => each.rank > low.rank || (each.rank === low.rank && each.block === low.block));
    if (this.lacks('commit-raises-high')) return atLeast(before.stored).map((named) => ({ named, stored: named }));
    if (this.lacks('no-commit-after-timeout'))
      return atLeast(before.stored).map((named) => ({ named, stored: higher(named, bound) }));
    return atLeast(bound).map((named) => ({ named, stored: named }));
  }

  private enter(state: State, term: number): void {
    const text = (each: Certified): string => `${each.rank}.${each.block}`;
    const honest = state.honest.map(({ named, stored }) => `${text(named)}/${text(stored)}`);
    const key = `${term};${state.certified.map(text).join()};${honest.join()};${state.final}`;
    if (this.seen.has(key)) return;
    if (this.seen.size >= this.options.statesMax) {
      this.complete = false;
      return;
    }
    this.seen.add(key);
    this.term(state, term);
  }

  /** The higher of two final blocks; a fork if neither descends from the other. */
  private extend(final: number, block: number, state: State, ofTerm: readonly Certified[]): number {
    if (this.descends(block, final)) return block;
    if (this.descends(final, block)) return final;
    const steps = [...state.certified, ...ofTerm].map(({ rank, block: id }) => `${this.place(rank)}:${this.path(id)}`);
    throw new Fork(`${this.path(final)} and ${this.path(block)} are both final; certified: ${steps.join(' ')}`);
  }

  private descends(block: number, ancestor: number): boolean {
    let at = block;
    while (at !== ancestor && at !== GENESIS) at = this.parents[at];
    return at === ancestor;
  }

  private place(rank: number): string {
    const { slots } = this.options;
    return `(${Math.floor((rank - 1) / slots) + 1},${((rank - 1) % slots) + 1})`;
  }

  private path(block: number): string {
    return block === GENESIS ? 'g' : `${this.path(this.parents[block])}-${block}`;
  }
}

/** Searches everything within the options' bounds. */
export function explore(options: ExplorerOptions): ExplorerOutcome {
  return new Explorer(options).run();
}

function higher(left: Certified, right: Certified): Certified {
  return right.rank > left.rank ? right : left;
}

function distinct(blocks: readonly number[]): number[] {
  return [...new Set(blocks)];
}

/** Honest replicas that remember the same are interchangeable. */
function sorted(honest: readonly Memory[]): Memory[] {
  const order = ({ named, stored }: Memory): number =>
    ((named.rank * 1_024 + named.block) * 64 + stored.rank) * 1_024 + stored.block;
  return [...honest].sort((left, right) => order(left) - order(right));
}

function* subsets<T>(items: readonly T[], sizeMax: number, from = 0): Generator<readonly T[]> {
  yield [];
  if (sizeMax === 0) return;
  for (let index = from; index < items.length; index += 1)
    for (const rest of subsets(items, sizeMax - 1, index + 1)) yield [items[index], ...rest];
}

function* groups<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (const group of subsets(items, size)) if (group.length === size) yield group;
}
