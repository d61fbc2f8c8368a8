import { sessionCookie } from '@quorate/auth';
import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { z } from 'zod';

interface Converted {
  readonly schema: unknown;
  readonly components: Record<string, unknown>;
}

/** Describes the API as OpenAPI 3.1, from the routes and their zod schemas. */
export function describeApi(app: INestApplication): OpenAPIObject {
  const settings = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Quorate control plane')
    .setDescription('Sign-up, sessions, API keys, ledgers and the fleet.')
    .setVersion('1')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'API key' }, 'apiKey')
    .addCookieAuth(sessionCookie, { type: 'apiKey', in: 'cookie', name: sessionCookie }, 'session')
    .build();
  return SwaggerModule.createDocument(app, settings, {
    standardSchemaConverter: (schema, { schemaType }) =>
      schema instanceof z.ZodType ? convert(schema, schemaType) : undefined,
  });
}

/** A schema with an id becomes a named component; what it refers to by id becomes components too. */
function convert(schema: z.ZodType, io: 'input' | 'output'): Converted {
  const {
    $defs = {},
    $schema: _dialect,
    ...body
  } = z.toJSONSchema(schema, { target: 'draft-2020-12', io, unrepresentable: 'any' });
  const components: Record<string, unknown> = {};
  for (const [name, definition] of Object.entries($defs)) components[name] = withoutId(definition);
  const id = schema.meta()?.id;
  if (id === undefined) return { schema: body, components };
  // Where a schema with an id is the root, it may stand among the definitions, and the root only refers to it.
  components[id] ??= withoutId(body);
  return { schema: { $ref: `#/components/schemas/${id}` }, components };
}

function withoutId(definition: object): object {
  const { id: _id, ...rest } = definition as { id?: unknown };
  return rest;
}
