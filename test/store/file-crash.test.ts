import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { hash } from 'node:crypto'
import { once } from 'node:events'
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openFileStore } from '@countersign/store-file'
import { leafHash, readEntry } from '@countersign/trail'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openOn } from '../../packages/store-file/src/file-store.ts'
import { type FileSystem, nodeFileSystem } from '../../packages/store-file/src/file-system.ts'
import { draft } from './draft.ts'
import { flushing } from './file-flush.ts'
import { endedPid, ownHolder } from './lock-holder.ts'
import { errorOf, idsOf, linesOf, newFolder } from './trial.ts'

const WRITER = fileURLToPath(new URL('./writer.ts', import.meta.url))

interface Writer {
  readonly child: ChildProcess
  readonly printed: () => string
  readonly opened: Promise<void>
  /** Resolves when it has acknowledged so many appends, one line each. */
  readonly acknowledged: (count: number) => Promise<void>
}

function startWriter(folder: string): Writer {
  const child = spawn(process.execPath, ['--conditions=countersign-src', '--no-warnings', WRITER, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let text = ''
  child.stdout?.setEncoding('utf8').on('data', chunk => {
    text += chunk
    child.emit('printed')
  })
  const lines = (count: number) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (text.split('\n').length > count) resolve()
      }
      child.on('printed', look)
      child.once('exit', () => reject(new Error(`the writer ended before it had printed ${count} lines`)))
      look()
    })
  // The first line says that the trail is open.
  return { child, printed: () => text, opened: lines(1), acknowledged: count => lines(1 + count) }
}

async function kill(child: ChildProcess): Promise<void> {
  const closed = once(child, 'close')
  child.kill('SIGKILL')
  await closed
}

describe('A process that is killed', () => {
  test('loses nothing that it had acknowledged, and leaves no batch in halves, however often it happens', async () => {
    const folder = newFolder()
    const acknowledged: string[] = []
    for (let round = 0; round < 5; round++) {
      const writer = startWriter(folder)
      // However long the disk takes for them: it is killed in the middle of what comes next.
      await writer.acknowledged(20 + 17 * round)
      await kill(writer.child)
      // The last line may have been cut by the kill; what was not printed whole is not counted.
      acknowledged.push(
        ...writer
          .printed()
          .split('\n')
          .slice(1, -1)
          .flatMap(line => line.split(' ')),
      )

      const store = await openFileStore(folder)
      const ids = await idsOf(store)
      await store.close()
      const found = new Set(ids)
      expect(acknowledged.filter(id => !found.has(id))).toEqual([])
      expect(found.size).toBe(ids.length)
      expectWholeBatches(ids)
    }
    expect(acknowledged.length).toBeGreaterThan(50)
  })

  test('leaves a lock that the next one recognises as its own no longer', async () => {
    const folder = newFolder()
    const { child, opened } = startWriter(folder)
    await opened
    const error = await errorOf(openFileStore(folder))
    expect(error.code).toBe('store.locked')
    expect(error.facts.pid).toBe(child.pid)
    expect(error.message).toContain(`process ${child.pid} on `)
    expect(error.message).toMatch(/since \d{4}-\d\d-\d\dT.*Z; close it there, or open it with readOnly/)
    await kill(child)
    expect(existsSync(join(folder, 'trail.jsonl.lock'))).toBe(true)
    const store = await openFileStore(folder)
    await store.close()
    expect(existsSync(join(folder, 'trail.jsonl.lock'))).toBe(false)
  })
})

/** The writer appends entries 0–2 of a stream together, and after them each multiple of four begins a batch of three. */
function expectWholeBatches(ids: readonly string[]): void {
  const last = new Map<string, number>()
  for (const id of ids) {
    const [stream, at] = id.split('/') as [string, string]
    last.set(stream, Number(at))
  }
  const ends = new Set<number>()
  for (let at = 0; at < 100_000; ) {
    at += at % 4 === 0 ? 3 : 1
    ends.add(at - 1)
  }
  expect([...last.values()].filter(at => !ends.has(at))).toEqual([])
}

describe('A torn last record', () => {
  test('is cut off wherever it is torn, and told; what stands before it stays', async () => {
    const folder = newFolder()
    const path = join(folder, 'trail.jsonl')
    const store = await openFileStore(folder)
    for (let at = 0; at < 3; at++) await store.append([draft('ticket', at)], {})
    await store.close()
    const whole = readFileSync(path)
    const offset = whole.lastIndexOf('\n', -2) + 1
    // From one byte of it up to all of it but the newline, which is part of the record.
    for (let end = offset + 1; end < whole.length; end++) {
      writeFileSync(path, whole.subarray(0, end))
      const told: unknown[] = []
      const again = await openFileStore(path, { onRecovery: recovery => void told.push(recovery) })
      const lost = {
        offset,
        droppedBytes: end - offset,
        because: 'torn',
        bytes: new Uint8Array(whole.subarray(offset, end)),
        restoredBytes: 0,
      }
      expect(told).toEqual([lost])
      expect(again.recovered).toEqual({ ...lost, cut: true })
      expect((await again.head()).size).toBe(2)
      expect(statSync(path).size).toBe(offset)
      await again.append([draft('ticket', 2)], { ticket: 2 })
      await again.close()
      expect(readFileSync(path)).toEqual(whole)
    }
    const sound = await openFileStore(path)
    expect(sound.recovered).toBeUndefined()
    await sound.close()
  })

  test('of zeros, which a power cut can leave, is cut off', async () => {
    const { path } = await newTrail(2)
    appendFileSync(path, new Uint8Array(700))
    const again = await openFileStore(path)
    expect(again.recovered?.droppedBytes).toBe(700)
    expect((await again.head()).size).toBe(2)
    await again.close()
  })

  test('is told to no reader but in what it says of itself, as a reader cuts nothing off', async () => {
    const { path } = await newTrail(2)
    appendFileSync(path, '{"body":')
    const told: unknown[] = []
    const reader = await openFileStore(path, { readOnly: true, onRecovery: recovery => void told.push(recovery) })
    expect([told, reader.recovered?.cut, reader.recovered?.droppedBytes]).toEqual([[], false, 8])
    await reader.close()
  })

  test('stays where whoever is told of it throws', async () => {
    const { path } = await newTrail(2)
    appendFileSync(path, '{"body":')
    const { size } = statSync(path)
    const onRecovery = (): never => {
      throw new Error('not now')
    }
    expect((await errorOf(openFileStore(path, { onRecovery }))).message).toBe('not now')
    expect(statSync(path).size).toBe(size)
    await (await openFileStore(path)).close()
  })

  test('that no write of a trail can have left is not cut off, but refused', async () => {
    for (const tail of ['dear diary', `{"body":{"${'x'.repeat(70_000)}`]) {
      const { path } = await newTrail(2)
      appendFileSync(path, tail)
      const { size } = statSync(path)
      const error = await errorOf(openFileStore(path))
      expect(error.code).toBe('store.damaged')
      expect(error.facts.line).toBe(3)
      expect(statSync(path).size).toBe(size)
    }
  })
})

describe('A batch that a crash has cut', () => {
  test('is brought in whole by the next opening for writing, at whatever byte it was cut, and no reader takes a part of it', async () => {
    const { folder, path } = await newTrail(1)
    const before = statSync(path).size
    const { whole, side } = await withBatch(path)
    for (let end = before; end <= whole.length; end += 7) {
      const cut = join(folder, `cut-${end}`)
      mkdirSync(cut)
      copyFileSync(path, join(cut, 'trail.jsonl'))
      truncateSync(join(cut, 'trail.jsonl'), end)
      writeFileSync(join(cut, 'trail.jsonl.journal'), side)
      const reader = await openFileStore(cut, { readOnly: true })
      expect((await reader.head()).size).toBe(end === whole.length ? 4 : 1)
      await reader.close()
      const told: unknown[] = []
      const again = await openFileStore(cut, { onRecovery: recovery => void told.push(recovery) })
      expect((await again.head()).size).toBe(4)
      const recovery = {
        offset: before,
        droppedBytes: end - before,
        bytes: new Uint8Array(whole.subarray(before, end)),
        because: 'journal',
        restoredBytes: whole.length - before,
      }
      expect(told).toEqual(end === whole.length ? [] : [recovery])
      expect(again.recovered).toEqual(end === whole.length ? undefined : { ...recovery, cut: true })
      await again.close()
      expect(readFileSync(join(cut, 'trail.jsonl'))).toEqual(whole)
      expect(existsSync(join(cut, 'trail.jsonl.journal'))).toBe(false)
    }
  })

  test('is nowhere less than it was while it is brought in, for whoever reads meanwhile', async () => {
    const { folder, path } = await newTrail(1)
    const before = statSync(path).size
    const { whole, side } = await withBatch(path)
    for (const size of [before, before + 300, whole.length]) {
      writeFileSync(path, whole.subarray(0, size))
      writeFileSync(`${path}.journal`, side)
      const sizes: number[] = []
      const looking = Object.entries(nodeFileSystem).map(([name, method]) => [
        name,
        (...values: never[]) => {
          sizes.push(statSync(path).size)
          return (method as (...values: never[]) => unknown)(...values)
        },
      ])
      const store = await openOn(Object.fromEntries(looking) as FileSystem, folder)
      expect(Math.min(...sizes)).toBe(size)
      await store.close()
      expect(readFileSync(path)).toEqual(whole)
    }
  })

  test('was never begun where the journal is itself torn', async () => {
    const { path } = await newTrail(1)
    const before = statSync(path).size
    const { whole, side } = await withBatch(path)
    const altered = Buffer.from(side.toString('latin1').replace(/ [0-9a-f]{64} /, ` ${'0'.repeat(64)} `), 'latin1')
    for (const other of [side.subarray(0, 50), side.subarray(0, 200), '', 'x', altered]) {
      writeFileSync(path, whole.subarray(0, before))
      writeFileSync(`${path}.journal`, other)
      const again = await openFileStore(path)
      expect([(await again.head()).size, again.recovered]).toEqual([1, undefined])
      await again.close()
    }
  })

  test('keeps a trail from being written to that does not go with it, until somebody takes the journal away', async () => {
    const { path } = await newTrail(2)
    const before = statSync(path).size
    const { whole, side } = await withBatch(path)
    const first = whole.indexOf(10) + 1
    const continues = 'it continues another entry than the one that stands before it'
    for (const [bytes, beside, because] of [
      [whole.subarray(0, before), sideOf(whole, before, { prev: '0'.repeat(64) }), continues],
      [whole.subarray(0, first), side, `the trail ends before it, at byte ${first}`],
      ['', side, 'the trail ends before it, at byte 0'],
      [whole.subarray(0, before), sideOf(whole, first, { prev: '0'.repeat(64) }), 'the trail has other entries there'],
      [
        whole,
        sideOf(whole, first, { prev: '0'.repeat(64), change: text => text.replace('"b/0"', '"x/0"') }),
        'the trail has other entries there',
      ],
    ] as const) {
      writeFileSync(path, bytes)
      writeFileSync(`${path}.journal`, beside)
      const error = await errorOf(openFileStore(path))
      expect([error.code, error.facts.because]).toEqual(['store.damaged', because])
      expect([readFileSync(path), readFileSync(`${path}.journal`)]).toEqual([Buffer.from(bytes), beside])
      rmSync(`${path}.journal`)
      await (await openFileStore(path)).close()
    }
  })

  test('is not opened to write beside a journal whose line is damaged where the trail is torn', async () => {
    const { path } = await newTrail(1)
    const before = statSync(path).size
    const { whole, side } = await withBatch(path)
    const damaged = Buffer.from(side)
    damaged[40] = (damaged[40] as number) ^ 1
    const torn = whole.subarray(0, before + 300)
    for (const beside of [damaged, Buffer.alloc(0)]) {
      writeFileSync(path, torn)
      writeFileSync(`${path}.journal`, beside)
      const error = await errorOf(openFileStore(path))
      expect([error.code, error.facts.path, error.facts.because]).toEqual([
        'store.damaged',
        `${path}.journal`,
        'a line of it cannot be read',
      ])
      expect([readFileSync(path), readFileSync(`${path}.journal`)]).toEqual([torn, beside])
      const reader = await openFileStore(path, { readOnly: true })
      expect([(await reader.head()).size, reader.recovered?.because]).toEqual([2, 'torn'])
      await reader.close()
    }
  })

  test('was never begun where the journal has more than any writer can have had', async () => {
    const { path } = await newTrail(1)
    const before = statSync(path).size
    const { whole } = await withBatch(path)
    writeFileSync(path, whole.subarray(0, before))
    writeFileSync(`${path}.journal`, sideOf(whole, before, { end: before + 3 * 2 ** 30 }))
    // It takes no room on the disk.
    truncateSync(`${path}.journal`, 3 * 2 ** 30 + 1_000)
    const again = await openFileStore(path)
    expect([(await again.head()).size, again.recovered]).toEqual([1, undefined])
    await again.close()
  })

  test('is written to nothing that somebody has put in the place of the journal', async () => {
    const { path } = await newTrail(1)
    const elsewhere = join(newFolder(), 'elsewhere')
    writeFileSync(elsewhere, 'mine')
    for (const isOpen of [true, false]) {
      const store = isOpen ? await openFileStore(path) : undefined
      rmSync(`${path}.journal`, { force: true })
      symlinkSync(elsewhere, `${path}.journal`)
      const again = store ?? (await openFileStore(path))
      const appended = again.append([draft('b', 0), draft('b', 1)], {})
      if (isOpen) {
        const error = await errorOf(appended)
        expect([error.code, error.facts.takenBack]).toEqual(['store.unwritable', true])
      } else await appended
      expect([readFileSync(elsewhere, 'utf8'), linesOf(path).length]).toEqual(['mine', isOpen ? 1 : 3])
      await again.close()
    }
  })

  test('is told to a reader where it is in the journal alone', async () => {
    const { path } = await newTrail(1)
    const before = statSync(path).size
    const { whole, side } = await withBatch(path)
    writeFileSync(path, whole.subarray(0, before))
    for (const [beside, because] of [
      [side, 'journal'],
      [side.subarray(0, -1), undefined],
    ] as const) {
      writeFileSync(`${path}.journal`, beside)
      const reader = await openFileStore(path, { readOnly: true })
      expect([(await reader.head()).size, reader.recovered?.because]).toEqual([1, because])
      await reader.close()
    }
  })

  test('lies in a file that nobody may read who may not read the trail', async () => {
    const folder = newFolder()
    const path = join(folder, 'trail.jsonl')
    await (await openFileStore(folder)).close()
    chmodSync(path, 0o600)
    const store = await openFileStore(folder)
    await store.append([draft('b', 0), draft('b', 1)], {})
    expect(statSync(`${path}.journal`).mode & 0o777).toBe(0o600)
    await store.close()
  })

  test('was never begun where the journal lacks some of it, and where the trail has some of it the trail is not opened', async () => {
    const { path } = await newTrail(1)
    const before = statSync(path).size
    const { whole, side } = await withBatch(path)
    const altered = Buffer.from(side)
    altered[side.length - 100] = 0x20
    const unchained = sideOf(whole, before, {
      change: lines => lines.replaceAll('"streamSeq":1', '"streamSeq":7'),
    })
    for (const [lacking, isDigested, because] of [
      [side.subarray(0, -1), false, 'is not what that file announces'],
      [side.subarray(0, 300), false, 'is not what that file announces'],
      [altered, false, 'is not what that file announces'],
      [sideOf(whole, before, { end: 9e15 }), false, 'a line of it cannot be read'],
      [unchained, true, 'a line of it has the streamSeq in "b" 7 where 1 is expected'],
      [sideOf(whole, before, { change: lines => lines.trimEnd() }), true, 'a line of it has no end'],
    ] as const) {
      for (const size of [before, before + 50]) {
        writeFileSync(path, whole.subarray(0, size))
        writeFileSync(`${path}.journal`, lacking)
        if (size === before && !isDigested) {
          const again = await openFileStore(path)
          expect([(await again.head()).size, again.recovered]).toEqual([1, undefined])
          await again.close()
          continue
        }
        const error = await errorOf(openFileStore(path))
        expect([error.code, error.facts.path]).toEqual(['store.damaged', `${path}.journal`])
        expect(error.message).toContain(`lies in ${path}.journal, and ${because}. Nothing was changed`)
        expect([readFileSync(path), readFileSync(`${path}.journal`)]).toEqual([whole.subarray(0, size), lacking])
        // As the message says, that is somebody's decision.
        rmSync(`${path}.journal`)
        await (await openFileStore(path)).close()
      }
    }
  })
})

describe('What lies at the place of the journal and is none', () => {
  test('keeps nobody waiting, and is told by its own name', async () => {
    for (const [kind, make] of [
      ['a pipe', (path: string) => execFileSync('mkfifo', [path])],
      ['a folder', (path: string) => mkdirSync(path)],
      ['a link to itself', (path: string) => symlinkSync(path, path)],
    ] as const) {
      const { path } = await newTrail(1)
      make(`${path}.journal`)
      const error = await errorOf(openFileStore(path, { readOnly: true }))
      expect([kind, error.code, error.facts.path]).toEqual([kind, 'store.damaged', `${path}.journal`])
    }
  })

  test('is not written to where it leads elsewhere, though what is there is a journal of this trail', async () => {
    const { path } = await newTrail(1)
    const before = statSync(path).size
    const { whole, side } = await withBatch(path)
    const elsewhere = join(newFolder(), 'elsewhere')
    writeFileSync(elsewhere, side)
    writeFileSync(path, whole.subarray(0, before))
    symlinkSync(elsewhere, `${path}.journal`)
    expect((await errorOf(openFileStore(path))).code).toBe('store.unwritable')
    expect([readFileSync(elsewhere), statSync(path).size]).toEqual([side, before])
  })
})

describe('What a writer that has not closed wrote last', () => {
  test('is written once more at the next opening, as a flush that failed may have kept it from the disk', async () => {
    const { folder, path } = await newTrail(3)
    const alone = readFileSync(path)
    const last = alone.lastIndexOf(10, alone.length - 2) + 1
    const { whole, side } = await withBatch(path)
    for (const [bytes, beside, from] of [
      [alone, sideOf(alone, last), last],
      [whole, side, alone.length],
      [whole, Buffer.concat([sideOf(alone, last), side]), last],
    ] as const) {
      writeFileSync(path, bytes)
      writeFileSync(`${path}.journal`, beside)
      const written: [bytes: Buffer, position: number | null][] = []
      const system: FileSystem = {
        ...nodeFileSystem,
        write(fd, some, offset, length, position) {
          if (nodeFileSystem.fstat(fd).inode === statSync(path).ino)
            written.push([Buffer.from(some.slice(offset, offset + length)), position])
          return nodeFileSystem.write(fd, some, offset, length, position)
        },
      }
      const store = await openOn(system, folder)
      expect(written).toEqual([[Buffer.from(bytes.subarray(from)), from]])
      expect(store.recovered).toBeUndefined()
      await store.close()
      expect(readFileSync(path)).toEqual(Buffer.from(bytes))
    }
  })
})

describe('Several batches that were acknowledged since the trail was flushed', () => {
  /** A trail of four entries, with the last three as one batch, and two as another behind it; and where these begin. */
  async function twoBatches() {
    const { folder, path } = await newTrail(1)
    const first = statSync(path).size
    const one = await withBatch(path)
    const store = await openFileStore(path)
    await store.append([draft('c', 0), draft('c', 1)], {})
    await store.close()
    const whole = readFileSync(path)
    const second = one.whole.length
    return { folder, path, whole, first, second, one: one.side, two: sideOf(whole, second) }
  }

  test('come in whole, whatever of the trail a power cut has kept from the disk, and a reader takes those that are there', async () => {
    const { folder, path, whole, first, second, one, two } = await twoBatches()
    const between = Math.floor((first + second) / 2)
    for (const [bytes, seen] of [
      [whole.subarray(0, first), 1],
      [whole.subarray(0, between), 1],
      [whole.subarray(0, second), 4],
      [whole.subarray(0, second + 90), 4],
      [Buffer.from(whole).fill(0, first, second), 1],
      [Buffer.from(whole).fill(0, second), 4],
      [Buffer.from(whole).fill(0, between, second + 90), 1],
    ] as const) {
      writeFileSync(path, bytes)
      writeFileSync(`${path}.journal`, Buffer.concat([one, two]))
      const reader = await openFileStore(folder, { readOnly: true })
      expect([(await reader.head()).size, reader.recovered?.because]).toEqual([seen, 'journal'])
      await reader.close()
      const again = await openFileStore(folder)
      const offset = seen === 1 ? first : second
      expect([(await again.head()).size, again.recovered]).toEqual([
        6,
        {
          offset,
          droppedBytes: bytes.length - offset,
          bytes: new Uint8Array(bytes.subarray(offset)),
          because: 'journal',
          restoredBytes: whole.length - offset,
          cut: true,
        },
      ])
      await again.close()
      expect([readFileSync(path), existsSync(`${path}.journal`)]).toEqual([whole, false])
    }
  })

  test('end where the journal has an older one behind them, or one that was never durable.', async () => {
    const { path, whole, first, second, one, two } = await twoBatches()
    const changed = Buffer.from(two)
    changed[two.length - 9] = 0x20
    for (const [beside, from, size] of [
      [Buffer.concat([two, one]), second, 6],
      [Buffer.concat([one, changed]), first, 4],
      [Buffer.concat([one, two.subarray(0, -1)]), first, 4],
      [Buffer.concat([one, two.subarray(0, 40)]), first, 4],
      [Buffer.concat([one, Buffer.alloc(5_000)]), first, 4],
    ] as const) {
      writeFileSync(path, whole.subarray(0, from))
      writeFileSync(`${path}.journal`, beside)
      const again = await openFileStore(path)
      expect([(await again.head()).size, again.recovered?.because]).toEqual([size, 'journal'])
      await again.close()
    }
  })

  test('are in the trail, and more behind them, where the power goes while the next one is written over them.', async () => {
    const { path, whole, one, two } = await twoBatches()
    // Of the first its line is there still, and of its entries some were written over.
    const over = Buffer.concat([one.subarray(0, 300), two.subarray(0, 200), one.subarray(500), two])
    writeFileSync(path, whole)
    writeFileSync(`${path}.journal`, over.subarray(0, one.length + 40))
    const again = await openFileStore(path)
    expect([(await again.head()).size, again.recovered]).toEqual([6, undefined])
    await again.close()
    expect(readFileSync(path)).toEqual(whole)
  })

  test('are in the trail, where the journal was cut in the last of them and the trail lacks nothing.', async () => {
    const { path, whole, one, two } = await twoBatches()
    writeFileSync(path, whole)
    writeFileSync(`${path}.journal`, Buffer.concat([one, two.subarray(0, -50)]))
    const again = await openFileStore(path)
    expect([(await again.head()).size, again.recovered]).toEqual([6, undefined])
    await again.close()
  })

  test('are not left out where one of them is damaged in the journal: the trail is not opened to write.', async () => {
    const { path, whole, first, second, one, two } = await twoBatches()
    const damaged = Buffer.from(one)
    damaged[one.length - 9] = 0x20
    const lined = Buffer.from(two)
    lined[5] = 0x31
    const later = sideOf(Buffer.concat([whole, Buffer.from('later\n')]), whole.length)
    const unlined = Buffer.from(one)
    unlined[5] = 0x31
    for (const [beside, size, offset, because] of [
      // The second was begun, so the first was durable.
      [Buffer.concat([damaged, two]), first, first, 'is not what that file announces'],
      [Buffer.concat([unlined, two]), first, first, 'a line of it cannot be read'],
      [Buffer.concat([one, lined, later]), first, second, 'a line of it cannot be read'],
      // Whole lines of the first have arrived, and that does not make it whole.
      [
        Buffer.concat([unlined, two]),
        whole.indexOf(10, first) + 1,
        whole.indexOf(10, first) + 1,
        'a line of it cannot be read',
      ],
      // The trail has some of the second, so it was durable.
      [Buffer.concat([one, lined]), second + 90, second, 'a line of it cannot be read'],
      [one, second + 90, second, 'a line of it cannot be read'],
    ] as const) {
      const bytes = whole.subarray(0, size)
      writeFileSync(path, bytes)
      writeFileSync(`${path}.journal`, beside)
      const error = await errorOf(openFileStore(path))
      expect([error.code, error.facts.offset, error.facts.because]).toEqual(['store.damaged', offset, because])
      expect([readFileSync(path), readFileSync(`${path}.journal`)]).toEqual([bytes, beside])
    }
  })
})

describe('Entries of which a power cut has kept something from the disk', () => {
  test('are brought in whole where they were written at once, and are damage where the trail was flushed since.', async () => {
    const folder = newFolder()
    const path = join(folder, 'trail.jsonl')
    const store = await openFileStore(folder)
    await store.append([draft('a', 0)], {})
    const before = statSync(path).size
    const page = (stream: string) => ({ ...draft(stream, 0), command: { comment: 'x'.repeat(3_000) } })
    await Promise.all(['b', 'c', 'd'].map(stream => store.append([page(stream)], {})))
    const together = readFileSync(path)
    const side = sideOf(together, before)
    await store.append([draft('a', 1)], {})
    await store.close()
    const later = readFileSync(path)
    const holed = (bytes: Uint8Array) => Buffer.from(bytes).fill(0, 4096, 8192)

    for (const readOnly of [true, false]) {
      writeFileSync(path, holed(together))
      writeFileSync(`${path}.journal`, side)
      const again = await openFileStore(path, { readOnly })
      const ids = readOnly ? ['a/0'] : ['a/0', 'b/0', 'c/0', 'd/0']
      expect([await idsOf(again), again.recovered?.because]).toEqual([ids, 'journal'])
      await again.close()
    }
    expect(existsSync(`${path}.journal`)).toBe(false)

    const damaged: Record<string, readonly [bytes: Uint8Array, side?: Uint8Array]> = {
      'without a journal': [holed(together)],
      'with a batch that was blotted out': [holed(together), Buffer.concat([Buffer.from('-'), side.subarray(1)])],
      'with something written after it, and a batch that came back': [holed(later), side],
    }
    for (const [how, [bytes, beside]] of Object.entries(damaged)) {
      writeFileSync(path, bytes)
      if (beside !== undefined) writeFileSync(`${path}.journal`, beside)
      expect([how, (await errorOf(openFileStore(path))).code]).toEqual([how, 'store.damaged'])
      expect(readFileSync(path)).toEqual(bytes)
    }

    writeFileSync(path, together)
    writeFileSync(`${path}.journal`, side)
    const whole = await openFileStore(path)
    expect([(await whole.head()).size, whole.recovered]).toEqual([4, undefined])
    await whole.close()
  })

  test('are cut off where a sector was written in two halves, of which the second did not arrive', async () => {
    const { path } = await newTrail(1)
    const store = await openFileStore(path)
    await store.append([{ ...draft('long', 0), command: { comment: 'x'.repeat(1_500) } }], {})
    await store.close()
    const bytes = readFileSync(path)
    const last = bytes.lastIndexOf(10, bytes.length - 2) + 1
    writeFileSync(path, Buffer.from(bytes).fill(0, 512 + 100, 1024))
    const again = await openFileStore(path)
    expect([(await again.head()).size, again.recovered?.because]).toEqual([1, 'torn'])
    await again.close()
    expect(readFileSync(path)).toEqual(bytes.subarray(0, last))
  })

  test('are told as what they can be where zeros are at the beginning: a trail that was just begun', async () => {
    for (const bytes of [Buffer.alloc(300), Buffer.concat([Buffer.alloc(512), Buffer.from('x"}},"prev":')])]) {
      const { path } = await newTrail(1)
      writeFileSync(path, bytes)
      const error = await errorOf(openFileStore(path))
      expect([error.code, error.message]).toEqual(['store.damaged', expect.stringContaining('delete the file')])
      expect(readFileSync(path)).toEqual(bytes)
    }
  })

  test('are told as damage where zeros stand in them that no power cut can have left.', async () => {
    const { path } = await newTrail(3)
    const sound = readFileSync(path)
    const last = sound.lastIndexOf('\n', -2) + 1
    // One byte, a part of a sector, and a whole one of an entry that is not the last.
    for (const [from, to] of [
      [last + 20, last + 21],
      [last, last + 30],
      [0, last],
    ] as const) {
      const bytes = Buffer.from(sound).fill(0, from, to)
      writeFileSync(path, bytes)
      expect((await errorOf(openFileStore(path))).code).toBe('store.damaged')
      expect(readFileSync(path)).toEqual(bytes)
    }
  })
})

describe('A batch that was acknowledged', () => {
  test('loses nothing more than what somebody cuts off it, be the store closed, open or killed by then, and where it was killed that is told.', async () => {
    for (const how of ['closed', 'open', 'killed']) {
      const folder = newFolder()
      const store = await openFileStore(folder)
      await store.append([draft('a', 0)], {})
      await store.append([draft('b', 0), draft('b', 1), draft('b', 2)], {})
      // From then on the trail itself is durable.
      await expect.poll(() => readFileSync(join(folder, 'trail.jsonl.journal'), 'latin1')[0]).toBe('-')
      if (how === 'closed') await store.close()
      // What a process that is killed now leaves in the folder, or whoever copies it meanwhile.
      const left = how === 'killed' ? newFolder() : folder
      if (how === 'killed') cpSync(folder, left, { recursive: true, filter: name => !name.endsWith('.lock') })
      if (how === 'closed') expect(existsSync(join(left, 'trail.jsonl.journal'))).toBe(false)
      const path = join(left, 'trail.jsonl')
      writeFileSync(path, `${linesOf(path).slice(0, 3).join('\n')}\n`)
      const reader = await openFileStore(left, { readOnly: true })
      expect([how, (await reader.head()).size, reader.recovered]).toEqual([how, 3, undefined])
      await reader.close()
      // Whoever has it open is told when they close it.
      if (how === 'open') expect((await errorOf(store.close())).code).toBe('store.unwritable')
      if (how === 'killed') {
        await store.close()
        const error = await errorOf(openFileStore(left))
        expect([error.code, error.message]).toEqual(['store.damaged', expect.stringContaining('it was cut, or is an')])
        rmSync(join(left, 'trail.jsonl.journal'))
      }
      const again = await openFileStore(left)
      expect([how, (await again.head()).size, again.recovered]).toEqual([how, 3, undefined])
      await again.close()
    }
  })

  test('before the trail itself was flushed is durable all the same, and nothing is written before that flush has ended.', async () => {
    const folder = newFolder()
    const path = join(folder, 'trail.jsonl')
    const held = Promise.withResolvers<void>()
    let flushes = 0
    const system = flushing(path, flush => {
      flushes = flush
      // The first is that of the opening. Of the journal none is counted.
      return flush === 2 ? held.promise : undefined
    })
    const store = await openOn(system, folder)
    await store.append([draft('b', 0), draft('b', 1), draft('b', 2)], {})
    expect([flushes, (await store.head()).size]).toEqual([1, 3])
    // A moment later, though nobody asks.
    await expect.poll(() => flushes).toBe(2)
    let isAnswered = false
    const next = store.append([draft('b', 3)], { b: 3 }).then(() => {
      isAnswered = true
    })
    const closing = store.close()
    await new Promise(resolve => setTimeout(resolve, 20))
    expect([isAnswered, linesOf(path).length]).toEqual([false, 3])

    // The power goes now, and of the trail nothing was on the disk.
    const cut = newFolder()
    cpSync(folder, cut, { recursive: true, filter: name => !name.endsWith('.lock') })
    truncateSync(join(cut, 'trail.jsonl'), 0)
    const again = await openFileStore(cut)
    expect([await idsOf(again), again.recovered?.because]).toEqual([['b/0', 'b/1', 'b/2'], 'journal'])
    await again.close()

    held.resolve()
    await next
    await closing
    expect([linesOf(path).length, existsSync(`${path}.journal`)]).toEqual([4, false])
  })

  test('is flushed to the trail before the store is closed.', async () => {
    const folder = newFolder()
    const path = join(folder, 'trail.jsonl')
    const held = Promise.withResolvers<void>()
    const store = await openOn(
      flushing(path, flush => (flush === 2 ? held.promise : undefined)),
      folder,
    )
    await store.append([draft('b', 0), draft('b', 1)], {})
    let isClosed = false
    const closing = store.close().then(() => {
      isClosed = true
    })
    await new Promise(resolve => setTimeout(resolve, 20))
    expect([isClosed, existsSync(`${path}.journal`), existsSync(`${path}.lock`)]).toEqual([false, true, true])
    held.resolve()
    await closing
    expect([existsSync(`${path}.journal`), existsSync(`${path}.lock`)]).toEqual([false, false])
  })

  test('is not flushed to the trail while something is written behind it, as the journal begins anew after that.', async () => {
    const folder = newFolder()
    const path = join(folder, 'trail.jsonl')
    const held = Promise.withResolvers<void>()
    let flushes = 0
    const trail = flushing(path, flush => {
      flushes = flush
      return undefined
    })
    let isHeld = false
    const system: FileSystem = {
      ...trail,
      async fdatasync(fd) {
        // The flush of the journal for the second append.
        if (isHeld && nodeFileSystem.fstat(fd).inode !== statSync(path).ino) await held.promise
        await trail.fdatasync(fd)
      },
    }
    const store = await openOn(system, folder)
    await store.append([draft('b', 0)], {})
    isHeld = true
    const second = store.append([draft('b', 1)], { b: 1 })
    await new Promise(resolve => setTimeout(resolve, 40))
    expect(flushes).toBe(1)
    held.resolve()
    await second
    expect(flushes).toBe(2)
    await store.close()
    expect(linesOf(path).length).toBe(2)
  })
})

describe('What somebody is just writing', () => {
  test('is told to no reader as left behind, and what a process left that has ended is', async () => {
    const { folder, path } = await newTrail(1)
    const before = statSync(path).size
    const { whole, side } = await withBatch(path)
    for (const size of [before, before + 90]) {
      writeFileSync(path, whole.subarray(0, size))
      writeFileSync(`${path}.journal`, side)
      for (const [lock, because] of [
        [JSON.stringify(await ownHolder()), undefined],
        [JSON.stringify({ ...(await ownHolder()), pid: endedPid() }), 'journal'],
        ['of somebody', 'journal'],
      ] as const) {
        writeFileSync(`${path}.lock`, lock)
        const reader = await openFileStore(folder, { readOnly: true })
        expect([lock, reader.recovered?.because, (await reader.head()).size]).toEqual([lock, because, 1])
        await reader.close()
      }
      rmSync(`${path}.lock`)
      mkdirSync(`${path}.lock`)
      const reader = await openFileStore(folder, { readOnly: true })
      expect(reader.recovered?.because).toBe('journal')
      await reader.close()
      rmSync(`${path}.lock`, { recursive: true })
    }
  })
})

/** Appends three entries at once, and gives the trail, with the journal as a crash in this write would leave it. */
async function withBatch(path: string): Promise<{ whole: Uint8Array; side: Buffer }> {
  const before = statSync(path).size
  const store = await openFileStore(path)
  await store.append([draft('b', 0), draft('b', 1), draft('b', 2)], {})
  await store.close()
  const whole = readFileSync(path)
  return { whole, side: sideOf(whole, before) }
}

/** What holds, beside a trail, its entries from this byte to its end, which are to come together; or something else. */
function sideOf(
  bytes: Uint8Array,
  start: number,
  other: { prev?: string; end?: number; change?: (lines: string) => string } = {},
): Buffer {
  const before = bytes.subarray(0, start - 1)
  const { prev = leafHash(before.subarray(before.lastIndexOf(0x0a) + 1)), change = lines => lines } = other
  const entries = Buffer.from(change(Buffer.from(bytes.subarray(start)).toString()))
  const places = [start, other.end ?? start + entries.length].map(place => `${place}`.padStart(16, '0'))
  const text = `${places.join(' ')} ${prev} ${hash('sha256', entries)} `
  return Buffer.concat([Buffer.from(`${text}${hash('sha256', text)}\n`), entries])
}

async function newTrail(size: number): Promise<{ folder: string; path: string }> {
  const folder = newFolder()
  const store = await openFileStore(folder)
  for (let at = 0; at < size; at++) await store.append([draft('ticket', at)], {})
  await store.close()
  expect(linesOf(store.path).map(line => readEntry(Buffer.from(line)).body.seq)).toEqual([...Array(size).keys()])
  return { folder, path: store.path }
}
