// Runs specifications of single parts before those of whole clusters: most mutants are noticed in the first second.
const { default: Sequencer } = require('@jest/test-sequencer');

const rank = ({ path }) =>
  ['/mutants-', 'normal-case', 'evidence', 'faults', 'epochs', 'explorer'].findIndex((part) => path.includes(part));

module.exports = class extends Sequencer {
  sort(tests) {
    return [...tests].sort((first, second) => rank(first) - rank(second));
  }
};
