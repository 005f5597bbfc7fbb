import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { openFileStore } from '@countersign/store-file'
import { describe, expect, test } from 'vitest'
import { openOn } from '../../packages/store-file/src/file-store.ts'
import { nodeFileSystem } from '../../packages/store-file/src/file-system.ts'
import { draft } from './draft.ts'
import { all, errorOf, idsOf, linesOf, newFolder } from './trial.ts'

async function newTrail(): Promise<{ folder: string; path: string; bytes: Buffer }> {
  const folder = newFolder()
  const store = await openFileStore(folder)
  for (let at = 0; at < 4; at++) await store.append([draft('ticket', at)], {})
  await store.close()
  return { folder, path: store.path, bytes: readFileSync(store.path) }
}

/** Opening must fail, name the line, and leave folder and file as they were. */
async function expectDamaged(path: string, folder: string, line: number, because: string): Promise<void> {
  const before = { bytes: readFileSync(path), names: readdirSync(folder) }
  for (const readOnly of [false, true]) {
    const error = await errorOf(openFileStore(path, { readOnly }))
    expect(error.code).toBe('store.damaged')
    expect(error.facts.line).toBe(line)
    const offset = lineStart(before.bytes, line)
    expect(error.facts.offset).toBe(offset)
    expect(error.message).toContain(`line ${line} (at byte ${offset}) ${because}`)
    expect(error.message).toContain('verify-trail')
  }
  expect(readFileSync(path).equals(before.bytes)).toBe(true)
  expect(readdirSync(folder)).toEqual(before.names)
}

function lineStart(bytes: Buffer, line: number): number {
  let start = 0
  for (let at = 1; at < line; at++) start = bytes.indexOf('\n', start) + 1
  return start
}

describe('What is no sound trail is refused, naming the line and byte, and nothing is written', () => {
  test('A line that is no entry', async () => {
    const { folder, path, bytes } = await newTrail()
    const lines = bytes.toString().split('\n')
    for (const [wrong, because] of [
      ['', 'is empty'],
      ['{"body":{}}', 'is no entry'],
      [`${lines[1]} `, 'is no entry'],
      ['null', 'is no entry'],
    ] as const) {
      writeFileSync(path, lines.with(1, wrong).join('\n'))
      await expectDamaged(path, folder, 2, because)
    }
  })

  test('A flipped byte breaks the chain at the line after it, at the latest', async () => {
    const { folder, path, bytes } = await newTrail()
    const text = bytes.toString()
    const at = text.indexOf('ticket/1')
    writeFileSync(path, `${text.slice(0, at)}tickex/1${text.slice(at + 8)}`)
    await expectDamaged(path, folder, 3, 'has the prev ')
  })

  test('A line that was taken out, doubled, or moved', async () => {
    const { folder, path, bytes } = await newTrail()
    const lines = bytes.toString().split('\n')
    for (const [wrong, line] of [
      [lines.toSpliced(1, 1), 2],
      [lines.toSpliced(1, 0, lines[1] as string), 3],
      [[lines[0], lines[2], lines[1], lines[3], ''], 2],
    ] as const) {
      writeFileSync(path, wrong.join('\n'))
      await expectDamaged(path, folder, line, 'has the seq ')
    }
  })

  test('CR LF, a byte order mark, UTF-16, Latin-1', async () => {
    const { folder, path, bytes } = await newTrail()
    writeFileSync(path, bytes.toString().replaceAll('\n', '\r\n'))
    await expectDamaged(path, folder, 1, 'ends with CR LF')
    writeFileSync(path, Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes]))
    await expectDamaged(path, folder, 1, 'begins with a byte order mark')
    writeFileSync(path, Buffer.from([0xef, 0xbb, 0xbf]))
    await expectDamaged(path, folder, 1, 'begins with a byte order mark')
    writeFileSync(path, Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(bytes.toString(), 'utf16le')]))
    await expectDamaged(path, folder, 1, 'is UTF-16')
    writeFileSync(path, Buffer.from(bytes.toString().replaceAll('✓', 'é'), 'latin1'))
    await expectDamaged(path, folder, 1, 'is not UTF-8')
  })

  test('A line of 10 MB, with a newline or without, at the end or before it', async () => {
    const { folder, path, bytes } = await newTrail()
    const long = 'x'.repeat(10_000_000)
    for (const tail of [`${long}\n`, long, `${long}\n${bytes.toString()}`]) {
      writeFileSync(path, Buffer.concat([bytes, Buffer.from(tail)]))
      await expectDamaged(path, folder, 5, 'is longer than an entry can be (65535 bytes)')
    }
  })

  test('A file that is something else altogether', async () => {
    const folder = newFolder()
    const path = join(folder, 'notes.jsonl')
    for (const text of ['dear diary', 'dear diary\n', '{"a":1}\n', '\n', '\0']) {
      writeFileSync(path, text)
      await expectDamaged(path, folder, 1, 'is ')
    }
  })
})

describe('A path', () => {
  test('is the trail where it ends in .jsonl or is a file, and else the folder of trail.jsonl', async () => {
    const folder = newFolder()
    for (const [path, file] of [
      ['a/b/c', 'a/b/c/trail.jsonl'],
      ['d/other.jsonl', 'd/other.jsonl'],
    ] as const) {
      const store = await openFileStore(join(folder, path))
      await store.append([draft('ticket', 0)], {})
      await store.close()
      expect(store.path).toBe(join(folder, file))
      expect(linesOf(store.path).length).toBe(1)
      expect(readdirSync(join(folder, file, '..'))).toEqual([file.split('/').at(-1)])
    }
    writeFileSync(join(folder, 'plain'), '')
    const plain = await openFileStore(join(folder, 'plain'))
    await plain.close()
    expect(plain.path).toBe(join(folder, 'plain'))
  })

  test('that is a folder, a pipe, empty or below a file is refused in words', async () => {
    const folder = newFolder()
    mkdirSync(join(folder, 'trail.jsonl'))
    expect((await errorOf(openFileStore(folder))).message).toContain(
      'is a folder where the file of a trail is expected',
    )
    execFileSync('mkfifo', [join(folder, 'pipe.jsonl')])
    expect((await errorOf(openFileStore(join(folder, 'pipe.jsonl')))).message).toContain('is no regular file')
    expect((await errorOf(openFileStore(''))).message).toContain('is empty')
    expect((await errorOf(openFileStore('a\0b'))).code).toBe('input')
    const unset = (): Promise<unknown> => openFileStore(process.env.COUNTERSIGN_NOT_SET as string)
    expect(await errorOf(unset())).toMatchObject({
      code: 'input',
      message: 'the path "undefined" is no text: expected a folder, or a file like trail.jsonl',
    })
    writeFileSync(join(folder, 'file'), '')
    const below = await errorOf(openFileStore(join(folder, 'file', 'x')))
    expect(below.code).toBe('store.unwritable')
    expect(below.message).toContain('a part of the path is a file where a folder is expected')
  })

  test('that may not be written is refused in words, with the cause', async () => {
    const { folder, path } = await newTrail()
    const denied = (code: string) => Object.assign(new Error(`${code}: refused`), { code })
    for (const [code, help] of [
      ['EACCES', 'let the account of this process read and write'],
      ['EROFS', 'the disk is mounted read-only'],
    ] as const) {
      const open = async (name: string, flags: number): Promise<number> => {
        if (name === path) throw denied(code)
        return nodeFileSystem.open(name, flags)
      }
      const error = await errorOf(openOn({ ...nodeFileSystem, open }, path))
      expect(error.code).toBe('store.unwritable')
      expect(error.message).toContain(help)
      expect(error.cause).toMatchObject({ code })
      expect(readdirSync(folder)).toEqual(['trail.jsonl'])
    }
  })

  test('through a symbolic link that leads to nothing begins no trail there', async () => {
    const [folder, elsewhere] = [newFolder(), newFolder()]
    const target = join(elsewhere, 'unmounted.jsonl')
    symlinkSync(target, join(folder, 'trail.jsonl'))
    for (const path of [folder, join(folder, 'trail.jsonl')]) {
      for (const readOnly of [true, false]) {
        const error = await errorOf(openFileStore(path, { readOnly }))
        expect([error.code, error.message]).toEqual([
          'input',
          expect.stringContaining(`leads to ${target}, where nothing is`),
        ])
      }
    }
    expect(existsSync(target)).toBe(false)
    writeFileSync(target, '')
    const store = await openFileStore(folder)
    expect(store.path).toBe(target)
    await store.close()
  })

  test('through a symbolic link shares the lock of the file itself', async () => {
    const { folder, path } = await newTrail()
    const other = newFolder()
    symlinkSync(path, join(other, 'trail.jsonl'))
    const store = await openFileStore(folder)
    expect((await errorOf(openFileStore(other))).code).toBe('store.locked')
    await store.close()
    const linked = await openFileStore(other)
    expect(linked.path).toBe(path)
    await linked.close()
  })
})

describe('A trail that is opened to be read', () => {
  test('needs no lock, follows the writer, and takes no append', async () => {
    const { folder } = await newTrail()
    const writer = await openFileStore(folder)
    const reader = await openFileStore(folder, { readOnly: true })
    expect(await reader.head()).toEqual(await writer.head())
    await writer.append([draft('ticket', 4), draft('other', 0)], {})
    expect(await reader.head()).toEqual(await writer.head())
    expect(await idsOf(reader, { stream: 'other' })).toEqual(['other/0'])
    expect(await all(reader)).toEqual(await all(writer))
    const error = await errorOf(reader.append([draft('ticket', 5)], {}))
    expect(error.code).toBe('store.unwritable')
    expect(error.message).toContain('it was opened with readOnly')
    await reader.close()
    await writer.close()
    expect(readdirSync(folder).filter(name => name.endsWith('.lock'))).toEqual([])
  })

  test('leaves a torn end where it is, and tells of it', async () => {
    const { path, bytes } = await newTrail()
    appendFileSync(path, '{"body":{"v')
    const reader = await openFileStore(path, { readOnly: true })
    expect(reader.recovered).toMatchObject({ offset: bytes.length, droppedBytes: 11, because: 'torn', cut: false })
    expect((await reader.head()).size).toBe(4)
    await reader.close()
    expect(readFileSync(path).length).toBe(bytes.length + 11)
  })

  test('says so when there is none, and makes none', async () => {
    const folder = join(newFolder(), 'none')
    const error = await errorOf(openFileStore(folder, { readOnly: true }))
    expect(error.code).toBe('input')
    expect(error.message).toContain('there is no trail at ')
    expect(error.facts).toMatchObject({ absent: true })
    expect(existsSync(folder)).toBe(false)
  })

  test('notices that the trail was cut', async () => {
    const { path } = await newTrail()
    const reader = await openFileStore(path, { readOnly: true })
    truncateSync(path, 10)
    expect((await errorOf(reader.head())).message).toContain('it was cut')
    await reader.close()
  })
})

describe('A writer whose file somebody else touches', () => {
  test('Fork: two writers append to the same head where the lock was deleted by hand, and one append is refused', async () => {
    const { path } = await newTrail()
    const one = await openFileStore(path)
    rmSync(`${path}.lock`)
    const two = await openFileStore(path)
    await two.append([draft('ticket', 4, 'two')], { ticket: 4 })
    const error = await errorOf(one.append([draft('ticket', 4, 'one')], { ticket: 4 }))
    expect(error.code).toBe('store.unwritable')
    expect(error.message).toContain('somebody else changed it')
    expect((await one.head()).size).toBe(4)
    await one.close()
    // Its journal is the second one's by now, too.
    await two.append([draft('ticket', 5)], { ticket: 5 })
    expect(existsSync(`${path}.journal`)).toBe(true)
    // The lock is the second one's by now; the first has left it alone.
    expect(existsSync(`${path}.lock`)).toBe(true)
    await two.close()
    const again = await openFileStore(path)
    expect((await idsOf(again)).slice(4)).toEqual(['two', 'ticket/5'])
    await again.close()
  })

  test('the first of two writers is refused before anything is written, as its journal is that of the second', async () => {
    const { path } = await newTrail()
    const one = await openFileStore(path)
    await one.append([draft('ticket', 4)], { ticket: 4 })
    rmSync(`${path}.lock`)
    const two = await openFileStore(path)
    const before = readFileSync(path)
    const error = await errorOf(one.append([draft('ticket', 5)], { ticket: 5 }))
    expect([error.code, error.facts.takenBack]).toEqual(['store.unwritable', true])
    expect(error.message).toContain('its journal was deleted, replaced or moved away')
    expect(readFileSync(path)).toEqual(before)
    await one.close()
    await two.append([draft('ticket', 5)], { ticket: 5 })
    await two.close()
  })

  test.each<[string, (path: string) => void, RegExp]>([
    [
      'has been appended to',
      path => appendFileSync(path, '{}\n'),
      /it has \d+ bytes where this writer left \d+: somebody else/,
    ],
    ['was cut', path => truncateSync(path, 10), /it has 10 bytes where this writer left \d+: somebody else changed it/],
    ['was deleted', path => rmSync(path), /the file was deleted, replaced or moved away while it was open/],
    [
      'was replaced',
      path => {
        renameSync(path, `${path}.1`)
        copyFileSync(`${path}.1`, path)
      },
      /the file was deleted, replaced or moved away while it was open/,
    ],
  ])('is told at closing that the file %s, and is closed all the same', async (_, touch, because) => {
    for (const appends of [0, 1]) {
      const { path } = await newTrail()
      const store = await openFileStore(path)
      for (let at = 0; at < appends; at++) await store.append([draft('ticket', 4 + at)], {})
      touch(path)
      const error = await errorOf(store.close())
      expect([error.code, error.facts.path]).toEqual(['store.unwritable', path])
      expect(error.message).toMatch(/^cannot close /)
      expect(error.message).toMatch(because)
      expect(error.message).toContain('the store is closed all the same. See with verify-trail whether')
      expect(await errorOf(store.head())).toMatchObject({ code: 'store.closed' })
      expect(existsSync(`${path}.lock`)).toBe(false)
      // It is closed once, and says the same to whoever asks again.
      expect(await errorOf(store.close())).toBe(error)
    }
  })

  test('is not told at closing once more what an append was refused for, nor of what changes no byte', async () => {
    const { path } = await newTrail()
    const told = await openFileStore(path)
    appendFileSync(path, '{}\n')
    await errorOf(told.append([draft('ticket', 4)], {}))
    await told.close()
    const other = await newTrail()
    const store = await openFileStore(other.path)
    chmodSync(other.path, 0o600)
    await store.close()
  })

  test('refuses to write to a file that was deleted, moved away, replaced or cut', async () => {
    const first = await newTrail()
    const deleted = await openFileStore(first.path)
    rmSync(first.path)
    expect((await errorOf(deleted.append([draft('ticket', 4)], {}))).message).toContain('was deleted')
    await deleted.close()
    const moved = await newTrail()
    const open = await openFileStore(moved.path)
    await open.append([draft('ticket', 4)], {})
    renameSync(moved.path, `${moved.path}.1`)
    expect((await errorOf(open.append([draft('ticket', 5)], {}))).message).toContain('moved away')
    writeFileSync(moved.path, readFileSync(`${moved.path}.1`))
    expect((await errorOf(open.append([draft('ticket', 5)], {}))).code).toBe('store.unwritable')
    await open.close()
    const other = await newTrail()
    const replaced = await openFileStore(other.path)
    await replaced.append([draft('ticket', 4)], {})
    renameSync(other.path, `${other.path}.1`)
    copyFileSync(`${other.path}.1`, other.path)
    const before = readFileSync(other.path)
    expect((await errorOf(replaced.append([draft('ticket', 5)], {}))).message).toContain('replaced')
    await replaced.close()
    expect([readFileSync(other.path), readFileSync(`${other.path}.1`)]).toEqual([before, before])
    const second = await newTrail()
    const cut = await openFileStore(second.path)
    truncateSync(second.path, second.bytes.length - 1)
    expect((await errorOf(cut.append([draft('ticket', 4)], {}))).message).toContain('somebody else changed it')
    await cut.close()
  })
})
