export { nodeClock } from './node-clock';
export { nodeCryptography } from './node-cryptography';
export { nodeTimers } from './node-timers';
export { openNodeDirectory } from './node-directory';
