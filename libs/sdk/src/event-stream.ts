import { createParser } from 'eventsource-parser';

/** One server-sent event: its name and its decoded JSON. */
export interface StreamEvent {
  readonly event: string;
  readonly data: unknown;
}

/** Bytes one event may take; a longer one ends the stream. */
const bufferedMax = 1_048_576;

/** Reads the server-sent events of a response until it ends. Heartbeats (comments) are not events. */
export async function* readEvents(response: Response): AsyncGenerator<StreamEvent> {
  if (response.body === null) return;
  const ready: StreamEvent[] = [];
  let unparsed = 0;
  const parser = createParser({
    onEvent: ({ event, data }) => {
      unparsed = 0;
      ready.push({ event: event ?? 'message', data: JSON.parse(data) });
    },
    onComment: () => (unparsed = 0),
  });
  const reader = response.body
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      unparsed += value.length;
      if (unparsed > bufferedMax) throw new RangeError('a server-sent event is too long');
      parser.feed(value);
      yield* ready.splice(0);
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
