import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RESULT_DEFINITIONS } from '@quorate/protocol';
import en from './en.json';
import zh from './zh-CN.json';

type Catalogue = Readonly<Record<string, Readonly<Record<string, string>>>>;

function entriesOf(catalogue: Catalogue): Map<string, string> {
  const entries = Object.entries(catalogue).flatMap(([area, texts]) =>
    Object.entries(texts).map(([key, text]): [string, string] => [`${area}.${key}`, text]),
  );
  return new Map(entries);
}

const english = entriesOf(en);
const chinese = entriesOf(zh);
const placeholders = (text: string) => (text.match(/\{\{\w+\}\}/g) ?? []).sort();

function sourcesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sourcesBelow(path);
    return /\.tsx?$/.test(entry.name) && !entry.name.endsWith('.spec.ts') ? [path] : [];
  });
}

const sources = sourcesBelow(join(__dirname, '..')).map((path) => readFileSync(path, 'utf8'));

describe('catalogues', () => {
  it('have the same keys', () => {
    expect([...chinese.keys()].filter((key) => !english.has(key))).toEqual([]);
    expect([...english.keys()].filter((key) => !chinese.has(key))).toEqual([]);
  });

  it('fill in the same values and leave no text empty', () => {
    for (const [key, text] of english) {
      const translated = chinese.get(key) ?? '';
      expect([key, text.trim() !== '', translated.trim() !== '']).toEqual([key, true, true]);
      expect([key, placeholders(translated)]).toEqual([key, placeholders(text)]);
    }
  });

  it('are really two languages', () => {
    const untranslated = [...chinese].filter(([key, text]) => text === english.get(key) && /[A-Za-z]{4}/.test(text));
    expect(untranslated.map(([key]) => key)).toEqual([]);
  });

  it('hold every key that the sources name', () => {
    const named = sources.flatMap((source) =>
      Array.from(source.matchAll(/['"`]([a-z][A-Za-z]+\.[a-z][A-Za-z_]+)['"`]/g), ([, key]) => key),
    );
    const areas = new Set(Object.keys(en));
    const known = (key: string) => english.has(key) || english.has(`${key}_other`);
    const missing = named.filter((key) => areas.has(key.split('.')[0]) && !known(key));
    expect(named.length).toBeGreaterThan(100);
    expect([...new Set(missing)]).toEqual([]);
  });

  it('hold only areas that the sources use', () => {
    const text = sources.join('\n');
    expect(Object.keys(en).filter((area) => !text.includes(`${area}.`))).toEqual([]);
  });

  it('have a text for every problem that control plane, gateway and ledger can answer', () => {
    const apps = join(__dirname, '../../..');
    const lists = ['control-plane/src/http/problem.ts', 'gateway/src/problems/problem-catalogue.ts'];
    const codes = lists.flatMap((path) =>
      Array.from(readFileSync(join(apps, path), 'utf8').matchAll(/^ {2}([A-Z]+(?:_[A-Z]+)+): /gm), ([, code]) => code),
    );
    const envelope = Object.entries(RESULT_DEFINITIONS)
      .filter(([, { scopes }]) => (scopes as readonly string[]).includes('envelope'))
      .map(([name]) => name.toUpperCase());
    expect(codes.length).toBeGreaterThan(40);
    expect(envelope.length).toBeGreaterThan(5);
    expect([...codes, ...envelope].filter((code) => !english.has(`problem.${code}`))).toEqual([]);
  });
});
