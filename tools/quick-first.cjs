// Runs specifications of single parts before those of whole clusters: most mutants are noticed in the first second.
const { default: Sequencer } = require('@jest/test-sequencer');

const order = ['/mutants-', 'normal-case', 'evidence', 'hostile', 'epochs', 'faults'];
const rank = ({ path }) => {
  const place = order.findIndex((part) => path.includes(part));
  return place < 0 ? order.length : place;
};

module.exports = class extends Sequencer {
  sort(tests) {
    return [...tests].sort((first, second) => rank(first) - rank(second));
  }
};
