import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';

type Scope = Record<string, unknown>;

const blockPattern = /^\s*\{\{-? (if|with|end)(?: ([^}]*?))? -?\}\}\s*$/;
const wholeLinePattern = /^\s*\{\{- (.*?) \| nindent (\d+) \}\}\s*$/;

const indented = (text: string, spaces: number): string => text.trimEnd().replace(/^(?=.)/gm, ' '.repeat(spaces));

/**
 * Renders the part of Helm's template language that our chart uses, so that its result can be read as YAML here, where
 * no Helm is. A construct it does not know, or a value that the chart lacks, is an error.
 */
export class ChartRenderer {
  readonly values: Scope;
  private readonly definitions = new Map<string, string>();
  private readonly scope: Scope;

  constructor(private readonly folder: string) {
    this.values = parse(readFileSync(join(folder, 'values.yaml'), 'utf8')) as Scope;
    const chart = parse(readFileSync(join(folder, 'Chart.yaml'), 'utf8')) as Scope;
    this.scope = {
      Values: this.values,
      Chart: { AppVersion: chart.appVersion },
      Release: { Name: 'release', Service: 'Helm' },
    };
    const names = readFileSync(join(folder, 'templates/_names.tpl'), 'utf8');
    for (const [, name, body] of names.matchAll(/\{\{- define "([^"]+)" -\}\}\n([\s\S]*?)\n\{\{- end \}\}/g)) {
      this.definitions.set(name, body);
    }
  }

  render(template: string): string {
    return this.renderText(readFileSync(join(this.folder, 'templates', template), 'utf8'), this.scope);
  }

  private renderText(text: string, dot: unknown): string {
    const output: string[] = [];
    const blocks: { shown: boolean; dot: unknown }[] = [{ shown: true, dot }];
    for (const line of text.split('\n')) {
      const top = blocks[blocks.length - 1];
      const block = blockPattern.exec(line);
      if (block?.[1] === 'end') blocks.pop();
      else if (block) {
        const value = this.evaluate(block[2], top.dot);
        const filled = Array.isArray(value) ? value.length > 0 : Boolean(value);
        blocks.push({ shown: top.shown && filled, dot: block[1] === 'with' ? value : top.dot });
      } else if (top.shown) output.push(this.renderLine(line, top.dot));
    }
    if (blocks.length !== 1) throw new Error('a block is not closed');
    return output.join('\n');
  }

  private renderLine(line: string, dot: unknown): string {
    const whole = wholeLinePattern.exec(line);
    if (whole) return indented(String(this.evaluate(whole[1], dot)), Number(whole[2]));
    const rendered = line.replace(/\{\{ (.*?) \}\}/g, (_, expression: string) =>
      String(this.evaluate(expression, dot)),
    );
    if (rendered.includes('{{')) throw new Error(`not understood: ${line}`);
    return rendered;
  }

  private evaluate(expression: string, dot: unknown): unknown {
    const [first, ...filters] = expression.split(' | ');
    let value = this.evaluateTerm(first.trim(), dot);
    for (const filter of filters) {
      const [name, argument] = filter.trim().split(' ');
      if (name === 'quote') value = JSON.stringify(String(value));
      else if (name === 'default') value = value === '' ? this.evaluateTerm(argument, dot) : value;
      else throw new Error(`unknown filter ${name}`);
    }
    return value;
  }

  private evaluateTerm(term: string, dot: unknown): unknown {
    const included = /^include "([^"]+)" \.$/.exec(term);
    if (included) {
      const body = this.definitions.get(included[1]);
      if (body === undefined) throw new Error(`no template ${included[1]}`);
      return this.renderText(body, this.scope);
    }
    const yaml = /^toYaml (.+)$/.exec(term);
    if (yaml) return stringify(this.evaluateTerm(yaml[1], dot));
    if (term === '.') return dot;
    if (!/^(\.\w+)+$/.test(term)) throw new Error(`unknown expression ${term}`);
    return term
      .slice(1)
      .split('.')
      .reduce<unknown>((at, key) => {
        if (typeof at !== 'object' || at === null || !(key in at)) throw new Error(`no value ${term}`);
        return (at as Scope)[key];
      }, this.scope);
  }
}
