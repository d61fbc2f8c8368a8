import type { Timers } from '@quorate/runtime';

/** Timers of the event loop. They keep the process alive only as long as its links do. */
export const nodeTimers: Timers = {
  after(delayMs, run) {
    const handle = setTimeout(run, delayMs);
    handle.unref();
    return { cancel: () => clearTimeout(handle) };
  },
  soon(run) {
    setImmediate(run);
  },
};
