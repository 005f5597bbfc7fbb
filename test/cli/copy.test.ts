import { spawn } from 'node:child_process'
import { hash } from 'node:crypto'
import { once } from 'node:events'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { openFileStore } from '@countersign/store-file'
import { openSqliteStore } from '@countersign/store-sqlite'
import { f0Tested } from '@countersign/testing'
import { bodiesOf, fileOf, flipByte, linesOf, reseal } from '@countersign/testing/tamper'
import { EMPTY_ROOT, leafHash, rootOf, Tree } from '@countersign/trail'
import { memoryStore, type Store } from '@countersign/trail/store'
import type { SourceFault } from 'countersign/verify'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { copyBetween } from '../../packages/cli/src/commands/copy.ts'
import { copyTrail } from '../../packages/cli/src/hand-over/copy-trail.ts'
import type { Output } from '../../packages/cli/src/shell/shell.ts'
import { findTrail } from '../../packages/cli/src/source/find-trail.ts'
import { blocksIn } from '../../packages/cli/src/source/stored-trail.ts'
import { draft } from '../store/draft.ts'
import { long } from '../store/long-trail.ts'
import { postgresServer, type Server } from '../store/postgres-server.ts'
import { errorOf } from '../store/trial.ts'
import { call, callProcess, newFolder, written, writtenCheckpoint } from './command-line.ts'

let server: Server | undefined
/** The lines of a trail, and its file. */
let lines: readonly Uint8Array[]
let trail: Uint8Array
let url: (schema: string) => string
/** Whoever may do everything in PostgreSQL. */
let client: pg.Client | undefined

beforeAll(async () => {
  lines = await linesOf((await f0Tested()).store)
  trail = fileOf(lines)
  server = await postgresServer()
  if (server !== undefined) {
    client = new pg.Client(server.config)
    await client.connect()
  }
  const config = server?.config
  url = schema =>
    config?.connectionString !== undefined
      ? `${config.connectionString}?schema=${schema}`
      : `postgres://postgres@localhost/postgres?host=${encodeURIComponent(String(config?.host))}&schema=${schema}`
})
afterAll(async () => {
  rmSync(templates, { recursive: true, force: true })
  await client?.end()
  await server?.end()
})

const entries = (bytes: Uint8Array) => Buffer.from(bytes).toString().split('\n').length - 1
const said = (ran: { code: number | null; err: string }) => [ran.code, ran.err]

/** A trail file in a folder of its own. */
function file(bytes: Uint8Array): string {
  const path = join(newFolder(), 'trail.jsonl')
  writeFileSync(path, bytes)
  return path
}

const templates = mkdtempSync(join(tmpdir(), 'countersign-cli-'))
/** Where each trail lies in SQLite as it was copied: what is a copy of that is one of the trail. */
const templateOf = new Map<Uint8Array, string>()

/** The address of a trail in SQLite. */
async function copied(bytes: Uint8Array): Promise<string> {
  let template = templateOf.get(bytes)
  if (template === undefined) {
    template = join(templates, `${templateOf.size}.db`)
    await call('countersign', ['copy', file(bytes), `sqlite:${template}`])
    templateOf.set(bytes, template)
  }
  const path = join(newFolder(), 'trail.db')
  copyFileSync(template, path)
  return `sqlite:${path}`
}

describe('copying a trail', () => {
  test('goes from a file to SQLite, to PostgreSQL and back to a file, byte for byte', async context => {
    const folder = newFolder()
    const sqlite = `sqlite:${join(folder, 'trail.db')}`
    expect(said(await call('countersign', ['copy', file(trail), sqlite]))).toEqual([0, ''])
    expect((await call('verify-trail', [sqlite, '--json'])).code).toBe(0)
    const back = join(folder, 'back.jsonl')
    expect(said(await call('countersign', ['copy', sqlite, back]))).toEqual([0, ''])
    expect(readFileSync(back).equals(trail)).toBe(true)
    if (server === undefined) return context.skip()
    expect(said(await call('countersign', ['copy', sqlite, url('copied')]))).toEqual([0, ''])
    const again = join(folder, 'again.jsonl')
    expect(said(await call('countersign', ['copy', url('copied'), again]))).toEqual([0, ''])
    expect(readFileSync(again).equals(trail)).toBe(true)
  })

  test('goes on where it stopped, and a copy that is whole is left as it is', async () => {
    const folder = newFolder()
    const part = Buffer.from(trail).subarray(0, Buffer.from(trail).indexOf(10, 4_000) + 1)
    const target = `sqlite:${join(folder, 'trail.db')}`
    await call('countersign', ['copy', file(part), target])
    const ran = await call('countersign', ['copy', file(trail), target, '--json'])
    expect(JSON.parse(ran.out)).toMatchObject({ from: entries(part), size: entries(trail) })
    const once = await call('countersign', ['copy', file(trail), target, '--json'])
    expect(JSON.parse(once.out)).toMatchObject({ from: entries(trail), size: entries(trail) })
  })

  test('says where what opens private values lies, as it is not copied, and nothing of a file without any', async () => {
    const source = file(trail)
    const openings = join(realpathSync(dirname(source)), 'trail.openings.jsonl')
    writeFileSync(openings, '{"commitment":"…"}\n')
    for (const [from, to] of [
      [source, newFolder()],
      [dirname(source), `sqlite:${join(newFolder(), 'trail.db')}`],
    ] as const) {
      const ran = await call('countersign', ['copy', from, to])
      expect(ran.code).toBe(0)
      expect(ran.err).toContain(
        `what opens the private values of this trail is not copied: it lies in ${openings} alone`,
      )
      expect(ran.err).toContain('Before you delete anything there, copy that file')
    }
    const exported = await call('countersign', ['export', source])
    expect(said(exported)).toEqual([0, expect.stringContaining(openings)])
    writeFileSync(openings, '')
    expect(said(await call('countersign', ['copy', source, newFolder()]))).toEqual([0, ''])
    expect(said(await call('countersign', ['export', source]))).toEqual([0, ''])
  })

  test('takes a word before a colon for no name of a folder, unless that is there or told as a path', async () => {
    const cwd = newFolder()
    const source = file(trail)
    for (const [word, meant] of [
      ['sqllite:trail.db', 'Did you mean sqlite:<path>?'],
      ['SQLITE:trail.db', 'Did you mean sqlite:<path>?'],
      ['sqlite3:trail.db', 'Did you mean sqlite:<path>?'],
      ['pg:changes', 'Did you mean a postgres:// URL?'],
      ['bogus:x', 'written with ./ before it (./bogus:…)'],
    ] as const) {
      for (const argv of [
        ['copy', source, word],
        ['copy', word, 'copy'],
        ['log', word],
      ]) {
        const ran = await call('countersign', argv, { cwd })
        expect(said(ran)).toEqual([2, expect.stringContaining('countersign: a trail does not lie at a ')])
        expect(ran.err).toContain(meant)
      }
    }
    expect(readdirSync(cwd)).toEqual([])
    expect(said(await call('countersign', ['copy', source, './bogus:x'], { cwd }))).toEqual([0, ''])
    expect(said(await call('countersign', ['copy', source, 'bogus:x'], { cwd }))).toEqual([0, ''])
    expect((await call('countersign', ['log', 'bogus:x'], { cwd })).code).toBe(0)
    expect(said(await call('countersign', ['copy', source, 'a:b'], { cwd }))).toEqual([0, ''])
  })

  test('says of a trail in a folder that may not be searched what is said of any file that may not be read', async () => {
    const source = file(trail)
    const folder = dirname(source)
    const db = (await copied(trail)).slice('sqlite:'.length)
    copyFileSync(db, join(folder, 'trail.db'))
    const target = newFolder()
    chmodSync(folder, 0)
    onTestFinished(() => chmodSync(folder, 0o700))
    if (process.getuid?.() === 0) {
      chownSync(folder, 65_534, 65_534)
      process.seteuid?.(65_534)
      onTestFinished(() => process.seteuid?.(0))
    }
    const stored = `sqlite:${join(folder, 'trail.db')}`
    for (const argv of [
      ['log', stored],
      ['log', source],
      ['export', stored],
      ['export', source],
      ['copy', stored, target],
      ['copy', source, target],
    ]) {
      const ran = await call('countersign', argv)
      expect(said(ran)).toEqual([2, expect.stringMatching(/^countersign: .* may not be read: permission denied\n/)])
      expect(ran.err).toContain(`${join(folder, argv[1] === stored ? 'trail.db' : 'trail.jsonl')} may not be read`)
    }
    expect((await call('verify-trail', [stored])).err).toContain('may not be read: permission denied')
  })

  test('refuses a target that holds something else, and leaves it as it is', async () => {
    const folder = newFolder()
    const other = fileOf(await linesOf((await f0Tested({ at: '2026-04-01T08:00:00.000Z' })).store))
    for (const bytes of [other, Buffer.from(other).subarray(0, Buffer.from(other).indexOf(10) + 1)]) {
      const target = join(folder, 'other.jsonl')
      writeFileSync(target, bytes)
      const ran = await call('countersign', ['copy', file(trail), target])
      expect(ran.code).toBe(2)
      expect(ran.err).toMatch(/not copied: the \d+ entries of the target are others/)
      expect(readFileSync(target).equals(bytes)).toBe(true)
    }
  })

  test('says of a target that is longer whether the source is its beginning, or where the two part', async () => {
    const sound = await linesOf((await f0Tested()).store)
    const bodies = bodiesOf(sound)
    const most = sound.length - 4
    const beginning = fileOf(sound.slice(0, most))
    const target = file(trail)
    const ahead = await call('countersign', ['copy', file(beginning), target])
    expect(said(ahead)).toEqual([
      2,
      expect.stringContaining(
        `the target has ${sound.length} entries, and the source ${most}: the source is the beginning of the target`,
      ),
    ])
    for (const parted of [0, 1, 5, most - 1]) {
      const other = reseal(
        bodies.slice(0, most).map((body, seq) => (seq < parted ? body : { ...body, at: '2099-01-01T00:00:00.000Z' })),
      )
      for (const into of [target, await copied(trail)]) {
        const ran = await call('countersign', ['copy', file(fileOf(other)), into])
        expect(said(ran)).toEqual([2, expect.stringContaining(`and the source ${most}: they part at entry ${parted}`)])
      }
      const longer = file(fileOf(other))
      const behind = await call('countersign', ['copy', target, longer])
      expect(said(behind)).toEqual([2, expect.stringContaining(`ones of the source: they part at entry ${parted}`)])
    }
    expect(readFileSync(target).equals(trail)).toBe(true)
  })

  test('is told that somebody else writes into the target', async () => {
    const target = memoryStore()
    const shared: Store = {
      head: () => target.head(),
      read: range => target.read(range),
      close: () => target.close(),
      append: async (drafts, expected) => {
        await target.append([draft('other', 0)], {})
        return target.append(drafts, expected)
      },
    }
    const at = (store: Store, path: string) => ({ store, address: { kind: 'file', path } as const })
    const source = at((await f0Tested()).store, 'source')
    const other = {
      message: 'not copied to its end: somebody else writes into the target',
      hint: expect.stringContaining('By now entry 0 of the target is not that of the source'),
    }
    await expect(copyTrail(source, at(shared, 'target'), () => {})).rejects.toMatchObject(other)
    expect((await target.head()).size).toBe(1)
    // As well where that is before anything was written.
    const empty = memoryStore()
    const begun: Store = {
      ...empty,
      async *read(range) {
        if ((await empty.head()).size === 0) await empty.append([draft('other', 0)], {})
        yield* empty.read(range)
      },
    }
    await expect(copyTrail(source, at(begun, 'target'), () => {})).rejects.toMatchObject(other)
    expect((await empty.head()).size).toBe(1)
    // Who copies the same one writes what belongs there.
    const twice = memoryStore()
    const alike: Store = {
      ...twice,
      append: async (drafts, expected) => {
        await twice.append(drafts, expected)
        return twice.append(drafts, expected)
      },
    }
    await expect(copyTrail(source, at(alike, 'target'), () => {})).rejects.toMatchObject({
      message: other.message,
      hint: 'End that, and copy again: it goes on where it stopped.',
    })
    expect(await copyTrail(source, at(twice, 'target'), () => {})).toMatchObject({ from: entries(trail) })
  })

  test('refuses a target that is ahead, a source that is damaged, and names that lead nowhere', async () => {
    const part = Buffer.from(trail).subarray(0, Buffer.from(trail).indexOf(10) + 1)
    const missing = join(newFolder(), 'missing.db')
    const cases: [string[], RegExp][] = [
      [
        ['copy', file(part), file(trail)],
        /the target has \d+ entries, and the source 1: the source is the beginning of/,
      ],
      [['copy', file(flipByte(trail, 900)), join(newFolder(), 'new.jsonl')], /no sound trail: line/],
      [['copy', 'nowhere.jsonl', join(newFolder(), 'new.jsonl')], /there is no trail at/],
      [
        ['copy', 'sqlite:/nowhere/x.db', join(newFolder(), 'new.jsonl')],
        /there is no folder \/nowhere for \/nowhere\/x.db/,
      ],
      [['copy', `sqlite:${missing}`, join(newFolder(), 'new.jsonl')], /there is no trail at .*missing\.db/],
      [['copy', file(part), `sqlite:${dirname(missing)}`], /is a folder where the file of a trail is expected/],
      [['copy', 'http://x/y', join(newFolder(), 'new.jsonl')], /does not lie at a http: address/],
      [['copy', 'x.jsonl', 'x.jsonl'], /the same/],
      [['copy', 'x.jsonl'], /copy to where/],
      [['copy', 'postgres://me:hunter2@127.0.0.1:1/x', join(newFolder(), 'new.jsonl')], /cannot be reached/],
    ]
    for (const [argv, message] of cases) {
      const ran = await call('countersign', argv)
      expect([ran.code, ran.out], argv.join(' ')).toEqual([2, ''])
      expect(ran.err).toMatch(message)
      expect(ran.err).not.toMatch(/hunter2|\n\s+at /)
    }
  })

  test('refuses a target that is the source under another name, and does not say that there is a copy', async () => {
    const folder = newFolder()
    const inside = (name: string) => join(folder, name)
    mkdirSync(inside('t'))
    writeFileSync(inside('t/trail.jsonl'), trail)
    symlinkSync(inside('t'), inside('linked'))
    linkSync(inside('t/trail.jsonl'), inside('hard.jsonl'))
    await call('countersign', ['copy', 't', 'sqlite:s.db'], { cwd: folder })
    symlinkSync(inside('s.db'), inside('s-linked.db'))
    const same = ['./t', 't/', 't/trail.jsonl', inside('t'), 'linked', 'hard.jsonl'].map(name => ['t', name])
    const alike = ['sqlite:./s.db', 'sqlite:s-linked.db', `sqlite:${inside('s.db')}`].map(name => ['sqlite:s.db', name])
    for (const [source = '', target = ''] of [...same, ...alike]) {
      for (const argv of [
        [source, target],
        [target, source],
      ]) {
        const ran = await call('countersign', ['copy', ...argv], { cwd: folder })
        expect([ran.code, ran.out, ran.err], argv.join(' ')).toEqual([
          2,
          '',
          'countersign: source and target are the same\n  Name another place for the copy.\n',
        ])
      }
    }
    expect((await call('countersign', ['copy', 't', 'other.jsonl'], { cwd: folder })).code).toBe(0)
  })

  test('says of a trail that is not there where it was looked for, and names no option that no command has', async () => {
    const cwd = newFolder()
    for (const [name, ...argv] of [
      ['verify-trail', 'sqlite:nope'],
      ['countersign', 'log', 'sqlite:nope'],
      ['countersign', 'export', 'nope.jsonl'],
      ['countersign', 'copy', 'sqlite:nope', 'new.jsonl'],
    ] as ['verify-trail' | 'countersign', ...string[]][]) {
      const ran = await call(name, argv, { cwd })
      expect([ran.code, ran.out], argv.join(' ')).toEqual([2, ''])
      expect(ran.err).toMatch(/^[a-z-]+: there is no trail at [^;\n]*nope(\.jsonl)?\n {2}Paths are relative to .*\.\n$/)
      expect(ran.err).toContain(cwd)
    }
  })
})

test('A copy into a file to which somebody else writes meanwhile is told to be that, though all was copied.', async () => {
  const [from, to] = [file(trail), file(trail)]
  let opened = 0
  const write = () => {
    opened += 1
    // Each is told of when it is opened, and the target is the second.
    if (opened === 2) appendFileSync(to, '{}\n')
    return true
  }
  const stderr = { write } as unknown as Output
  const shell = { env: {}, stdin: process.stdin, stdout: stderr, stderr }
  const copying = copyBetween({ kind: 'file', path: from }, { kind: 'file', path: to }, shell)
  await expect(copying).rejects.toThrow(/^cannot close .*: somebody else changed it; the store is closed all the same/)
  expect(existsSync(`${to}.lock`)).toBe(false)
})

test('What a store tells a program of its options is told to whoever types a command as what they can do.', async () => {
  const folder = newFolder()
  const store = await openFileStore(folder)
  const locked = await call('countersign', ['copy', file(trail), folder])
  await store.close()
  expect([locked.code, locked.err]).toEqual([
    2,
    expect.stringMatching(
      /^countersign: the trail has a writer: process \d+ on \S+ has it open since \S+\n {2}Close it there: this command writes\. .* delete \S+trail\.jsonl\.lock\.\n$/,
    ),
  ])
  const empty = join(folder, 'empty.db')
  writeFileSync(empty, '')
  for (const argv of [
    ['export', `sqlite:${empty}`],
    ['log', `sqlite:${empty}`],
  ])
    expect((await call('countersign', argv)).err).toBe(
      `countersign: ${empty} is empty\n  No trail was begun there. A desk begins one, and so does countersign copy or import into it.\n`,
    )
})

test('A path that holds the words of a message is told to its end.', async () => {
  const path = join(newFolder(), 'a; open it without readOnly to begin b')
  writeFileSync(path, 'nonsense\n')
  const ran = await call('countersign', ['export', path])
  expect([ran.code, ran.err]).toEqual([2, expect.stringContaining(`${path} is no sound trail: line 1 (at byte 0)`)])
  expect(ran.err).not.toContain('Paths are relative')
})

/** A trail in SQLite that somebody has changed who may do everything to the database. */
const changed = async (sql: string): Promise<string> => changedAt(await copied(trail), sql)

async function changedAt(address: string, sql: string): Promise<string> {
  const database = new DatabaseSync(address.slice('sqlite:'.length))
  const triggers = database.prepare("select name, sql from sqlite_schema where type = 'trigger'").all()
  for (const { name } of triggers) database.exec(`drop trigger ${String(name)}`)
  database.exec(sql)
  for (const one of triggers) database.exec(String(one.sql))
  database.close()
  return address
}

/** The same in PostgreSQL, in a schema of its own. */
async function changedInPostgres(schema: string, sql: string, from = file(trail)): Promise<string> {
  await call('countersign', ['copy', from, url(schema)])
  await client?.query(
    `set search_path = ${schema}; alter table entry disable trigger user; alter table head disable trigger user`,
  )
  await client?.query(sql)
  await client?.query('alter table entry enable trigger user; alter table head enable trigger user')
  return url(schema)
}

/** A head as a store would keep it of entries with these leaf hashes, in the words of SQL. */
function headSql(hashes: readonly string[]): string {
  const tree = new Tree()
  for (const one of hashes) tree.append(one)
  const { size, peaks } = tree.state()
  return `update head set size = ${size}, leaf_hash = '${hashes.at(-1) ?? EMPTY_ROOT}', peaks = '${JSON.stringify(peaks)}'`
}

const hashesOf = () => lines.map(leafHash)

/** A trail in SQLite in which one entry has other bytes, and their hash, as the head has. */
async function withLine(seq: number, line: Uint8Array): Promise<string> {
  const hex = Buffer.from(line).toString('hex')
  const hash = leafHash(line)
  return changed(
    `update entries set bytes = x'${hex}', leaf_hash = '${hash}' where seq = ${seq}; ${headSql(hashesOf().with(seq, hash))}`,
  )
}

describe('a trail in a database that somebody has changed', () => {
  const last = () => entries(trail) - 1

  test('is broken where entries are gone, in the middle or at the end, and where one has grown out of all bounds', async () => {
    for (const [sql, seq, code, found] of [
      [`delete from entries where seq = ${last()}`, last(), 'store.missing', `${last()} entries`],
      [`delete from entries where seq > 3`, 4, 'store.missing', '4 entries'],
      [`delete from entries where seq > 3; update head set peaks = 'junk'`, 4, 'store.missing', '4 entries'],
      [`delete from entries`, 0, 'store.missing', '0 entries'],
      [`delete from entries where seq = 3`, 3, 'store.missing', 'entry 4 after those before them'],
      [`delete from entries where seq in (3, 4, 5)`, 3, 'store.missing', 'entry 6 after those before them'],
      [
        `update entries set bytes = zeroblob(20000000) where seq = ${last()}`,
        last(),
        'line.oversize',
        'more than 65535 bytes',
      ],
    ] as const) {
      const ran = await call('verify-trail', [await changed(sql), '--json'])
      expect([sql, ran.code, ran.err]).toEqual([sql, 1, ''])
      const { findings } = JSON.parse(ran.out)
      const first = code === 'store.missing' ? findings.find((one: { code: string }) => one.code === code) : findings[0]
      expect([sql, first]).toEqual([sql, expect.objectContaining({ code, seq, found })])
      if (sql.endsWith('seq > 3')) expect(first.expected).toBe(`${entries(trail)} entries, as the head says`)
      if (sql.endsWith('(3, 4, 5)')) expect(first.expected).toBe('entries 3 to 5')
      const plain = await call('verify-trail', [await changed(sql), '--json', '--only', 'integrity'])
      expect([sql, plain.code, Object.keys(JSON.parse(plain.out).codes)]).toEqual([
        sql,
        1,
        expect.arrayContaining([code]),
      ])
    }
  })

  test('is told as what it is: entries that are gone are no formatting, and a head that is wrong is no other trail', async () => {
    for (const [sql, told] of [
      ['delete from entries', 'Not all of it is there. The first place is entry 0'],
      ['delete from entries where seq > 3', 'Not all of it is there. The first place is entry 4'],
      ['update head set size = 3', 'The store contradicts its own entries'],
      [`update entries set leaf_hash = '${'0'.repeat(64)}' where seq = 3`, 'The store contradicts its own entries'],
    ] as const) {
      const { code, out } = await call('verify-trail', [await changed(sql)])
      expect([sql, code, out.replaceAll(/\s+/g, ' ')]).toEqual([sql, 1, expect.stringContaining(`BROKEN ${told}`)])
    }
  })

  test('is broken in PostgreSQL as well where entries are gone, and neither copied nor exported', async context => {
    if (server === undefined) return context.skip()
    for (const [schema, sql, seq, code] of [
      ['gone_at_end', `delete from entry where seq = ${last()}`, last(), 'store.missing'],
      ['gone_from_there', `delete from entry where seq > 3`, 4, 'store.missing'],
      ['gone_between', `delete from entry where seq = 3`, 3, 'store.missing'],
      [
        'gone_bytes',
        'alter table entry alter bytes drop not null; update entry set bytes = null where seq = 3',
        3,
        'store.missing',
      ],
    ] as const) {
      const store = await changedInPostgres(schema, sql)
      const ran = await call('verify-trail', [store, '--json'])
      expect([sql, ran.code, ran.err]).toEqual([sql, 1, ''])
      expect([sql, JSON.parse(ran.out).findings[0]]).toEqual([sql, expect.objectContaining({ seq, code })])
      if (schema === 'gone_bytes')
        expect(JSON.parse(ran.out).findings[0]).toMatchObject({ expected: 'the bytes of entry 3', found: 'none' })
      for (const argv of [
        ['copy', store, join(newFolder(), 'trail.jsonl')],
        ['export', store],
      ]) {
        const refused = await call('countersign', argv)
        expect([sql, refused.code, refused.err]).toEqual([
          sql,
          2,
          expect.stringContaining(`is damaged: entry ${seq} is missing`),
        ])
      }
    }
  })

  test('is no target in PostgreSQL where its last entry is another than its head knows, and stays as it is', async context => {
    if (server === undefined) return context.skip()
    const bodies = bodiesOf(lines)
    const forged = reseal(bodies.with(last(), { ...bodies[last()], at: '2099-01-01T00:00:00.000Z' } as never))[last()]
    const hex = Buffer.from(forged as Uint8Array).toString('hex')
    const store = await changedInPostgres(
      'replaced',
      `update entry set bytes = '\\x${hex}', leaf_hash = '${leafHash(forged as Uint8Array)}' where seq = ${last()}`,
    )
    for (const _ of [1, 2]) {
      const ran = await call('countersign', ['copy', file(trail), store])
      expect(said(ran)).toEqual([2, expect.stringContaining('entries were replaced, or the head was')])
    }
  })

  test('is no target where an entry is another than the source, its hash or its place says: it is told, and nothing is written', async () => {
    const beginning = fileOf(lines.slice(0, 20))
    const [whole, part] = [file(trail), file(beginning)]
    const edited = bodiesOf(lines.slice(0, 20)).with(4, {
      ...bodiesOf(lines)[4],
      at: '2099-01-01T00:00:00.000Z',
    } as never)
    const other = reseal(edited)[4] as Uint8Array
    const [hex, hash] = [Buffer.from(other).toString('hex'), leafHash(other)]
    const hashes = lines.slice(0, 20).map(leafHash)
    const cases: [string, (hex: string) => string, string][] = [
      [
        'bytes',
        hex => `bytes = ${hex} where seq = 4`,
        'is damaged: entry 4 has another hash there than its bytes have',
      ],
      [
        'hash',
        () => `leaf_hash = '${hash}' where seq = 4`,
        'is damaged: entry 4 has another hash there than its bytes have',
      ],
      [
        'both',
        hex => `bytes = ${hex}, leaf_hash = '${hash}' where seq = 4`,
        'the 20 entries of the target are others than the first ones of the source: they part at entry 4',
      ],
      ['place', () => 'seq = 25 where seq = 19', 'entry 19 is missing'],
    ]
    for (const [name, set, because] of cases) {
      const sqlite = `update entries set ${set(`x'${hex}'`)}`
      const stores = [await changedAt(await copied(beginning), sqlite)]
      if (server !== undefined)
        stores.push(await changedInPostgres(`target_${name}`, `update entry set ${set(`'\\x${hex}'`)}`, part))
      for (const store of stores) {
        const findings = async () => JSON.parse((await call('verify-trail', [store, '--json'])).out).findings
        const before = await findings()
        for (const source of [part, whole]) {
          const ran = await call('countersign', ['copy', source, store])
          expect([name, ran.code, ran.out]).toEqual([name, 2, ''])
          expect([name, ran.err]).toEqual([name, expect.stringContaining(because)])
        }
        expect(await findings()).toEqual(before)
      }
    }
    const peaks = await changedAt(await copied(beginning), headSql(hashes.with(0, hash)))
    for (const source of [part, whole]) {
      const ran = await call('countersign', ['copy', source, peaks])
      expect(said(ran)).toEqual([2, expect.stringContaining(`${peaks} is damaged: its head has root `)])
    }
  })

  test('is neither copied nor exported, and the command says where it lies, which entry is wrong, and what would help', async () => {
    const five = `where seq = 5`
    const blob = (text: string) => `cast('${text}' as blob)`
    const junk = leafHash(new TextEncoder().encode('nonsense'))
    const cases: [string, string][] = [
      [`delete from entries where seq = 3`, 'entry 3 is missing'],
      [`delete from entries where seq = ${last()}`, `entry ${last()} is missing`],
      [`update entries set leaf_hash = 'x' where seq = 3`, 'entry 3 has another hash there than its bytes have'],
      [
        `update entries set bytes = ${blob('nonsense')}, leaf_hash = '${junk}' ${five}`,
        'entry 5 cannot be read: the entry is not canonical JSON: ',
      ],
      [`update entries set bytes = zeroblob(200000) ${five}`, 'entry 5 cannot be read: the entry has '],
      [`update entries set bytes = ${blob('{}')} ${five}`, 'entry 5 cannot be read: $.prev of the entry: expected '],
      [
        `update entries set bytes = (select bytes from entries where seq = 4), leaf_hash = (select leaf_hash from entries where seq = 4) ${five}`,
        'entry 5 says that it is entry 4',
      ],
    ]
    for (const [sql, because] of cases) {
      const store = await changed(sql)
      for (const argv of [
        ['copy', store, join(newFolder(), 'trail.jsonl')],
        ['export', store],
      ]) {
        const ran = await call('countersign', argv)
        expect([sql, ran.code, ran.err]).toEqual([
          sql,
          2,
          expect.stringContaining(`countersign: ${store} is damaged: ${because}`),
        ])
        expect(ran.err).toContain(`\n  verify-trail ${store} lists everything that is wrong with it. Go on with a copy`)
      }
    }
  })

  test('is not copied where its head says something else than its entries: it is told, and the export gives all of them', async () => {
    const hashes = hashesOf()
    const other = 'a'.repeat(64)
    const last = hashes.at(-1)
    const cases: [string, string][] = [
      [headSql(hashes.slice(0, 4)), 'its head says 4 entries, and there are more'],
      ["update head set size = 0, peaks = '[]'", `its head ends with leaf hash ${last}, and they with ${EMPTY_ROOT}`],
      [`update head set leaf_hash = '${other}'`, `its head ends with leaf hash ${other}, and they with ${last}`],
      [headSql(hashes.with(0, other)), 'its head has root '],
    ]
    for (const [wrong, because] of cases) {
      const stores = [await changed(wrong)]
      if (server !== undefined)
        stores.push(await changedInPostgres(`head_${cases.findIndex(([one]) => one === wrong)}`, wrong))
      for (const store of stores) {
        for (const target of [join(newFolder(), 'trail.jsonl'), file(trail)]) {
          const ran = await call('countersign', ['copy', store, target])
          expect([wrong, ran.code, ran.err]).toEqual([wrong, 2, expect.stringContaining(`is damaged: ${because}`)])
          expect(ran.err).toContain('writes the entries, whatever the head says.')
        }
        const exported = await call('countersign', ['export', store])
        expect([exported.code, exported.out]).toEqual([0, Buffer.from(trail).toString()])
      }
    }
  })

  test('is copied to where its entries end while somebody else writes into it', async () => {
    const [source, target] = [(await f0Tested()).store, memoryStore()]
    const { size } = await source.head()
    const growing: Store = {
      head: () => source.head(),
      close: () => source.close(),
      append: (drafts, expected) => source.append(drafts, expected),
      async *read(range) {
        await source.append([draft('later', 0)], {})
        yield* source.read(range)
        await source.append([draft('later', 1)], {})
      },
    }
    const at = (store: Store, path: string) => ({ store, address: { kind: 'file', path } as const })
    const copied = await copyTrail(at(growing, 'source'), at(target, 'target'), () => {})
    expect([copied.size, (await target.head()).size]).toEqual([size + 1, size + 1])
  })

  test('is not copied where an entry hangs on another, or is not the next one of its stream', async () => {
    const bodies = bodiesOf(lines)
    const odd = reseal(bodies.map((body, seq) => (seq === last() ? { ...body, streamSeq: 77 } : body)))
    const other = reseal(bodies.map(body => ({ ...body, at: '2099-01-01T00:00:00.000Z' })))
    for (const [lines, seq, because] of [
      [odd, last(), /entry \d+ should be \d+ of its stream, and says that it is 77/],
      [other, 9, /entry 9 does not hang on entry 8/],
    ] as const) {
      const store = await withLine(seq, lines[seq] as Uint8Array)
      const ran = await call('countersign', ['copy', store, join(newFolder(), 'trail.jsonl')])
      expect([ran.code, ran.out]).toEqual([2, ''])
      expect(ran.err).toMatch(because)
      expect(ran.err).toContain(`countersign: ${store} is damaged: `)
    }
  })

  test('is told with the entry by whatever shows it or asks for signatures under it', async () => {
    const junk = leafHash(new TextEncoder().encode('nonsense'))
    const store = await changed(
      `update entries set bytes = cast('nonsense' as blob), leaf_hash = '${junk}' where seq = 5`,
    )
    const checkpoint = writtenCheckpoint({ size: entries(trail), root: rootOf([]) })
    const policy = written('{}', 'policy.json')
    const wanted = written('quorum none\n')
    for (const argv of [
      ['log', store],
      ['explain', store, 'K'],
      ['board', store],
      ['obligations', store],
      ['metrics', store],
      ['population', store],
      ['sheet', store, 'K'],
      ['outbox', store],
      ['lint', policy, '--trail', store],
      ['cosign', checkpoint, store, '--witness-policy', wanted],
    ]) {
      const ran = await call('countersign', argv)
      expect([argv[0], ran.code, ran.err]).toEqual([argv[0], 2, expect.stringContaining(store)])
      expect([argv[0], ran.err]).toEqual([argv[0], expect.stringMatching(/\bentry 5\b/)])
      expect([argv[0], ran.err]).toEqual([argv[0], expect.stringMatching(/\n {2}verify-trail .* tells more\.\n/)])
    }
    const found = written(fileOf([...lines.slice(0, 5), Buffer.from('nonsense')]))
    const cosigned = await call('countersign', ['cosign', checkpoint, found, '--witness-policy', wanted])
    expect(cosigned.err).toContain(`${found} is damaged at entry 5 (`)
  })
})

describe('a trail in a store', () => {
  test('is judged by its entries, and what it keeps beside them is told where it is not what they say', async () => {
    const hashes = hashesOf()
    const [count, seq] = [hashes.length, hashes.length - 1]
    const other = 'a'.repeat(64)
    const root = rootOf(hashes)
    const cases: [string, number, string, string][] = [
      [`update head set peaks = 'junk'`, seq, 'a head that says how the entries end', 'its head is none of a trail'],
      [
        `update head set peaks = replace(peaks, ',', ', ')`,
        seq,
        'a head that says how the entries end',
        'the peaks are not written without white space',
      ],
      [`update head set peaks = 'null'`, seq, 'a head that says how the entries end', 'the peaks are no list'],
      ['update head set size = 3', seq, 'a head that says how the entries end', 'its head is none of a trail'],
      ['delete from head', seq, 'a head that says how the entries end', 'its head is gone'],
      [headSql(hashes.slice(0, 4)), 4, 'more than 4 entries', '4 entries, as the head says'],
      [headSql(hashes.with(0, other)), seq, `root ${root} of ${count} entries`, ', as the head says'],
      [
        `update head set leaf_hash = '${other}'`,
        seq,
        `leaf hash ${hashes[seq]} of the last entry`,
        `leaf hash ${other}, as the head says`,
      ],
      [
        `update entries set leaf_hash = '${other}' where seq = 3`,
        3,
        `leaf hash ${hashes[3]}`,
        `leaf hash ${other}, as the store keeps it`,
      ],
      [`update entries set seq = 300 where seq = ${seq}`, seq, `place ${seq}`, 'place 300, as the store keeps it'],
      ['update entries set seq = seq + 1000 where seq > 8', 9, 'place 9', 'place 1009, as the store keeps it'],
    ]
    for (const [at, [sql, place, expected, found]] of cases.entries()) {
      const stores = [await changed(sql)]
      // In PostgreSQL the tables have other names, and the messages other words.
      if (server !== undefined)
        stores.push(await changedInPostgres(`beside_${at}`, sql.replace('entries set', 'entry set')))
      for (const store of stores) {
        const judged = await call('verify-trail', [store, '--json'])
        const verdict = JSON.parse(judged.out)
        expect([sql, judged.code, verdict.codes]).toEqual([sql, 1, { 'store.differs': 1 }])
        expect(verdict.findings[0]).toMatchObject({ seq: place, expected })
        if (store.startsWith('sqlite')) expect(verdict.findings[0].found).toContain(found)
        expect(verdict.root).toBe(root)
        const plain = await call('verify-trail', [store, '--json', '--only', 'integrity'])
        expect([sql, plain.code, JSON.parse(plain.out).codes]).toEqual([sql, 1, { 'store.differs': 1 }])
        expect([sql, (await call('countersign', ['log', store, '--json'])).code]).toEqual([sql, 0])
      }
    }
  })

  test('is called a store on the page of the verifier, and one in a file a file', async () => {
    const empty = join(newFolder(), 'empty.db')
    await (await openSqliteStore(empty)).close()
    const none = await call('verify-trail', [`sqlite:${empty}`])
    expect([none.code, none.out]).toEqual([1, expect.stringContaining('Not one entry in this store could be read.')])
    for (const [trailAt, place, other] of [
      [await copied(trail), 'store', 'file'],
      [file(trail), 'file', 'store'],
    ] as const) {
      const page = (await call('verify-trail', [trailAt])).out.replaceAll(/\s+/g, ' ')
      expect(page).toContain(`re-written by whoever can write the ${place}.`)
      expect(page).toContain(`Whoever can write the ${place} can cut off its end`)
      expect(page).not.toContain(`write the ${other}`)
    }
  })

  test('is judged by its entries where it has no triggers any more, and its head is told', async () => {
    const store = await copied(trail)
    const database = new DatabaseSync(store.slice('sqlite:'.length))
    database.exec('drop trigger head_follows')
    const sound = await call('verify-trail', [store, '--json'])
    expect([sound.code, sound.err]).toEqual([0, ''])
    database.exec('update head set size = 5')
    database.close()
    const ran = await call('verify-trail', [store, '--json'])
    expect([ran.code, ran.err, JSON.parse(ran.out).codes]).toEqual([1, '', { 'store.differs': 1 }])
  })

  test('is judged as far as it is there where a number counts further than anybody can', async () => {
    const count = hashesOf().length
    const greatest = '9223372036854775807'
    const put = (table: string, place: string) =>
      `insert into ${table} select ${place}, 'x', 0, leaf_hash, bytes from ${table} where seq = 0`
    for (const [at, [sql, inPostgres, codes, expected]] of (
      [
        [
          `update head set size = ${greatest}`,
          `update head set size = ${greatest}`,
          { 'store.differs': 1, 'store.missing': 1 },
          '9007199254740991 entries, as the store counts them',
        ],
        ...[greatest, '9007199254740993'].map(
          place =>
            [
              put('entries', place),
              put('entry', place),
              { 'store.missing': 1 },
              '9007199254740991 entries, as the store counts them',
            ] as const,
        ),
      ] as const
    ).entries()) {
      const stores = [await changed(sql)]
      if (server !== undefined) stores.push(await changedInPostgres(`beyond_${at}`, inPostgres))
      for (const store of stores) {
        const ran = await call('verify-trail', [store, '--json'])
        expect([store, ran.code, ran.err]).toEqual([store, 1, ''])
        const verdict = JSON.parse(ran.out)
        expect([store, verdict.codes]).toEqual([store, codes])
        const missing = verdict.findings.find((one: { code: string }) => one.code === 'store.missing')
        expect(missing).toMatchObject({ seq: count, expected, found: `${count} entries` })
        const exported = await call('countersign', ['export', store])
        expect(said(exported)).toEqual([2, expect.stringContaining(`is damaged: entry ${count} is missing`)])
      }
    }
  })

  test('is told to hold what no trail has: a row before the first entry, or a second head', async () => {
    const seq = hashesOf().length - 1
    const found: [sql: string, postgres: string, expected: string, found: string][] = [
      [
        `pragma ignore_check_constraints = on; insert into entries select -1, 'x', 0, leaf_hash, bytes from entries where seq = 0`,
        `alter table entry drop constraint entry_seq_check; insert into entry select -1, 'x', 0, leaf_hash, bytes from entry where seq = 0`,
        'entries from place 0 on',
        'place -1, before the first entry',
      ],
      [
        `pragma ignore_check_constraints = on; insert into head select 0, 0, leaf_hash, '[]' from head`,
        `alter table head drop constraint head_pkey, drop constraint head_one_check; insert into head select false, 0, leaf_hash, '[]' from head`,
        'one head',
        '2 rows',
      ],
    ]
    for (const [at, [sql, inPostgres, expected, told]] of found.entries()) {
      const stores = [await changed(sql)]
      if (server !== undefined) stores.push(await changedInPostgres(`strange_${at}`, inPostgres))
      for (const store of stores) {
        const ran = await call('verify-trail', [store, '--json'])
        const { codes, findings } = JSON.parse(ran.out)
        expect([store, ran.code, codes]).toEqual([store, 1, { 'store.differs': 1 }])
        expect(findings[0]).toMatchObject({ seq, expected, found: expect.stringContaining(told) })
        const copy = await call('countersign', ['copy', store, join(newFolder(), 'trail.jsonl')])
        expect(said(copy)).toEqual([2, expect.stringContaining(told)])
        const exported = await call('countersign', ['export', store])
        expect([exported.code, exported.out]).toEqual([0, Buffer.from(trail).toString()])
      }
    }
  })

  test('tells a line break within an entry, and an entry that was moved between others or put in once more', async () => {
    const two = (await linesOf((await f0Tested()).store)).slice(3, 5)
    const both = Buffer.concat([two[0] as Uint8Array, Buffer.of(10), two[1] as Uint8Array]).toString('hex')
    const at = (table: string) =>
      `insert into ${table} select 300, 'x', 0, leaf_hash, bytes from ${table} where seq = 3`
    for (const [sql, codes] of [
      [`delete from entries where seq = 4; update entries set bytes = x'${both}' where seq = 3`, ['store.differs']],
      ['update entries set seq = 300 where seq = 3', ['store.missing', 'store.differs']],
      [at('entries'), ['store.differs']],
    ] as const) {
      const ran = await call('verify-trail', [await changed(sql), '--json'])
      expect([sql, ran.code, Object.keys(JSON.parse(ran.out).codes)]).toEqual([
        sql,
        1,
        expect.arrayContaining([...codes]),
      ])
      expect(ran.out).not.toContain('as the head says')
    }
  })

  test('is told of so many contradictions one by one, and of the others at once', async () => {
    const lines: Uint8Array[] = []
    const long = memoryStore()
    for (let seq = 0; seq < 1_003; seq += 1) await long.append([draft('a', seq)], {})
    lines.push(...(await linesOf(long)))
    const address = await copied(fileOf(lines))
    const store = await changedAt(address, `update entries set leaf_hash = 'x'; delete from head`)
    const faults: SourceFault[] = []
    for await (const _ of (await findTrail(store)).blocks({ onFault: fault => faults.push(fault) }));
    expect(faults).toHaveLength(1_001)
    expect(faults.at(-1)).toMatchObject({ code: 'store.differs', seq: 1_000, found: 'something else 4 more times' })
  })

  test('is sound while somebody else writes into it, and is not where its head does not follow', async () => {
    const { store } = await f0Tested()
    const { size } = await store.head()
    const whileRead = (grow: (at: 'before' | 'within' | 'head') => Promise<unknown>): Store => ({
      close: () => store.close(),
      append: (drafts, expected) => store.append(drafts, expected),
      async *read(range) {
        await grow('before')
        for await (const entry of store.read(range)) {
          if (entry.seq === 5) await grow('within')
          yield entry
        }
      },
      async head() {
        await grow('head')
        return store.head()
      },
    })
    let written = 0
    const faultsOf = async (read: Store) => {
      const faults: SourceFault[] = []
      let lines = 0
      for await (const block of blocksIn(read, { onFault: fault => faults.push(fault) }))
        lines += entries(Uint8Array.from(block))
      return { faults, lines }
    }
    const grown = await faultsOf(whileRead(() => store.append([draft('later', written++)], {})))
    expect([grown.faults, grown.lines]).toEqual([[], size + 2])
    const stale = await store.head()
    const behind = { ...whileRead(() => store.append([draft('later', written++)], {})), head: async () => stale }
    expect((await faultsOf(behind)).faults).toMatchObject([{ code: 'store.differs', seq: stale.size }])
  })

  test('tells how far it is read in bytes, as its file does, of about as many as there will be', async () => {
    const { store } = await f0Tested()
    const { size } = await store.head()
    const bytes = fileOf(await linesOf(store)).length
    const told: (readonly [read: number, total: number])[] = []
    const onProgress = (read: number, total: number) => told.push([read, total])
    for await (const _ of blocksIn(store, { onProgress, onFault: () => expect.unreachable() }));
    expect(told).toHaveLength(size)
    for (const [read, total] of told) expect(read).toBeLessThanOrEqual(total)
    expect(told[0]?.[1]).toBeGreaterThan(size)
    expect(told.at(-1)).toEqual([bytes, bytes])
  })

  test('is shown by every command that only reads, as its file is', async context => {
    const path = file(trail)
    const sqlite = `sqlite:${join(newFolder(), 'trail.db')}`
    await call('countersign', ['copy', path, sqlite])
    const stores = [sqlite]
    if (server !== undefined) {
      await call('countersign', ['copy', path, url('shown')])
      stores.push(url('shown'))
    }
    for (const [command, ...rest] of [
      ['explain', 'K', '--at', '2026-03-02T10:00Z'],
      ['log'],
      ['board', '--at', '2026-03-02T10:00Z'],
      ['obligations', '--at', '2026-03-02T10:00Z'],
      ['metrics'],
      ['population'],
      ['sheet', 'K', '--at', '2026-03-02T10:00Z'],
      ['outbox', '--at', '2026-03-02T10:00Z'],
    ] as const) {
      const shown = await call('countersign', [command, path, ...rest, '--json'])
      expect(shown.code, command).toBe(0)
      for (const store of stores)
        expect((await call('countersign', [command, store, ...rest, '--json'])).out).toBe(shown.out)
    }
    if (server === undefined) context.skip()
  })

  test('is published, and evidence of a change taken out of it, as of its file', async () => {
    const path = file(trail)
    const hashes = hashesOf()
    const checkpoint = writtenCheckpoint({ size: hashes.length, root: rootOf(hashes) })
    const stores = [await copied(trail)]
    if (server !== undefined) {
      await call('countersign', ['copy', path, url('published')])
      stores.push(url('published'))
    }
    const made = async (from: string) => {
      const folder = newFolder()
      const [bundle, tiles] = [join(folder, 'K.bundle'), join(folder, 'public')]
      const given = ['--checkpoint', checkpoint]
      const bundled = await call('countersign', ['bundle', from, 'K', ...given, '--out', bundle])
      const published = await call('countersign', ['publish', from, tiles, ...given])
      expect([bundled.code, bundled.err, published.code, published.err]).toEqual([0, '', 0, ''])
      const names = readdirSync(tiles, { recursive: true, withFileTypes: true }).filter(one => one.isFile())
      return [bundle, ...names.map(one => join(one.parentPath, one.name)).toSorted()].map(
        one => `${one.slice(folder.length)} ${readFileSync(one, 'base64')}`,
      )
    }
    const ofFile = await made(path)
    expect(ofFile.length).toBeGreaterThan(3)
    for (const store of stores) expect(await made(store)).toEqual(ofFile)
  })

  test('that is damaged is neither published nor made into evidence, and no publication comes into its folder', async () => {
    const store = await changed(`update entries set bytes = cast('nonsense' as blob) where seq = 5`)
    const checkpoint = writtenCheckpoint({ size: entries(trail), root: rootOf([]) })
    const folder = newFolder()
    for (const argv of [
      ['bundle', store, 'K', '--out', join(folder, 'K.bundle')],
      ['publish', store, join(folder, 'public')],
    ]) {
      const ran = await call('countersign', [...argv, '--checkpoint', checkpoint])
      expect([ran.code, ran.err]).toEqual([2, expect.stringContaining(`${store} is damaged at entry 5`)])
    }
    expect(readdirSync(folder)).toEqual([])
    const beside = dirname(store.slice('sqlite:'.length))
    const ran = await call('countersign', ['publish', store, beside, '--checkpoint', checkpoint])
    expect([ran.code, ran.err]).toEqual([2, expect.stringContaining('nothing is published into the folder of one')])
  })

  test('is told as one to what reads a file, with the way to make one', async () => {
    const ran = await call('countersign', ['checkpoint', 'sqlite:x.db', '--secret', 's', '--memory', 'm'])
    expect([ran.code, ran.out]).toEqual([2, ''])
    expect(ran.err).toContain('this command takes a trail file, and sqlite:x.db is a store')
    expect(ran.err).toContain('countersign copy <store> <folder>')
  })

  test('is redacted by its desk, and never in a copy, of which nothing comes to the store and its openings', async () => {
    for (const store of ['sqlite:x.db', 'postgres://ann:hidden@db.example/changes']) {
      const ran = await call('countersign', ['redact', store])
      expect([ran.code, ran.out]).toEqual([2, ''])
      expect(ran.err).toContain(
        "Give the command to a desk on that store, with the openings that it has: desk.by('ann').redact(",
      )
      expect(ran.err).toContain('To redact in a copy deletes nothing.')
      expect(ran.err).not.toMatch(/countersign copy|hidden/)
    }
  })

  test('is told to be none where there are no tables, with the commands that make them', async context => {
    if (server === undefined) return context.skip()
    for (const argv of [
      ['log', url('nowhere')],
      ['export', url('nowhere')],
    ]) {
      const ran = await call('countersign', argv)
      expect([ran.code, ran.err]).toEqual([
        2,
        expect.stringMatching(
          /^countersign: postgres:\S+nowhere: cannot [^(]*\n {2}Look whether the database and the schema \(\?schema=NAME\) are the right ones\. countersign copy or import into it makes the tables .*\n$/,
        ),
      ])
      expect(ran.err).not.toContain('run `migrate`')
    }
  })

  test('is copied from one schema of a database into another, and each is told with its schema', async context => {
    if (server === undefined) return context.skip()
    await call('countersign', ['copy', file(trail), url('one')])
    const ran = await call('countersign', ['copy', url('one'), url('other')])
    expect([ran.code, ran.err]).toEqual([0, ''])
    expect(ran.out).toMatch(/^postgres:\S+[?&]schema=other has .*\nroot .*, as in postgres:\S+[?&]schema=one\n$/)
    for (const to of [url('one'), `${url('countersign').replace(/[?&]schema=countersign/, '')}`]) {
      const from = to === url('one') ? to : url('countersign')
      expect((await call('countersign', ['copy', from, to])).err).toContain('source and target are the same')
    }
    if (server.config.connectionString !== undefined) return
    // The server tells that both are one, whatever the addresses say.
    const named = `postgres://postgres@/postgres?host=${server.config.host}&port=5432&options=-c%20timezone=Asia/Tokyo&schema=one`
    for (const [from, to] of [
      [url('one'), named],
      [named, url('one')],
    ] as const)
      expect(said(await call('countersign', ['copy', from, to]))).toEqual([
        2,
        expect.stringContaining('source and target are the same'),
      ])
    expect((await call('countersign', ['copy', named, url('other')])).code).toBe(0)
  })

  test('is told without its password, on the page of the verifier and in every complaint', async context => {
    const unreachable = 'postgres://me:hunter2@127.0.0.1:1/x?password=hunter2'
    for (const argv of [
      ...['explain', 'log', 'board', 'checkpoint', 'publish', 'bundle', 'redact'].map(one => [one, unreachable, 'K']),
      ['export', 'postgres://me:hunter2@[::1/x'],
      ['explain', 'postgres:/me:hunter2@host/x', 'K'],
      ['postgres://me:hunter2@host/x'],
      // What is no address is taken for the path of a file, and told as one.
      ['export', ' postgres://me:hunter2@host/x'],
      ['export', '"postgres://me:hunter2@host/x"'],
      ['export', 'DATABASE_URL=postgres://me:hunter2@host/x'],
      ['export', './postgres://me:hunter2@host/x'],
      ['export', 'sqlite:postgres://me:hunter2@host/x'],
      ['export', 'host=host user=me password=hunter2'],
      ['export', "host=host password = 'hunter\\' hunter2' user=me"],
    ]) {
      const ran = await call('countersign', argv)
      expect([argv, ran.code, `${ran.out}${ran.err}`.includes('hunter2')]).toEqual([argv, 2, false])
    }
    const verified = await call('verify-trail', ['host=host user=me password=hunter2'])
    expect([verified.code, verified.err]).toEqual([2, expect.stringContaining('user=me password=…')])
    if (server === undefined || server.config.connectionString !== undefined) return context.skip()
    await call('countersign', ['copy', file(trail), url('private')])
    const ran = await call('verify-trail', [url('private').replace('postgres@', 'postgres:hunter2@')])
    expect(ran.code).toBe(0)
    expect(ran.out).toContain(`postgres://postgres@localhost/postgres?host=${server.config.host}&schema=private`)
    expect(`${ran.out}${ran.err}`).not.toContain('hunter2')
  })
})

describe('the settings of a postgres:// URL', () => {
  test('are refused where nobody knows them: a schema that is misspelt would be another trail', async () => {
    const source = file(trail)
    for (const [search, complaint] of [
      ['shema=archive', 'a postgres:// URL has no setting shema'],
      ['Schema=archive', 'a postgres:// URL has no setting Schema'],
      ['sslmode=disable&scheme=archive', 'a postgres:// URL has no setting scheme'],
      ['hunter2', 'a postgres:// URL has no setting hunter2'],
      ['schema=one&schema=other', 'the schema is named twice'],
    ] as const) {
      const place = `postgres://me@127.0.0.1:1/x?${search}`
      for (const [name, argv] of [
        ['verify-trail', [place]],
        ['countersign', ['copy', source, place]],
        ['countersign', ['log', place]],
      ] as const)
        expect(said(await call(name, argv))).toEqual([2, expect.stringContaining(complaint)])
    }
    const known = 'postgres://me@127.0.0.1:1/x?sslmode=disable&application_name=audit&connect_timeout=3&schema=one'
    expect((await call('verify-trail', [known])).err).toContain('cannot be reached')
  })
})

test('A setting behind a ? is refused in the address of a file of SQLite, unless that is the name of one.', async () => {
  const cwd = newFolder()
  for (const argv of [
    ['copy', file(trail), 'sqlite:n.db?mode=ro'],
    ['export', 'sqlite:n.db?key=hunter2'],
  ]) {
    const ran = await call('countersign', argv, { cwd })
    expect([ran.code, ran.out, ran.err]).toEqual([
      2,
      '',
      expect.stringMatching(/^countersign: a sqlite: address has no/),
    ])
    expect(ran.err).not.toContain('hunter2')
  }
  expect(readdirSync(cwd)).toEqual([])
  copyFileSync((await copied(trail)).slice('sqlite:'.length), join(cwd, 'n.db?mode=ro'))
  expect((await call('countersign', ['export', 'sqlite:n.db?mode=ro'], { cwd })).out).toBe(
    Buffer.from(trail).toString(),
  )
})

describe('a database behind a socket', () => {
  test('is named without a host before the path, and told with the folder of its socket', async context => {
    if (server === undefined || server.config.connectionString !== undefined) return context.skip()
    const { host } = server.config
    const place = `postgres://postgres@/postgres?host=${host}&port=5432&schema=socket`
    const secret = place.replace('postgres@', 'postgres:hunter2@').replace('&schema', '&application_name=copies&schema')
    const ran = await call('countersign', ['copy', file(trail), secret])
    expect([ran.code, ran.err]).toEqual([0, ''])
    expect(ran.out).toContain(`${place} has ${entries(trail)}`)
    expect((await call('verify-trail', [secret])).out).toContain(place)
    const unreached = await call('countersign', ['explain', secret.replace('5432', '1'), 'K'])
    expect(unreached.err).toContain(`${place.replace('5432', '1')}: cannot open the trail`)
    expect(`${ran.out}${unreached.err}`).not.toContain('hunter2')
  })
})

describe('a file that ends in the middle of a write', () => {
  test('is copied and exported up to there, and told not to be whole, as what was cut may have been acknowledged', async () => {
    const folder = newFolder()
    const torn = file(trail.slice(0, -10))
    const last = Buffer.from(trail).lastIndexOf(10, trail.length - 2) + 1
    const left = trail.length - 10 - last
    const target = join(folder, 'trail.jsonl')
    const copied = await call('countersign', ['copy', torn, target])
    expect([copied.code, copied.out]).toEqual([2, ''])
    const passed = `not all of ${torn} was passed on, only ${entries(trail) - 1} entries`
    expect(copied.err).toContain(
      `countersign: ${passed}: it ends in the middle of an entry: ${left} bytes from byte ${last} on are no whole one, and no journal beside it tells of them\n`,
    )
    expect(copied.err).toContain('a process that is killed leaves a journal')
    expect(copied.err).not.toMatch(/nobody was told/i)
    expect(readFileSync(target).equals(Buffer.from(trail).subarray(0, last))).toBe(true)
    const exported = await call('countersign', ['export', torn])
    expect([exported.code, exported.err, exported.out]).toEqual([2, copied.err, readFileSync(target, 'utf8')])
    const onto = await call('countersign', ['copy', file(trail), torn])
    expect(said(onto)).toEqual([
      0,
      `countersign: ${torn} ends in the middle of an entry: ${left} bytes were cut off. No journal told of them: the file was cut there, or copied while somebody was writing it.\n`,
    ])
    expect(readFileSync(torn).equals(trail)).toBe(true)
  })
})

describe('a file of which several entries that were written at once are not all there', () => {
  test('is exported without them, and has all of them once something writes to it, which is told.', async () => {
    const folder = newFolder()
    const lines = Buffer.from(trail).toString().trimEnd().split('\n')
    const [some, rest] = [lines.slice(0, -3), lines.slice(-3)].map(part => part.map(line => `${line}\n`).join('')) as [
      string,
      string,
    ]
    const own = join(folder, 'trail.jsonl')
    const places = [Buffer.byteLength(some), trail.length].map(place => `${place}`.padStart(16, '0')).join(' ')
    const line = `${places} ${leafHash(Buffer.from(lines.at(-4) ?? ''))} ${hash('sha256', rest)} `
    writeFileSync(`${own}.journal`, `${line}${hash('sha256', line)}\n${rest}`)
    writeFileSync(own, trail.slice(0, -10))
    const before = Buffer.byteLength(rest) - 10
    const begin = `countersign: ${own} ends in the middle of a write, as after a crash: ${before} bytes were`
    const exported = await call('countersign', ['export', own])
    expect([exported.code, exported.out]).toEqual([2, some])
    const [first, last] = [lines.length - 3, lines.length - 1]
    expect(exported.err).toContain(
      `countersign: not all of ${own} was passed on, only ${first} entries: entries ${first} to ${last} are missing: the 3 entries that belong at byte ${Buffer.byteLength(some)} and may have been acknowledged are in ${own}.journal alone\n  Open the trail to write, as the desk does`,
    )
    // None of them may be there, too.
    const none = file(Buffer.from(some))
    writeFileSync(`${none}.journal`, readFileSync(`${own}.journal`))
    const without = await call('countersign', ['copy', none, `sqlite:${join(folder, 'trail.db')}`])
    expect(said(without)).toEqual([2, exported.err.replaceAll(own, none)])
    expect((await call('countersign', ['export', `sqlite:${join(folder, 'trail.db')}`])).out).toBe(some)
    const onto = await call('countersign', ['copy', file(trail), own])
    expect(onto.code).toBe(0)
    expect(onto.err).toBe(
      `${begin} cut off. ${Buffer.byteLength(rest)} bytes were brought in: the entries that were written last, as they stood in the journal.\n`,
    )
    expect([readFileSync(own).equals(trail), existsSync(`${own}.journal`)]).toEqual([true, false])
  })
})

describe('a file that has lost its end', () => {
  /** What lies beside a trail whose writer was killed when the trail had so many of its lines, and which are in the journal. */
  const journalOf = (from: number, to: number): string => {
    const lines = Buffer.from(trail).toString().trimEnd().split('\n')
    const bytes = (some: readonly string[]) => some.map(line => `${line}\n`).join('')
    const rest = bytes(lines.slice(from, to))
    const start = Buffer.byteLength(bytes(lines.slice(0, from)))
    const places = [start, start + Buffer.byteLength(rest)].map(place => `${place}`.padStart(16, '0')).join(' ')
    const line = `${places} ${leafHash(Buffer.from(lines[from - 1] ?? ''))} ${hash('sha256', rest)} `
    return `${line}${hash('sha256', line)}\n${rest}`
  }
  const beginning = (count: number): Uint8Array => fileOf(lines.slice(0, count))

  test('as its index says, is passed on as far as it is there, and what is missing is named', async () => {
    const folder = newFolder()
    const store = await openFileStore(folder)
    for (let at = 0; at < 20; at++) await store.append([long('a', at)], { a: at })
    await store.close()
    const path = join(folder, 'trail.jsonl')
    const whole = readFileSync(path, 'utf8').split('\n')
    const some = `${whole.slice(0, 17).join('\n')}\n`
    writeFileSync(path, some)
    const exported = await call('countersign', ['export', folder])
    expect([exported.code, exported.out === some]).toEqual([2, true])
    expect(exported.err).toMatch(
      /^countersign: not all of \S+ was passed on, only 17 entries: entries 17 to 19 are missing: it has \d+ bytes, and had \d+ \(20 entries\) when it was closed last, as \S+\.index says: its end is gone\n {2}Put the file back /,
    )
    const target = `sqlite:${join(newFolder(), 'trail.db')}`
    for (const json of [[], ['--json']]) {
      const copied = await call('countersign', ['copy', folder, target, ...json])
      expect([copied.code, copied.out, copied.err]).toEqual([2, '', exported.err])
    }
    expect((await call('countersign', ['export', target])).out).toBe(some)
    rmSync(`${path}.index`)
    expect(said(await call('countersign', ['copy', folder, target]))).toEqual([0, ''])
  })

  test('before its journal begins, or where that was blotted out, is passed on as far as it is there, and that is told', async () => {
    const count = lines.length
    const blotted = `-${journalOf(count - 3, count).slice(1)}`
    for (const [journal, told] of [
      [
        journalOf(count - 3, count),
        /may have been acknowledged lies in \S+\.journal, and the trail ends before it, at byte/,
      ],
      [blotted, /it is not as it was when it was flushed, .*: it reached byte \d+ and ends at byte \d+; it was cut/],
    ] as const) {
      const cut = file(beginning(count - 5))
      writeFileSync(`${cut}.journal`, journal)
      expect((await errorOf(openFileStore(cut))).code).toBe('store.damaged')
      for (const lock of [undefined, await lockOfLiving()]) {
        if (lock !== undefined) writeFileSync(`${cut}.lock`, lock)
        const exported = await call('countersign', ['export', cut])
        expect([exported.code, exported.out]).toEqual([2, Buffer.from(beginning(count - 5)).toString()])
        expect(exported.err).toMatch(told)
        expect(exported.err).toContain(`delete ${cut}.journal`)
        const copied = await call('countersign', ['copy', cut, newFolder()])
        expect(said(copied)).toEqual([2, exported.err])
      }
    }
  })

  test('is not taken for one beside somebody who writes, nor where a killed one has left all of it in the trail', async () => {
    const count = lines.length
    for (const [bytes, lock] of [
      [beginning(count - 3), await lockOfLiving()],
      [trail.slice(0, -10), await lockOfLiving()],
      [trail, undefined],
    ] as const) {
      const path = file(bytes)
      writeFileSync(`${path}.journal`, journalOf(count - 3, count))
      if (lock !== undefined) writeFileSync(`${path}.lock`, lock)
      expect(said(await call('countersign', ['export', path]))).toEqual([0, ''])
      expect(said(await call('countersign', ['copy', path, newFolder()]))).toEqual([0, ''])
    }
    // And where the index is of a time before.
    const folder = newFolder()
    for (const from of [0, 20]) {
      const store = await openFileStore(folder)
      for (let at = from; at < from + 20; at++) await store.append([long('a', at)], { a: at })
      if (from === 0) await store.close()
      else {
        expect(said(await call('countersign', ['export', folder]))).toEqual([0, ''])
        await store.close()
      }
    }
  })
})

/** What the lock of a trail says that this process has open. */
async function lockOfLiving(): Promise<Uint8Array> {
  const folder = newFolder()
  const store = await openFileStore(folder)
  const lock = readFileSync(join(folder, 'trail.jsonl.lock'))
  await store.close()
  return lock
}

describe('export and import', () => {
  test('write the lines of a trail wherever it lies, and read them in again', async () => {
    const target = join(newFolder(), 'trail.db')
    const imported = await call('countersign', ['import', `sqlite:${target}`, '--json'], { input: trail })
    expect(imported.code).toBe(0)
    expect(JSON.parse(imported.out)).toMatchObject({ size: entries(trail) })
    expect((await call('countersign', ['export', `sqlite:${target}`])).out).toBe(Buffer.from(trail).toString())
  })

  test('leave nothing beside the trail where nobody reads what has come of it', async () => {
    const [folder, target] = [newFolder(), join(newFolder(), 'trail.db')]
    const ran = await callProcess('countersign', ['import', `sqlite:${target}`], {
      input: trail,
      env: { TMPDIR: folder, TEMP: folder },
      hangUp: 'at once',
    })
    expect([ran.code, readdirSync(folder), readdirSync(dirname(target))]).toEqual([0, [], ['trail.db']])
  })

  test('say which temporary folder cannot be written in, and which variable names another', async () => {
    const nowhere = join(newFolder(), 'nowhere')
    const target = newFolder()
    const env = { TMPDIR: nowhere, TEMP: nowhere }
    const ran = await callProcess('countersign', ['import', join(target, 'trail.jsonl')], { input: trail, env })
    expect([ran.code, ran.out, readdirSync(target)]).toEqual([2, '', []])
    expect(ran.err).toMatch(
      /^countersign: nothing can be written in the temporary folder \S+nowhere: ENOENT.*\n {2}.*TMPDIR/,
    )
  })

  test.skipIf(process.platform === 'win32').each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'leave nothing in the temporary folder where %s ends them, as it ends any process',
    async signal => {
      const folder = newFolder()
      const program = fileURLToPath(new URL('../../packages/cli/src/countersign.ts', import.meta.url))
      const argv = ['--conditions=countersign-src', program, 'import', join(newFolder(), 'trail.jsonl')]
      const env = { ...process.env, NODE_OPTIONS: '', TMPDIR: folder }
      const child = spawn(process.execPath, argv, { env, stdio: ['pipe', 'ignore', 'ignore'] })
      onTestFinished(() => void child.kill('SIGKILL'))
      child.stdin.write(trail.subarray(0, 4_000))
      const written = () => readdirSync(folder).some(name => existsSync(join(folder, name, 'trail.jsonl')))
      while (!written()) await new Promise(resolve => setTimeout(resolve, 20))
      child.kill(signal)
      const [code, ended] = await once(child, 'close')
      expect([code, ended, readdirSync(folder)]).toEqual([null, signal, []])
    },
  )

  test('import nothing of what was cut off or changed on the way, nor of nothing at all', async () => {
    for (const input of [trail.slice(0, -10), flipByte(trail, 900), new Uint8Array()]) {
      const target = join(newFolder(), 'trail.db')
      const ran = await call('countersign', ['import', `sqlite:${target}`], { input })
      expect([ran.code, ran.out]).toEqual([2, ''])
      expect(ran.err).not.toContain('countersign-import')
      if (input.length > trail.length - 10)
        expect(ran.err).toMatch(
          /^countersign: nothing was imported: line 2 of standard input \(at byte \d+\) .*\n {2}Write the input into a file: verify-trail <file> /,
        )
      if (input.length === 0) expect(ran.err).toContain('nothing came on standard input')
      if (statSync(target, { throwIfNoEntry: false }) !== undefined) {
        const store = await openSqliteStore(target)
        expect((await store.head()).size).toBe(0)
        await store.close()
      }
    }
  })
})
