import { storeContract } from '@countersign/testing/store-contract'
import { type Draft, type Expected, memoryStore, type Range, type Store } from '@countersign/trail/store'
import { describe, expect, test } from 'vitest'

/** What a wrong store does otherwise than the one in memory. */
interface Wrong {
  readonly append?: (right: Store, drafts: readonly Draft[], expected: Expected) => ReturnType<Store['append']>
  readonly read?: (right: Store, range: Range) => ReturnType<Store['read']>
  readonly head?: (right: Store) => ReturnType<Store['head']>
}

function wrongly({ append, read, head }: Wrong): Store {
  const right = memoryStore()
  return {
    append: (drafts, expected) => append?.(right, drafts, expected) ?? right.append(drafts, expected),
    read: (range = {}) => read?.(right, range) ?? right.read(range),
    head: () => head?.(right) ?? right.head(),
    close: () => right.close(),
  }
}

/** A store that has streams by another name, so that two of them are one: versions are asked for under it. */
function namedBy(name: (stream: string) => string): Wrong {
  const versions = new Map<string, number>()
  return {
    append: async (right, drafts, expected) => {
      const moved = drafts.find(({ stream, streamSeq }) => streamSeq !== (versions.get(name(stream)) ?? 0))
      if (moved !== undefined) return right.append([moved, { ...moved, streamSeq: moved.streamSeq + 7 }], expected)
      const sealed = await right.append(drafts, expected)
      for (const { stream, streamSeq } of drafts) versions.set(name(stream), streamSeq + 1)
      return sealed
    },
  }
}

/** The titles of the contract that a store does not keep, of all or of one. */
async function brokenBy(wrong: () => Wrong, only?: string): Promise<string[]> {
  const tests: [string, () => Promise<void>][] = []
  const runner = {
    describe: (_: string, body: () => void) => body(),
    test: (title: string, body: () => Promise<void>) => void tests.push([title, body]),
    expect: (actual: unknown) => expect(actual),
  }
  storeContract('a store', runner, { open: async () => wrongly(wrong()) })
  const broken: string[] = []
  for (const [title, body] of tests)
    if (only === undefined || only === title) await body().catch(() => broken.push(title))
  return broken
}

const names = 'No name of a stream means anything to the store'

describe('the contract of stores', () => {
  test('is kept by the store in memory', async () => {
    expect(await brokenBy(() => ({}))).toEqual([])
  })

  const wrongs: readonly (readonly [store: string, title: string, wrong: () => Wrong])[] = [
    ['takes names that differ in their case for one', names, () => namedBy(name => name.toLowerCase())],
    ['takes no notice of white space around a name', names, () => namedBy(name => name.trim())],
    ['keeps 64 characters of a name', names, () => namedBy(name => name.slice(0, 64))],
    [
      'takes an end at the beginning for no end',
      'A range goes from its first place up to the one before its last, and ends where the trail ends',
      () => ({ read: (right, range) => right.read('to' in range && range.to === 0 ? {} : range) }),
    ],
    [
      'takes no notice of a place where a stream is asked for',
      'A range that has a stream and a place, or what no range has, is refused',
      () => ({ read: (right, range) => right.read('stream' in range ? { stream: range.stream } : range) }),
    ],
    [
      'takes no notice of what no range has',
      'A range that has a stream and a place, or what no range has, is refused',
      () => ({
        read: (right, range) => {
          if (range === null || 'stream' in range) return right.read(range)
          const { from, to } = range
          return right.read({ ...(from !== undefined && { from }), ...(to !== undefined && { to }) })
        },
      }),
    ],
    [
      'compares the streams alone to which it writes',
      'Every stream that was read counts, not only the one that is written',
      () => ({
        append: (right, drafts, expected) =>
          right.append(
            drafts,
            Object.fromEntries(
              Object.entries(expected).filter(([stream]) => drafts.some(draft => draft.stream === stream)),
            ),
          ),
      }),
    ],
    [
      'writes the drafts of a batch one after the other',
      'Where one draft of a batch conflicts, nothing of the batch is written',
      () => ({
        append: async (right, drafts, expected) => {
          await right.append([], expected)
          const sealed = []
          for (const draft of drafts) sealed.push(...(await right.append([draft], {})))
          return sealed
        },
      }),
    ],
    [
      'shows what has come since to a reader that has begun',
      'A reader that has begun keeps the end that it began with',
      () => ({
        read: async function* (right, range) {
          if ('stream' in range) yield* right.read(range)
          else
            for (let at = range.from ?? 0; at < Math.min(range.to ?? Infinity, (await right.head()).size); at++)
              yield* right.read({ from: at, to: at + 1 })
        },
      }),
    ],
    [
      'gives the last hash for the root',
      'The head is the one that the definition gives, at every size',
      () => ({
        head: async right => {
          const { size, leafHash } = await right.head()
          return { size, leafHash, root: leafHash }
        },
      }),
    ],
  ]
  test.for(wrongs)('is not kept by one that %s', async ([, title, wrong]) => {
    expect(await brokenBy(wrong, title)).toEqual([title])
  })
})
