// The peer: the same PostgreSQL that the control plane uses, with a double-entry schema and the same checks in order.
// No replication, no signatures, no proofs: what an institution would write itself.
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { ms, perSecond, percentile, runFor } from './figures.mjs';

const require = createRequire(import.meta.url);
const { Pool } = require('pg');

const measureMs = 8_000;

const schema = `
  create table account (
    id bigint primary key, asset int not null, limited boolean not null,
    debits numeric(39) not null default 0, credits numeric(39) not null default 0) with (fillfactor = 50);
  create table transfer (
    id uuid primary key, debit bigint not null, credit bigint not null, amount numeric(39) not null,
    posted_at timestamptz not null default clock_timestamp());
  create function post(p_id uuid, p_debit bigint, p_credit bigint, p_amount numeric) returns text language plpgsql as $$
  declare d account; c account;
  begin
    if p_debit = p_credit then return 'accounts_must_be_different'; end if;
    if exists (select from transfer where id = p_id) then return 'exists'; end if;
    if p_debit < p_credit then
      select * into d from account where id = p_debit for update;
      select * into c from account where id = p_credit for update;
    else
      select * into c from account where id = p_credit for update;
      select * into d from account where id = p_debit for update;
    end if;
    if d.id is null or c.id is null then return 'account_not_found'; end if;
    if d.asset <> c.asset then return 'accounts_must_have_the_same_asset'; end if;
    if d.limited and d.debits + p_amount > d.credits then return 'exceeds_credits'; end if;
    insert into transfer (id, debit, credit, amount) values (p_id, p_debit, p_credit, p_amount);
    update account set debits = debits + p_amount where id = p_debit;
    update account set credits = credits + p_amount where id = p_credit;
    return 'applied';
  end $$;
  create function post_batch(p_ids uuid[], p_debits bigint[], p_credits bigint[], p_amounts numeric[]) returns text[] language plpgsql as $$
  declare results text[] := array_fill(null::text, array[cardinality(p_ids)]);
  begin
    for i in 1 .. cardinality(p_ids) loop
      results[i] := post(p_ids[i], p_debits[i], p_credits[i], p_amounts[i]);
    end loop;
    return results;
  end $$;`;

function randomPair(count) {
  const debit = Math.floor(Math.random() * count);
  return [debit, (debit + 1 + Math.floor(Math.random() * (count - 1))) % count];
}

async function measure(pool, lanes, batch, count) {
  const samples = [];
  let applied = 0;
  const seconds = await runFor(measureMs, lanes, async () => {
    const pairs = Array.from({ length: batch }, () => randomPair(count));
    const ids = pairs.map(() => randomUUID());
    const began = performance.now();
    if (batch === 1) {
      const { rows } = await pool.query({
        name: 'post',
        text: 'select post($1, $2, $3, 1) as result',
        values: [ids[0], ...pairs[0]],
      });
      applied += rows[0].result === 'applied' ? 1 : 0;
    } else {
      const values = [ids, pairs.map(([debit]) => debit), pairs.map(([, credit]) => credit), pairs.map(() => 1)];
      const { rows } = await pool.query({
        name: 'batch',
        text: 'select post_batch($1, $2, $3, $4) as results',
        values,
      });
      applied += rows[0].results.filter((result) => result === 'applied').length;
    }
    samples.push(performance.now() - began);
  });
  const rate = applied / seconds;
  return {
    rate,
    row: [
      batch === 1 ? `one transfer a commit, ${lanes} clients` : `ordered batch of ${batch}, ${lanes} client`,
      perSecond(rate),
      ms(percentile(samples, 0.5)),
      ms(percentile(samples, 0.99)),
    ],
  };
}

/** Runs the peer on `url` with fsync on and `accountCount` accounts. */
export async function measurePostgres(url, accountCount) {
  const pool = new Pool({ connectionString: url, max: 16 });
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
      'insert into account (id, asset, limited, credits) select i, 756, true, 1000000000 from generate_series(0, $1::bigint - 1) i',
      [accountCount],
    );
    const single = await measure(pool, 16, 1, accountCount);
    const batch = await measure(pool, 1, 1_000, accountCount);
    return { version: settings.rows[0].version.split(' ').slice(0, 2).join(' '), single, batch };
  } finally {
    await pool.end();
  }
}
