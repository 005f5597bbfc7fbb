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

describe('an option of another kind', () => {
  it.each<[string, (options: never, folder: string) => Promise<unknown>, object]>([
    ['openFileStore', (options, folder) => openFileStore(folder, options), { readOnly: 'true' }],
    ['openFileStore', (options, folder) => openFileStore(folder, options), { readOnly: 1 }],
    ['openFileStore', (options, folder) => openFileStore(folder, options), { readOnly: null }],
    ['openFileStore', (options, folder) => openFileStore(folder, options), { onRecovery: 'log' }],
    ['openFileStore', (options, folder) => openFileStore(folder, options), { takeOver: true }],
    ['openSqliteStore', (options, folder) => openSqliteStore(join(folder, 'trail.db'), options), { readOnly: 'true' }],
    ['openSqliteStore', (options, folder) => openSqliteStore(join(folder, 'trail.db'), options), { readOnly: 1 }],
    ['openSqliteStore', (options, folder) => openSqliteStore(join(folder, 'trail.db'), options), { readOnly: null }],
  ])('is refused by %s before anything is opened, and which one it is', async (where, open, options) => {
    const folder = newFolder()
    const [option = ''] = Object.keys(options)
    const error = await errorOf(open(options as never, folder))
    expect(error).toMatchObject({ code: 'input', facts: { where, option } })
    expect(error.message).toContain(`${where}: the option ${option} is a `)
    expect(readdirSync(folder)).toEqual([])
  })

  it('is none where it is not given', async () => {
    const file = await openFileStore(newFolder(), { readOnly: undefined, onRecovery: undefined } as never)
    await file.close()
    const sqlite = await openSqliteStore(join(newFolder(), 'trail.db'), { readOnly: undefined } as never)
    await sqlite.close()
  })
})

describe('what is no append and no range', () => {
  const one = draft('a', 0)
  const appends: [string, unknown, unknown, string, string][] = [
    ['no drafts', undefined, {}, 'input', 'drafts: expected a list, found undefined'],
    ['null', null, {}, 'input', 'drafts: expected a list, found null'],
    ['a draft that is in no list', one, {}, 'input', 'drafts: expected a list, found object'],
    ['an empty object', {}, {}, 'input', 'drafts: expected a list, found object'],
    ['a draft that is null', [one, null], {}, 'entry', 'drafts[1].stream: expected a text, found undefined'],
    ['a draft that is missing', [undefined], {}, 'entry', 'drafts[0].stream: expected a text, found undefined'],
    ['a draft that is empty', [{}], {}, 'entry', 'drafts[0].stream: expected a text, found undefined'],
    [
      'a stream called as the whole trail',
      [{ ...one, stream: '*' }],
      {},
      'entry',
      'drafts[0].stream: expected the name of one stream, found "*"',
    ],
    ['a stream that is a number', [{ ...one, stream: 7 }], {}, 'entry', 'drafts[0].stream: expected a text, found 7'],
    [
      'a place that is a text',
      [{ ...one, streamSeq: '0' }],
      {},
      'entry',
      'drafts[0].streamSeq: expected an integer from 0, found "0"',
    ],
    ['nothing expected', [one], undefined, 'input', 'expected: expected an object, found undefined'],
    ['null expected', [one], null, 'input', 'expected: expected an object, found null'],
    ['a list expected', [one], [0], 'input', 'expected: expected an object, found object'],
    ['a map expected', [one], new Map([['a', 1]]), 'input', 'expected: expected an object, found object'],
    ['a text expected', [one], { a: 'x' }, 'input', 'expected.a: expected an integer from 0, found "x"'],
    ['a number below 0 expected', [one], { a: -1 }, 'input', 'expected.a: expected an integer from 0, found -1'],
  ]
  const ranges: [string, unknown, string][] = [
    ['null', null, 'range: expected an object, found null'],
    ['a text', 'a', 'range: expected an object, found "a"'],
    ['a stream that is a number', { stream: 7 }, 'range.stream: expected a text, found 7'],
    ['a stream that is not said', { stream: undefined }, 'range.stream: expected a text, found undefined'],
    ['a place below 0', { from: -1 }, 'from: expected an integer from 0, found -1'],
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
    const read = { text: 'aB', integer: 12, bigint: '12', bytea: Uint8Array.of(0x61, 0x42) }
    const columns = [
      ...['seq int8', 'stream text', 'stream_seq int8', 'leaf_hash text', 'bytes bytea'].map(one => `entry ${one}`),
      ...['size int8', 'leaf_hash text', 'peaks text'].map(one => `head ${one}`),
      'layout version int4',
    ].map(one => {
      const [name, column, type] = one.split(' ')
      return { name, column, type, kind: 'r', by_user: false, inherits: false }
    })
    const query = async (text: string) => ({
      rows: text.includes('pg_attribute') ? columns : [{ version: 4, encoding: 'UTF8', ...read }],
    })
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
