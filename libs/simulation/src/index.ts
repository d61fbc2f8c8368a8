export { Checker, Trace } from './checker';
export { Cluster, type ClusterOptions, type Interceptor, type NetworkFaults } from './cluster';
export { Random } from './random';
export { SimulatedReplica, type ReplicaPace, type Sabotage } from './replica';
export { Scheduler } from './scheduler';
export { simulatedGenesis, simulatedSignature, simulatedVerify } from './signing';
