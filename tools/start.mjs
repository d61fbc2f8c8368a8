// `npm start`: everything Quorate needs on one machine, from a fresh clone, until Ctrl-C.
import { nodeTooOld } from './node-version.mjs';

const tooOld = nodeTooOld();
if (tooOld !== null) {
  console.error(tooOld);
  process.exit(1);
}
// Imported late: an old Node.js must reach the line above, not a syntax error.
const { runStart } = await import('./start-command.mjs');
await runStart(process.argv.slice(2));
