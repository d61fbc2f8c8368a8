// The part of the list in hazards.mjs that is about progress, restarts, changes of the replica set, reads and evidence.
const votes = 'libs/consensus/test/votes.spec.ts';
const catchingUp = 'libs/consensus/test/catching-up.spec.ts';
const epochs = 'libs/consensus/test/epochs.spec.ts';
const validity = 'libs/consensus/src/validity.spec.ts';
const pace = 'libs/consensus/src/pace.spec.ts';
const faults = 'libs/simulation/src/faults.simulation.spec.ts';
const changes = 'libs/simulation/src/epochs.simulation.spec.ts';
const fences = 'libs/simulation/src/fence.simulation.spec.ts';
const accusations = 'libs/simulation/src/evidence.simulation.spec.ts';

export const liveness = [
  {
    hazard: 'The age of waiting envelopes deposes leaders: a backlog becomes a storm of terms without any fault.',
    rules: 'C-26, C-28',
    test: [faults, 'C-26: a backlog after an outage drains without a storm of terms'],
  },
  {
    hazard: 'One follower without a link for 60 ms never comes back, since nothing is repeated.',
    rules: 'C-29, C-30',
    test: [faults, 'C-30: follower %i is back at the tip soon after 60 ms without a link, with no change of term'],
  },
  {
    hazard: 'With one replica dead, a link that fails again and again costs a term each time.',
    rules: 'C-29, C-30',
    test: [
      faults,
      'C-30: with one replica dead, a follower that loses its link again and again causes no change of term',
    ],
    without: [
      'status.ts',
      '  if (order > 0 || message.want || message.recall) answer(core, from, message, order > 0 || message.recall);\n',
      '',
    ],
  },
  {
    hazard: 'A replica that lacks bodies deposes a healthy leader.',
    rules: 'C-26',
    test: [catchingUp, 'C-26: a replica that lacks final blocks runs no timer'],
    without: ['pacemaker.ts', ' && core.committee.size > 1 && !isCatchingUp(core);', ' && core.committee.size > 1;'],
  },
  {
    hazard: 'Progress forgets all failed terms at once: on a slow network the timeout never becomes long enough.',
    rules: 'C-26',
    test: [votes, 'C-26: k falls by one per 64 final blocks, and not before'],
    without: [
      'finality.ts',
      'pacemaker.backoff - Math.floor(pacemaker.finalSinceBackoff / parameters.backoffBlocks),',
      '0,',
    ],
  },
  {
    hazard: 'Delays of more than the least timeout: terms fail one after another.',
    rules: 'C-26',
    test: [faults, 'C-26: delays of twice the least timeout end a few terms, not all of them'],
    without: ['pace.ts', ' * 2 ** Math.min(pacemaker.backoff, 20)', ''],
  },
  {
    hazard: 'The timeout doubles to hours.',
    rules: 'C-26',
    test: [pace, 'doubles for every failed term, and never beyond its own bound'],
    without: [
      'pace.ts',
      'return Math.min(Math.max(least, pace) * 2 ** Math.min(pacemaker.backoff, 20), Math.max(least, timeoutMsMax));',
      'return Math.max(least, pace) * 2 ** Math.min(pacemaker.backoff, 20);',
    ],
  },
  {
    hazard: 'Repetition grows rarer with every failed term.',
    rules: 'C-29',
    test: [votes, 'C-29: goes out again at a fixed pace, however many terms have failed'],
    without: [
      'state.ts',
      'if (this.isExpected) return resendMs;',
      'if (this.isExpected) return resendMs * 2 ** this.pacemaker.backoff;',
    ],
  },
  {
    hazard: 'In a set of three one slow replica ends terms alone.',
    rules: 'C-14',
    test: [votes, 'C-14: in a set that bears no liar, one slow replica that is not the leader ends no term'],
    without: [
      'pacemaker.ts',
      'held.length >= committee.size - committee.quorum + 1',
      'held.length >= committee.faults + 1',
    ],
  },
  {
    hazard: 'One liar takes everybody along to any term that it names.',
    rules: 'C-14',
    test: [votes, 'C-14: f + 1 of higher terms take a replica along, fewer do not'],
    without: ['pacemaker.ts', 'const common = terms[committee.faults];', 'const common = terms[0];'],
  },
  {
    hazard: 'A leader that does a little now and then leads for ever.',
    rules: 'C-27',
    test: [faults, 'C-27: a leader that makes one block in a while leads no longer than a term'],
    without: [
      'acceptance.ts',
      'if (ageMs >= core.parameters.termMsMax || slot >= core.parameters.termSlotsMax) {',
      'if (slot >= core.parameters.termSlotsMax) {',
    ],
  },
  {
    hazard: 'A suspicion of a term that is over ends the next one.',
    rules: 'C-28',
    test: [votes, 'C-28: a suspicion of another term, or of one replica alone, ends nothing'],
    without: [
      'core.ts',
      'if (event.term === core.vote.term && core.committee.size > 1) abandonTerm(core);',
      'if (core.committee.size > 1) abandonTerm(core);',
    ],
  },
  {
    hazard: 'Whoever entered a term by a certificate has no timeout certificate to show, and leads it all the same.',
    rules: 'C-7, C-14',
    test: [votes, 'C-14: whoever entered a term by a certificate does not lead it'],
    without: [
      'leader.ts',
      "if (entry === null || entry.kind !== 'timeout-certificate' || entry.certificate.term + 1 !== term) return null;",
      "if (entry === null || entry.kind !== 'timeout-certificate') return core.chain.finalTip;",
    ],
  },
];

export const memory = [
  {
    hazard: 'A replica with an older disk votes again and signs what contradicts its former votes.',
    rules: 'C-9',
    test: [
      catchingUp,
      'and is shown a %s that it does not remember stops for good; one that it never signed is nothing',
    ],
    without: ['recall.ts', '  if (isForgotten(core, core.bootVote, echo))\n', '  if (core.halted)\n'],
  },
  {
    hazard: 'Anybody stops a replica by claiming that it signed something.',
    rules: 'C-9',
    test: [
      catchingUp,
      'and is shown a %s that it does not remember stops for good; one that it never signed is nothing',
    ],
    without: [
      'recall.ts',
      'return core.committee.verifyVote(kind, core.self, vote, vote.signature);',
      "return kind === 'prepare' || core.committee.verifyVote(kind, core.self, vote, vote.signature);",
    ],
  },
  {
    hazard: 'A replica promises something before it could hear that its disk is an older one.',
    rules: 'C-9',
    test: [catchingUp, 'promises nothing before a quorum has told it what it signed'],
    without: ['recall.ts', 'if (core.recall.size < core.committee.quorum - 1) return;', ''],
  },
  {
    hazard: 'After a failed sync and a restart the page cache shows what is not on the medium.',
    rules: 'C-9',
    test: ['libs/storage/src/journal.recovery.spec.ts', 'writes the accepted tail again before it goes on'],
  },
  {
    hazard: 'A disk that fails is written to again.',
    rules: 'C-9',
    test: ['libs/replica/src/replica.recovery.spec.ts', 'stops when its disk fails, without an answer'],
  },
  {
    hazard: 'A snapshot is ahead of the certificate that covers it, and the replica finds no way on.',
    rules: 'C-33',
    test: [
      'libs/replica/src/replica.recovery.spec.ts',
      'goes on from its newest snapshot, from an older one if that is damaged, and from the journal if all are',
    ],
  },
  {
    hazard: 'A restart makes a vote that was never made.',
    rules: 'C-33',
    test: [votes, 'C-33: a restart says again what was said last, from the disk, and nothing newer'],
    without: [
      'core.ts',
      '  if (vote.abandoned) onOwnTimeout(core);\n  else repeatDurableVotes(core);\n',
      '  if (vote.abandoned) onOwnTimeout(core);\n',
    ],
  },
];

export const succession = [
  {
    hazard: 'An epoch is handed to replicas that are not there any more: READYs of yesterday on an idle ledger.',
    rules: 'C-36',
    test: [epochs, 'C-36: names READYs of its own ancestors that are not old'],
    without: ['reconfiguration.ts', "if (place.timeNs - ready.timeNs > READY_NS_MAX) return 'invalid';", ''],
  },
  {
    hazard: 'The joiners die after READY on an idle ledger, and the epoch ends all the same.',
    rules: 'C-36',
    test: [changes, 'C-36: on an idle ledger for which READYs are old, since those that gave them may be gone'],
    without: ['reconfiguration.ts', "if (place.timeNs - ready.timeNs > READY_NS_MAX) return 'invalid';", ''],
  },
  {
    hazard: 'READYs of fewer than a quorum of the next replicas end the epoch.',
    rules: 'C-36, C-37',
    test: [epochs, 'needs the READYs of a quorum, each signed, the signatures of governance, and no operations'],
    without: ['reconfiguration.ts', 'if (end.readys.length < committee.quorum) return false;', ''],
  },
  {
    hazard: 'A READY names a block of another chain.',
    rules: 'C-36',
    test: [epochs, 'C-36: names READYs of its own ancestors that are not old'],
    without: [
      'reconfiguration.ts',
      "if (!equalBytes(named.id, ready.blockId) || named.header.timeNs !== ready.timeNs) return 'invalid';",
      '',
    ],
  },
  {
    hazard: 'A replica boasts of its height and keeps everybody from being ready to replace it.',
    rules: 'C-36',
    test: [epochs, 'is not said while f + 1 peers say that much more is final'],
    without: ['claims.ts', '[faultsTolerated(core.committee.size)] ?? 0', '[0] ?? 0'],
  },
  {
    hazard: 'A block of another kind names a next configuration, and a verifier follows it.',
    rules: 'C-37',
    test: [validity, 'accepts what a leader makes and refuses any other field'],
    without: ['validity.ts', 'if (!equalBytes(header.nextConfigHash, ZERO_HASH)) return false;', ''],
  },
  {
    hazard: 'A block follows the end of its epoch.',
    rules: 'C-37',
    test: [epochs, 'is followed by nothing in its epoch'],
    without: [
      'validity.ts',
      "if (parent.header.kind === 'epoch_end' && parent.key !== core.committee.genesis.key) return 'invalid';",
      '',
    ],
  },
  {
    hazard: 'The end of an epoch leaves results of that epoch unproved.',
    rules: 'C-37',
    test: [epochs, 'proves all results of its epoch'],
    without: ['reconfiguration.ts', "if (header.execHeight !== header.height - 1) return 'invalid';", ''],
  },
  {
    hazard:
      'Terms, votes or certificates of the former epoch mean something in the next: its replicas never lead, or fork.',
    rules: 'C-38',
    test: [epochs, 'C-38: once final begins the next epoch: no vote, certificate or term of the former one is left'],
    without: [
      'state.ts',
      '    this.vote = initialVoteState(this.committee.epoch);\n',
      '    this.vote = { ...initialVoteState(this.committee.epoch), ledTerm: start === undefined ? 0 : 1 };\n',
    ],
  },
  {
    hazard: 'An epoch begins on the word of one replica, without the certificate of the former members.',
    rules: 'C-39',
    test: [epochs, 'is taken if its own replicas certified it'],
    without: ['epochs.ts', '  if (verified === null)\n', '  if (core.halted)\n'],
  },
  {
    hazard: 'The next epoch never begins if its first leader is silent and nothing waits.',
    rules: 'C-40',
    test: [changes, 'C-40: an idle ledger hands over although the first leader of the new epoch says nothing'],
    without: [
      'pacemaker.ts',
      '  if (core.committee.epoch > FIRST_EPOCH && core.commitSeen === null) return true;\n',
      '',
    ],
  },
  {
    hazard: 'Software runs an epoch under rules that it does not know: results split.',
    rules: 'C-35, C-44',
    test: [epochs, 'C-44: of rules that this software does not know is refused, although others know them'],
    without: [
      'reconfiguration.ts',
      'if (configuration.rulesVersion > known || configuration.rulesVersion < rulesVersion)',
      'if (configuration.rulesVersion < rulesVersion)',
    ],
  },
  {
    hazard: 'A verifier skips an epoch, or takes one that governance did not sign.',
    rules: 'C-35, C-38',
    test: [
      'libs/light-client/src/epochs.spec.ts',
      'refuses what governance did not sign, what too few replicas signed, and another body or kind',
    ],
  },
  {
    hazard: 'A verifier believes a certificate of replicas that were replaced.',
    rules: 'C-39',
    test: [
      'libs/light-client/src/proof.spec.ts',
      'count for nothing in an epoch before the trusted one, or on another ledger',
    ],
  },
];

export const reading = [
  {
    hazard: 'A read that asked the former replicas misses what the next ones acknowledged.',
    rules: 'C-45',
    test: [fences, 'a replica that sleeps through the replacement of all members asks those that there are'],
    without: [
      'fence.ts',
      '  if (former.fence !== null) beginFence(core, former.fence.id);\n',
      "  if (former.fence !== null) core.emit({ kind: 'fenced', id: former.fence.id });\n",
    ],
  },
  {
    hazard: 'A read is answered from fewer replicas than a quorum.',
    rules: 'C-45',
    test: [fences, 'a replica that hears no quorum passes none, and does when it hears one again'],
    without: [
      'fence.ts',
      'if (fence === null || fence.answered.size < core.committee.quorum) return;',
      'if (fence === null) return;',
    ],
  },
  {
    hazard: 'A liar names a rank that does not exist, and the read waits for ever.',
    rules: 'C-45',
    test: [epochs, 'takes no answer to another question, of no member, or with a certificate that nobody signed'],
    without: ['fence.ts', '  if (!accepted) return core.alarm', '  if (core.halted) return core.alarm'],
  },
  {
    hazard: 'Evidence accuses an honest replica.',
    rules: 'C-41',
    test: [accusations, 'C-41: nobody is accused by what is not signed, and nobody for saying the same twice'],
    without: [
      'evidence.ts',
      'if (core.evidence.has(replica) || core.convicted.has(replica) || !isProven(core, evidence)) return;',
      'if (core.evidence.has(replica) || core.convicted.has(replica)) return;',
    ],
  },
  {
    hazard: 'Evidence is recorded again and again.',
    rules: 'C-42',
    test: [epochs, 'is refused if there is one against that replica already, final or below it'],
    without: [
      'evidence.ts',
      '  return !already && !core.convicted.has(accused);',
      '  return !core.convicted.has(accused);',
    ],
  },
  {
    hazard: 'Every term of a known liar is waited for.',
    rules: 'C-43',
    test: [accusations, 'C-43: a leader against whom there is evidence is not waited for'],
    without: ['core.ts', '      dismissLeader(core);\n', ''],
  },
];
