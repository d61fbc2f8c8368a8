export { ADVERSARIES, type AdversaryName, type Interceptor } from './adversary';
export { runChaos, type ChaosOptions, type ChaosOutcome, type FaultRates } from './chaos';
export { Checker, Trace } from './checker';
export { Cluster, type ClusterOptions, type NetworkFaults } from './cluster';
export { crashPoints, runCrash, type CrashOutcome, type CrashPoint } from './crash-points';
export { explore, type ExplorerOptions, type ExplorerOutcome, type LeftOut } from './explorer';
export { PLANTED_BUGS, PLANTED_CHAOS, UNNOTICED_BUGS, type PlantedBug } from './planted-bugs';
export { Random } from './random';
export { SimulatedReplica, type ReplicaPace, type Sabotage } from './replica';
export { scenarioOf } from './seeds';
export { Scheduler } from './scheduler';
export { simulatedGenesis, simulatedSignature, simulatedVerify } from './signing';
export {
  runTwins,
  runTwinsSeeds,
  twinsScenario,
  type TwinsOutcome,
  type TwinsRound,
  type TwinsScenario,
} from './twins';
export { runWhole, wholeScenario, HEAL_MS_MAX, type WholeOutcome, type WholeScenario } from './whole/chaos';
export { FAULT_KINDS, faultsNotSeen, noFaults, type FaultCounts, type FaultKind } from './whole/faults';
export { WHOLE_BUGS, plantedScenario, type WholeBug } from './whole/planted-bugs';
