import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  linkSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openSqliteCache, openSqliteStore } from '@countersign/store-sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import { draft } from './draft.ts'
import { errorOf, idsOf, newFolder } from './trial.ts'

/** A trail of two entries, in a file of a folder of its own. */
async function newTrail(): Promise<string> {
  const path = join(newFolder(), 'trail.db')
  const store = await openSqliteStore(path)
  await store.append([draft('a', 0), draft('a', 1)], {})
  await store.close()
  return path
}

/** Does something to the file as anybody could who has SQLite. */
function by(path: string, sql: string): void {
  const database = new DatabaseSync(path)
  try {
    database.exec(sql)
  } finally {
    database.close()
  }
}

/** The connections that are opened meanwhile, so that a test can set on one what a file cannot hold. */
function watched(): DatabaseSync[] {
  const all: DatabaseSync[] = []
  const own = Object.getOwnPropertyDescriptor(DatabaseSync.prototype, 'exec') as PropertyDescriptor
  const exec = own.value as (this: DatabaseSync, sql: string) => void
  DatabaseSync.prototype.exec = function (sql) {
    if (!all.includes(this)) all.push(this)
    exec.call(this, sql)
  }
  onTestFinished(() => void Object.defineProperty(DatabaseSync.prototype, 'exec', own))
  return all
}

/** Lets a statement fail as SQLite does with a result code, as often as it is told to. */
function failing(statement: string, errcode: number, times = 1): void {
  const own = Object.getOwnPropertyDescriptor(DatabaseSync.prototype, 'exec') as PropertyDescriptor
  const exec = own.value as (this: DatabaseSync, sql: string) => void
  let left = times
  DatabaseSync.prototype.exec = function (sql) {
    if (sql === statement && left-- > 0) throw Object.assign(new Error(`no ${statement}`), { errcode })
    exec.call(this, sql)
  }
  onTestFinished(() => void Object.defineProperty(DatabaseSync.prototype, 'exec', own))
}

describe('an append that can neither be finished nor undone', () => {
  test('is told with why it has failed, and nobody sees anything of it; the store goes on once it can be undone', async () => {
    const store = await openSqliteStore(await newTrail())
    onTestFinished(() => store.close())
    failing('commit', 10)
    failing('rollback', 10, 4)
    const error = await errorOf(store.append([draft('a', 2, 'lost')], { a: 2 }))
    expect([error.code, error.message]).toEqual(['store.unwritable', expect.stringContaining('no commit')])
    for (const ask of [() => store.append([draft('a', 2)], { a: 2 }), () => idsOf(store), () => store.head()])
      expect((await errorOf(ask())).message).toContain('no rollback')
    expect(await idsOf(store)).toEqual(['a/0', 'a/1'])
    await store.append([draft('a', 2)], { a: 2 })
    expect(await idsOf(store)).toEqual(['a/0', 'a/1', 'a/2'])
  })
})

describe('what is no append', () => {
  test('is refused alone: whoever asks in the same turn is in the trail', async () => {
    const store = await openSqliteStore(await newTrail())
    onTestFinished(() => store.close())
    const calls = [undefined, 'x', [null], {}].map(none => errorOf(store.append(none as never, {})))
    await store.append([draft('a', 2)], { a: 2 })
    expect((await Promise.all(calls)).map(({ code }) => code)).toEqual(['input', 'input', 'entry', 'input'])
    expect(await idsOf(store)).toEqual(['a/0', 'a/1', 'a/2'])
  })
})

describe('a disk that is full', () => {
  test('is told, nothing of the append is there, and the trail goes on once there is room', async () => {
    const path = await newTrail()
    const connections = watched()
    const store = await openSqliteStore(path)
    onTestFinished(() => store.close())
    const database = connections[0] as DatabaseSync
    const big = [0, 1, 2].map(at => ({ ...draft('big', at), command: 'x'.repeat(20_000) }))
    database.exec('pragma max_page_count = 12')
    const error = await errorOf(store.append(big, { big: 0 }))
    expect(error.code).toBe('store.unwritable')
    expect(error.message).toBe(
      `cannot append to ${store.path}: database or disk is full (the disk is full: make room, then try again; nothing of the append was written)`,
    )
    expect(await idsOf(store)).toEqual(['a/0', 'a/1'])
    // What is small enough still goes in.
    await store.append([draft('a', 2)], { a: 2 })
    database.exec('pragma max_page_count = 1000000')
    await store.append(big, { big: 0 })
    expect(await idsOf(store)).toEqual(['a/0', 'a/1', 'a/2', 'big/0', 'big/1', 'big/2'])
  })

  test('or lets a file grow no further is told as that first, and only then as one that may be faulty', async () => {
    const store = await openSqliteStore(await newTrail())
    onTestFinished(() => store.close())
    failing('commit', 778)
    expect((await errorOf(store.append([draft('a', 2)], { a: 2 }))).message).toMatch(
      /no commit \(the disk took no more: it is full, or a quota or a limit .* check it before you trust it/,
    )
    failing('commit', 266)
    expect((await errorOf(store.append([draft('a', 2)], { a: 2 }))).message).toContain('(the disk reports a fault')
    await store.append([draft('a', 2)], { a: 2 })
    expect(await idsOf(store)).toEqual(['a/0', 'a/1', 'a/2'])
  })
})

/** Lets this process be nobody for the rest of the test, where it is root, whom nothing is forbidden. */
function asNobody(...paths: readonly string[]): void {
  if (process.getuid?.() !== 0) return
  for (const path of paths) chownSync(path, 65_534, 65_534)
  process.seteuid?.(65_534)
  onTestFinished(() => process.seteuid?.(0))
}

describe('a folder that is read-only', () => {
  test('is told when it is opened to write, and can be read; once it is writable, the trail goes on', async () => {
    const path = await newTrail()
    const folder = dirname(path)
    asNobody(folder, path)
    chmodSync(path, 0o444)
    chmodSync(folder, 0o555)
    const error = await errorOf(openSqliteStore(path))
    expect(error.code).toBe('store.unwritable')
    expect(error.message).toContain(`cannot open ${path}: attempt to write a readonly database (`)
    expect(error.message).toContain('read-only: let this process write both, or open it with readOnly')
    const reader = await openSqliteStore(path, { readOnly: true })
    expect(await idsOf(reader)).toEqual(['a/0', 'a/1'])
    await reader.close()
    expect((await errorOf(openSqliteStore(join(folder, 'new.db')))).code).toBe('store.unwritable')
    chmodSync(path, 0o644)
    chmodSync(folder, 0o755)
    const store = await openSqliteStore(path)
    await store.append([draft('a', 2)], { a: 2 })
    await store.close()
  })
})

test('A folder that may not be searched is told when a trail in it is opened, to read or to write.', async () => {
  const path = await newTrail()
  const folder = dirname(path)
  asNobody(folder, path)
  chmodSync(folder, 0)
  onTestFinished(() => chmodSync(folder, 0o755))
  const error = await errorOf(openSqliteStore(path, { readOnly: true }))
  expect(error.code).toBe('store.unwritable')
  expect(error.message).toMatch(/cannot reach .*: EACCES: .* \(let the account of this process search its folder/)
  expect((await errorOf(openSqliteStore(path))).code).toBe('store.unwritable')
})

describe('a trail that is opened to read', () => {
  test('is left as it is to the byte, with nothing beside it, and takes no entry', async () => {
    const path = await newTrail()
    const before = readFileSync(path)
    const reader = await openSqliteStore(path, { readOnly: true })
    expect(await idsOf(reader)).toEqual(['a/0', 'a/1'])
    const error = await errorOf(reader.append([draft('a', 2)], {}))
    expect([error.code, error.message.includes('readOnly')]).toEqual(['store.unwritable', true])
    await reader.close()
    expect(readFileSync(path).equals(before)).toBe(true)
    expect(readdirSync(dirname(path))).toEqual(['trail.db'])
  })

  test('tells what others write meanwhile, and after they have gone', async () => {
    const path = await newTrail()
    const reader = await openSqliteStore(path, { readOnly: true })
    const begun = reader.read()[Symbol.asyncIterator]()
    await begun.next()
    const store = await openSqliteStore(path)
    await store.append([draft('a', 2)], { a: 2 })
    expect(await idsOf(reader)).toEqual(['a/0', 'a/1', 'a/2'])
    await store.append([draft('a', 3)], { a: 3 })
    await store.close()
    expect(await idsOf(reader, { stream: 'a' })).toEqual(['a/0', 'a/1', 'a/2', 'a/3'])
    expect((await reader.head()).size).toBe(4)
    // And who has begun keeps the end that they began with.
    expect([(await begun.next()).value?.seq, (await begun.next()).done]).toEqual([1, true])
    await reader.close()
  })

  test('is not made where there is none', async () => {
    const path = join(newFolder(), 'none.db')
    const error = await errorOf(openSqliteStore(path, { readOnly: true }))
    expect([error.code, error.message, error.facts]).toEqual([
      'input',
      `there is no file at ${path}; open it without readOnly to begin a trail`,
      { path, absent: true },
    ])
    expect(existsSync(path)).toBe(false)
  })
})

describe('a file in which nothing is', () => {
  test('is told as such to who would only read, left as it is, and can become a trail', async () => {
    const path = join(newFolder(), 'trail.db')
    writeFileSync(path, '')
    const error = await errorOf(openSqliteStore(path, { readOnly: true }))
    expect([error.code, error.message]).toEqual([
      'input',
      `${path} is empty; open it without readOnly to begin a trail`,
    ])
    expect(readFileSync(path).length).toBe(0)
    const store = await openSqliteStore(path)
    await store.append([draft('a', 0)], { a: 0 })
    await store.close()
  })
})

describe('a path that cannot be that of a trail', () => {
  test('is told as what it is: a folder, one in a folder that is not there, in what is no folder, or none at all', async () => {
    const folder = newFolder()
    const file = join(folder, 'file')
    writeFileSync(file, 'of something else')
    const cases: [string, string][] = [
      [folder, `${folder} is a folder where the file of a trail is expected: name a file in it`],
      [
        join(folder, 'no', 'trail.db'),
        `there is no folder ${join(folder, 'no')} for ${join(folder, 'no', 'trail.db')}`,
      ],
      [join(file, 'trail.db'), `${file} is no folder, so there is nothing at ${join(file, 'trail.db')}`],
      [join(folder, 'a\0b'), `${JSON.stringify(join(folder, 'a\0b'))} holds a NUL character, and no path does`],
      ['', 'a trail needs the path of a file'],
      [':memory:', 'a trail needs the path of a file'],
      [undefined as never, 'a trail needs the path of a file'],
      ['/dev/null', '/dev/null is no regular file'],
    ]
    for (const [path, told] of cases)
      for (const readOnly of [false, true]) {
        const error = await errorOf(openSqliteStore(path, { readOnly }))
        expect([path, error.code, error.message]).toEqual([path, 'input', expect.stringContaining(told)])
      }
    expect(readdirSync(folder)).toEqual(['file'])
  })
})

describe('what is no trail of this kind', () => {
  test('is refused and left as it is', async () => {
    const path = await newTrail()
    const own = readFileSync(path)
    for (const [make, told] of [
      ['create table invoice (id integer) strict', 'it is a database of something else'],
      ['pragma application_id = 7', 'it is a database of something else'],
      ['pragma user_version = 7', 'it is a database of something else'],
    ] as const) {
      const other = join(newFolder(), 'other.db')
      by(other, make)
      const before = readFileSync(other)
      for (const readOnly of [true, false]) {
        const error = await errorOf(openSqliteStore(other, { readOnly }))
        expect([error.code, error.message.includes(told)]).toEqual(['store.damaged', true])
      }
      expect(readFileSync(other).equals(before), make).toBe(true)
      expect(readdirSync(dirname(other))).toEqual(['other.db'])
    }
    for (const [make, told] of [
      ['create table extra (id integer)', 'it holds something that no trail has: table extra'],
      ['drop table head', 'it lacks table head'],
      [
        'drop trigger entries_stay; create trigger entries_stay before delete on entries begin select 1; end',
        'something that no trail has: trigger entries_stay',
      ],
      [
        'create trigger t after insert on entries begin delete from head; end',
        'something that no trail has: trigger t',
      ],
      ['create table sqliteXtab (id integer)', 'it holds something that no trail has: table sqliteXtab'],
      [
        'create trigger sqliteXhook after insert on entries begin delete from head; end',
        'something that no trail has: trigger sqliteXhook',
      ],
    ] as const) {
      writeFileSync(path, own)
      by(path, make)
      const error = await errorOf(openSqliteStore(path))
      expect([error.code, error.message.includes(told)], make).toEqual(['store.damaged', true])
    }
    // SQLite makes no trigger of such a name, and carries out one that is there.
    writeFileSync(path, own)
    by(path, 'create trigger sqliteXhook after insert on entries begin delete from head; end')
    writeFileSync(path, Buffer.from(readFileSync(path, 'latin1').replaceAll('sqliteXhook', 'sqlite_hook'), 'latin1'))
    expect((await errorOf(openSqliteStore(path))).message).toContain('that no trail has: trigger sqlite_hook')
    const text = join(newFolder(), 'text.db')
    writeFileSync(text, 'dear diary, '.repeat(400))
    const error = await errorOf(openSqliteStore(text))
    expect([error.code, error.message.includes('the file is no SQLite database')]).toEqual(['store.damaged', true])
    expect(readFileSync(text, 'utf8')).toBe('dear diary, '.repeat(400))
  })

  test('is told to be newer where a newer version has laid it out, and is a trail again where that is undone', async () => {
    const path = await newTrail()
    by(path, 'pragma user_version = 3')
    for (const readOnly of [true, false]) {
      const error = await errorOf(openSqliteStore(path, { readOnly }))
      expect([error.code, error.facts]).toEqual(['store.newer', { path, expected: 2, found: 3 }])
      expect(error.message).toContain('update it')
    }
    by(path, 'pragma user_version = 2')
    const store = await openSqliteStore(path)
    await store.append([draft('a', 2)], { a: 2 })
    await store.close()
  })
})

describe('the database itself', () => {
  test('refuses to change, to take out and to leave out an entry, and to lose the head', async () => {
    const path = await newTrail()
    for (const [sql, told] of [
      ["update entries set bytes = x'00' where seq = 0", 'a trail is only appended to'],
      ['delete from entries where seq = 1', 'a trail is only appended to'],
      ['delete from entries', 'a trail is only appended to'],
      ["insert into entries values (7, 's', 0, '', x'00')", 'a trail has no gaps'],
      ["insert into entries values (1, 's', 0, '', x'00')", 'a trail has no gaps'],
      ["insert or replace into entries values (1, 's', 0, '', x'00')", 'a trail has no gaps'],
      ['delete from head', 'a trail has one head'],
      ["insert into head values (2, 0, '', '[]')", 'CHECK constraint failed'],
      ['update head set size = 3', 'the head of a trail is what its entries say'],
      ["update head set leaf_hash = 'x'", 'the head of a trail is what its entries say'],
    ] as const)
      expect(() => by(path, sql), sql).toThrow(told)
    const store = await openSqliteStore(path)
    expect(await idsOf(store)).toEqual(['a/0', 'a/1'])
    await store.close()
  })
})

/** Changes a trail as somebody does who first takes away the triggers that are in the way, and then puts them back. */
function byForce(path: string, sql: string): void {
  const database = new DatabaseSync(path)
  try {
    const triggers = database.prepare("select name, sql from sqlite_schema where type = 'trigger'").all()
    database.exec('begin')
    for (const { name } of triggers) database.exec(`drop trigger ${String(name)}`)
    database.exec(sql)
    for (const trigger of triggers) database.exec(String(trigger.sql))
    database.exec('commit')
  } finally {
    database.close()
  }
}

/** What the row of the head says, and what the entries are. */
function contentOf(path: string): { head: unknown; entries: unknown[] } {
  const database = new DatabaseSync(path)
  try {
    return {
      head: database.prepare('select size, leaf_hash, peaks from head').get(),
      entries: database.prepare('select * from entries').all(),
    }
  } finally {
    database.close()
  }
}

describe('a head that is not what the entries say', () => {
  const other = 'a'.repeat(64)
  const cases = [
    ['too few entries', 'update head set size = 1', 'its head says 1 entries, and there are 3'],
    ['another leaf hash', `update head set leaf_hash = '${other}'`, `its head ends with leaf hash ${other}, and`],
    ['no leaf hash', `update head set leaf_hash = ''`, 'its head ends with leaf hash , and its last entry has '],
    ['too few peaks', `update head set peaks = '[]'`, 'its head is none of a trail'],
    ['what are no peaks', `update head set peaks = 'x'`, 'its head is none of a trail'],
    ['another last peak', `update head set peaks = '["${other}","${other}"]'`, `its head ends with peak ${other}, and`],
  ] as const

  test.for(cases)('is appended to by nobody, and worked out again at the next opening: %s', async ([, sql, told]) => {
    const path = await newTrail()
    const store = await openSqliteStore(path)
    await store.append([draft('a', 2)], { a: 2 })
    const before = contentOf(path)
    const { root } = await store.head()
    byForce(path, sql)
    const wrong = contentOf(path)
    const error = await errorOf(store.append([draft('a', 3)], { a: 3 }))
    expect([error.code, error.message]).toEqual(['store.damaged', expect.stringContaining(told)])
    expect(error.message).toContain('opened for writing, it is worked out again from the entries')
    expect(contentOf(path)).toEqual(wrong)
    expect(await idsOf(store)).toEqual(['a/0', 'a/1', 'a/2'])
    await store.close()
    const again = await openSqliteStore(path)
    expect(contentOf(path)).toEqual(before)
    expect((await again.head()).root).toBe(root)
    await again.append([draft('a', 3)], { a: 3 })
    expect(await idsOf(again)).toEqual(['a/0', 'a/1', 'a/2', 'a/3'])
    await again.close()
  })

  const refused = [
    [
      'says more entries than there are',
      'delete from entries where seq = 2',
      'its head says 3 entries, and there are 2: entries are missing; restore the file from a copy',
    ],
    [
      'is of other entries than those that are there',
      `update head set size = 1, leaf_hash = '${other}', peaks = '["${other}"]'`,
      'entries were replaced, or the head was',
    ],
    [
      'has to be worked out, and an entry is missing',
      'delete from entries where seq = 1; update head set size = 2',
      'entry 1 is missing',
    ],
    [
      'has to be worked out, and an entry is another one than was sealed',
      "update entries set bytes = x'00' where seq = 1; update head set size = 2",
      'entry 1 is not what was sealed after the one before it',
    ],
    [
      'has to be worked out, and the leaf hash of an entry is not that of its bytes',
      `update entries set leaf_hash = '${other}' where seq = 2`,
      'entry 2 is not what was sealed after the one before it',
    ],
    ['is gone', 'delete from head', 'its head is gone'],
  ] as const

  test.for(refused)(
    'is neither appended to nor opened for writing, and nothing is changed: it %s',
    async ([, sql, told]) => {
      const path = await newTrail()
      const store = await openSqliteStore(path)
      await store.append([draft('a', 2)], { a: 2 })
      byForce(path, sql)
      const before = contentOf(path)
      expect((await errorOf(store.append([draft('a', 3)], {}))).code).toBe('store.damaged')
      await store.close()
      const error = await errorOf(openSqliteStore(path))
      expect([error.code, error.message]).toEqual(['store.damaged', expect.stringContaining(told)])
      expect(contentOf(path)).toEqual(before)
      // Who only reads can still look at what is there.
      await (await openSqliteStore(path, { readOnly: true })).close()
    },
  )

  test('that is gone keeps nobody from reading', async () => {
    const path = await newTrail()
    byForce(path, 'delete from head')
    const reader = await openSqliteStore(path, { readOnly: true })
    onTestFinished(() => reader.close())
    expect(await idsOf(reader)).toEqual(['a/0', 'a/1'])
    expect(await idsOf(reader, { stream: 'a' })).toEqual(['a/0', 'a/1'])
    expect((await errorOf(reader.head())).message).toContain('its head is gone')
  })

  test('that says more entries than there are is told to a reader as what is missing, and not as what opening it mends', async () => {
    const path = await newTrail()
    byForce(path, 'update head set size = 500')
    const reader = await openSqliteStore(path, { readOnly: true })
    onTestFinished(() => reader.close())
    const error = await errorOf(reader.head())
    expect([error.code, error.facts.missing]).toEqual(['store.damaged', 2])
    expect(error.message).toContain('its head says 500 entries, and there are 2: entries are missing; restore the file')
    expect((await errorOf(openSqliteStore(path))).message).toContain('entries are missing; restore the file')
  })

  test('of an empty trail is worked out as well', async () => {
    const path = join(newFolder(), 'trail.db')
    await (await openSqliteStore(path)).close()
    byForce(path, `update head set leaf_hash = '${other}'`)
    const store = await openSqliteStore(path)
    await store.append([draft('a', 0)], { a: 0 })
    await store.close()
    byForce(path, 'delete from entries')
    expect((await errorOf(openSqliteStore(path))).message).toContain('entries are missing')
  })

  test('that counts further than anybody can is told as damage', async () => {
    const path = await newTrail()
    byForce(path, 'update head set size = 9223372036854775807')
    expect((await errorOf(openSqliteStore(path))).code).toBe('store.damaged')
    const reader = await openSqliteStore(path, { readOnly: true })
    expect((await errorOf(reader.head())).code).toBe('store.damaged')
    await reader.close()
  })
})

describe('a file without its triggers', () => {
  const triggersOf = (path: string): unknown[] => {
    const database = new DatabaseSync(path)
    try {
      return database.prepare("select name, sql from sqlite_schema where type = 'trigger' order by name").all()
    } finally {
      database.close()
    }
  }

  test('is read as it lies, and gets them back before it is written and its head is mended', async () => {
    const path = await newTrail()
    const triggers = triggersOf(path)
    for (const name of ['head_follows', 'entries_stay', 'entries_stay_as_they_are', 'entries_go_on', 'head_stays'])
      by(path, `drop trigger ${name}`)
    by(path, 'update head set size = 0')
    const before = readFileSync(path)
    const reader = await openSqliteStore(path, { readOnly: true })
    expect(await idsOf(reader)).toEqual(['a/0', 'a/1'])
    await reader.close()
    expect(readFileSync(path).equals(before)).toBe(true)
    const store = await openSqliteStore(path)
    expect((await store.head()).size).toBe(2)
    await store.append([draft('a', 2)], { a: 2 })
    await store.close()
    expect(triggersOf(path)).toEqual(triggers)
  })

  test('stays without them where its head cannot be mended', async () => {
    const path = await newTrail()
    by(path, 'drop trigger head_follows; update head set size = 5')
    const triggers = triggersOf(path)
    expect((await errorOf(openSqliteStore(path))).message).toContain('its head says 5 entries, and there are 2')
    expect(triggersOf(path)).toEqual(triggers)
  })
})

describe('a file that an earlier version has laid out', () => {
  /** As it was before the head was held to the entries. */
  async function earlierTrail(): Promise<string> {
    const path = await newTrail()
    by(
      path,
      `drop trigger head_follows; drop trigger entries_go_on;
create trigger entries_go_on before insert on entries
when new.seq <> (select size from head) begin select raise(abort, 'a trail has no gaps'); end;
pragma user_version = 1`,
    )
    return path
  }
  const versionOf = (path: string): unknown => {
    const database = new DatabaseSync(path)
    try {
      return database.prepare('pragma user_version').get()?.user_version
    } finally {
      database.close()
    }
  }

  test('is read as it lies, and brought up to date when it is opened for writing', async () => {
    const path = await earlierTrail()
    const before = readFileSync(path)
    const reader = await openSqliteStore(path, { readOnly: true })
    expect(await idsOf(reader)).toEqual(['a/0', 'a/1'])
    await reader.close()
    expect(readFileSync(path).equals(before)).toBe(true)
    const store = await openSqliteStore(path)
    await store.append([draft('a', 2)], { a: 2 })
    await store.close()
    expect(versionOf(path)).toBe(2)
    expect(() => by(path, 'update head set size = 7')).toThrow('the head of a trail is what its entries say')
    const again = await openSqliteStore(path)
    expect(await idsOf(again)).toEqual(['a/0', 'a/1', 'a/2'])
    await again.close()
  })

  test('is brought up to date with the triggers that somebody has taken away', async () => {
    const path = await earlierTrail()
    by(path, 'drop trigger head_stays; drop trigger entries_go_on')
    await (await openSqliteStore(path)).close()
    expect(versionOf(path)).toBe(2)
    expect(() => by(path, 'delete from head')).toThrow('a trail has one head')
  })

  test('is left as it is where its head cannot be worked out', async () => {
    const path = await earlierTrail()
    by(path, 'update head set size = 3')
    expect((await errorOf(openSqliteStore(path))).message).toContain('its head says 3 entries, and there are 2')
    expect(versionOf(path)).toBe(1)
    by(path, 'update head set size = 1')
    await (await openSqliteStore(path)).close()
    expect([versionOf(path), contentOf(path).head]).toEqual([2, expect.objectContaining({ size: 2 })])
  })

  test('is none where it says so and holds something else, or says a version that there never was', async () => {
    for (const [sql, told] of [
      ['drop table head', 'it lacks table head'],
      ['create table extra (id integer)', 'it holds something that no trail has: table extra'],
      ['pragma user_version = 0', 'no layout of a trail has version 0'],
      ['pragma user_version = -1', 'no layout of a trail has version -1'],
    ] as const) {
      const path = await earlierTrail()
      by(path, sql)
      for (const readOnly of [true, false])
        expect((await errorOf(openSqliteStore(path, { readOnly }))).message).toContain(told)
    }
  })
})

describe('what is no path of a file, and no patience', () => {
  test('is refused, and nothing is made: a URL could keep a trail in memory alone', async () => {
    const folder = newFolder()
    const url = `file:${join(folder, 'trail.db')}?mode=memory`
    const noFile = (what: string) => `a ${what} needs the path of a file`
    const noUrl = (what: string) => `${noFile(what)}, and no URL`
    for (const [path, because] of [
      [url, noUrl],
      [url.replace('file', 'FILE'), noUrl],
      ['', noFile],
      [':memory:', noFile],
      [undefined as unknown as string, noFile],
      ['a\0b', () => '"a\\u0000b" holds a NUL character, and no path does'],
    ] as const) {
      for (const [what, open] of [
        ['trail', openSqliteStore],
        ['cache', openSqliteCache],
      ] as const)
        expect(await errorOf(open(path))).toMatchObject({
          code: 'input',
          message: because(what),
        })
    }
    for (const patience of [-1, 0.5, Number.NaN, '5' as unknown as number])
      expect((await errorOf(openSqliteStore(join(folder, 'trail.db'), { patience }))).code).toBe('input')
    expect(readdirSync(folder)).toEqual([])
  })
})

describe('an entry that somebody has taken out', () => {
  test('is all that is missing: those after it are read once, by place and by stream', async () => {
    const path = await newTrail()
    const store = await openSqliteStore(path)
    onTestFinished(() => store.close())
    const many = Array.from({ length: 300 }, (_, at) => draft('a', at + 2))
    await store.append(many, { a: 2 })
    by(path, 'drop trigger entries_stay; delete from entries where seq = 5')
    const rest = ['a/0', 'a/1', ...many.map(one => one.id)].filter(id => id !== 'a/5')
    expect(await idsOf(store)).toEqual(rest)
    expect(await idsOf(store, { stream: 'a' })).toEqual(rest)
  })
})

describe('a number that counts further than anybody can', () => {
  test.for(['9223372036854775807', '9007199254740993'])(
    'at an entry keeps nobody from reading what is there, and nothing is appended: %s',
    async number => {
      const path = await newTrail()
      const store = await openSqliteStore(path)
      byForce(path, `insert into entries select ${number}, 'b', 0, leaf_hash, bytes from entries where seq = 0`)
      const read: number[] = []
      const reading = (async () => {
        for await (const { seq } of store.read()) read.push(seq)
      })()
      const error = await errorOf(reading)
      expect([error.code, error.facts.missing, read]).toEqual(['store.damaged', 2, [0, 1]])
      expect(await idsOf(store, { stream: 'a' })).toEqual(['a/0', 'a/1'])
      expect((await store.head()).size).toBe(2)
      expect((await errorOf(store.append([draft('a', 2)], { a: 2 }))).code).toBe('store.damaged')
      await store.close()
      const refused = await errorOf(openSqliteStore(path))
      expect([refused.code, refused.message]).toEqual(['store.damaged', expect.stringContaining('entry 2 is missing')])
    },
  )

  test('before the first entry keeps nobody from reading either', async () => {
    const path = await newTrail()
    byForce(
      path,
      `pragma ignore_check_constraints = on;
       insert into entries select -9223372036854775807, 'b', 0, leaf_hash, bytes from entries where seq = 0`,
    )
    const store = await openSqliteStore(path, { readOnly: true })
    expect(await idsOf(store)).toEqual(['a/0', 'a/1'])
    expect((await errorOf(store.head())).message).toContain('before the first entry')
    await store.close()
  })
})

describe('a leaf hash that is none', () => {
  test('is named to whoever appends, and nothing is written', async () => {
    const path = await newTrail()
    const store = await openSqliteStore(path)
    byForce(
      path,
      'update entries set leaf_hash = upper(leaf_hash) where seq = 1; update head set leaf_hash = upper(leaf_hash)',
    )
    const error = await errorOf(store.append([draft('a', 2)], { a: 2 }))
    expect([error.code, error.message]).toEqual([
      'store.damaged',
      expect.stringMatching(
        /its last entry has the leaf hash [0-9A-F]{64}, which is none of 64 digits 0-9a-f; restore the file from a copy/,
      ),
    ])
    await store.close()
    expect((await errorOf(openSqliteStore(path))).message).toContain('entry 1 is not what was sealed after')
  })
})

describe('a row that no trail has', () => {
  test.for([
    [
      'before the first entry',
      "insert into entries select -1, 'a', 2, leaf_hash, bytes from entries where seq = 0",
      'it has a row at place -1, before the first entry; restore the file from a copy',
    ],
    [
      'that is a second head',
      "insert into head select 0, 0, leaf_hash, '[]' from head",
      'it has 2 rows for its head; restore the file from a copy',
    ],
  ])(
    'is told to whoever appends, asks for the head or opens it to write, and given to no reader: one %s',
    async ([, sql = '', because]) => {
      const path = await newTrail()
      const store = await openSqliteStore(path)
      byForce(path, `pragma ignore_check_constraints = on; ${sql}`)
      for (const call of [
        () => store.append([draft('a', 2)], { a: 2 }),
        () => store.head(),
        () => openSqliteStore(path),
      ]) {
        const error = await errorOf(call())
        expect([error.code, error.message]).toEqual(['store.damaged', expect.stringContaining(String(because))])
      }
      expect(await idsOf(store)).toEqual(['a/0', 'a/1'])
      expect(await idsOf(store, { stream: 'a' })).toEqual(['a/0', 'a/1'])
      await store.close()
    },
  )
})

describe('a file that is taken away while it is open', () => {
  test('is told by the next append, be it deleted or another put in its place, and nothing is acknowledged', async () => {
    for (const isReplaced of [false, true]) {
      const path = await newTrail()
      const backup = `${path}.backup`
      copyFileSync(path, backup)
      const store = await openSqliteStore(path)
      await store.append([draft('a', 2)], { a: 2 })
      for (const end of ['-wal', '-shm', '']) rmSync(`${path}${end}`, { force: true })
      if (isReplaced) renameSync(backup, path)
      for (const _ of [1, 2]) {
        const error = await errorOf(store.append([draft('a', 3)], { a: 3 }))
        expect(error.code).toBe('store.unwritable')
        expect(error.message).toContain('was deleted or replaced while it was open')
      }
      await store.close()
      const again = await openSqliteStore(path)
      const size = isReplaced ? 2 : 0
      expect((await again.head()).size).toBe(size)
      await again.append([draft('a', size)], { a: size })
      await again.close()
    }
  })
})

describe('a file that SQLite keeps beside it', () => {
  test('is missed by the next append where it was taken away, and nothing is acknowledged that a crash would lose', async () => {
    for (const ends of [['-wal'], ['-shm'], ['-wal', '-shm']]) {
      const path = await newTrail()
      const store = await openSqliteStore(path)
      await store.append([draft('a', 2)], { a: 2 })
      // So long that what was seen then is not looked at again until the folder has changed.
      await new Promise(resolve => setTimeout(resolve, 150))
      await store.append([draft('a', 3)], { a: 3 })
      for (const end of ends) rmSync(`${path}${end}`)
      for (const _ of [1, 2]) {
        const error = await errorOf(store.append([draft('a', 4)], { a: 4 }))
        expect(error.code).toBe('store.unwritable')
        expect(error.message).toContain('a file that SQLite keeps beside it (-wal, -shm) was deleted or replaced')
      }
      await store.close()
    }
  })
})

/** Another process, which opens a trail and does something with it. */
function elsewhere(path: string, doing: string) {
  const begin = `
    import { openSqliteStore } from '@countersign/store-sqlite'
    import { draft } from './draft.ts'
    const store = await openSqliteStore(process.argv[1])\n`
  const argv = ['--no-warnings', '--conditions=countersign-src', '--input-type=module', '-e', begin + doing, path]
  const child = spawn(process.execPath, argv, { stdio: ['pipe', 'pipe', 'inherit'], cwd: import.meta.dirname })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

/** Another process, which appends so many entries to a trail, one after the other, and closes it. */
async function appendedElsewhere(path: string, from: number, to: number): Promise<void> {
  const child = elsewhere(
    path,
    `for (let at = ${from}; at < ${to}; at++) await store.append([draft('a', at)], { a: at })
    await store.close()`,
  )
  expect(await once(child, 'exit')).toEqual([0, null])
}

describe('a file beside which lies the log of another time, as a process leaves it that is killed', () => {
  /** Appends elsewhere, and leaves a log with so many entries. */
  async function killedAt(path: string, from: number, to: number): Promise<void> {
    const child = elsewhere(
      path,
      `for (let at = ${from}; at < ${to}; at++) await store.append([draft('a', at)], { a: at })
      console.log('there'); setInterval(() => {}, 1000)`,
    )
    await once(child.stdout, 'data')
    child.kill('SIGKILL')
    await once(child, 'exit')
  }

  const contentOf = (path: string) =>
    ['', '-wal'].map(end => (existsSync(`${path}${end}`) ? readFileSync(`${path}${end}`, 'base64') : 'none'))

  test.for([
    ['where what lies between them is short', 2, 40, 60],
    ['where it is long', 2, 700, 720],
    ['where the last entry is there, and can be read', 500, 600, 900],
  ] as const)(
    'is not opened for writing with an older copy, and nothing is changed: %s',
    async ([, copied, closed, killed]) => {
      const path = await newTrail()
      const backup = `${path}.backup`
      const grown = async (from: number, to: number) => {
        const store = await openSqliteStore(path)
        await store.append(
          Array.from({ length: to - from }, (_, at) => draft('a', from + at)),
          { a: from },
        )
        await store.close()
      }
      if (copied > 2) await grown(2, copied)
      copyFileSync(path, backup)
      await grown(copied, closed)
      await killedAt(path, closed, killed)
      copyFileSync(backup, path)
      const before = contentOf(path)
      for (const _ of [1, 2]) {
        const error = await errorOf(openSqliteStore(path))
        expect([error.code, error.message]).toEqual(['store.damaged', expect.stringContaining('delete -wal and -shm')])
        expect(contentOf(path)).toEqual(before)
      }
      for (const end of ['-wal', '-shm']) rmSync(`${path}${end}`)
      const store = await openSqliteStore(path)
      expect(await idsOf(store)).toHaveLength(copied)
      await store.append([draft('a', copied)], { a: copied })
      await store.close()
    },
  )

  test('is not opened where what lies between an older copy and the log fits into a page that the log has, and is missing in the index', async () => {
    const path = await newTrail()
    const grown = async (stream: string, many: number) => {
      for (let at = 0; at < many; at++) await store.append([draft(stream, at)], { [stream]: at })
    }
    let store = await openSqliteStore(path)
    for (let stream = 0; stream < 30; stream++) await grown(`s${stream}`, 30)
    await store.close()
    const backup = `${path}.backup.db`
    copyFileSync(path, backup)
    store = await openSqliteStore(path)
    await grown('aaa', 5)
    const other = new DatabaseSync(path)
    other.exec('pragma wal_checkpoint(restart)')
    other.close()
    await grown('zzz', 3)
    copyFileSync(`${path}-wal`, `${backup}-wal`)
    await store.close()
    const before = contentOf(backup)
    const error = await errorOf(openSqliteStore(backup))
    expect([error.code, error.facts.log]).toEqual(['store.damaged', `${backup}-wal`])
    expect(contentOf(backup)).toEqual(before)
  })

  test('is not opened where the file is gone, empty or none any more, and the log stays where it is', async () => {
    const path = await newTrail()
    await killedAt(path, 2, 30)
    const [file, log] = ['', '-wal'].map(end => readFileSync(`${path}${end}`))
    const harms = {
      gone: undefined,
      empty: '',
      short: 'SQLite',
      'without its beginning': Buffer.from(file ?? '').fill(0, 0, 100),
      'of something else': Buffer.from(file ?? '').fill('x'),
    }
    for (const [harm, bytes] of Object.entries(harms)) {
      rmSync(path, { force: true })
      if (bytes !== undefined) writeFileSync(path, bytes)
      const before = contentOf(path)
      const error = await errorOf(openSqliteStore(path))
      expect([harm, error.code, error.facts.log]).toEqual([harm, 'store.damaged', `${path}-wal`])
      expect(error.message).toContain('does not belong to what lies there')
      expect([harm, contentOf(path)]).toEqual([harm, before])
    }
    writeFileSync(path, file ?? '')
    expect(readFileSync(`${path}-wal`)).toEqual(log)
    const store = await openSqliteStore(path)
    expect(await idsOf(store)).toHaveLength(30)
    await store.close()
  })

  test('is not opened where the file is ahead of the log, and is where the log is its own', async () => {
    const path = await newTrail()
    await killedAt(path, 2, 30)
    copyFileSync(`${path}-wal`, `${path}.log`)
    const store = await openSqliteStore(path)
    expect(await idsOf(store)).toHaveLength(30)
    await store.append([draft('a', 30)], { a: 30 })
    await store.close()
    const ahead = contentOf(path)[0]
    copyFileSync(`${path}.log`, `${path}-wal`)
    const error = await errorOf(openSqliteStore(path))
    expect([error.code, error.message]).toEqual(['store.damaged', expect.stringContaining('delete -wal and -shm')])
    expect(contentOf(path)[0]).toBe(ahead)
  })
})

describe('the closing of a trail whose files beside it were taken away', () => {
  test('puts nothing over what another process has been told was appended, be it told of them by then or not', async () => {
    for (const isTold of [true, false]) {
      const path = await newTrail()
      const store = await openSqliteStore(path)
      await store.append([draft('a', 2)], { a: 2 })
      rmSync(`${path}-shm`)
      await appendedElsewhere(path, 3, 20)
      if (isTold) expect((await errorOf(store.append([draft('a', 20)], { a: 20 }))).code).toBe('store.unwritable')
      await store.close()
      const again = await openSqliteStore(path)
      expect((await again.head()).size).toBe(20)
      await again.append([draft('a', 20)], { a: 20 })
      await again.close()
    }
  })

  test('puts nothing over a backup that was put in its place and that another process goes on with', async () => {
    const path = await newTrail()
    const backup = join(newFolder(), 'backup.db')
    copyFileSync(path, backup)
    const store = await openSqliteStore(path)
    await store.append([draft('a', 2)], { a: 2 })
    for (const end of ['-wal', '-shm']) rmSync(`${path}${end}`)
    copyFileSync(backup, path)
    await appendedElsewhere(path, 2, 20)
    await store.close()
    const again = await openSqliteStore(path)
    expect(await idsOf(again)).toEqual(Array.from({ length: 20 }, (_, at) => `a/${at}`))
    await again.close()
  })

  test('keeps what was appended where nobody has opened it since', async () => {
    for (const ends of [['-wal'], ['-shm'], ['-wal', '-shm']]) {
      const path = await newTrail()
      const store = await openSqliteStore(path)
      await store.append([draft('a', 2)], { a: 2 })
      for (const end of ends) rmSync(`${path}${end}`)
      await store.close()
      const again = await openSqliteStore(path)
      expect((await again.head()).size).toBe(3)
      await again.close()
    }
  })
})

describe('a process that ends without closing its trail, whose files beside it were taken away', () => {
  test('puts nothing over what another process has been told was appended', async () => {
    for (const ends of [['-shm'], ['-wal', '-shm']])
      for (const exit of ['', 'process.exit(0)']) {
        const path = await newTrail()
        const child = elsewhere(
          path,
          `await store.append([draft('a', 2)], { a: 2 })
          console.log('appended')
          await new Promise(resolve => process.stdin.once('data', resolve))
          process.stdin.destroy()
          ${exit}`,
        )
        await once(child.stdout, 'data')
        for (const end of ends) rmSync(`${path}${end}`)
        await appendedElsewhere(path, ends.length === 2 ? 2 : 3, 20)
        child.stdin.write('end')
        expect(await once(child, 'exit')).toEqual([0, null])
        const again = await openSqliteStore(path)
        expect([ends, exit, (await again.head()).size]).toEqual([ends, exit, 20])
        await again.append([draft('a', 20)], { a: 20 })
        await again.close()
      }
  })
})

describe('a trail of which the log alone was taken away while it is open', () => {
  test('is told as that to whoever else opens or reads it, and not as a disk that is at fault', async () => {
    const path = await newTrail()
    const store = await openSqliteStore(path)
    await store.append([draft('a', 2)], { a: 2 })
    const gone = `cannot open ${path}: the log that SQLite keeps beside it (-wal) was deleted while the file was open (close the file where a process has it open still, by which what was appended comes into it, and then open it again. If none has, what was appended last is lost: restore a copy, and hold it against a checkpoint; to go on with what is there, delete ${path}-shm, and to read it, copy the file alone)`
    const emptied = new RegExp(
      `^cannot (?:open|read|append to) ${path}: disk I/O error \\(the log that SQLite keeps beside it \\(-wal\\) was deleted or emptied while another process had the file open: close it there, .* then open it again\\)$`,
    )
    rmSync(`${path}-wal`)
    for (const [options, isEmpty] of [
      [{}, false],
      [{ readOnly: true }, false],
      [{}, true],
      [{ readOnly: true }, true],
    ] as const) {
      if (isEmpty) writeFileSync(`${path}-wal`, '')
      const child = spawn(
        process.execPath,
        [
          '--no-warnings',
          '--conditions=countersign-src',
          '--input-type=module',
          '-e',
          `import { openSqliteStore } from '@countersign/store-sqlite'
          try {
            const store = await openSqliteStore(process.argv[1], JSON.parse(process.argv[2]))
            await store.head()
          } catch ({ code, message }) { console.log(JSON.stringify([code, message])) }`,
          path,
          JSON.stringify(options),
        ],
        { stdio: ['ignore', 'pipe', 'inherit'], cwd: import.meta.dirname },
      )
      const closed = once(child, 'close')
      const [said] = await once(child.stdout, 'data')
      // While it still has the file open, the store closes as one of two, and what it has does not come into the file.
      await closed
      expect(JSON.parse(String(said))).toEqual(['store.unwritable', isEmpty ? expect.stringMatching(emptied) : gone])
    }
    // It is as it says: nothing of what was appended is lost, and the trail goes on.
    await store.close()
    const again = await openSqliteStore(path)
    expect((await again.head()).size).toBe(3)
    await again.append([draft('a', 3)], { a: 3 })
    await again.close()
  })

  test('is opened by nobody once the process has ended that had it open, until somebody decides what becomes of it', async () => {
    for (const exit of ['', 'process.exit(0)', "process.kill(process.pid, 'SIGKILL')"]) {
      const path = await newTrail()
      const child = elsewhere(
        path,
        `await store.append([draft('a', 2)], { a: 2 })
        console.log('appended')
        await new Promise(resolve => process.stdin.once('data', resolve))
        process.stdin.destroy()
        ${exit}`,
      )
      await once(child.stdout, 'data')
      rmSync(`${path}-wal`)
      child.stdin.write('end')
      await once(child, 'exit')
      for (const readOnly of [false, true, false]) {
        const error = await errorOf(openSqliteStore(path, { readOnly }))
        expect([exit, error.code, error.facts.log]).toEqual([exit, 'store.unwritable', `${path}-wal`])
        expect(error.message).toContain('what was appended last is lost: restore a copy')
      }
      // As the message says: what is there can be read in a copy, and gone on with.
      const copy = join(newFolder(), 'copy.db')
      copyFileSync(path, copy)
      const reader = await openSqliteStore(copy, { readOnly: true })
      expect((await reader.head()).size).toBe(2)
      await reader.close()
      rmSync(`${path}-shm`)
      const store = await openSqliteStore(path)
      expect((await store.head()).size).toBe(2)
      await store.append([draft('a', 2)], { a: 2 })
      await store.close()
    }
  })

  test('is told apart from a disk that gives less than was put onto it, where the log is there', async () => {
    const store = await openSqliteStore(await newTrail())
    onTestFinished(() => store.close())
    await store.append([draft('a', 2)], { a: 2 })
    failing('commit', 522)
    expect((await errorOf(store.append([draft('a', 3)], { a: 3 }))).message).toContain('(the disk reports a fault')
  })
})

describe('a file that has two names', () => {
  test('is written by neither, and read by both; once one of them is gone, the trail goes on', async () => {
    const path = await newTrail()
    const link = join(newFolder(), 'other.db')
    linkSync(path, link)
    for (const name of [path, link]) {
      const error = await errorOf(openSqliteStore(name))
      expect([error.code, error.facts]).toEqual(['store.unwritable', { path: name, names: 2 }])
      expect(error.message).toContain(
        `cannot open ${name} to write: the file has 2 names (hard links), and SQLite keeps`,
      )
      const reader = await openSqliteStore(name, { readOnly: true })
      expect(await idsOf(reader)).toEqual(['a/0', 'a/1'])
      await reader.close()
      expect(readdirSync(dirname(name))).toEqual([basename(name)])
    }
    rmSync(path)
    const store = await openSqliteStore(link)
    await store.append([draft('a', 2)], { a: 2 })
    await store.close()
  })

  test('loses nothing where the second one is made while it is open: who has it open goes on, and nobody else writes it', async () => {
    const path = await newTrail()
    const link = join(newFolder(), 'other.db')
    const store = await openSqliteStore(path)
    await store.append([draft('a', 2)], { a: 2 })
    linkSync(path, link)
    for (const name of [path, link])
      expect((await errorOf(openSqliteStore(name))).facts).toEqual({ path: name, names: 2 })
    await store.append([draft('a', 3)], { a: 3 })
    await store.close()
    const reader = await openSqliteStore(link, { readOnly: true })
    expect(await idsOf(reader)).toEqual(['a/0', 'a/1', 'a/2', 'a/3'])
    await reader.close()
  })
})

describe('a folder that cannot be looked into while a file in it is open', () => {
  test('is told by the append, and the trail goes on once it can', async () => {
    const path = await newTrail()
    const folder = dirname(path)
    asNobody(folder, path)
    const store = await openSqliteStore(path)
    await store.append([draft('a', 2)], { a: 2 })
    chmodSync(folder, 0)
    for (const _ of [1, 2]) {
      const error = await errorOf(store.append([draft('a', 3)], { a: 3 }))
      expect([error.code, error.message]).toEqual(['store.unwritable', expect.stringContaining('EACCES')])
    }
    chmodSync(folder, 0o755)
    await store.append([draft('a', 3)], { a: 3 })
    await store.close()
  })
})

/** Holds a file as another process does that writes: so that nobody else writes, or nobody else gets in at all. */
function hold(path: string, how: 'writing' | 'alone'): { letGo: () => void } {
  const database = new DatabaseSync(path)
  if (how === 'alone') database.exec('pragma locking_mode = exclusive')
  database.exec('begin immediate')
  let isHeld = true
  const letGo = (): void => {
    if (isHeld) database.close()
    isHeld = false
  }
  onTestFinished(letGo)
  return { letGo }
}

const HELD = 'another process holds the file; try again later'

describe('a file that so many processes hold that SQLite gives up its place', () => {
  test('is asked for again', async () => {
    const store = await openSqliteStore(await newTrail())
    failing('begin immediate', 15)
    await store.append([draft('a', 2)], { a: 2 })
    expect((await store.head()).size).toBe(3)
    await store.close()
  })
})

describe('a file that another process holds', () => {
  test('is told after its patience, and the append goes through once it is let go', async () => {
    const path = await newTrail()
    const store = await openSqliteStore(path, { patience: 50 })
    const other = hold(path, 'writing')
    const error = await errorOf(store.append([draft('a', 2)], { a: 2 }))
    expect([error.code, error.message]).toEqual(['store.unavailable', expect.stringContaining(HELD)])
    other.letGo()
    await store.append([draft('a', 2)], { a: 2 })
    expect((await store.head()).size).toBe(3)
    await store.close()
  })

  test('is told at once by a store that has no patience, when it is opened, appended to and read', async () => {
    const path = await newTrail()
    const store = await openSqliteStore(path, { patience: 0 })
    const writing = hold(path, 'writing')
    const refused = [
      await errorOf(store.append([draft('a', 2)], {})),
      await errorOf(openSqliteStore(path, { patience: 0 })),
    ]
    expect(await idsOf(store)).toEqual(['a/0', 'a/1'])
    writing.letGo()
    await store.close()
    const reader = await openSqliteStore(path, { patience: 0, readOnly: true })
    const alone = hold(path, 'alone')
    refused.push(await errorOf(openSqliteStore(path, { patience: 0 })))
    refused.push(await errorOf(openSqliteStore(path, { patience: 0, readOnly: true })))
    refused.push(await errorOf(reader.head()), await errorOf(idsOf(reader)))
    for (const error of refused)
      expect([error.code, error.message]).toEqual(['store.unavailable', expect.stringContaining(HELD)])
    alone.letGo()
    expect(await idsOf(reader)).toEqual(['a/0', 'a/1'])
    await reader.close()
  })

  // Nothing but this process can let go, so it is never let go where waiting keeps the process from everything else.
  test.for([
    ['writing', 'an append'],
    ['writing', 'opening'],
    ['alone', 'opening'],
  ] as const)('while it is held (%s), %s waits and keeps this process from nothing', async ([how, what]) => {
    const path = await newTrail()
    const before = what === 'an append' ? await openSqliteStore(path, { patience: 500 }) : undefined
    const other = hold(path, how)
    setTimeout(other.letGo, 20)
    const store = before ?? (await openSqliteStore(path, { patience: 500 }))
    await store.append([draft('a', 2)], { a: 2 })
    expect(await idsOf(store)).toEqual(['a/0', 'a/1', 'a/2'])
    await store.close()
  })

  test('is read once it is let go, and waiting keeps this process from nothing', async () => {
    const path = await newTrail()
    const reader = await openSqliteStore(path, { readOnly: true, patience: 500 })
    for (const read of [
      async () => expect((await reader.head()).size).toBe(2),
      async () => expect(await idsOf(reader, { stream: 'a' })).toEqual(['a/0', 'a/1']),
      async () => (await openSqliteStore(path, { readOnly: true, patience: 500 })).close(),
    ]) {
      const other = hold(path, 'alone')
      setTimeout(other.letGo, 20)
      await read()
    }
    const other = hold(path, 'alone')
    const waiting = errorOf(reader.head())
    await reader.close()
    expect((await waiting).code).toBe('store.closed')
    other.letGo()
  })

  test('for more than a second, and then ends, is waited for when it is opened, and what it had not committed is not there', async () => {
    const path = await newTrail()
    const holding = `
      const { DatabaseSync } = require('node:sqlite')
      const database = new DatabaseSync(process.argv[1])
      database.exec("begin immediate; insert into entries values (2, 'a', 2, 'x', x'00')")
      console.log('held')
      setTimeout(() => process.kill(process.pid, 'SIGKILL'), 1_200)`
    const child = spawn(process.execPath, ['--no-warnings', '-e', holding, path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    await once(child.stdout, 'data')
    const store = await openSqliteStore(path)
    await store.append([draft('a', 2)], { a: 2 })
    expect(await idsOf(store)).toEqual(['a/0', 'a/1', 'a/2'])
    await store.close()
  })
})

test('A file beside which SQLite can keep no log is refused, and told: a trail and a cache', async () => {
  const own = Object.getOwnPropertyDescriptor(DatabaseSync.prototype, 'prepare') as PropertyDescriptor
  const prepare = own.value as (this: DatabaseSync, sql: string) => unknown
  // As where the file system lets no processes share memory: SQLite says which mode it stays with, and no error.
  DatabaseSync.prototype.prepare = function (sql) {
    return prepare.call(this, sql.replace('journal_mode = wal', 'journal_mode')) as never
  }
  onTestFinished(() => void Object.defineProperty(DatabaseSync.prototype, 'prepare', own))
  for (const open of [openSqliteStore, openSqliteCache]) {
    const error = await errorOf(open(join(newFolder(), 'file')) as Promise<unknown>)
    expect(error).toMatchObject({ code: 'store.unwritable', facts: { mode: 'delete' } })
    expect(error.message).toContain('SQLite cannot keep a log beside it')
  }
})
