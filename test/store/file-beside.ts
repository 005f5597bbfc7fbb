import { closeSync, constants, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { expect, onTestFinished } from 'vitest'
import { openOn } from '../../packages/store-file/src/file-store.ts'
import { type FileSystem, nodeFileSystem } from '../../packages/store-file/src/file-system.ts'
import { draft } from './draft.ts'
import { newFolder } from './trial.ts'

/** One thing that a writer does to its files. Where that acknowledges entries, it gives how many are acknowledged by then. */
type Step = () => unknown

/**
 * A trail that was written by appends of so many entries each, as the steps in which a writer makes it who flushes the trail,
 * and begins the journal anew, after so many of them.
 */
export async function written(
  sizes: readonly number[],
  lap = 1,
): Promise<{ path: string; steps: Step[]; ends: number[]; perAppend: number }> {
  const folder = newFolder()
  const records: Buffer[] = []
  const system: FileSystem = {
    ...nodeFileSystem,
    write(fd, from, offset, length, position) {
      if (/^\d{16} /.test(Buffer.from(from).toString('latin1'))) records.push(Buffer.from(from))
      return nodeFileSystem.write(fd, from, offset, length, position)
    },
  }
  const store = await openOn(system, folder)
  const { path } = store
  const side = `${path}.journal`
  // Open all the while, as a writer has it.
  const file = openSync(path, 'a')
  onTestFinished(() => closeSync(file))
  const steps: Step[] = []
  const ends: number[] = []
  let from = 0
  let count = 0
  let length = 0
  for (const [append, size] of sizes.entries()) {
    await store.append(
      Array.from({ length: size }, (_, at) => draft('ticket', count + at)),
      {},
    )
    const bytes = readFileSync(path).subarray(from)
    const record = records.find(one => Number(one.subarray(0, 16).toString('latin1')) === from) as Buffer
    from += bytes.length
    count += size
    const acknowledged = count
    ends.push(acknowledged)
    const line = bytes.indexOf('\n') + 1
    // Within a line, at the end of one, and within another.
    const cuts = [0, 20, line, Math.min(line + 20, bytes.length), bytes.length]
    const at = length
    steps.push(() => writeAt(side, record, at))
    for (const [at, cut] of cuts.slice(0, -1).entries())
      steps.push(() => void writeSync(file, bytes.subarray(cut, cuts[at + 1])))
    steps.push(() => acknowledged)
    length = (append + 1) % lap === 0 ? 0 : length + record.length
    const isFlushed = length === 0
    steps.push(() => {
      if (isFlushed) writeAt(side, Buffer.from('-'), 0)
    })
  }
  await store.close()
  writeFileSync(path, '')
  return { path, steps, ends, perAppend: steps.length / ends.length }
}

function writeAt(path: string, bytes: Buffer, at: number): void {
  const fd = openSync(path, constants.O_WRONLY | constants.O_CREAT)
  writeSync(fd, bytes, 0, bytes.length, at)
  closeSync(fd)
}

/** A file system for a reader, on which a writer does so many steps at every call, until its size was asked for `until` times. */
export function beside(steps: readonly Step[], each: number) {
  let done = 0
  const writer = { acknowledged: 0, looks: 0, until: Infinity, isDone: () => done >= steps.length, step }
  function step(): void {
    const told = steps[done++]?.()
    if (typeof told === 'number') writer.acknowledged = told
  }
  const go = () => {
    if (writer.looks >= writer.until) return
    for (let count = 0; count < each; count++) step()
  }
  const system: FileSystem = {
    ...nodeFileSystem,
    fstat(fd) {
      go()
      writer.looks += 1
      return nodeFileSystem.fstat(fd)
    },
    open(...asked) {
      go()
      return nodeFileSystem.open(...asked)
    },
    readText(path) {
      go()
      return nodeFileSystem.readText(path)
    },
    async read(...asked) {
      go()
      return await nodeFileSystem.read(...asked)
    },
  }
  return { system, writer }
}

/** Of how many entries the appends are, one after the other. */
export const kinds: readonly (readonly [name: string, sizes: readonly number[]])[] = [
  ['one entry at a time', [1]],
  ['several entries at a time', [3]],
  ['one entry and several in turn', [1, 3, 2, 1, 1, 4]],
]

/**
 * Reads beside a writer of every pace, from every moment at which it may be, or from some: the reader comes to an end, leaves
 * out nothing acknowledged, and takes no part of an append.
 */
export async function readBeside(kinds: readonly number[], every = 1): Promise<void> {
  const sizes = Array.from({ length: 120 }, (_, at) => kinds[at % kinds.length] as number)
  for (const lap of [1, 5]) await readBesideLaps(await written(sizes, lap), every)
}

async function readBesideLaps({ path, steps, ends }: Awaited<ReturnType<typeof written>>, every: number) {
  let settled = 0
  for (let each = 1; each <= 7; each++) {
    for (let before = 0; before < 24; before += every) {
      writeFileSync(path, '')
      writeFileSync(`${path}.lock`, 'the same writer all the while')
      const { system, writer } = beside(steps, each)
      for (let count = 0; count < before; count++) writer.step()
      const reader = await openOn(system, path, { readOnly: true })
      const { acknowledged, looks } = writer
      // Every other time the writer stands still from when the size was read for the last time.
      if (before % 2 === 1) writer.until = looks + 2 * 8 + 1
      const { size } = await reader.head()
      expect(writer.looks - looks).toBeLessThanOrEqual(3 * 8)
      if (!writer.isDone()) {
        settled += 1
        expect([0, ...ends]).toContain(size)
        expect(size).toBeGreaterThanOrEqual(acknowledged)
      }
      while (!writer.isDone()) writer.step()
      expect((await reader.head()).size).toBe(ends.at(-1))
      await reader.close()
      rmSync(`${path}.journal`, { force: true })
    }
  }
  expect(settled).toBeGreaterThan(100 / every)
}

/** Reads beside a writer that never pauses, and ends its last append and closes just after its size was read in the middle of it. */
export async function readBesideClosing(): Promise<void> {
  const { path, steps, ends, perAppend } = await written(Array.from({ length: 40 }, () => 3))
  writeFileSync(`${path}.lock`, 'the same writer all the while')
  let done = 0
  let looks = 0
  const go = (until: number) => {
    while (done < until) steps[done++]?.()
  }
  const system: FileSystem = {
    ...nodeFileSystem,
    fstat(fd) {
      looks += 1
      const end = Math.min(looks, 17) * perAppend
      // Of the last one its first line, and a part of the second.
      go(looks === 17 ? end - perAppend + 4 : end)
      const state = nodeFileSystem.fstat(fd)
      if (looks === 17) {
        go(end)
        rmSync(`${path}.journal`)
      }
      return state
    },
  }
  const reader = await openOn(system, path, { readOnly: true })
  expect(looks).toBeGreaterThan(17)
  // Else it has taken a part of the last append when it was opened.
  expect([reader.recovered, (await reader.head()).size]).toEqual([undefined, ends[16]])
  await reader.close()
}
