import { type ChildProcess, spawn } from 'node:child_process'
import { hash } from 'node:crypto'
import { once } from 'node:events'
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openFileStore } from '@countersign/store-file'
import { leafHash, readEntry } from '@countersign/trail'
import { describe, expect, onTestFinished, test } from 'vitest'
import { draft } from './draft.ts'
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
  test('is dropped whole, at whatever byte it was cut', async () => {
    const { folder, path } = await newTrail(1)
    const before = statSync(path).size
    const store = await openFileStore(path)
    await store.append([draft('b', 0), draft('b', 1), draft('b', 2)], {})
    // The side file as a crash in this write would leave it.
    const whole = readFileSync(path)
    const mark = markOf(path, before)
    await store.close()
    for (let end = before; end <= whole.length; end += 7) {
      const cut = join(folder, `cut-${end}`)
      mkdirSync(cut)
      copyFileSync(path, join(cut, 'trail.jsonl'))
      truncateSync(join(cut, 'trail.jsonl'), end)
      writeFileSync(join(cut, 'trail.jsonl.batch'), mark)
      const reader = await openFileStore(cut, { readOnly: true })
      expect((await reader.head()).size).toBe(end === whole.length ? 4 : 1)
      await reader.close()
      const again = await openFileStore(cut)
      expect((await again.head()).size).toBe(end === whole.length ? 4 : 1)
      expect(again.recovered?.because).toBe(end === before || end === whole.length ? undefined : 'batch')
      await again.close()
      expect(existsSync(join(cut, 'trail.jsonl.batch'))).toBe(false)
    }
  })

  test('says nothing about another trail, nor does a side file that is itself torn', async () => {
    const { path } = await newTrail(1)
    const store = await openFileStore(path)
    await store.append([draft('b', 0), draft('b', 1), draft('b', 2)], {})
    const mark = markOf(path, Buffer.byteLength(`${linesOf(path)[0]}\n`))
    await store.close()
    const shorter = `${linesOf(path).slice(0, 3).join('\n')}\n`
    const foreign = mark.replace(/ [0-9a-f]{64} /, ` ${'0'.repeat(64)} `)
    for (const other of [mark.slice(0, 50), mark.slice(0, -2), '', 'x', foreign]) {
      writeFileSync(path, shorter)
      writeFileSync(`${path}.batch`, other)
      const again = await openFileStore(path)
      expect((await again.head()).size).toBe(3)
      expect(again.recovered).toBeUndefined()
      await again.close()
    }
  })
})

describe('Entries of which a power cut has kept something from the disk', () => {
  test('are dropped whole where they were written at once, and not where they were acknowledged.', async () => {
    const folder = newFolder()
    const path = join(folder, 'trail.jsonl')
    const store = await openFileStore(folder)
    await store.append([draft('a', 0)], {})
    const before = statSync(path).size
    const page = (stream: string) => ({ ...draft(stream, 0), command: { comment: 'x'.repeat(3_000) } })
    await Promise.all(['b', 'c', 'd'].map(stream => store.append([page(stream)], {})))
    const [mark, together] = [markOf(path, before), readFileSync(path)]
    await store.append([draft('a', 1)], {})
    await store.close()
    const later = readFileSync(path)
    const holed = (bytes: Uint8Array) => Buffer.from(bytes).fill(0, 4096, 8192)

    for (const readOnly of [true, false]) {
      writeFileSync(path, holed(together))
      writeFileSync(`${path}.batch`, mark)
      const again = await openFileStore(path, { readOnly })
      expect([await idsOf(again), again.recovered?.because]).toEqual([['a/0'], 'batch'])
      await again.close()
    }
    expect(existsSync(`${path}.batch`)).toBe(false)

    const damaged: Record<string, readonly [bytes: Uint8Array, mark?: string]> = {
      'without a mark': [holed(together)],
      'with a mark that was blotted out': [holed(together), `-${mark.slice(1)}`],
      'with something written after it, and a mark that came back': [holed(later), mark],
    }
    for (const [how, [bytes, side]] of Object.entries(damaged)) {
      writeFileSync(path, bytes)
      if (side !== undefined) writeFileSync(`${path}.batch`, side)
      expect([how, (await errorOf(openFileStore(path))).code]).toEqual([how, 'store.damaged'])
      expect(readFileSync(path)).toEqual(bytes)
    }

    writeFileSync(path, together)
    writeFileSync(`${path}.batch`, mark)
    const whole = await openFileStore(path)
    expect([(await whole.head()).size, whole.recovered]).toEqual([4, undefined])
    await whole.close()
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
  test('loses nothing more than what somebody cuts off it, be the store closed, open or killed by then.', async () => {
    for (const how of ['closed', 'open', 'killed']) {
      const folder = newFolder()
      const store = await openFileStore(folder)
      await store.append([draft('a', 0)], {})
      await store.append([draft('b', 0), draft('b', 1), draft('b', 2)], {})
      if (how === 'closed') await store.close()
      // What a process that is killed now leaves in the folder, or whoever copies it meanwhile.
      const left = how === 'killed' ? newFolder() : folder
      if (how === 'killed') cpSync(folder, left, { recursive: true, filter: name => !name.endsWith('.lock') })
      if (how === 'closed') expect(existsSync(join(left, 'trail.jsonl.batch'))).toBe(false)
      const path = join(left, 'trail.jsonl')
      writeFileSync(path, `${linesOf(path).slice(0, 3).join('\n')}\n`)
      const reader = await openFileStore(left, { readOnly: true })
      expect([how, (await reader.head()).size, reader.recovered]).toEqual([how, 3, undefined])
      await reader.close()
      // Whoever has it open is told when they close it.
      if (how === 'open') expect((await errorOf(store.close())).code).toBe('store.unwritable')
      if (how === 'killed') await store.close()
      const again = await openFileStore(left)
      expect([how, (await again.head()).size, again.recovered]).toEqual([how, 3, undefined])
      await again.close()
    }
  })
})

/** What says, beside a trail, that its entries from this byte to its end are to come together. */
function markOf(path: string, start: number): string {
  const bytes = readFileSync(path)
  const before = bytes.subarray(0, start - 1)
  const prev = leafHash(before.subarray(before.lastIndexOf(0x0a) + 1))
  const digest = hash('sha256', bytes.subarray(start))
  const text = `${`${start}`.padStart(16, '0')} ${`${bytes.length}`.padStart(16, '0')} ${prev} ${digest} `
  return `${text}${hash('sha256', text)}\n`
}

async function newTrail(size: number): Promise<{ folder: string; path: string }> {
  const folder = newFolder()
  const store = await openFileStore(folder)
  for (let at = 0; at < size; at++) await store.append([draft('ticket', at)], {})
  await store.close()
  expect(linesOf(store.path).map(line => readEntry(Buffer.from(line)).body.seq)).toEqual([...Array(size).keys()])
  return { folder, path: store.path }
}
