// Takes out what holds each hazard off, and sees that the test named for it fails.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Bench } from './bench.mjs';
import { HAZARDS } from './hazards.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const library = 'libs/consensus/src';
/** Of a test without the rule. */
const testMs = 6_000;

/** The source without the rule. */
export function sourceWithout([file, was, becomes]) {
  const path = join(root, library, file);
  const text = readFileSync(path, 'utf8');
  const [before, after, ...more] = text.split(was);
  if (after === undefined || more.length > 0) throw new Error(`${file} does not hold just once: ${was}`);
  return { file: path, source: before + becomes + after };
}

/** Runs every hazard's test without its rule; whether all of them noticed. */
export async function checkHazards() {
  const bench = new Bench();
  const listed = HAZARDS.flatMap(({ hazards }) => hazards).filter(({ without }) => without !== undefined);
  let unnoticed = 0;
  try {
    for (const { hazard, rules, test, without } of listed) {
      const [path, title] = test;
      const found = await bench.run(sourceWithout(without), [{ path: join(root, path), title, ms: testMs }]);
      if (found === null) {
        unnoticed += 1;
        console.log(`NOT NOTICED ${rules}: ${hazard}\n    ${title}`);
      } else console.log(`${rules}: ${found.message.slice(0, 100)}`);
    }
  } finally {
    bench.end();
  }
  console.log(`${listed.length - unnoticed} of ${listed.length} rules are missed by the test named for them`);
  return unnoticed === 0;
}
