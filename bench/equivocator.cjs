// Loaded into a replica's process by `--require`: whatever it votes for, it also votes for another block, and tells every peer both.
// The replica itself has no such switch: what is changed here is the consensus core of this one process.
const { createHash } = require('node:crypto');
const { Core } = require('@quorate/consensus');

const votes = new Set(['prepare', 'commit']);
const honestStep = Core.prototype.step;

/** The same vote for a block that nobody proposed, validly signed. */
function contradiction(core, entry) {
  const { kind, term, slot, blockId } = entry.message;
  const position = { term, slot, blockId: new Uint8Array(createHash('sha256').update(blockId).digest()) };
  const signature = core.committee.signVote(kind, position);
  return { ...entry, message: { ...entry.message, ...position, signature } };
}

/** Half of its votes come after what contradicts them, so that whoever counts the first one counts the wrong one. */
function twice(core, entry) {
  if (!votes.has(entry.message.kind)) return [entry];
  const other = contradiction(core, entry);
  return entry.message.slot % 2 === 0 ? [entry, other] : [other, entry];
}

Core.prototype.step = function equivocate(event) {
  return honestStep
    .call(this, event)
    .map((effect) =>
      effect.kind === 'persist' ? { ...effect, then: effect.then.flatMap((entry) => twice(this.core, entry)) } : effect,
    );
};
