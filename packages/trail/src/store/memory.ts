import { ownBytes } from '../bytes.ts'
import { CountersignError } from '../error.ts'
import { EMPTY_ROOT, Tree } from '../tree/tree.ts'
import { ownRange, placeOf, requireRange, sealAll } from './seal.ts'
import type { Draft, Expected, Head, Range, Sealed, Store } from './store.ts'

/**
 * A trail in memory, for tests, trials and browsers: all of the port's promises but durability.
 *
 * @example
 * ```ts
 * import { memoryStore } from '@countersign/trail/store'
 *
 * const store = memoryStore()
 * const draft = { v: 1, id: 'a', at: '2026-11-21T09:30:00.000Z', stream: 'trail', streamSeq: 0 } as const
 * const [sealed] = await store.append([draft], { trail: 0 })
 * sealed?.seq // → 0
 * (await store.head()).size // → 1
 * await store.append([draft], { trail: 0 }) // throws trail
 * ```
 */
export function memoryStore(): Store {
  const entries: Sealed[] = []
  const streams = new Map<string, number[]>()
  const tree = new Tree()
  let closed = false

  const open = (): void => {
    if (closed) throw new CountersignError('store.closed', 'the store was closed')
  }
  const version = (stream: string): number => streams.get(stream)?.length ?? 0

  // No await between comparing and writing: that is the lock.
  async function append(drafts: readonly Draft[], expected: Expected): Promise<readonly Sealed[]> {
    open()
    const leafHash = entries.at(-1)?.leafHash ?? EMPTY_ROOT
    const sealed = sealAll(drafts, expected, { size: entries.length, leafHash, version })
    for (const [index, entry] of sealed.entries()) {
      const stream = (drafts[index] as Draft).stream
      const members = streams.get(stream)
      if (members === undefined) streams.set(stream, [entry.seq])
      else members.push(entry.seq)
      entries.push(entry)
      tree.append(entry.leafHash)
    }
    return sealed.map(copy)
  }

  const entryAt = (seq: number): Sealed => {
    open()
    return copy(entries[seq] as Sealed)
  }

  async function* entriesOf(range: Range): AsyncGenerator<Sealed> {
    open()
    requireRange(range)
    if ('stream' in range) {
      const members = streams.get(range.stream) ?? []
      const count = members.length
      for (let at = 0; at < count; at++) yield entryAt(members[at] as number)
      return
    }
    const from = placeOf('from', range.from ?? 0)
    const to = Math.min(placeOf('to', range.to ?? entries.length), entries.length)
    for (let seq = from; seq < to; seq++) yield entryAt(seq)
  }

  return {
    async head(): Promise<Head> {
      open()
      return { size: tree.size, leafHash: entries.at(-1)?.leafHash ?? EMPTY_ROOT, root: tree.root() }
    },
    append,
    read: range => entriesOf(ownRange(range)),
    async close(): Promise<void> {
      closed = true
    },
  }
}

/** A copy of its own for every reader, so that none can change what the store holds. */
function copy(entry: Sealed): Sealed {
  return { seq: entry.seq, leafHash: entry.leafHash, bytes: ownBytes(entry.bytes) }
}
