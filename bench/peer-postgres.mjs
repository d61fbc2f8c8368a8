// The peer: the same PostgreSQL that the control plane uses, with a double-entry schema and the same checks in order.
// No replication, no signatures, no proofs: what an institution would write itself.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { percentile, runFor, warmUpMs } from './figures.mjs';
import { fullEnvelope, mixesOf } from './workload.mjs';

const require = createRequire(import.meta.url);
const { Pool } = require('pg');

const schema = readFileSync(new URL('./peer-schema.sql', import.meta.url), 'utf8');
/** Client counts that are tried for one transfer a commit; the best is kept. */
const clientCounts = [8, 16, 32];
/** Sizes of a batch and clients that are tried; the best is kept. */
const batchShapes = [
  { batch: 2_000, clients: 1 },
  { batch: 8_000, clients: 1 },
  { batch: 8_000, clients: 2 },
];

const plain = 0;
const pending = 1;
const post = 2;
/** The kinds of a mix's transfers, one behind the other, and how many of them form a chain. */
function shapeOf(mix) {
  if (mix.name.includes('two-phase')) return { kinds: [plain, plain, pending, post], chain: 1 };
  return { kinds: [plain], chain: mix.name.includes('chains') ? 4 : 1 };
}

function randomPair(count) {
  const debit = Math.floor(Math.random() * count);
  return [debit, (debit + 1 + Math.floor(Math.random() * (count - 1))) % count];
}

/** The columns of `count` transfers of a mix. */
function columns(mix, count) {
  const { kinds } = shapeOf(mix);
  const made = { ids: [], debits: [], credits: [], kinds: [], pendings: [] };
  for (let index = 0; index < count; index += 1) {
    const kind = kinds[index % kinds.length];
    const [debit, credit] =
      kind === post ? [made.debits[index - 1], made.credits[index - 1]] : randomPair(mix.accounts);
    made.pendings.push(kind === post ? made.ids[index - 1] : null);
    made.ids.push(randomUUID());
    made.debits.push(debit);
    made.credits.push(credit);
    made.kinds.push(kind);
  }
  return made;
}

async function applyBatch(pool, mix, batch) {
  const { ids, debits, credits, kinds, pendings } = columns(mix, batch);
  const values = [ids, debits, credits, kinds, pendings, shapeOf(mix).chain];
  const text = 'select post_batch($1, $2, $3, $4, $5, $6) as codes';
  const { rows } = await pool.query({ name: 'batch', text, values });
  const wrong = rows[0].codes.find((code) => code !== 0);
  if (wrong !== undefined) throw new Error(`PostgreSQL refused a transfer with code ${wrong}`);
}

/** One commit: a transfer, or a whole chain. `lane` remembers what of its unit of transfers comes next. */
async function applyOne(pool, mix, lane) {
  const { chain, kinds } = shapeOf(mix);
  if (chain > 1) {
    const { ids, debits, credits } = columns(mix, chain);
    await pool.query({ name: 'chain', text: 'select post_chain($1, $2, $3, 1)', values: [ids, debits, credits] });
    return chain;
  }
  if (lane.unit === null || lane.next === kinds.length)
    Object.assign(lane, { unit: columns(mix, kinds.length), next: 0 });
  const { unit, next } = lane;
  lane.next += 1;
  const values = [unit.ids[next], unit.debits[next], unit.credits[next], unit.kinds[next], unit.pendings[next]];
  const { rows } = await pool.query({ name: 'post', text: 'select post($1, $2, $3, 1, $4, $5) as code', values });
  if (rows[0].code !== 0) throw new Error(`PostgreSQL refused a transfer with code ${rows[0].code}`);
  return 1;
}

async function measure(pool, mix, { batch, clients }, forMs) {
  const samples = [];
  const lanes = Array.from({ length: clients }, () => ({ unit: null, next: 0 }));
  let applied = 0;
  const seconds = await runFor(forMs, clients, async (lane) => {
    const began = performance.now();
    if (batch === 1) {
      const count = await applyOne(pool, mix, lanes[lane]);
      applied += count;
    } else {
      const count = Math.min(batch, fullEnvelope(mix));
      await applyBatch(pool, mix, count);
      applied += count;
    }
    samples.push(performance.now() - began);
  });
  return { batch, clients, rate: applied / seconds, p50: percentile(samples, 0.5), p99: percentile(samples, 0.99) };
}

/** The best of several shapes on one mix. */
async function bestOf(pool, mix, shapes, forMs) {
  const tried = [];
  for (const shape of shapes) tried.push(await measure(pool, mix, shape, forMs));
  return tried.reduce((best, figures) => (figures.rate > best.rate ? figures : best));
}

/** Runs the peer on `url` with fsync on: per mix one transfer a commit and an ordered batch, each with its best number of clients. */
export async function measurePostgres(url, { accountCount, forMs }) {
  const pool = new Pool({ connectionString: url, max: Math.max(...clientCounts) });
  // The server is stopped while the last connections are still closing; a query that fails rejects by itself.
  pool.on('error', () => undefined);
  try {
    const settings = await pool.query(
      "select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit, version()",
    );
    if (settings.rows[0].fsync !== 'on' || settings.rows[0].commit !== 'on')
      throw new Error('the peer must run with fsync and synchronous_commit on');
    await pool.query(schema);
    await pool.query(
      'insert into account (id, asset, limited) select i, 756, false from generate_series(0, $1::bigint - 1) i',
      [accountCount],
    );
    await pool.query('analyze account');
    const mixes = mixesOf(accountCount);
    const [, usual] = mixes;
    const single = await bestOf(
      pool,
      usual,
      clientCounts.map((clients) => ({ batch: 1, clients })),
      forMs / 2,
    );
    const batch = await bestOf(pool, usual, batchShapes, forMs / 2);
    const measured = [];
    for (const mix of mixes) {
      for (const shape of [single, batch]) await measure(pool, mix, shape, warmUpMs / 2);
      measured.push({
        mix: mix.name,
        single: await measure(pool, mix, single, forMs),
        batch: await measure(pool, mix, batch, forMs),
      });
    }
    return { version: settings.rows[0].version.split(' ').slice(0, 2).join(' '), single, batch, measured };
  } finally {
    await pool.end();
  }
}
