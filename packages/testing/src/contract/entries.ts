import { CountersignError, EMPTY_ROOT, type Hash, leafHash, nodeHash } from '@countersign/trail'
import type { Draft, Head, Range, Sealed, Store } from '@countersign/trail/store'

/** Every place where stores run has them, and no types for them are taken in for that. */
declare const setTimeout: (then: () => void) => unknown
declare const setImmediate: (then: () => void) => unknown

/** More entries than a store reads at once, as a whole and of one stream: two pages of 1,024 at least. */
export const MANY = 1_100
export const FEW = 128

export const ACCEPTED = { code: 'none: it was accepted' }

let drawn = 0

export function draft(stream: string, streamSeq: number, id = `id-${drawn++}`): Draft {
  const by = { account: 'bob', person: 'bob', capacity: 'own' }
  const command = { type: 'approve', change: stream, comment: 'seen, and “tested” ✓' }
  return { v: 1, id, at: '2026-11-21T09:30:00.000Z', stream, streamSeq, by, command, outcome: { accepted: [] } }
}

/** No trail of a trial has as many entries: a reader that gives so many comes to no end, and would fill the memory. */
const ENDLESS = 4_096

export async function all(store: Store, range?: Range): Promise<Sealed[]> {
  const entries: Sealed[] = []
  for await (const entry of store.read(range)) if (entries.push(entry) === ENDLESS) throw endless()
  return entries
}

const endless = (): Error =>
  new Error(`a reader gives more entries than the trail has: ${ENDLESS}, and comes to no end`)

/** Whose the entry at a place is, where there are many: a few stand between them. */
export const streamAt = (seq: number): 'many' | 'few' => (seq % 9 === 4 && seq < 9 * FEW ? 'few' : 'many')

/** A long trail, in some batches. */
export async function manyIn(store: Store): Promise<Sealed[]> {
  const versions = { many: 0, few: 0 }
  const drafts = places(0, MANY + FEW).map((seq): Draft => {
    const stream = streamAt(seq)
    return { v: 1, id: `${seq}`, at: '2026-11-21T09:30:00.000Z', stream, streamSeq: versions[stream]++ }
  })
  const sealed: Sealed[] = []
  for (let at = 0; at < drafts.length; at += 307) sealed.push(...(await store.append(drafts.slice(at, at + 307), {})))
  return sealed
}

export const places = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at)

/** How many entries a reader still gives, or that it is told that its store was closed. */
export async function countOf(reader: AsyncIterator<Sealed>): Promise<number | 'store.closed'> {
  try {
    for (let count = 0; count < ENDLESS; count++) if ((await reader.next()).done === true) return count
  } catch (error) {
    if (error instanceof CountersignError && error.code === 'store.closed') return error.code
    throw error
  }
  throw endless()
}

/** What somebody sees of a trail, one after the other. */
interface Look {
  /** The place of the last entry of a stream that can be read. */
  readonly lastOfA: number
  readonly head: Head
  readonly entries: readonly Sealed[]
  readonly ofA: number
  readonly after: Head
}

/** At a trail that has stood still for so many milliseconds nobody looks any more: what is done to it may come to no end. */
const STILL = 5_000

/** Nor does anybody look for longer than so many milliseconds, */
const LONG = 60_000

/** or keep more looks that differ than this: no trail of a trial moves as often, so what moves is not the trail. */
const LOOKS = 256

/**
 * Looks at a trail, through each of the stores, for as long as something is done to it, and no longer than until one of those
 * who look finds it wrong. Of looks that are the same, one after the other, it gives the first. Whoever glances looks at less,
 * and so more often: at each turn of the loop, until he says that he has seen enough.
 */
export async function looksAt(
  stores: readonly Store[],
  work: () => Promise<void>,
  glance: (store: Store) => Promise<boolean> = async () => true,
): Promise<Look[]> {
  const looks: Look[] = []
  const began = Date.now()
  let moved = began
  let isDone = false
  const end = (): void => {
    isDone = true
  }
  const isToLook = (): boolean => !isDone && Date.now() - moved < STILL && Date.now() - began < LONG
  const working = work().finally(end)
  const looking = stores.map(async store => {
    let last: Look | undefined
    for (let look = 1, kept = 0; kept < LOOKS && isToLook(); look++) {
      const lastOfA = (await all(store, { stream: 'a' })).at(-1)?.seq ?? -1
      const head = await store.head()
      const entries = await all(store)
      const ofA = await versionOf(store, 'a')
      const seen: Look = { lastOfA, head, entries, ofA, after: await store.head() }
      if (last === undefined || !isSame(seen, last)) {
        kept = looks.push(seen)
        moved = Date.now()
      }
      last = seen
      // A store that answers at once must not keep the other from its disk.
      if (look % 8 === 0) await new Promise<void>(resolve => void setTimeout(resolve))
    }
  })
  const glancing = stores.map(async store => {
    while (isToLook() && !(await glance(store))) await new Promise<void>(resolve => void setImmediate(resolve))
  })
  const onlookers = [...looking, ...glancing].map(onlooker =>
    onlooker.catch(error => {
      end()
      throw error
    }),
  )
  await Promise.all([working, ...onlookers])
  return looks
}

function isSame({ entries, ...one }: Look, { entries: others, ...other }: Look): boolean {
  const isEntrySame = ({ seq, leafHash: hash, bytes }: Sealed, at: number): boolean => {
    const found = others[at]
    if (found?.seq !== seq || found.leafHash !== hash || found.bytes.length !== bytes.length) return false
    return bytes.every((byte, place) => byte === found.bytes[place])
  }
  return JSON.stringify(one) === JSON.stringify(other) && entries.length === others.length && entries.every(isEntrySame)
}

/** The value, with nothing in it that could be changed. */
export function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(frozen)
  return value
}

export async function versionOf(store: Store, stream: string): Promise<number> {
  return (await all(store, { stream })).length
}

/** As values that every runner compares alike, whatever kind of byte array a store uses. The hash stands for the bytes. */
export function plain(entry: Sealed): { seq: number; leafHash: Hash; found: Hash } {
  return { seq: entry.seq, leafHash: entry.leafHash, found: leafHash(entry.bytes) }
}

/** RFC 6962 §2.1 as it is defined, without any memory: split at the largest power of two below the size. */
function plainRoot(entries: readonly Sealed[]): Hash {
  const [first, ...others] = entries
  if (first === undefined) return EMPTY_ROOT
  if (others.length === 0) return leafHash(first.bytes)
  let half = 1
  while (half * 2 < entries.length) half *= 2
  return nodeHash(plainRoot(entries.slice(0, half)), plainRoot(entries.slice(half)))
}

export function plainHead(entries: readonly Sealed[]): Head {
  return { size: entries.length, leafHash: entries.at(-1)?.leafHash ?? EMPTY_ROOT, root: plainRoot(entries) }
}

export function conflictOf(stream: string, expected: number, actual: number): Record<string, unknown> {
  return { code: 'store.conflict', facts: { stream, expected, actual } }
}

/** What a call was refused with: the code, and for a conflict its facts, which a caller acts on. */
export async function refusalOf(call: Promise<unknown>): Promise<Record<string, unknown>> {
  try {
    await call
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error
    return error.code === 'store.conflict' ? { code: error.code, facts: error.facts } : { code: error.code }
  }
  return ACCEPTED
}

export async function orLocked(second: Promise<Store>): Promise<Store | undefined> {
  try {
    return await second
  } catch (error) {
    if (error instanceof CountersignError && error.code === 'store.locked') return undefined
    throw error
  }
}
