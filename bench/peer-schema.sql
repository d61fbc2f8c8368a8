-- Double entry as a good engineer would write it for PostgreSQL: the checks of the ledger, in order, by stored functions.
-- Kinds: 0 plain, 1 pending, 2 post a pending one. Codes: 0 applied, else why not.
create table account (
  id bigint primary key,
  asset int not null,
  limited boolean not null,
  debits_pending numeric(39) not null default 0,
  debits_posted numeric(39) not null default 0,
  credits_pending numeric(39) not null default 0,
  credits_posted numeric(39) not null default 0
) with (fillfactor = 50);

create table transfer (
  id uuid primary key,
  debit bigint not null,
  credit bigint not null,
  amount numeric(39) not null,
  kind smallint not null,
  pending_id uuid,
  posted_at timestamptz not null default clock_timestamp()
);
-- A pending transfer is resolved once.
create unique index on transfer (pending_id) where pending_id is not null;

-- One transfer: the two accounts are locked in order of their ids.
create function post(p_id uuid, p_debit bigint, p_credit bigint, p_amount numeric, p_kind int, p_pending uuid)
returns int language plpgsql as $$
declare d account; c account; held transfer;
begin
  if exists (select from transfer where id = p_id) then return 46; end if;
  if p_kind = 2 then
    select * into held from transfer where id = p_pending;
    if held.id is null then return 25; end if;
    if held.kind <> 1 then return 26; end if;
    if exists (select from transfer where pending_id = p_pending) then return 33; end if;
    p_debit := held.debit; p_credit := held.credit; p_amount := held.amount;
  end if;
  if p_debit = p_credit then return 12; end if;
  perform from account where id in (p_debit, p_credit) order by id for update;
  select * into d from account where id = p_debit;
  select * into c from account where id = p_credit;
  if d.id is null or c.id is null then return 21; end if;
  if d.asset <> c.asset then return 23; end if;
  if p_kind <> 2 and d.limited and d.debits_pending + d.debits_posted + p_amount > d.credits_posted then return 54; end if;
  insert into transfer (id, debit, credit, amount, kind, pending_id)
    values (p_id, p_debit, p_credit, p_amount, p_kind, p_pending);
  if p_kind = 1 then
    update account set debits_pending = debits_pending + p_amount where id = p_debit;
    update account set credits_pending = credits_pending + p_amount where id = p_credit;
  elsif p_kind = 2 then
    update account set debits_posted = debits_posted + p_amount, debits_pending = debits_pending - p_amount where id = p_debit;
    update account set credits_posted = credits_posted + p_amount, credits_pending = credits_pending - p_amount where id = p_credit;
  else
    update account set debits_posted = debits_posted + p_amount where id = p_debit;
    update account set credits_posted = credits_posted + p_amount where id = p_credit;
  end if;
  return 0;
end $$;

-- A chain: all of its transfers or none.
create function post_chain(p_ids uuid[], p_debits bigint[], p_credits bigint[], p_amount numeric)
returns int language plpgsql as $$
declare code int;
begin
  perform from account where id = any (p_debits || p_credits) order by id for update;
  for i in 1 .. cardinality(p_ids) loop
    code := post(p_ids[i], p_debits[i], p_credits[i], p_amount, 0, null);
    if code <> 0 then raise exception 'chain broken by code %', code; end if;
  end loop;
  return 0;
end $$;

-- An ordered batch: rows are read and written as sets, and the checks run in order over arrays in between. p_chain: how many
-- transfers one behind the other are applied together or not at all.
create function post_batch(p_ids uuid[], p_debits bigint[], p_credits bigint[], p_kinds int[], p_pendings uuid[], p_chain int)
returns int[] language plpgsql as $$
declare
  n int := cardinality(p_ids);
  codes int[] := array_fill(0, array[n]);
  amounts numeric[] := array_fill(1::numeric, array[n]);
  ids bigint[]; assets int[]; limits boolean[];
  dpending numeric[]; dposted numeric[]; cpending numeric[]; cposted numeric[];
  d int[]; c int[]; held int[]; resolved boolean[] := array_fill(false, array[n]);
  a numeric; code int; first int; last int; h int;
begin
  perform from account where id = any (p_debits || p_credits) order by id for update;
  select array_agg(id order by id), array_agg(asset order by id), array_agg(limited order by id),
      array_agg(debits_pending order by id), array_agg(debits_posted order by id),
      array_agg(credits_pending order by id), array_agg(credits_posted order by id)
    into ids, assets, limits, dpending, dposted, cpending, cposted
    from account where id = any (p_debits || p_credits);
  -- Places of each transfer's accounts in these arrays, and of the pending transfer that it posts within the batch.
  select array_agg(x.place order by t.at), array_agg(y.place order by t.at), array_agg(z.place order by t.at),
      array_agg(case when known.id is not null then 46 when t.nth > 1 then 46 else 0 end order by t.at)
    into d, c, held, codes
    from (select *, row_number() over (partition by id order by at) as nth
        from unnest(p_ids, p_debits, p_credits, p_pendings) with ordinality as t (id, debit, credit, pending, at)) as t
    left join unnest(ids) with ordinality as x (id, place) on x.id = t.debit
    left join unnest(ids) with ordinality as y (id, place) on y.id = t.credit
    left join unnest(p_ids) with ordinality as z (id, place) on z.id = t.pending
    left join transfer as known on known.id = t.id;
  first := 1;
  while first <= n loop
    last := least(first + p_chain - 1, n);
    for i in first .. last loop
      code := codes[i];
      a := amounts[i];
      if code <> 0 then null;
      elsif d[i] is null or c[i] is null then code := 21;
      elsif d[i] = c[i] then code := 12;
      elsif assets[d[i]] <> assets[c[i]] then code := 23;
      elsif p_kinds[i] = 2 then
        h := held[i];
        if h is null or h >= i or codes[h] <> 0 then code := 25;
        elsif p_kinds[h] <> 1 then code := 26;
        elsif resolved[h] then code := 33;
        else
          resolved[h] := true;
          dpending[d[i]] := dpending[d[i]] - a; dposted[d[i]] := dposted[d[i]] + a;
          cpending[c[i]] := cpending[c[i]] - a; cposted[c[i]] := cposted[c[i]] + a;
        end if;
      elsif limits[d[i]] and dpending[d[i]] + dposted[d[i]] + a > cposted[d[i]] then code := 54;
      elsif p_kinds[i] = 1 then
        dpending[d[i]] := dpending[d[i]] + a; cpending[c[i]] := cpending[c[i]] + a;
      else
        dposted[d[i]] := dposted[d[i]] + a; cposted[c[i]] := cposted[c[i]] + a;
      end if;
      codes[i] := code;
      if code <> 0 and p_chain > 1 then
        -- Chains here are plain transfers: undo the ones before, refuse the ones behind.
        for k in first .. i - 1 loop
          dposted[d[k]] := dposted[d[k]] - amounts[k]; cposted[c[k]] := cposted[c[k]] - amounts[k];
          codes[k] := 1;
        end loop;
        for k in i + 1 .. last loop codes[k] := 1; end loop;
        exit;
      end if;
    end loop;
    first := last + 1;
  end loop;
  insert into transfer (id, debit, credit, amount, kind, pending_id)
    select t.id, t.debit, t.credit, t.amount, t.kind, t.pending
    from unnest(p_ids, p_debits, p_credits, amounts, p_kinds, p_pendings, codes)
      as t (id, debit, credit, amount, kind, pending, code)
    where t.code = 0;
  update account set debits_pending = u.dp, debits_posted = u.dt, credits_pending = u.cp, credits_posted = u.ct
    from unnest(ids, dpending, dposted, cpending, cposted) as u (id, dp, dt, cp, ct)
    where account.id = u.id;
  return codes;
end $$;
