const swcOptions = require('./tools/swc.json');

// Nest 12 and the curves are published as ES modules only; jest on Node 20 loads CommonJS only, so they are transformed too.
const esModules = [
  '@nestjs',
  'uid',
  'iterare',
  'file-type',
  'strtok3',
  'token-types',
  'uint8array-extras',
  '@borewit',
  '@tokenizer',
  'load-esm',
  '@noble',
  'fast-xml-parser',
  'eventsource-parser',
  'ibantools',
].join('|');

module.exports = {
  rootDir: __dirname,
  roots: ['<rootDir>/libs', '<rootDir>/apps', '<rootDir>/test'],
  testMatch: ['**/*.spec.ts'],
  testEnvironment: '<rootDir>/tools/jest-environment.cjs',
  setupFilesAfterEnv: ['<rootDir>/tools/jest-retry.cjs'],
  reporters: ['default', '<rootDir>/tools/jest-attempts.cjs'],
  globalSetup: '<rootDir>/tools/jest-setup.mjs',
  globalTeardown: '<rootDir>/tools/jest-teardown.mjs',
  modulePathIgnorePatterns: ['/dist/'],
  moduleNameMapper: { '^@quorate/([a-z0-9-]+)$': '<rootDir>/libs/$1/src' },
  transform: { '^.+\\.(t|j|mj)sx?$': ['@swc/jest', { ...swcOptions, swcrc: false }] },
  transformIgnorePatterns: [`/node_modules/(?!(${esModules})/)`],
  maxWorkers: 2,
  // For what hangs; no test measures time, and a busy machine may take its own.
  testTimeout: 300_000,
};
