import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { openOn } from '../../packages/store-file/src/file-store.ts'
import { type FileSystem, nodeFileSystem } from '../../packages/store-file/src/file-system.ts'
import { Pace } from '../../packages/store-file/src/pace.ts'
import { draft } from './draft.ts'
import { newFolder } from './trial.ts'

/**
 * Flushes one after the other that take so long each, of one call unless told otherwise; gives which were waited for in place, and
 * before which everybody else had a turn.
 */
function flushes(pace: Pace, count: number, { takes = 0.1, calls = 1, others = 0 } = {}): string {
  let told = ''
  for (let flush = 0; flush < count; flush += 1) {
    if (pace.givesWay()) told += '_'
    const inPlace = pace.waitsFor(calls)
    if (inPlace) pace.waited(takes)
    else pace.handedOver(takes, calls, others)
    told += inPlace ? '.' : '>'
  }
  return told
}

describe('A flush', () => {
  test('is waited for in place where a caller is alone, and everybody else has a turn now and then', () => {
    expect(flushes(new Pace(), 28)).toBe('>>>>>>>>........_........_....')
    // Or a millisecond.
    expect(flushes(new Pace(), 16, { takes: 0.5 })).toBe('>>>>>>>>.._.._.._..')
  })

  test('is handed over where flushes take a millisecond', () => {
    expect(flushes(new Pace(), 40, { takes: 1 })).toBe('>'.repeat(40))
    const pace = new Pace()
    expect(flushes(pace, 10)).toBe('>>>>>>>>..')
    expect(flushes(pace, 6, { takes: 3 })).toBe('._._._>>>')
    expect(flushes(pace, 12)).toBe('>>>>>.......')
  })

  test('is waited for in place where one before it took long, and the others did not', () => {
    const pace = new Pace()
    expect(flushes(pace, 24)).toBe('>>>>>>>>........_........')
    expect(flushes(pace, 1, { takes: 5 })).toBe('_.')
    expect(flushes(pace, 5)).toBe('_.....')
    expect(flushes(pace, 1, { takes: 50 })).toBe('.')
    expect(flushes(pace, 20)).toBe('_>>>>>>>>>>>>>>>.....')
  })

  test('is handed over where several calls share it, and for a while after somebody else has come during one', () => {
    expect(flushes(new Pace(), 20, { calls: 2 })).toBe('>'.repeat(20))
    const pace = new Pace()
    expect(flushes(pace, 16)).toBe('>>>>>>>>........')
    expect(flushes(pace, 1, { calls: 2 })).toBe('_>')
    expect(flushes(pace, 9)).toBe('>>>>>>>>.')
    expect(flushes(pace, 1, { calls: 2, others: 1 })).toBe('>')
    expect(flushes(pace, 7)).toBe('>>>>>>>')
    expect(flushes(pace, 1, { others: 1 })).toBe('>')
    expect(flushes(pace, 9)).toBe('>>>>>>>>.')
  })
})

describe('A caller who is alone', () => {
  test('is answered when the disk has what was appended, whoever waits for it, and refused with all else where it has not', async () => {
    /** The flushes of the journal. That of the trail comes a moment later, and nobody waits for it. */
    const flushed = { fdatasync: 0, fdatasyncInPlace: 0 }
    let breaks = false
    const journals = new Set<number>()
    const system = {
      ...nodeFileSystem,
      open: async (path: string, flags: number, mode?: number) => {
        const fd = await nodeFileSystem.open(path, flags, mode)
        if (path.endsWith('.journal')) journals.add(fd)
        return fd
      },
      fdatasync: async (fd: number) => {
        await nodeFileSystem.fdatasync(fd)
        flushed.fdatasync += journals.has(fd) ? 1 : 0
      },
      fdatasyncInPlace: (fd: number) => {
        if (breaks) throw Object.assign(new Error('EIO: fdatasync'), { code: 'EIO' })
        nodeFileSystem.fdatasyncInPlace(fd)
        flushed.fdatasyncInPlace += 1
      },
    }
    const store = await openOn(system, newFolder())
    let at = 0
    // A disk that is slow now and then makes it begin anew, and so it is a matter of patience only.
    while (flushed.fdatasyncInPlace < 20 && at < 5_000) {
      const before = flushed.fdatasync + flushed.fdatasyncInPlace
      await store.append([draft('a', at)], { a: at })
      expect(flushed.fdatasync + flushed.fdatasyncInPlace).toBe(before + 1)
      at += 1
    }
    expect((await store.head()).size).toBe(at)
    breaks = true
    let refused: unknown
    while (refused === undefined && at < 10_000) {
      await store.append([draft('a', at)], { a: at }).then(
        () => {
          at += 1
        },
        error => {
          refused = error
        },
      )
    }
    expect(refused).toMatchObject({ code: 'store.unwritable', facts: { takenBack: true } })
    expect((await store.head()).size).toBe(at)
    await store.close()
    const again = await openOn(nodeFileSystem, store.path)
    expect((await again.head()).size).toBe(at)
    await again.close()
  })

  test('is none where others come during each flush, however seldom two of them share one', async () => {
    let inPlace = 0
    let others: (() => void)[] = []
    const system: FileSystem = {
      ...nodeFileSystem,
      fdatasync: async () => {
        for (const other of others.splice(0)) other()
      },
      fdatasyncInPlace: () => {
        inPlace += 1
      },
    }
    const store = await openOn(system, newFolder())
    for (let at = 0; at < 40; at += 1) {
      const other = new Promise<unknown>((resolve, reject) => {
        others = [() => store.append([draft('b', at)], { b: at }).then(resolve, reject)]
      })
      await store.append([draft('a', at)], { a: at })
      await other
    }
    expect(inPlace).toBe(0)
    await store.close()
  })

  test('keeps nobody else from appending, however often they append', async () => {
    // A disk that is quick, so that the thread waits for each flush that it may wait for.
    const system = { ...nodeFileSystem, fdatasync: async () => {}, fdatasyncInPlace: () => {} }
    const store = await openOn(system, newFolder())
    let at = 0
    const alone = async (count: number) => {
      for (let turn = 0; turn < count; turn += 1) await store.append([draft('a', at)], { a: at++ })
    }
    await alone(16)
    const other = new Promise<number | undefined>((resolve, reject) => {
      setImmediate(() => {
        store.append([draft('b', 0)], { b: 0 }).then(([sealed]) => resolve(sealed?.seq), reject)
      })
    })
    await alone(64)
    expect(await other).toBeLessThan(40)
    await store.close()
  })

  test('is answered where a test of theirs has put its own clock in the place of the engine’s', async () => {
    const system = { ...nodeFileSystem, fdatasync: async () => {}, fdatasyncInPlace: () => {} }
    const store = await openOn(system, newFolder())
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    for (let at = 0; at < 64; at += 1) await store.append([draft('a', at)], { a: at })
    vi.useRealTimers()
    expect((await store.head()).size).toBe(64)
    await store.close()
  })
})
