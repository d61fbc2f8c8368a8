// Node's environment, in which a specification hears of its own failures while what failed is still there to be looked at.
const { TestEnvironment } = require('jest-environment-node');

const failures = new Set(['test_fn_failure', 'hook_failure']);

function nameOf(test) {
  const names = [];
  for (let part = test; part?.parent; part = part.parent) names.unshift(part.name);
  return names.join(' › ');
}

module.exports = class extends TestEnvironment {
  async handleTestEvent(event) {
    if (failures.has(event.name)) await this.global.quorateOnFailure?.(nameOf(event.test ?? event.describeBlock));
  }
};
