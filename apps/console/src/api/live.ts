import { ProblemError } from '@quorate/sdk';

const retryDelayMsMin = 500;
const retryDelayMsMax = 8_000;

/**
 * Whether events can flow now. `listening` also holds while nothing happens; `refused` is final: the server answered that
 * there is nothing to follow.
 */
export type LiveState = 'listening' | 'lost' | 'refused';

export interface FollowOptions<T> {
  readonly open: (signal: AbortSignal) => AsyncIterable<T>;
  readonly signal: AbortSignal;
  readonly onEvent: (event: T) => void;
  readonly onState: (state: LiveState) => void;
}

/** Follows a stream until the signal aborts. A lost connection is opened again, ever more patiently. */
export async function follow<T>(options: FollowOptions<T>): Promise<void> {
  const { signal } = options;
  let delayMs = retryDelayMsMin;
  while (!signal.aborted) {
    options.onState('listening');
    try {
      for await (const event of options.open(signal)) {
        delayMs = retryDelayMsMin;
        options.onEvent(event);
      }
    } catch (thrown) {
      if (!signal.aborted && thrown instanceof ProblemError && [401, 403, 404].includes(thrown.status)) {
        options.onState('refused');
        return;
      }
    }
    if (signal.aborted) return;
    options.onState('lost');
    await pause(delayMs, signal);
    delayMs = Math.min(delayMs * 2, retryDelayMsMax);
  }
}

function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, delayMs);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}

/**
 * Runs while the page is shown, and again each time it is shown anew. A browser opens few connections to one host: streams
 * of hidden tabs, and of pages it keeps to go back to, would leave none for the page in front.
 */
export function whileShown(signal: AbortSignal, run: (signal: AbortSignal) => void): void {
  let current: AbortController | undefined;
  const stop = () => {
    current?.abort();
    current = undefined;
  };
  const settle = () => {
    if (signal.aborted || document.hidden) return stop();
    if (current !== undefined) return;
    current = new AbortController();
    run(current.signal);
  };
  document.addEventListener('visibilitychange', settle, { signal });
  window.addEventListener('pagehide', stop, { signal });
  window.addEventListener('pageshow', settle, { signal });
  signal.addEventListener('abort', stop, { once: true });
  settle();
}
