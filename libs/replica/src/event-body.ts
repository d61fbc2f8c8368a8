import type { CoreEvent } from '@quorate/consensus';

/** An event without its clocks, which are read when the core takes it. */
export type EventBody = CoreEvent extends infer Event
  ? Event extends CoreEvent
    ? Omit<Event, 'nowMs' | 'timeNs'>
    : never
  : never;
