import 'reflect-metadata';

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { workspaceRoot } from '@quorate/config';
import { z } from 'zod';

import { problemSchema } from './api/schemas';
import { createDescribedApplication } from './http-server';
import { problemPage } from './problems/problem-page';

type SchemaObject = Exclude<
  NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string],
  { readonly $ref: string }
>;

/** The OpenAPI 3.1 document of the gateway's routes. */
async function gatewayDocument(): Promise<OpenAPIObject> {
  const app = await createDescribedApplication();
  await app.init();
  const description = new DocumentBuilder()
    .setTitle('Quorate gateway')
    .setDescription('Submit envelopes to a ledger, read it, follow it, prove what it holds.')
    .setVersion('1')
    .setOpenAPIVersion('3.1.0')
    .addServer('http://localhost:8081', 'a gateway on this machine')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'An API key of the tenant.' }, 'apiKey')
    .addCookieAuth(
      'quorate_session',
      { type: 'apiKey', in: 'cookie', description: "The console's session." },
      'session',
    )
    .addSecurityRequirements('apiKey')
    .addSecurityRequirements('session')
    .build();
  const document = SwaggerModule.createDocument(app, description, {
    autoTagControllers: false,
    standardSchemaConverter: (schema, { schemaType }) => jsonSchema(schema, schemaType),
  });
  await app.close();
  // Every problem response names this schema; no route declares it.
  const described = z.toJSONSchema(problemSchema);
  const { $schema: _dialect, id: _id, ...problem } = described.$defs?.Problem ?? described;
  document.components = {
    ...document.components,
    schemas: { ...document.components?.schemas, Problem: problem as SchemaObject },
  };
  return document;
}

function jsonSchema(
  schema: unknown,
  io: 'input' | 'output',
): { schema: unknown; components: Record<string, unknown> } | undefined {
  if (!(schema instanceof z.ZodType)) return undefined;
  const {
    $defs = {},
    $schema: _dialect,
    ...rest
  } = z.toJSONSchema(schema, { io, target: 'draft-2020-12', unrepresentable: 'any' });
  return { schema: rest, components: $defs };
}

/** Files that are made from the code; with `--check` they are only compared. */
async function main(): Promise<void> {
  const files: readonly (readonly [string, string])[] = [
    ['openapi/gateway.json', `${JSON.stringify(await gatewayDocument(), null, 2)}\n`],
    ['docs/reference/errors.md', problemPage()],
  ];
  for (const [name, content] of files) {
    const path = join(workspaceRoot, name);
    if (!process.argv.includes('--check')) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
    } else if (readFileSync(path, 'utf8') !== content) {
      process.stderr.write(`${name} is not what the code says; run node apps/gateway/dist/openapi.js\n`);
      process.exitCode = 1;
    }
  }
}

if (require.main === module) {
  main().catch((cause: unknown) => {
    process.stderr.write(`${String(cause)}\n`);
    process.exit(1);
  });
}
