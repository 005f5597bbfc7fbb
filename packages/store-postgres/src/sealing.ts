import { EMPTY_ROOT, MAX_ENTRY_BYTES } from '@countersign/trail'
import type { Routine } from './routine.ts'

/** How many bytes of an entry follow what `unsealedEntry` calls `after`: 64 digits and `"}`. */
const ENDING_BYTES = 66

/** The text of JSON in which a head keeps its peaks. */
const PEAKS = '^[[]("[0-9a-f]{64}"(,"[0-9a-f]{64}")*)?[]]$'

/** Refuses a transaction that somebody has left open: what was done in it would be committed as well. */
const untouched = `  if is_begun_here and now() <> statement_timestamp() then
    raise exception 'there is already a transaction in progress' using errcode = 'active_sql_transaction';
  end if;`

/**
 * The function of the database that appends. It seals where the trail lies, so that the end of a trail, for which every other
 * append waits, is held for as long as the server itself takes, and for no way to the client and back.
 *
 * It takes several calls in one, each all or nothing, numbered from 1. What a call has read stands in the three lists `read…`, what
 * it appends in the five lists of drafts: the call, the stream, the place there, and the bytes around what is not known yet
 * (`unsealedEntry`). Texts and bytes come as hexadecimal digits. Where the transaction `is_begun_here`, in the same message,
 * nothing may have been done in it before. Where it `lets_go`, its commit waits for no flush, and whoever calls it does.
 *
 * It gives JSON: how the trail ended before each call and after the last one (`sizes`, `leafHashes`), whether each call was
 * `accepted`, for everything that was read the version that was found (`versions`), and the `peaks` of the tree. Where the row of
 * the head does not say how the entries end, nothing is appended and it gives `head` and `last` instead, as they were found.
 */
export const sealing = (schema: string): Routine => ({
  name: 'append',
  takes: `
  calls integer,
  read_calls integer[], read_streams text[], read_versions bigint[],
  draft_calls integer[], draft_streams text[], draft_places bigint[], befores text[], afters text[],
  channel text, is_begun_here boolean, lets_go boolean
`,
  gives: 'text',
  body: `
declare
  head record;
  last record;
  ending bigint;
  tip text;
  tops text[];
  size_before bigint;
  is_accepted boolean;
  found_version bigint;
  next_read integer := 1;
  next_draft integer := 1;
  first_draft integer;
  sealed bytea;
  node bytea;
  leaves bigint;
  sizes bigint[] := '{}';
  leaf_hashes text[] := '{}';
  versions bigint[] := '{}';
  accepted boolean[] := '{}';
begin
${untouched}

  -- The end of the trail is let go before this commit is flushed: whoever appends, and whoever reads, waits for the flush
  -- afterwards (flush.ts). Not where a replica is waited for. Otherwise the commit itself waits, also where the connection
  -- was made without.
  if lets_go and current_setting('synchronous_standby_names') = '' then
    perform set_config('synchronous_commit', 'off', true);
  elsif current_setting('synchronous_commit') = 'off' then
    perform set_config('synchronous_commit', 'on', true);
  end if;

  -- The row is the lock. Who has it sees every entry that there is, as each statement of a transaction does that is
  -- read committed.
  select h.size, h.leaf_hash, h.peaks into head from ${schema}.head h for update;
  select e.seq + 1 as version, e.leaf_hash into last from ${schema}.entry e order by e.seq desc limit 1;
  ending := coalesce(last.version, 0);
  tip := coalesce(last.leaf_hash, '${EMPTY_ROOT}');
  tops := string_to_array(translate(head.peaks, '[]"', ''), ',');
  if head.size is distinct from ending or head.leaf_hash is distinct from tip or head.peaks !~ '${PEAKS}'
    or cardinality(tops) <> length(replace(ending::bit(64)::text, '0', ''))
    or (ending % 2 = 1 and tops[cardinality(tops)] <> tip)
  then return json_build_object('head', to_json(head), 'last', to_json(last)); end if;
  size_before := ending;

  for this_call in 1..calls loop
    is_accepted := true;
    while read_calls[next_read] = this_call loop
      if read_streams[next_read] = encode('*', 'hex') then found_version := ending;
      else
        select coalesce(max(e.stream_seq) + 1, 0) into found_version from ${schema}.entry e
          where e.stream = convert_from(decode(read_streams[next_read], 'hex'), 'UTF8');
      end if;
      versions := versions || found_version;
      is_accepted := is_accepted and found_version = read_versions[next_read];
      next_read := next_read + 1;
    end loop;

    first_draft := next_draft;
    while draft_calls[next_draft] = this_call loop
      is_accepted := is_accepted and ${MAX_ENTRY_BYTES} >= ${ENDING_BYTES} + length((ending + next_draft - first_draft)::text)
        + (length(befores[next_draft]) + length(afters[next_draft])) / 2;
      next_draft := next_draft + 1;
    end loop;

    sizes := sizes || ending;
    leaf_hashes := leaf_hashes || tip;
    accepted := accepted || is_accepted;
    continue when not is_accepted;
    for draft in first_draft..next_draft - 1 loop
      sealed := decode(befores[draft] || encode(convert_to(ending::text, 'UTF8'), 'hex') || afters[draft], 'hex')
        || convert_to(tip || '"}', 'UTF8');
      node := sha256(decode('00', 'hex') || sealed);
      tip := encode(node, 'hex');
      insert into ${schema}.entry (seq, stream, stream_seq, leaf_hash, bytes) values
        (ending, convert_from(decode(draft_streams[draft], 'hex'), 'UTF8'), draft_places[draft], tip, sealed);
      leaves := ending;
      while leaves % 2 = 1 loop
        node := sha256(decode('01', 'hex') || decode(tops[cardinality(tops)], 'hex') || node);
        tops := tops[1:cardinality(tops) - 1];
        leaves := leaves / 2;
      end loop;
      tops := tops || encode(node, 'hex');
      ending := ending + 1;
    end loop;
  end loop;

  if ending > size_before then
    update ${schema}.head
      set size = ending, leaf_hash = tip, peaks = '["' || array_to_string(tops, '","') || '"]';
    if channel is not null then perform pg_notify(channel, ending::text); end if;
  end if;
  return json_build_object(
    'sizes', to_json(sizes || ending), 'leafHashes', to_json(leaf_hashes || tip),
    'versions', to_json(versions), 'accepted', to_json(accepted), 'peaks', to_json(tops)
  );
end `,
})

/**
 * The function of the database that appends what is sealed already, onto an end of the trail that the caller knows, for a
 * process that is alone with its trail: the server hashes nothing then, and writes all rows at once. It gives `appended`; or
 * `otherwise`, and has done nothing, where the trail ends otherwise or a stream has another version: then `append` tells what of
 * it can be done.
 */
export const sealedBefore = (schema: string): Routine => ({
  name: 'append_sealed',
  takes: `
  known_size bigint, known_leaf_hash text, known_peaks text,
  read_streams text[], read_versions bigint[],
  streams text[], places bigint[], leaf_hashes text[], sealed text[], new_peaks text,
  channel text, is_begun_here boolean
`,
  gives: 'text',
  body: `
begin
${untouched}
  if current_setting('synchronous_commit') = 'off' then perform set_config('synchronous_commit', 'on', true); end if;
  perform 1 from ${schema}.head h
    where h.size = known_size and h.leaf_hash = known_leaf_hash and h.peaks = known_peaks for update;
  if not found then return 'otherwise'; end if;
  if known_size <> coalesce((select max(e.seq) + 1 from ${schema}.entry e), 0)
    or known_leaf_hash <>
      coalesce((select e.leaf_hash from ${schema}.entry e order by e.seq desc limit 1), '${EMPTY_ROOT}')
  then return 'otherwise'; end if;
  perform 1 from unnest(read_streams, read_versions) as r (stream, version)
    where r.version <> coalesce((
      select max(e.stream_seq) + 1 from ${schema}.entry e where e.stream = convert_from(decode(r.stream, 'hex'), 'UTF8')
    ), 0);
  if found then return 'otherwise'; end if;
  insert into ${schema}.entry (seq, stream, stream_seq, leaf_hash, bytes)
    select known_size + d.nth - 1, convert_from(decode(d.stream, 'hex'), 'UTF8'), d.place, d.leaf_hash, decode(d.bytes, 'hex')
    from unnest(streams, places, leaf_hashes, sealed) with ordinality as d (stream, place, leaf_hash, bytes, nth);
  update ${schema}.head
    set size = known_size + cardinality(streams), leaf_hash = leaf_hashes[cardinality(leaf_hashes)], peaks = new_peaks;
  if channel is not null then perform pg_notify(channel, (known_size + cardinality(streams))::text); end if;
  return 'appended';
end `,
})
