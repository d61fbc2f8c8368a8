// Unsigned 128-bit integers as four 32-bit limbs, least significant first, inside a Uint32Array. All take the array and
// the offset of limb 0, so that nothing is allocated.

const LIMB = 0x1_0000_0000;
const LIMB_MASK = 0xffff_ffffn;

/** One operand: `words[at .. at + 3]`. */
export type Words = Uint32Array;

/** target += addend; returns the carry out of bit 127 (0 or 1), which the caller must have ruled out or deals with. */
export function addInto(target: Words, at: number, addend: Words, from: number): number {
  // Sums are cut to 32 bits at once, so that they stay integers for the processor.
  const added = addend[from];
  const sum = (target[at] + added) >>> 0;
  target[at] = sum;
  const carry = sum < added ? 1 : 0;
  // Most amounts have one limb.
  if ((addend[from + 1] | addend[from + 2] | addend[from + 3] | carry) === 0) return 0;
  return addUpper(target, at, addend, from, carry);
}

function addUpper(target: Words, at: number, addend: Words, from: number, carry: number): number {
  let carried = carry;
  for (let limb = 1; limb < 4; limb += 1) {
    const sum = target[at + limb] + addend[from + limb] + carried;
    target[at + limb] = sum;
    carried = sum >= LIMB ? 1 : 0;
  }
  return carried;
}

/** target -= subtrahend; returns the borrow (0 or 1). */
export function subtractFrom(target: Words, at: number, subtrahend: Words, from: number): number {
  let borrow = 0;
  for (let limb = 0; limb < 4; limb += 1) {
    const difference = target[at + limb] - subtrahend[from + limb] - borrow;
    target[at + limb] = difference;
    borrow = difference < 0 ? 1 : 0;
  }
  return borrow;
}

/** Whether left + right needs more than 128 bits. */
export function sumOverflows(left: Words, at: number, right: Words, from: number): boolean {
  if ((left[at + 3] | right[from + 3]) >= 0) return false;
  let carry = left[at] + right[from] >= LIMB ? 1 : 0;
  carry = left[at + 1] + right[from + 1] + carry >= LIMB ? 1 : 0;
  carry = left[at + 2] + right[from + 2] + carry >= LIMB ? 1 : 0;
  return left[at + 3] + right[from + 3] + carry >= LIMB;
}

/** Whether left + right > limit. The sum must not overflow (`sumOverflows`). */
export function sumExceeds(
  left: Words,
  at: number,
  right: Words,
  from: number,
  limit: Words,
  limitAt: number,
): boolean {
  // left + right - limit > 0, limb by limb: the sign is the final borrow, "not zero" any limb of the difference.
  let carry = 0;
  let nonZero = false;
  for (let limb = 0; limb < 4; limb += 1) {
    const difference = left[at + limb] + right[from + limb] - limit[limitAt + limb] + carry;
    const kept = difference >>> 0;
    if (kept !== 0) nonZero = true;
    carry = (difference - kept) / LIMB;
  }
  return carry >= 0 && nonZero;
}

/** Whether left > right. */
export function exceeds(left: Words, at: number, right: Words, from: number): boolean {
  if (left[at + 3] !== right[from + 3]) return left[at + 3] > right[from + 3];
  if (left[at + 2] !== right[from + 2]) return left[at + 2] > right[from + 2];
  if (left[at + 1] !== right[from + 1]) return left[at + 1] > right[from + 1];
  return left[at] > right[from];
}

/** Whether both operands are equal. */
export function equals(left: Words, at: number, right: Words, from: number): boolean {
  return (
    left[at] === right[from] &&
    left[at + 1] === right[from + 1] &&
    left[at + 2] === right[from + 2] &&
    left[at + 3] === right[from + 3]
  );
}

/** Whether the operand is 0. */
export function isZero(words: Words, at: number): boolean {
  return (words[at] | words[at + 1] | words[at + 2] | words[at + 3]) === 0;
}

/** Whether the operand is 2^128 - 1. */
export function isMax(words: Words, at: number): boolean {
  return (words[at] & words[at + 1] & words[at + 2] & words[at + 3]) === -1;
}

/** Copies one operand. */
export function copy(target: Words, at: number, source: Words, from: number): void {
  target[at] = source[from];
  target[at + 1] = source[from + 1];
  target[at + 2] = source[from + 2];
  target[at + 3] = source[from + 3];
}

/** Reads 16 big-endian bytes into an operand. */
export function load(target: Words, at: number, view: DataView, offset: number): void {
  target[at + 3] = view.getUint32(offset);
  target[at + 2] = view.getUint32(offset + 4);
  target[at + 1] = view.getUint32(offset + 8);
  target[at] = view.getUint32(offset + 12);
}

/** Writes a bigint (0 <= value < 2^128) into an operand. */
export function store(target: Words, at: number, value: bigint): void {
  target[at] = Number(value & LIMB_MASK);
  target[at + 1] = Number((value >> 32n) & LIMB_MASK);
  target[at + 2] = Number((value >> 64n) & LIMB_MASK);
  target[at + 3] = Number((value >> 96n) & LIMB_MASK);
}

/** The operand as a bigint. */
export function toBigint(words: Words, at: number): bigint {
  return (
    (BigInt(words[at + 3]) << 96n) | (BigInt(words[at + 2]) << 64n) | (BigInt(words[at + 1]) << 32n) | BigInt(words[at])
  );
}

/** Two limbs as an unsigned 64-bit bigint. */
export function toBigint64(words: Words, at: number): bigint {
  return (BigInt(words[at + 1]) << 32n) | BigInt(words[at]);
}
