export { nodeClock } from './node-clock';
export { nodeTimers } from './node-timers';
export { openNodeDirectory } from './node-directory';
