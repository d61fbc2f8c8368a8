import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** All values of `$ref` anywhere in a document. */
function references(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === '$ref' && typeof inner === 'string' ? [inner] : references(inner),
  );
}

describe.each(['control-plane', 'gateway'])('the OpenAPI document of the %s', (name) => {
  const document = JSON.parse(readFileSync(join(__dirname, `../../openapi/${name}.json`), 'utf8')) as {
    components: { schemas: Record<string, object> };
  };

  it('defines what it refers to', () => {
    const defined = new Set(Object.keys(document.components.schemas).map((key) => `#/components/schemas/${key}`));
    expect(references(document).filter((reference) => !defined.has(reference))).toEqual([]);
  });

  it('defines no schema as a mere reference', () => {
    const schemas = Object.entries(document.components.schemas);
    expect(schemas.filter(([, schema]) => '$ref' in schema).map(([key]) => key)).toEqual([]);
  });
});
