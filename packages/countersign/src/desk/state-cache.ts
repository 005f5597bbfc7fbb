import { CountersignError } from '@countersign/trail'
import type { Cache, Sealed, Store } from '@countersign/trail/store'
import * as z from 'zod'
import type { Change } from '../change/change.ts'
import { restoredChange } from '../change/restore.ts'
import { keptGovernance, restoredGovernance } from '../governance/restore.ts'
import { governanceStream } from '../record/record.ts'
import type { Ids } from '../record/shelves.ts'
import { State } from '../record/state.ts'
import { digestText } from '../values/digest-text.ts'
import { safeParse } from '../values/safe-parse.ts'
import { changeOf, closed, keysOf, opened, streamAt } from './cached-value.ts'
import { type Behind, CachedShelf, OrderedShelf, type Placed } from './shelf.ts'

// What a desk has worked out of its trail, kept in a cache, so that the next one need not fold it again. It is the desk's
// own, is never shown as evidence, and may be wrong in any way: what is not as it should be is thrown away. Each value stands
// behind the beginning of its hash, which covers its key as well: a disk that turns a bit over makes another approver of one.

/** Raised by whoever changes how a trail is folded, or what is kept of it; what an older version has kept is thrown away. */
const format = 'countersign/cache/v26'

const count = z.int().min(0)
const text = z.string()
const texts = z.array(text)
const placedIn = z.strictObject({ place: count, value: z.unknown() })

/** How far the desk had come, and what it needs of everything that is not over. The key `desk` has it. */
const summary = z.strictObject({
  format: z.literal(format),
  size: z.int().min(1),
  /** The leaf hash of the last entry that was folded: it stands for all before it. */
  leafHash: digestText,
  lastAt: text,
  changes: count,
  /** How many streams of changes there are, those with nothing but refusals included. */
  streams: count,
  open: z.array(z.tuple([text, text])),
  lastGiven: z.array(z.tuple([text, z.array(z.tuple([text, text]))])),
})

/** How much is held, and how often it is saved. */
interface Measure {
  readonly every: number
  readonly holds: number
}

/** The caches that serve a desk: what two of them write would be the state of neither. */
const serving = new WeakSet<Cache>()

/** Ids on one shelf, each behind its stream and a blank. */
const idsOn = (shelf: CachedShelf<number>): Ids => ({
  entryOf: (stream, id) => shelf.get(`${stream} ${id}`),
  set: (stream, id, entry) => shelf.set(`${stream} ${id}`, entry),
})

/** The memory of a desk: what it has folded, as far as that is kept in a cache. */
export class StateCache {
  readonly state: State
  /** Of the last entry that was recalled, where any was. */
  readonly leafHash: string | undefined
  readonly #cache: Cache
  readonly #measure: Measure
  readonly #changes: OrderedShelf<Change>
  readonly #versions: CachedShelf<number>
  readonly #shelves: readonly (readonly [prefix: string, shelf: CachedShelf<unknown>])[]
  readonly #redacted = new Set<string>()
  /** How many streams of changes are in the cache. */
  #streams: number
  #governance: unknown
  /** So many entries were folded since it was saved, and at so many it is saved next. */
  #unsaved = 0
  #due: number
  #spoilt: CountersignError | undefined

  private constructor(cache: Cache, measure: Measure, kept?: z.infer<typeof summary>) {
    this.leafHash = kept?.leafHash
    this.#streams = kept?.streams ?? 0
    this.#cache = cache
    this.#measure = measure
    this.#due = measure.every
    const shelf = <Value>(kind: string, parse: (plain: unknown) => Value | undefined) =>
      new CachedShelf<Value>(this.#behind(`${kind} `, parse), measure.holds)
    const versions = shelf('version', parserOf(count))
    const instants = shelf('instant', parserOf(text))
    const ids = shelf('id', parserOf(count))
    const children = shelf('children', parserOf(texts))
    const placed = shelf('change', plain => this.#placed(plain))
    this.#changes = new OrderedShelf(placed, kept?.changes ?? 0)
    this.#versions = versions
    this.#shelves = Object.entries({ change: placed, version: versions, instant: instants, id: ids, children })
    this.state = new State({ changes: this.#changes, versions, instants, ids: idsOn(ids), children })
  }

  /**
   * What a cache has of this trail. All of it is thrown away where that is another one, or nothing that a desk has written;
   * where not even that can be done there is none.
   */
  static async open(cache: Cache, measure: Measure, store: Pick<Store, 'read'>): Promise<StateCache | undefined> {
    if (serving.has(cache))
      throw new CountersignError('input', 'createDesk: the `cache` serves another desk; give each desk one of its own')
    serving.add(cache)
    try {
      const cached = (await recalled(cache, measure, store)) ?? StateCache.anew(cache, measure)
      if (cached === undefined) serving.delete(cache)
      return cached
    } catch (error) {
      // The store could not be read.
      serving.delete(cache)
      throw error
    }
  }

  static anew(cache: Cache, measure: Measure): StateCache | undefined {
    try {
      cache.clear()
      return new StateCache(cache, measure)
    } catch {
      return undefined
    }
  }

  /** As it was when it was saved last; `undefined` where what is there says so of no state. */
  static of(cache: Cache, measure: Measure, kept: z.infer<typeof summary>): StateCache | undefined {
    const cached = new StateCache(cache, measure, kept)
    const { state } = cached
    const governance = restoredGovernance(opened('governance', cache.read('governance')))
    if (governance === undefined) return undefined
    // Every decision reads it, and so does whoever only looks.
    if (state.versions.get(governanceStream) === undefined) return undefined
    state.governance = governance
    cached.#governance = governance
    state.size = kept.size
    state.lastAt = kept.lastAt
    for (const [change, team] of kept.open) state.open.set(change, team)
    for (const [team, given] of kept.lastGiven) state.lastGiven.set(team, new Map(given))
    return cached
  }

  /** Why nothing of this may be used any more; then the trail is to be folded again. */
  get spoilt(): CountersignError | undefined {
    return this.#spoilt
  }

  /** Tells that what was recalled is not what the trail says. */
  spoil(cause?: unknown): CountersignError {
    this.#spoilt ??= new CountersignError(
      'store.unavailable',
      'the cache of this desk holds what no desk has written of this trail, or cannot be read; it is thrown away, and the trail is being read again: ask again after `await desk.catchUp()`',
      { facts: { of: 'cache' }, cause },
    )
    return this.#spoilt
  }

  /** Throws it away, and begins anew with it, if that can be done. */
  anew(): StateCache | undefined {
    return StateCache.anew(this.#cache, this.#measure)
  }

  /** Lets another desk have the cache. */
  release(): void {
    serving.delete(this.#cache)
  }

  /** Every value that was ever redacted, for whoever deletes what opens it. */
  redacted(): string[] {
    try {
      const all = [...this.#cache.all('redacted ')]
      if (all.some(([key, bytes]) => opened(key, bytes) === undefined)) throw this.spoil()
      return all.map(([key]) => key.slice('redacted '.length))
    } catch (cause) {
      this.spoil(cause)
      return []
    }
  }

  /** Counts an entry that was folded, and the values that it has redacted; tells whether it is time to save. */
  folded(redacted: Iterable<string>): boolean {
    for (const one of redacted) this.#redacted.add(one)
    this.#unsaved += 1
    return this.#unsaved >= this.#due
  }

  /** Puts what was folded since into the cache, all or none, given the last entry. Throws what the cache throws. */
  save({ seq, leafHash }: Pick<Sealed, 'seq' | 'leafHash'>): void {
    const { state } = this
    if (this.#unsaved === 0 || this.#spoilt !== undefined) return
    // What did not go in is tried again after as many entries: a full disk is not asked at each.
    this.#due = this.#unsaved + this.#measure.every
    const batch = new Map<string, Uint8Array>()
    const put = (key: string, value: unknown) => batch.set(key, closed(key, value))
    let streams = this.#streams
    for (const stream of this.#versions.unsaved.keys()) {
      const change = changeOf(stream)
      if (change === undefined) continue
      if (this.#cache.read(`version ${stream}`) === undefined) streams += 1
      if (!this.#changes.has(change)) put(`change ${change}`, null)
    }
    for (const [kind, { unsaved }] of this.#shelves) for (const [name, value] of unsaved) put(`${kind} ${name}`, value)
    for (const one of this.#redacted) put(`redacted ${one}`, 1)
    if (state.governance !== this.#governance) put('governance', keptGovernance(state.governance))
    put('desk', {
      format,
      size: seq + 1,
      leafHash,
      lastAt: state.lastAt,
      changes: this.#changes.size,
      streams,
      open: [...state.open],
      lastGiven: [...state.lastGiven].map(([team, given]) => [team, [...given]]),
    } satisfies z.infer<typeof summary>)
    this.#cache.write(batch)
    for (const [, shelf] of this.#shelves) shelf.saved()
    this.#redacted.clear()
    this.#streams = streams
    this.#unsaved = 0
    this.#due = this.#measure.every
    this.#governance = state.governance
  }

  #placed(plain: unknown): Placed<Change> | undefined {
    const one = safeParse(placedIn, plain)
    const value = one.success ? restoredChange(one.data.value, this.state.governance) : undefined
    return one.success && value !== undefined ? { place: one.data.place, value } : undefined
  }

  #behind<Value>(prefix: string, parse: (plain: unknown) => Value | undefined): Behind<Value> {
    const read = (key: string, bytes: Uint8Array): Value | undefined => {
      const told = opened(key, bytes)
      if (told === null) return undefined
      const value = parse(told)
      if (value === undefined) throw this.spoil()
      return value
    }
    return {
      find: name => {
        const key = `${prefix}${name}`
        const bytes = this.#asked(() => this.#cache.read(key))
        if (bytes !== undefined) return read(key, bytes)
        const stream = streamAt(key)
        const others = stream === undefined ? [] : keysOf(stream)
        if (this.#asked(() => others.some(other => this.#cache.read(other) !== undefined))) throw this.spoil()
        return undefined
      },
      all: () => {
        const rows = this.#asked(() => [...this.#cache.all(prefix)])
        const isOfAll = streamAt(prefix) !== undefined
        const streams = isOfAll ? rows.filter(([key]) => changeOf(streamAt(key) ?? '') !== undefined).length : 0
        if (isOfAll && streams !== this.#streams) throw this.spoil()
        return rows.flatMap(([key, bytes]): [string, Value][] => {
          const value = read(key, bytes)
          return value === undefined ? [] : [[key.slice(prefix.length), value]]
        })
      },
    }
  }

  #asked<Answer>(ask: () => Answer): Answer {
    if (this.#spoilt !== undefined) throw this.#spoilt
    try {
      return ask()
    } catch (cause) {
      throw this.spoil(cause)
    }
  }
}

/** Whether it was thrown because of what a desk has recalled. */
export const isOfCache = (error: unknown): boolean => error instanceof CountersignError && error.facts.of === 'cache'

const parserOf =
  <Value>(schema: z.ZodType<Value>) =>
  (plain: unknown): Value | undefined => {
    const one = safeParse(schema, plain)
    return one.success ? one.data : undefined
  }

/** What a cache has, where it is of this trail: then the entry at which it stands is the store's. */
async function recalled(cache: Cache, measure: Measure, store: Pick<Store, 'read'>): Promise<StateCache | undefined> {
  let kept: z.infer<typeof summary> | undefined
  try {
    kept = parserOf(summary)(opened('desk', cache.read('desk')))
  } catch {
    return undefined
  }
  if (kept === undefined) return undefined
  const last = kept.size - 1
  let isOurs = false
  for await (const { leafHash } of store.read({ from: last, to: last + 1 })) isOurs = leafHash === kept.leafHash
  if (!isOurs) return undefined
  try {
    return StateCache.of(cache, measure, kept)
  } catch {
    return undefined
  }
}
