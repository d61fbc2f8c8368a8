/** SQLSTATE classes of faults that pass: connection (08), resources (53), an operator or a limit intervened (57). */
const passingState = /^(08|53|57)[0-9A-Z]{3}$/;
const brokenConnection = /^(ECONN(REFUSED|RESET|ABORTED)|EPIPE|ETIMEDOUT|EHOSTUNREACH|EAI_AGAIN)$/;
/** What the driver and its pool say without a code when a connection breaks or none can be had. */
const brokenConnectionMessage =
  /^(Connection terminated|Client has encountered a connection error|Client was closed|timeout exceeded when trying to connect)/;

/** Whether the database could not be asked, so that nothing is wrong with the request itself. */
export function isDatabaseAway(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  const { code, driverError } = thrown as { readonly code?: unknown; readonly driverError?: unknown };
  if (typeof code === 'string' && (passingState.test(code) || brokenConnection.test(code))) return true;
  if (brokenConnectionMessage.test(thrown.message)) return true;
  return driverError !== thrown && isDatabaseAway(driverError);
}
