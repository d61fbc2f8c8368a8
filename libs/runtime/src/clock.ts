/** Where time comes from. The monotonic clock never steps; the wall clock may. */
export interface Clock {
  /** Milliseconds since an arbitrary start, with fractions; never decreases. */
  monotonicMs(): number;
  /** Nanoseconds since 1970-01-01T00:00:00Z. */
  wallNs(): bigint;
}
