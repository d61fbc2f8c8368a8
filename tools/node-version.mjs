// The one place that knows which Node.js the tools accept; written so that old versions can still run it.
const minimum = [20, 19];

/** A one-line reason why this Node.js is too old, or null. */
export function nodeTooOld(version = process.versions.node) {
  const [major, minor] = version.split('.').map(Number);
  if (major > minimum[0] || (major === minimum[0] && minor >= minimum[1])) return null;
  return `Quorate needs Node.js ${minimum.join('.')} or newer; this is ${version}.`;
}
