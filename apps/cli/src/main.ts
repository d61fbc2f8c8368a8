import { runProgram } from './program';

// A closed pipe (`quorate … | head`) ends the output, not the work.
process.stdout.on('error', () => undefined);

void runProgram(process.argv.slice(2), process.env).then((exitCode) => {
  process.exitCode = exitCode;
});
