import type { Timer } from '@quorate/runtime';
import { BatchGate, type BatchRequest } from './batch-gate';

const request = (id: number): BatchRequest => ({
  kind: 'request-batch',
  request: id,
  bytesMax: 1_000,
  operationsMax: 10,
  unfinalised: [],
});

/** A gate whose clock stands still until it is told to move; every batch takes all that waits. */
function gateOf(
  finalityMs: number | null,
  envelopeBytes = 200,
): {
  gate: BatchGate;
  given: [id: number, envelopes: number][];
  arrive: (count: number) => void;
  pass: (ms: number) => void;
} {
  const given: [number, number][] = [];
  const due = new Map<() => void, number>();
  let nowMs = 0;
  let waiting = 0;
  const gate = new BatchGate({
    clock: { monotonicMs: () => nowMs, wallNs: () => 0n },
    timers: {
      after: (delayMs: number, run: () => void): Timer => {
        due.set(run, nowMs + delayMs);
        return { cancel: () => void due.delete(run) };
      },
      soon: (run: () => void) => run(),
    },
    waiting: () => ({ envelopes: waiting, bytes: waiting * envelopeBytes }),
    finalityMs: () => finalityMs,
    give: (each) => {
      given.push([each.request, waiting]);
      const taken = waiting;
      waiting = 0;
      return taken;
    },
  });
  return {
    gate,
    given,
    arrive: (count) => {
      waiting += count;
      gate.arrived();
    },
    pass: (ms) => {
      nowMs += ms;
      for (const [run, atMs] of due) {
        if (atMs > nowMs) continue;
        due.delete(run);
        run();
      }
    },
  };
}

describe('batch gate', () => {
  it('never lets a single client wait', () => {
    const { gate, given, arrive } = gateOf(8);
    for (const id of [1, 2, 3]) {
      arrive(1);
      gate.request(request(id));
    }
    expect(given).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
    ]);
  });

  it('waits until as many are there as the block before held', () => {
    const { gate, given, arrive } = gateOf(8);
    arrive(4);
    gate.request(request(1));
    arrive(1);
    gate.request(request(2));
    arrive(2);
    expect(given).toEqual([[1, 4]]);
    arrive(2);
    expect(given).toEqual([
      [1, 4],
      [2, 5],
    ]);
  });

  it('waits no longer than the block before took', () => {
    const { gate, given, arrive, pass } = gateOf(8);
    arrive(4);
    gate.request(request(1));
    arrive(1);
    gate.request(request(2));
    pass(7);
    expect(given).toHaveLength(1);
    pass(1);
    expect(given).toEqual([
      [1, 4],
      [2, 1],
    ]);
  });

  it('does not let a large block wait', () => {
    const { gate, given, arrive } = gateOf(8, 40_000);
    arrive(4);
    gate.request(request(1));
    arrive(1);
    gate.request(request(2));
    expect(given).toHaveLength(1);
    arrive(1);
    expect(given).toHaveLength(2);
  });

  it('does not wait after a silence, nor before the first block was timed', () => {
    const quiet = gateOf(8);
    quiet.arrive(4);
    quiet.gate.request(request(1));
    quiet.pass(25);
    quiet.arrive(1);
    quiet.gate.request(request(2));
    expect(quiet.given).toHaveLength(2);
    const fresh = gateOf(null);
    fresh.arrive(4);
    fresh.gate.request(request(1));
    fresh.arrive(1);
    fresh.gate.request(request(2));
    expect(fresh.given).toHaveLength(2);
  });

  it('forgets what the leader of an ended term asked for', () => {
    const { gate, given, arrive, pass } = gateOf(8);
    arrive(4);
    gate.request(request(1));
    arrive(1);
    gate.request(request(2));
    gate.forget();
    pass(100);
    arrive(9);
    expect(given).toHaveLength(1);
  });
});
