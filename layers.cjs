// The law of who may import what. `npm run check` enforces it; ARCHITECTURE.md explains it.
//
// `imports`: libraries of ours. `packages`: npm packages by name. `node`: built-in modules of Node.js.
// `pure` libraries have no IO, clock, randomness or Promise and run in browsers too.

const core = ['errors', 'codec', 'crypto', 'protocol'];
const nest = ['@nestjs/common', '@nestjs/core', 'reflect-metadata', 'rxjs'];

const libraries = {
  errors: { pure: true, imports: [] },
  codec: { pure: true, imports: ['errors'] },
  crypto: {
    pure: true,
    imports: ['errors', 'codec'],
    packages: ['@noble/curves', '@noble/hashes'],
    // Names the type of node:crypto, which it looks up at run time and never imports: the same file runs in browsers.
    nodeTypesIn: ['native.ts'],
  },
  protocol: { pure: true, imports: ['errors', 'codec', 'crypto'] },
  ledger: { pure: true, imports: core },
  consensus: { pure: true, imports: core },
  'light-client': { pure: true, imports: core },
  provisioning: { pure: true, imports: ['errors'] },
  payments: { pure: true, imports: [...core, 'light-client'], packages: ['fast-xml-parser', 'ibantools'] },

  runtime: { imports: ['errors'] },
  'runtime-node': { imports: ['errors', 'runtime'], packages: ['aws4fetch'], node: true },
  storage: { imports: [...core, 'runtime', 'consensus'] },
  transport: {
    imports: [...core, 'runtime', 'light-client'],
    packages: ['@peculiar/x509', 'reflect-metadata'],
    node: true,
  },
  replica: {
    imports: [...core, 'runtime', 'runtime-node', 'storage', 'transport', 'ledger', 'consensus', 'light-client'],
    node: true,
  },
  simulation: {
    imports: [...core, 'runtime', 'ledger', 'consensus', 'light-client', 'storage', 'replica', 'transport'],
    node: true,
  },

  sdk: { imports: [...core, 'light-client', 'payments'], packages: ['eventsource-parser'] },

  config: { imports: ['errors'], packages: ['zod'], node: true },
  tenancy: { imports: ['errors', 'config'], packages: ['zod', ...nest], node: true },
  database: { imports: ['errors', 'config', 'tenancy'], packages: ['typeorm', 'pg', 'zod', ...nest], node: true },
  auth: {
    imports: [...core, 'config', 'tenancy', 'database'],
    packages: ['@node-rs/argon2', 'rate-limiter-flexible', 'zod', ...nest],
    node: true,
  },
  jobs: { imports: ['errors', 'config', 'tenancy'], packages: ['bullmq', 'ioredis', 'pg', 'zod', ...nest], node: true },
};

const applications = {
  'control-plane': {
    imports: [...core, 'light-client', 'config', 'tenancy', 'database', 'auth', 'jobs', 'provisioning'],
    packages: [
      ...nest,
      '@nestjs/swagger',
      '@nestjs/platform-express',
      'express',
      'cookie-parser',
      'helmet',
      'pino',
      'zod',
      'rate-limiter-flexible',
    ],
    node: true,
  },
  gateway: {
    imports: [
      ...core,
      'light-client',
      'payments',
      'config',
      'tenancy',
      'database',
      'auth',
      'transport',
      'replica',
      'sdk',
    ],
    packages: [
      ...nest,
      '@nestjs/swagger',
      '@nestjs/platform-fastify',
      'fastify',
      'pino',
      'zod',
      'rate-limiter-flexible',
    ],
    node: true,
  },
  worker: {
    imports: ['errors', 'config', 'tenancy', 'database', 'jobs', 'replica'],
    packages: [...nest, 'pino'],
    node: true,
  },
  cli: { imports: [...core, 'sdk', 'light-client', 'payments'], packages: ['commander'], node: true },
  console: {
    imports: [...core, 'sdk', 'light-client', 'payments'],
    packages: [
      'react',
      'react-dom',
      'antd',
      '@ant-design/icons',
      '@tanstack/react-query',
      '@tanstack/react-router',
      'i18next',
      'react-i18next',
      'eventsource-parser',
    ],
  },
};

/** Only this library may import the package, so that replacing the package is one library's work. */
const owners = {
  typeorm: 'database',
  bullmq: 'jobs',
  ioredis: 'jobs',
  '@peculiar/x509': 'transport',
  'fast-xml-parser': 'payments',
};

module.exports = { libraries, applications, owners };
