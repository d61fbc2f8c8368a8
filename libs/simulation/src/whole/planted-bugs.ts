import { noFaults, type FaultKind } from './faults';
import { wholeScenario, type WholeScenario } from './chaos';

/** A rule taken out of a whole replica, to see that the harness notices. */
export interface WholeBug {
  readonly rule: string;
  readonly bug: string;
  /** The run that shows it. */
  readonly seed: number;
  /** Faults that it takes, with their rates. */
  readonly faults: Partial<Record<FaultKind, number>>;
  readonly sabotage?: WholeScenario['sabotage'];
  /** Library and module of the product in which functions are replaced. */
  readonly library?: string;
  readonly module?: string;
  readonly replace?: (actual: Record<string, Replaced>) => Record<string, unknown>;
}

// Functions of different modules have nothing in common.
type Replaced = (...words: never[]) => unknown;
type Class<Instance> = new (...words: unknown[]) => Instance;

const classOf = <Instance>(value: Replaced): Class<Instance> => value as unknown as Class<Instance>;

const CRASHES = { 'power lost': 0.4, 'power lost at a sync': 0.4 } as const;

/** Each is caught by what watches whole replicas. */
export const WHOLE_BUGS: readonly WholeBug[] = [
  {
    rule: 'C-9, C-10',
    bug: 'a write is reported durable before it is on the medium',
    seed: 1,
    faults: CRASHES,
    sabotage: { earlySync: true },
  },
  {
    rule: 'C-24',
    bug: 'of several blocks that become final at once only the first is executed',
    seed: 1,
    faults: CRASHES,
    library: 'replica',
    module: 'execution-queue',
    replace: ({ ExecutionQueue }) => ({
      ExecutionQueue: class extends classOf<{ add(blocks: readonly unknown[]): void }>(ExecutionQueue) {
        override add(blocks: readonly unknown[]): void {
          super.add(blocks.slice(0, 1));
        }
      },
    }),
  },
  {
    rule: 'queries',
    bug: 'a read names an earlier height than that of what it shows',
    seed: 1,
    faults: {},
    library: 'replica',
    module: 'queries',
    replace: ({ Queries }) => ({
      Queries: class extends classOf<{ answer(query: unknown): Promise<{ height: number }> }>(Queries) {
        override async answer(query: unknown): Promise<{ height: number }> {
          const answer = await super.answer(query);
          return { ...answer, height: Math.max(0, answer.height - 2) };
        }
      },
    }),
  },
];

/** A run of four replicas with no other faults than those named. */
export function plantedScenario({ seed, faults, sabotage }: WholeBug): WholeScenario {
  return {
    ...wholeScenario(seed),
    replicaCount: 4,
    spares: 0,
    traitor: null,
    adversary: null,
    realVotes: false,
    rates: { ...noFaults(), ...faults },
    storms: 1,
    stormMs: 2_000,
    calmMs: 2_000,
    load: 0.4,
    sabotage,
  };
}
