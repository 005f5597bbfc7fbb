import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { openFileStore } from '@countersign/store-file'
import { migrate, openPostgresStore } from '@countersign/store-postgres'
import { openSqliteStore } from '@countersign/store-sqlite'
import { memoryStore, type Store } from '@countersign/trail/store'
import { describe, expect, it } from 'vitest'
import { draft } from './draft.ts'
import { errorOf, idsOf, newFolder } from './trial.ts'

describe('an option that is misspelt', () => {
  const lent: unknown[] = []
  const pool = { connect: async () => Promise.reject(lent.push('a connection')) }

  it.each<[string, (options: object, folder: string) => Promise<unknown>, object]>([
    ['openFileStore', (options, folder) => openFileStore(folder, options), { readonly: true }],
    ['openSqliteStore', (options, folder) => openSqliteStore(join(folder, 'trail.db'), options), { readonly: true }],
    ['openPostgresStore', options => openPostgresStore(pool, options), { shema: 'changes' }],
    ['migrate', options => migrate(pool, options), { shema: 'changes' }],
  ])('is refused by %s before anything is opened, with the names that there are', async (where, open, options) => {
    const folder = newFolder()
    const [option = ''] = Object.keys(options)
    const error = await errorOf(open(options, folder))
    expect(error).toMatchObject({ code: 'input', facts: { where, option } })
    expect(error.message).toContain(`${where}: there is no option ${option}; those that there are: `)
    expect(readdirSync(folder)).toEqual([])
    expect(lent).toEqual([])
  })
})

describe('what is no append and no range', () => {
  const one = draft('a', 0)
  const appends: [string, unknown, unknown, string, string][] = [
    ['no drafts', undefined, {}, 'input', 'drafts is undefined: expected a list'],
    ['null', null, {}, 'input', 'drafts is null: expected a list'],
    ['a draft that is in no list', one, {}, 'input', 'drafts is object: expected a list'],
    ['an empty object', {}, {}, 'input', 'drafts is object: expected a list'],
    ['a draft that is null', [one, null], {}, 'entry', 'drafts[1].stream is undefined: expected a text'],
    ['a draft that is missing', [undefined], {}, 'entry', 'drafts[0].stream is undefined: expected a text'],
    ['a draft that is empty', [{}], {}, 'entry', 'drafts[0].stream is undefined: expected a text'],
    [
      'a stream called as the whole trail',
      [{ ...one, stream: '*' }],
      {},
      'entry',
      'drafts[0].stream is *: expected the name of one stream',
    ],
    ['a stream that is a number', [{ ...one, stream: 7 }], {}, 'entry', 'drafts[0].stream is 7: expected a text'],
    [
      'a place that is a text',
      [{ ...one, streamSeq: '0' }],
      {},
      'entry',
      'drafts[0].streamSeq is string: expected an integer from 0',
    ],
    ['nothing expected', [one], undefined, 'input', 'expected is undefined: expected an object'],
    ['null expected', [one], null, 'input', 'expected is null: expected an object'],
    ['a list expected', [one], [0], 'input', 'expected is object: expected an object'],
    ['a map expected', [one], new Map([['a', 1]]), 'input', 'expected is object: expected an object'],
    ['a text expected', [one], { a: 'x' }, 'input', 'expected.a is string: expected an integer from 0'],
    ['a number below 0 expected', [one], { a: -1 }, 'input', 'expected.a is -1: expected an integer from 0'],
  ]
  const ranges: [string, unknown, string][] = [
    ['null', null, 'range is null: expected an object'],
    ['a text', 'a', 'range is string: expected an object'],
    ['a stream that is a number', { stream: 7 }, 'range.stream is 7: expected a text'],
    ['a stream that is not said', { stream: undefined }, 'range.stream is undefined: expected a text'],
    ['a place below 0', { from: -1 }, 'from is -1: expected an integer from 0'],
  ]

  describe.each<[string, () => Promise<Store>]>([
    ['memoryStore', async () => memoryStore()],
    ['openFileStore', () => openFileStore(newFolder())],
    ['openSqliteStore', () => openSqliteStore(join(newFolder(), 'trail.db'))],
  ])('is refused by %s, which goes on', (_, open) => {
    it.each(appends)('with %s', async (_, drafts, expected, code, message) => {
      const store = await open()
      // Those that are asked for in the same turn may be written together, and are none the worse for it.
      const [before, error, after] = await Promise.all([
        store.append([draft('b', 0)], { b: 0 }),
        errorOf(store.append(drafts as never, expected as never)),
        store.append([draft('b', 1)], { b: 1 }),
      ])
      expect({ code: error.code, message: error.message }).toEqual({ code, message })
      expect([before, after].flat().map(entry => entry.seq)).toEqual([0, 1])
      await store.append([one], { a: 0 })
      expect(await idsOf(store)).toEqual(['b/0', 'b/1', 'a/0'])
      await store.close()
    })

    it.each(ranges)('with a range that is %s', async (_, range, message) => {
      const store = await open()
      await store.append([one], {})
      const error = await errorOf(idsOf(store, range as never))
      expect({ code: error.code, message: error.message }).toEqual({ code: 'input', message })
      expect(await idsOf(store)).toEqual(['a/0'])
      await store.close()
    })
  })

  it('is refused by openPostgresStore before it takes a connection', async () => {
    let lent = 0
    const query = async () => ({ rows: [{ version: 2, server_encoding: 'UTF8' }] })
    const connection = { query, release: () => {}, on: () => {}, removeListener: () => {} }
    const pool = {
      connect: async () => {
        lent++
        return connection
      },
    }
    const store = await openPostgresStore(pool)
    lent = 0
    for (const [, drafts, expected, code, message] of appends) {
      const error = await errorOf(store.append(drafts as never, expected as never))
      expect({ code: error.code, message: error.message }).toEqual({ code, message })
    }
    expect((await errorOf(store.append([draft('a\0', 0)], {}))).code).toBe('entry')
    for (const [, range, message] of ranges.slice(0, -1)) {
      const error = await errorOf(idsOf(store, range as never))
      expect({ code: error.code, message: error.message }).toEqual({ code: 'input', message })
    }
    expect(lent).toBe(0)
    await store.close()
  })
})
