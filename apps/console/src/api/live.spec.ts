import { ProblemError } from '@quorate/sdk';
import { follow, whileShown, type LiveState } from './live';

function refusalOf(status: number): ProblemError {
  return new ProblemError({ type: 'about:blank', title: '', status, code: `HTTP_${status}`, detail: '' });
}

describe('follow', () => {
  it('opens a lost stream again and stops when the server says that there is none', async () => {
    const states: LiveState[] = [];
    const events: number[] = [];
    let opened = 0;
    await follow<number>({
      signal: new AbortController().signal,
      open: async function* () {
        opened += 1;
        if (opened === 2) throw refusalOf(503);
        if (opened === 3) throw refusalOf(404);
        yield 1;
        yield 2;
      },
      onEvent: (event) => events.push(event),
      onState: (state) => states.push(state),
    });
    expect(events).toEqual([1, 2]);
    expect(states).toEqual(['listening', 'lost', 'listening', 'lost', 'listening', 'refused']);
  });

  it('ends at once when it is no longer wanted', async () => {
    const abort = new AbortController();
    const states: LiveState[] = [];
    await follow<number>({
      signal: abort.signal,
      open: async function* () {
        yield 1;
      },
      onEvent: () => abort.abort(),
      onState: (state) => states.push(state),
    });
    expect(states).toEqual(['listening']);
  });
});

describe('whileShown', () => {
  it('lets go of its connection while the page is hidden or left, and takes it up again', () => {
    const page = Object.assign(new EventTarget(), { hidden: false });
    const frame = new EventTarget();
    Object.assign(globalThis, { document: page, window: frame });
    const wanted = new AbortController();
    const runs: AbortSignal[] = [];
    whileShown(wanted.signal, (signal) => runs.push(signal));
    const show = (hidden: boolean) => {
      page.hidden = hidden;
      page.dispatchEvent(new Event('visibilitychange'));
    };
    show(true);
    show(false);
    frame.dispatchEvent(new Event('pagehide'));
    frame.dispatchEvent(new Event('pageshow'));
    expect(runs.map(({ aborted }) => aborted)).toEqual([true, true, false]);
    wanted.abort();
    show(true);
    show(false);
    expect(runs.map(({ aborted }) => aborted)).toEqual([true, true, true]);
  });
});
