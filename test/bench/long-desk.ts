import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openFileStore } from '@countersign/store-file'
import { openSqliteCache, openSqliteStore } from '@countersign/store-sqlite'
import { readEntry } from '@countersign/trail'
import type { Draft, Store } from '@countersign/trail/store'
import { createDesk } from 'countersign'
import { longHistory } from './long-history.ts'
import { median, type Row, run, timed } from './measure.ts'

/** A file of a million entries takes long to open, and is measured less often. */
const rounds = { sqlite: 15, file: 5 }
const warmUp = 2
/** Each round decides on two. */
const tickets = 2 * (warmUp + Math.max(...Object.values(rounds)))
/** So many entries are appended one after the other, each durable before the next. */
const appended = 64
const child = fileURLToPath(new URL('./long-desk-child.ts', import.meta.url))

/** Where a trail of the bench lies, and how it is opened. */
const kinds = {
  sqlite: { name: 'trail.db', open: (path: string): Promise<Store> => openSqliteStore(path) },
  file: { name: 'trail.jsonl', open: (path: string): Promise<Store> => openFileStore(path) },
}
export type Kind = keyof typeof kinds

/** What something costs in a trail of so many entries: medians, times in milliseconds, memory in MiB. */
export interface Cost {
  readonly entries: number
  readonly store: Kind
  /** To open the store, the cache and a desk, and to decide on one approval. */
  readonly openAndDecide: number
  /** The store's part of that. */
  readonly openStore: number
  /** To decide on one more approval at a desk that is open. */
  readonly decide: number
  /** To append one entry, durably. */
  readonly append: number
  /** To open a desk without a cache; not measured where that is much. */
  readonly withoutCache?: number
  /** What the heap holds with the desk open, with a cache, and without one. */
  readonly heap: number
  readonly heapWithoutCache?: number
}

interface Trail {
  readonly entries: number
  readonly kind: Kind
  readonly path: string
  readonly cache: string
  readonly clock: () => Date
}

/** What it takes, in a trail of each of these sizes, to open a desk and decide on a ticket. Pairs are measured in turn. */
export async function growth(
  sizes: readonly number[],
  say: (text: string) => void,
): Promise<{ costs: Cost[]; ratios: Record<Kind, number[]> }> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'))
  try {
    const trails: Trail[] = []
    for (const entries of sizes) {
      say(`writing ${entries.toLocaleString('en')} entries, and a cache of them …`)
      trails.push(...(await prepared(join(folder, String(entries)), entries)))
    }
    const times = new Map(
      trails.map(trail => [trail, { whole: [] as number[], store: [] as number[], decide: [] as number[] }]),
    )
    for (const kind of ['sqlite', 'file'] as const) {
      for (let round = 0; round < warmUp + rounds[kind]; round++) {
        for (const [trail, found] of times) {
          if (trail.kind !== kind) continue
          const one = await openAndDecide(trail, round)
          if (round < warmUp) continue
          found.whole.push(one.whole)
          found.store.push(one.store)
          found.decide.push(one.decide)
        }
      }
    }
    const costs: Cost[] = []
    for (const [trail, { whole, store, decide }] of times) {
      const { entries, kind } = trail
      const isMeant = entries <= 100_000
      const heapOf = async (...argv: string[]) =>
        Number(
          await run(process.execPath, [
            '--conditions=countersign-src',
            '--no-warnings',
            '--expose-gc',
            child,
            kind,
            trail.path,
            ...argv,
          ]),
        )
      const heap = await heapOf(trail.cache)
      const plain = isMeant ? { withoutCache: await withoutCache(trail), heapWithoutCache: await heapOf() } : {}
      costs.push({
        entries,
        store: kind,
        openAndDecide: median(whole),
        openStore: median(store),
        decide: median(decide),
        append: await appending(trail),
        heap,
        ...plain,
      })
      say(`${entries.toLocaleString('en')} entries, ${kind}: ${median(whole).toFixed(1)} ms`)
    }
    const ratio = (kind: Kind): number[] => {
      const own = trails.filter(one => one.kind === kind)
      const least = times.get(own[0] as Trail)?.whole ?? []
      return (times.get(own.at(-1) as Trail)?.whole ?? []).map((time, round) => time / (least[round] ?? Number.NaN))
    }
    return { costs, ratios: { sqlite: ratio('sqlite'), file: ratio('file') } }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A trail in a SQLite file and in a text file, with tickets that wait for an approval, and a cache for each. */
async function prepared(stem: string, entries: number): Promise<Trail[]> {
  const place = (kind: Kind) => `${stem}-${kinds[kind].name}`
  const store = await kinds.sqlite.open(place('sqlite'))
  const other = await kinds.file.open(place('file'))
  let batch: Draft[] = []
  let last = ''
  const write = async () => {
    await store.append(batch, {})
    await other.append(batch, {})
    batch = []
  }
  for (const line of longHistory(entries)) {
    const { seq: _, ...draft } = readEntry(line).body
    batch.push(draft)
    last = draft.at
    if (batch.length === 500) await write()
  }
  await write()
  const clock = () => new Date(Date.parse(last) + 60_000)
  const cache = await openSqliteCache(`${stem}-sqlite.cache`)
  const desk = await createDesk({ store, cache, clock })
  const { size } = await store.head()
  for (let ticket = 0; ticket < tickets; ticket++) {
    const receipt = await desk.by('payments-0').submit({
      change: `BENCH-${ticket}`,
      team: 'payments',
      category: 'small',
      title: 'A change to decide on',
      reason: 'to see how long that takes',
      form: { system: 'core', risk: 'low', rollback: 'none' },
    })
    if (receipt.outcome === 'refused') throw new Error(receipt.because)
  }
  desk.save()
  cache.close()
  for await (const { bytes } of store.read({ from: size })) {
    const { seq: _, ...draft } = readEntry(bytes).body
    await other.append([draft], {})
  }
  await store.close()
  await other.close()
  // The two have the same entries, so a cache of the one is one of the other.
  copyFileSync(`${stem}-sqlite.cache`, `${stem}-file.cache`)
  return (['sqlite', 'file'] as const).map(kind => ({
    entries,
    kind,
    path: place(kind),
    cache: `${stem}-${kind}.cache`,
    clock,
  }))
}

async function openAndDecide({ kind, path, cache: file, clock }: Trail, round: number) {
  const began = performance.now()
  const store = await kinds[kind].open(path)
  const opened = performance.now()
  const cache = await openSqliteCache(file)
  const desk = await createDesk({ store, cache, clock })
  const approve = async (change: string) => {
    const { revision = 0, digest = '' } = desk.change(change) ?? {}
    const receipt = await desk.by('payments-12').approve({ change, revision, digest })
    if (receipt.outcome === 'refused') throw new Error(receipt.because)
  }
  await approve(`BENCH-${2 * round}`)
  const whole = performance.now() - began
  const decide = await timed(() => approve(`BENCH-${2 * round + 1}`))
  cache.close()
  await store.close()
  return { whole, store: opened - began, decide }
}

async function withoutCache({ kind, path, clock }: Trail): Promise<number> {
  const store = await kinds[kind].open(path)
  const time = await timed(() => createDesk({ store, clock }))
  await store.close()
  return time
}

/** What one durable append takes, of so many one after the other. They are no entries of this library: nothing is decided after. */
async function appending({ kind, path, clock }: Trail): Promise<number> {
  const store = await kinds[kind].open(path)
  const at = clock().toISOString()
  const times: number[] = []
  for (let streamSeq = 0; streamSeq < appended; streamSeq++) {
    const draft = {
      v: 1,
      id: `appended-${streamSeq}`,
      at,
      stream: 'bench',
      streamSeq,
      comment: 'as long as comments are',
    } as const
    times.push(await timed(() => store.append([draft], { bench: streamSeq })))
  }
  await store.close()
  return median(times)
}

/** The row of the bench: the largest against the smallest. */
export async function longDeskRows(entries: number, say: (text: string) => void): Promise<Row[]> {
  const { costs, ratios } = await growth([1_000, entries], say)
  return (['sqlite', 'file'] as const).map(kind => {
    const [small, large] = costs.filter(one => one.store === kind)
    return {
      what: `a desk with a cache opened, and one approval decided, ${kind === 'sqlite' ? 'SQLite' : 'a file'}, ${entries.toLocaleString('en')} entries`,
      rival: 'the same in 1,000',
      aim: '≤ 2',
      ratios: ratios[kind],
      median: median(ratios[kind]),
      holds: median(ratios[kind]) <= 2,
      note: `${large?.openAndDecide.toFixed(1)} ms against ${small?.openAndDecide.toFixed(1)} ms`,
    }
  })
}
