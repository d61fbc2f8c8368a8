#!/usr/bin/env node
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const program = join(__dirname, '..', 'dist', 'main.js');
if (!existsSync(program)) {
  process.stderr.write('quorate: not built yet. Run `npm run build` in the project root first.\n');
  process.exit(1);
}
require(program);
