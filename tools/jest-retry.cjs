// Only tests that start real processes may be tried a second time; `jest-attempts.cjs` lists those that had to be.
const { join, dirname, sep } = require('node:path');

const processTests = join(dirname(__dirname), 'test') + sep;

if (expect.getState().testPath.startsWith(processTests))
  jest.retryTimes(1, { logErrorsBeforeRetry: true, retryImmediately: true });
