import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { ChartRenderer } from './chart-renderer';

const root = resolve(__dirname, '../..');
const chartFolder = join(root, 'helm/quorate');

interface Container {
  readonly image: string;
  readonly env?: readonly { name: string; value?: string; valueFrom?: unknown }[];
  readonly securityContext: Record<string, unknown>;
  readonly volumeMounts: readonly { name: string; readOnly?: boolean }[];
}
interface Manifest {
  readonly kind: string;
  readonly metadata: { name: string };
  readonly spec: {
    template?: { spec: { containers: Container[]; securityContext: Record<string, unknown> } };
  } & Record<string, unknown>;
}

/** The variables that a process reads: the names in the schema of libs/config. */
function knownVariables(): string[] {
  const source = readFileSync(join(root, 'libs/config/src/config.ts'), 'utf8');
  const schema = /environmentSchema = z\.object\(\{([\s\S]*?)\n\}\)/.exec(source)?.[1] ?? '';
  return [...schema.matchAll(/^ {2}([A-Z][A-Z_]+):/gm)].map(([, name]) => name);
}

describe('docker-compose.yml', () => {
  const compose = parse(readFileSync(join(root, 'docker-compose.yml'), 'utf8'), { merge: true }) as {
    services: Record<
      string,
      { environment: Record<string, string>; command: string[]; image: string; read_only?: boolean; volumes: string[] }
    >;
    volumes: Record<string, unknown>;
  };
  const ours = Object.entries(compose.services).filter(([, service]) => service.image.startsWith('quorate:'));

  it('runs a control plane, a gateway and four workers after the migration', () => {
    expect(ours.map(([name]) => name).sort()).toEqual(
      ['control-plane', 'gateway', 'migrate', 'worker-1', 'worker-2', 'worker-3', 'worker-4'].sort(),
    );
    for (const [, service] of ours) expect(service.read_only).toBe(true);
  });

  it('sets only variables that a process reads', () => {
    const known = knownVariables();
    expect(known).toContain('DATABASE_URL');
    for (const [, service] of ours) expect(known).toEqual(expect.arrayContaining(Object.keys(service.environment)));
  });

  it('holds no secret, and gives the owner of the schema to the migration only', () => {
    for (const [name, service] of ours) {
      expect(service.environment.QUORATE_DATABASE_PASSWORD).toMatch(/^\$\{QUORATE_DATABASE_PASSWORD:\?/);
      expect(new URL(service.environment.DATABASE_URL.replace(/\$\{[^}]*\}/, 'password')).password).toBe(
        name === 'migrate' ? 'password' : '',
      );
    }
  });

  it('gives every worker a name, an address and a volume of its own', () => {
    const workers = ours.filter(([name]) => name.startsWith('worker-'));
    for (const [name, { environment, volumes }] of workers) {
      expect(environment.QUORATE_WORKER_NAME).toBe(name);
      expect(environment.QUORATE_WORKER_HOST).toBe(name);
      expect(volumes).toEqual([`${name}:/var/lib/quorate`]);
      expect(compose.volumes).toHaveProperty(name);
    }
  });
});

describe('helm/quorate', () => {
  const renderer = new ChartRenderer(chartFolder);
  const templates = readdirSync(join(chartFolder, 'templates')).filter((name) => name.endsWith('.yaml'));
  const manifests = templates.flatMap((name) =>
    parseAllDocuments(renderer.render(name)).map((document) => {
      expect(document.errors).toEqual([]);
      return document.toJS() as Manifest;
    }),
  );
  const pods = manifests.flatMap(({ metadata, spec }) =>
    spec.template ? [{ name: metadata.name, spec: spec.template.spec }] : [],
  );

  it('renders to the objects of the platform', () => {
    const count = (wanted: string): number => manifests.filter(({ kind }) => kind === wanted).length;
    expect({
      services: count('Service'),
      policies: count('NetworkPolicy'),
      budgets: count('PodDisruptionBudget'),
    }).toEqual({
      services: 3,
      policies: 3,
      budgets: 3,
    });
    expect([count('Deployment'), count('StatefulSet'), count('Job'), manifests.length]).toEqual([2, 1, 1, 13]);
  });

  it('sets only variables that a process reads', () => {
    const known = knownVariables();
    for (const { spec } of pods) {
      expect(known).toEqual(expect.arrayContaining((spec.containers[0].env ?? []).map(({ name }) => name)));
    }
  });

  it('runs every pod without rights it does not need', () => {
    expect(pods).toHaveLength(4);
    for (const { spec } of pods) {
      expect(spec.securityContext).toMatchObject({ runAsNonRoot: true });
      for (const container of spec.containers) {
        expect(container.securityContext).toMatchObject({
          readOnlyRootFilesystem: true,
          allowPrivilegeEscalation: false,
        });
        const writable = container.volumeMounts.filter(({ readOnly }) => readOnly !== true);
        expect(writable.map(({ name }) => name)).toEqual(['home', 'tmp']);
      }
    }
  });

  it('gives every gateway the one identity that replicas know', () => {
    const users = pods.filter(({ spec }) => JSON.stringify(spec).includes('gateway-identity')).map(({ name }) => name);
    expect(users).toEqual(['release-gateway']);
  });

  it('gives the key of the schema owner to the migration only', () => {
    const users = pods.filter(({ spec }) => JSON.stringify(spec).includes('owner-url')).map(({ name }) => name);
    expect(users).toEqual(['release-migration']);
  });

  it('describes every value in its schema, and nothing else', () => {
    interface Schema {
      readonly $ref?: string;
      readonly required?: readonly string[];
      readonly properties?: Record<string, Schema>;
      readonly additionalProperties?: boolean;
    }
    const schema = JSON.parse(readFileSync(join(chartFolder, 'values.schema.json'), 'utf8')) as Schema & {
      definitions: Record<string, Schema>;
    };
    const visit = (node: Schema, value: unknown, path: string): void => {
      const target = node.$ref ? schema.definitions[node.$ref.split('/').pop() ?? ''] : node;
      if (typeof value !== 'object' || value === null || target.additionalProperties !== false) return;
      for (const name of target.required ?? []) expect(Object.keys(value)).toContain(name);
      for (const [name, inner] of Object.entries(value)) {
        expect([path, Object.keys(target.properties ?? {})]).toEqual([path, expect.arrayContaining([name])]);
        visit(target.properties?.[name] ?? {}, inner, `${path}/${name}`);
      }
    };
    visit(schema, renderer.values, '');
  });
});
