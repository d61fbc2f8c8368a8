// Tests that start real processes get a second attempt; whoever needs one is listed at the end, so that nobody overlooks it.
const { writeFileSync } = require('node:fs');
const { relative } = require('node:path');

module.exports = class {
  #root;
  #repeated = [];
  #failed = [];

  constructor({ rootDir }) {
    this.#root = rootDir;
  }

  onTestResult(_test, { testFilePath, testResults, numFailingTests, testExecError }) {
    const file = relative(this.#root, testFilePath);
    if (numFailingTests > 0 || testExecError) this.#failed.push(file);
    for (const { fullName, invocations, status } of testResults)
      if (invocations > 1) this.#repeated.push({ file, test: fullName, passed: status === 'passed' });
  }

  onRunComplete() {
    if (this.#repeated.length > 0) {
      const lines = this.#repeated.map(
        ({ file, test, passed }) => `  ${file}: ${test} (${passed ? 'passed' : 'failed'} then)`,
      );
      process.stderr.write(`\nNeeded a second attempt, find out why:\n${lines.join('\n')}\n`);
    }
    const { QUORATE_TEST_OUTCOME: path } = process.env;
    if (path) writeFileSync(path, JSON.stringify({ failed: this.#failed }));
  }
};
