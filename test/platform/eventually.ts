/** For the slowest machine that runs the tests: what is waited for takes as long as it takes. */
const waitMsMax = 150_000;
const lookEveryMs = 20;

/** Looks again until the condition holds; a look that fails counts as one that does not hold. Fails loudly when it never does. */
export async function eventually<T>(read: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  const deadline = Date.now() + waitMsMax;
  let seen = 'nothing';
  for (;;) {
    try {
      const value = await read();
      if (holds(value)) return value;
      seen = describe(value);
    } catch (fault) {
      seen = fault instanceof Error ? (fault.stack ?? fault.message) : String(fault);
    }
    if (Date.now() > deadline) throw new Error(`never held; last seen: ${seen}`);
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
}

function describe(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? String(part) : part)) ?? 'undefined';
}
