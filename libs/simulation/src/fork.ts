/** Parts by which one knows what is never changed once it is made: blocks, headers, messages, certificates, configurations. */
const FIXED_PARTS = ['headerBytes', 'parentId', 'signature', 'signatures', 'entries', 'replicas'] as const;

/**
 * A second world that goes on by itself from where the first one is: everything that can change is copied, everything else shared, as are functions and the
 * objects that `shared` names.
 */
export function forked<World extends object>(world: World, shared: readonly object[]): World {
  const copies = new Map<object, object>(shared.map((each) => [each, each]));
  return copyOf(world, copies) as World;
}

function copyOf(value: unknown, copies: Map<object, object>): unknown {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  const known = copies.get(value);
  if (known !== undefined) return known;
  if (Array.isArray(value))
    return copyInto(value, new Array<unknown>(), copies, (copy) => {
      for (const each of value) copy.push(copyOf(each, copies));
    });
  if (value instanceof Map)
    return copyInto(value, new Map<unknown, unknown>(), copies, (copy) => {
      for (const [key, each] of value) copy.set(key, copyOf(each, copies));
    });
  if (value instanceof Set)
    return copyInto(value, new Set<unknown>(), copies, (copy) => {
      for (const each of value) copy.add(copyOf(each, copies));
    });
  if (FIXED_PARTS.some((part) => part in value)) return value;
  return copyInto(value, Object.create(Object.getPrototypeOf(value)) as Record<string, unknown>, copies, (copy) => {
    for (const [name, each] of Object.entries(value)) copy[name] = copyOf(each, copies);
  });
}

function copyInto<Copy extends object>(
  value: object,
  copy: Copy,
  copies: Map<object, object>,
  fill: (copy: Copy) => void,
): Copy {
  copies.set(value, copy);
  fill(copy);
  return copy;
}
