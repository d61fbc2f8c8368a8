// What goes wrong without a rule of docs/spec/consensus.md, and the test that fails then. `without` takes the rule out of libs/consensus: in `file`,
// `was` becomes `becomes`. `npm run mutate -- --rules` does so; the generator of docs/reference/consensus-hazards.md checks the names.
import { liveness, memory, reading, succession } from './hazards-of-time.mjs';

const votes = 'libs/consensus/test/votes.spec.ts';
const epochs = 'libs/consensus/test/epochs.spec.ts';
const certificates = 'libs/consensus/src/certificates.spec.ts';
const validity = 'libs/consensus/src/validity.spec.ts';
const faults = 'libs/simulation/src/faults.simulation.spec.ts';
const accusations = 'libs/simulation/src/evidence.simulation.spec.ts';

const voting = [
  {
    hazard:
      'A leader proposes, loses power before it is on disk that it leads, and proposes something else: two blocks become final.',
    rules: 'C-12',
    test: [
      votes,
      'C-12: nothing of a term leaves before the record of leading it is durable, and everything after it at once',
    ],
    without: [
      'leader.ts',
      '  core.promise(message);\n',
      "  core.send('all', message as never);\n  core.record.addPromise(core.committee.epoch, message);\n",
    ],
  },
  {
    hazard: 'A leader that starts again goes on in a term in which it may have proposed what it does not remember.',
    rules: 'C-12',
    test: [votes, 'C-12: whoever starts in a term that it led gives it up, and says nothing else in it'],
    without: [
      'core.ts',
      'if (core.isLeader && bootVote.ledTerm >= vote.term) abandonTerm(core);',
      'if (core.isLeader && bootVote.ledTerm > vote.term) abandonTerm(core);',
    ],
  },
  {
    hazard: 'The same, with a crash at any moment around the first proposals.',
    rules: 'C-12',
    test: [faults, 'C-12: a leader that crashes anywhere around its first record never says two things'],
  },
  {
    hazard: 'TIMEOUTs that are durable are neither sent nor counted again after a restart: the term ends never.',
    rules: 'C-29, C-33',
    test: [votes, 'C-13: is the same bytes each time, whatever becomes certified meanwhile, and after a restart'],
    without: ['core.ts', '  if (vote.abandoned) onOwnTimeout(core);\n', '  if (vote.abandoned) core.changed();\n'],
  },
  {
    hazard: 'All restart after TIMEOUT with one dead for good: nobody counts the own one, and the ledger halts.',
    rules: 'C-29, C-33',
    test: [faults, 'C-29, C-33: all restart after TIMEOUT became durable, with one dead for good'],
    without: ['core.ts', '  if (vote.abandoned) onOwnTimeout(core);\n', '  if (vote.abandoned) core.changed();\n'],
  },
  {
    hazard:
      'TIMEOUT is made anew with a higher certificate: an honest replica signs two of one term and convicts itself.',
    rules: 'C-13, C-41',
    test: [votes, 'C-13: is the same bytes each time, whatever becomes certified meanwhile, and after a restart'],
    without: [
      'terms.ts',
      '  const high = positionOf(core.vote.timeoutHigh);\n',
      '  const high = positionOf(core.vote.high);\n',
    ],
  },
  {
    hazard: 'A timeout certificate with a claim of maximal rank that no certificate backs chooses the base.',
    rules: 'C-7',
    test: [certificates, 'refuses a tie in rank that names another block than the certificate'],
    without: ['certificates.ts', ' && equalBytes(entry.high.blockId, claimed.blockId),', ','],
  },
  {
    hazard: 'A base below the maximum of its timeout certificate is taken: a final block is left out.',
    rules: 'C-7',
    test: ['libs/simulation/src/explorer.spec.ts', 'C-7: the base is not the highest certificate'],
  },
  {
    hazard:
      'A voter judges the first proposal by its own timeout certificate: honest leaders are refused for a whole term.',
    rules: 'C-7',
    test: [votes, 'C-7: the base is judged by the timeout certificate that came with it, not by the own one'],
    without: [
      'proposals.ts',
      '  return equalBytes(block.id, baseOf(verified) ?? core.committee.genesis.id);',
      "  const own = core.vote.entry?.kind === 'timeout-certificate' ? core.vote.entry.certificate : verified;\n  return equalBytes(block.id, baseOf(own) ?? core.committee.genesis.id);",
    ],
  },
  {
    hazard: 'A block is voted for whose parent is not certified: two chains grow in one term.',
    rules: 'C-15',
    test: [votes, 'C-15: a parent that is certified at another slot is no parent'],
    without: [
      'voting.ts',
      'return !!parent && equalBytes(parent.blockId, proposal.block.header.parentId);',
      'return !!parent;',
    ],
  },
  {
    hazard: 'A replica votes in a term that it gave up.',
    rules: 'C-13',
    test: [votes, 'C-13: ends all votes of the term'],
    without: ['voting.ts', 'if (core.vote.abandoned || !core.mayVote) return;', 'if (!core.mayVote) return;'],
  },
  {
    hazard: 'COMMIT leaves before the body and what is below it are on disk: a final block may be on too few disks.',
    rules: 'C-16',
    test: [votes, 'C-16: only with the body and all its ancestors on the own disk'],
    without: ['voting.ts', "  return path.kind === 'linked';\n", '  return true;\n'],
  },
  {
    hazard: 'COMMIT does not raise the certificate that a later TIMEOUT names.',
    rules: 'C-8',
    test: [votes, 'C-8, C-16: the certificate is in the record with the COMMIT'],
    without: [
      'acceptance.ts',
      'if (compareRank(certificate, core.vote.high) > 0) core.vote.high = certificate;',
      'if (core.vote.high === null) core.vote.high = certificate;',
    ],
  },
  {
    hazard: 'A liar votes for many blocks at one position: the memory of others fills, or each vote counts.',
    rules: 'C-18',
    test: [votes, 'C-18: the first vote of a replica at a position counts, and takes the room of one'],
    without: [
      'tallies.ts',
      'const earlier = tally.votes[vote.replica];',
      'const earlier = [tally.votes[vote.replica]].find(() => false);',
    ],
  },
  {
    hazard: 'A certificate is built with signatures that others refuse.',
    rules: 'C-4, C-18',
    test: [accusations, 'C-41: nobody is accused by what is not signed, and nobody for saying the same twice'],
  },
  {
    hazard: 'Messages about far slots and terms fill the memory.',
    rules: 'C-19',
    test: [votes, 'C-19: nothing is kept about slots far above what is certified, or terms above the next'],
    without: [
      'state.ts',
      'return slot > this.finalisedSlot && slot <= this.certifiedSlot + 2 * this.parameters.windowBlocks + 1;',
      'return slot > this.finalisedSlot;',
    ],
  },
  {
    hazard: 'A proposal outside the window is dropped with the certificates in it: whoever fell behind stays behind.',
    rules: 'C-19',
    test: [
      votes,
      'C-19: what a proposal carries is used although the proposal is of a term that is over, or far ahead',
    ],
    without: [
      'proposals.ts',
      '  // Attachments first: they are what lets a replica that fell behind use the rest (C-19).\n',
      '  if (!core.inWindow(message.slot)) return;\n',
    ],
  },
  {
    hazard: 'The first proposal of a slot blocks what is certified there: one equivocation stops a replica.',
    rules: 'C-11',
    test: [votes, 'C-11: a second proposal of a slot is no obstacle to what is certified there'],
    without: ['catch-up.ts', '  if (high !== null) certificates.push(high);\n', ''],
  },
  {
    hazard: 'A certificate beside the final chain is ignored, and the replica goes on voting on a forked ledger.',
    rules: 'C-20',
    test: [votes, 'C-20: a certificate for a block beside the final chain stops the replica for good'],
    without: ['finality.ts', "  if (path.kind === 'conflict')\n", '  if (path === null)\n'],
  },
];

const content = [
  {
    hazard: 'A child’s time leaves no room for its parent’s operations: two operations of the ledger share a time.',
    rules: 'C-23',
    test: [validity, 'leaves room for every operation of the parent, so that no two operations share a time'],
    without: [
      'validity.ts',
      'return parent.timeNs + BigInt(Math.max(1, parent.operationCount));',
      'return parent.timeNs + 1n;',
    ],
  },
  {
    hazard: 'All clocks jump ahead for one block and back: the ledger waits until real time has caught up.',
    rules: 'C-25',
    test: [faults, 'C-25: all clocks jump one hour ahead and back; the ledger goes on at once'],
    without: ['voting.ts', 'if (proposal.block.header.timeNs === minimumNs) return true;', ''],
  },
  {
    hazard: 'The time of a base is judged again, although it may be old: a term cannot begin.',
    rules: 'C-22, C-25',
    test: [votes, 'C-22, C-25: a base keeps its old time and its results, and is voted for all the same'],
    without: [
      'voting.ts',
      "if (slot === 1) return 'valid';",
      "if (slot === 1 && proposal.late) return 'wait';\n  if (slot === 1) return 'valid';",
    ],
  },
  {
    hazard: 'A proposal that was too old on arrival becomes acceptable by waiting.',
    rules: 'C-25',
    test: [epochs, 'C-25: one whose time is long past on arrival is not voted for, however long it waits'],
    without: [
      'voting.ts',
      'return !proposal.late && core.now.timeNs >= proposal.notBeforeNs;',
      'return core.now.timeNs >= proposal.notBeforeNs;',
    ],
  },
  {
    hazard: 'Repeating the parent’s results needs execution: every vote waits for the slowest.',
    rules: 'C-24',
    test: [validity, 'copies need no execution, newer ones wait for it, wrong ones are refused'],
    without: [
      'validity.ts',
      "if (child.execHeight > core.chain.executedHeight) return 'wait';",
      "if (child.execHeight > core.chain.executedHeight) return 'invalid';",
    ],
  },
  {
    hazard: 'The leader names its own newest results: one slow executor beside a dead replica ends terms.',
    rules: 'C-24',
    test: [votes, 'C-24: the leader names those that it and a quorum have, and its parent’s until then'],
    without: ['leader.ts', 'heights[core.committee.quorum - 1]', 'heights[0]'],
  },
  {
    hazard: 'Results of a header go back below its parent’s.',
    rules: 'C-24',
    test: [validity, 'copies need no execution, newer ones wait for it, wrong ones are refused'],
    without: ['validity.ts', "if (child.execHeight < parent.execHeight) return 'invalid';", ''],
  },
  {
    hazard: 'Missing knowledge counts as a wrong block.',
    rules: 'C-22, C-24',
    test: [epochs, 'waits for a root that it does not remember'],
    without: ['validity.ts', "if (own === undefined) return 'wait';", "if (own === undefined) return 'invalid';"],
  },
  {
    hazard: 'A leader fills disks with empty blocks.',
    rules: 'C-23',
    test: [validity, 'an empty block needs results to flush, or ten seconds'],
    without: [
      'validity.ts',
      "return flushesResults(core, parent.execHeight, child.execHeight) ? 'valid' : 'invalid';",
      "return 'valid';",
    ],
  },
  {
    hazard: 'Blocks run away from finality or from results, and memory with them.',
    rules: 'C-17',
    test: [validity, 'C-17: too far ahead of finality waits, too far ahead of execution is refused'],
    without: [
      'validity.ts',
      "if (child.height - core.chain.finalTip.header.height > core.parameters.windowBlocks) return 'wait';",
      '',
    ],
  },
  {
    hazard: 'Results that differ from what a quorum certified go unnoticed on the replica that has them.',
    rules: 'C-24',
    test: [votes, 'C-24: a certified root that differs from the own one stops the replica for good'],
    without: [
      'finality.ts',
      'if (own !== undefined && !equalBytes(own, certifiedRoot)) {',
      'if (own !== undefined && own.length === 0) {',
    ],
  },
];

/** Hazards by the part of the protocol that holds them off. */
export const HAZARDS = [
  { part: 'Votes and certificates', hazards: voting },
  { part: 'Blocks, results and time', hazards: content },
  { part: 'Progress', hazards: liveness },
  { part: 'Memory', hazards: memory },
  { part: 'Changes of the replica set', hazards: succession },
  { part: 'Reads and evidence', hazards: reading },
];

/** What other designs need rules for and this one does not. */
export const NOT_NEEDED = [
  [
    'Certified state in headers, which all must have hashed before they vote',
    'a header carries results only; a checkpoint is signed beside the chain',
  ],
  ['A time window that widens with failed terms', 'the minimal time is always timely (C-25)'],
  [
    'A guard that stops timers of a replica which hears too few others',
    'it would need heartbeats of its own; a replica that was cut off costs its vote until the next term',
  ],
  ['Giving up a leader that is merely silent', 'the timer of C-26 does, and an idle ledger has no silence to judge'],
  ['A table of client sessions', 'identifiers of envelopes make retries harmless, as protocol.md says'],
  ['Blame for more than f liars who act together', 'not claimed: evidence (C-41) proves single contradictions'],
  ['Going on after more than f replicas are lost for good', 'not in this protocol: a restore makes another ledger'],
];
