// Numbers that one seed decides.

/** A generator of numbers: the same seed gives the same ones. */
export function randomFrom(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (bound) => Math.floor(next() * bound);
  return {
    below,
    between: (first, last) => first + below(last - first + 1),
    pick: (items) => items[below(items.length)],
    chance: (probability) => next() < probability,
  };
}
