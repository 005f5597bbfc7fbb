import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { openFileStore } from '@countersign/store-file'
import { describe, expect, test } from 'vitest'
import { openOn } from '../../packages/store-file/src/file-store.ts'
import { type FileSystem, nodeFileSystem } from '../../packages/store-file/src/file-system.ts'
import { draft } from './draft.ts'
import { flushing } from './file-flush.ts'
import { errorOf, idsOf, newFolder } from './trial.ts'

const failed = (code: string) => Object.assign(new Error(`${code}: refused`), { code })

/** What is to be done later is done when the test says so. */
function byHand(system: FileSystem = nodeFileSystem): { system: FileSystem; ripen: () => void; moments: number[] } {
  const waiting = new Set<() => void>()
  const moments: number[] = []
  return {
    system: {
      ...system,
      later: (milliseconds, work) => {
        moments.push(milliseconds)
        waiting.add(work)
        return () => waiting.delete(work)
      },
    },
    ripen: () => {
      for (const work of waiting) {
        waiting.delete(work)
        work()
      }
    },
    moments,
  }
}

const place = () => {
  const folder = newFolder()
  return { folder, path: join(folder, 'trail.jsonl'), journal: join(folder, 'trail.jsonl.journal') }
}

const long = (stream: string, bytes: number) => ({ ...draft(stream, 0), command: { comment: 'x'.repeat(bytes) } })

describe('The journal', () => {
  test('begins anew once the trail is flushed, and holds as before what cannot be flushed then', async () => {
    const { folder, path, journal } = place()
    const { system, ripen } = byHand(flushing(path, flush => (flush === 3 ? Promise.reject(failed('EIO')) : undefined)))
    const store = await openOn(system, folder)
    await store.append([draft('a', 0), draft('a', 1)], {})
    ripen()
    await expect.poll(() => readFileSync(journal, 'latin1')[0]).toBe('-')
    await store.append([draft('b', 0)], {})
    expect(readFileSync(journal, 'latin1').startsWith('0')).toBe(true)
    ripen()
    expect((await errorOf(store.close())).message).toContain('open the trail to write, which brings it in')
    const before = readFileSync(path)
    truncateSync(path, before.lastIndexOf(10, -2) + 1)
    const again = await openFileStore(folder)
    expect(await idsOf(again)).toEqual(['a/0', 'a/1', 'b/0'])
    await again.close()
    expect(readFileSync(path)).toEqual(before)
  })

  test('shows, where its writer was killed long after, that the trail was cut since, or that an older one lies in its place', async () => {
    const { folder, path, journal } = place()
    const { system, ripen } = byHand()
    const store = await openOn(system, folder)
    await store.append([draft('a', 0)], {})
    await store.append([draft('b', 0), draft('b', 1)], {})
    ripen()
    await expect.poll(() => readFileSync(journal, 'latin1')[0]).toBe('-')
    const [whole, told] = [readFileSync(path), readFileSync(journal)]
    await store.close()
    const first = whole.indexOf(10) + 1
    const other = Buffer.from(whole.toString().replace('"id":"b/1"', '"id":"b/7"'))
    const harms = {
      cut: [whole.subarray(0, -20), 'it was cut, or is an older one'],
      older: [whole.subarray(0, first), 'it was cut, or is an older one'],
      emptied: [Buffer.alloc(0), 'it was cut, or is an older one'],
      other: [other, 'it has other bytes there'],
    } as const
    for (const [harm, [bytes, because]] of Object.entries(harms)) {
      writeFileSync(path, bytes)
      writeFileSync(journal, told)
      const error = await errorOf(openFileStore(folder))
      expect([harm, error.code, error.message]).toEqual([harm, 'store.damaged', expect.stringContaining(because)])
      expect([readFileSync(path), readFileSync(journal)]).toEqual([Buffer.from(bytes), told])
    }
    writeFileSync(path, whole)
    const again = await openFileStore(folder)
    expect([await idsOf(again), again.recovered]).toEqual([['a/0', 'b/0', 'b/1'], undefined])
    await again.close()
  })

  test('is no loss to whoever asks for all of a trail beside writers that come, write and go', async () => {
    const { folder, path } = place()
    await (await openFileStore(folder)).close()
    let isOver = false
    const writing = async () => {
      for (let round = 0; round < 12; round++) {
        const store = await openFileStore(folder)
        await store.requireWhole()
        for (let at = 0; at < 8; at++)
          await store.append([draft(`${round}`, 2 * at), draft(`${round}`, 2 * at + 1)], {})
        await store.close()
      }
      isOver = true
    }
    const asking = async () => {
      let asked = 0
      for (; !isOver; asked++) {
        const reader = await openFileStore(path, { readOnly: true })
        await reader.requireWhole()
        await reader.requireWhole()
        await reader.close()
        expect((await errorOf(reader.requireWhole())).code).toBe('store.closed')
      }
      return asked
    }
    const [asked] = await Promise.all([asking(), writing()])
    expect(asked).toBeGreaterThan(10)
  })

  test('holds what a trail lacks whose writer was killed, and which is no part of what is read until it is brought in', async () => {
    const { folder, path, journal } = place()
    const { system } = byHand()
    const store = await openOn(system, folder)
    await store.append([draft('a', 0)], {})
    await store.append([draft('b', 0), draft('b', 1)], {})
    const [whole, told] = [readFileSync(path), readFileSync(journal)]
    await store.close()
    writeFileSync(path, whole.subarray(0, whole.indexOf(10) + 1))
    writeFileSync(journal, told)
    const reader = await openFileStore(folder, { readOnly: true })
    for (let round = 0; round < 2; round++) {
      const error = await errorOf(reader.requireWhole())
      expect([error.code, error.facts]).toEqual(['store.damaged', expect.objectContaining({ trail: path, entries: 3 })])
      expect(error.message).toMatch(
        / the 2 entries that belong at byte \d+ and may have been acknowledged are in .*alone/,
      )
      expect(await idsOf(reader)).toEqual(['a/0'])
    }
    await (await openFileStore(folder)).close()
    await reader.requireWhole()
    expect(await idsOf(reader)).toEqual(['a/0', 'b/0', 'b/1'])
    await reader.close()
  })

  test('is not grown without end: the trail is flushed by a mebibyte, and what was longer is cut', async () => {
    const { folder, journal } = place()
    const { system } = byHand()
    const store = await openOn(system, folder)
    for (let at = 0; at < 60; at++) {
      await store.append([long(`s${at}`, 60_000)], {})
      expect(statSync(journal).size).toBeLessThan(1_200_000)
    }
    await store.append(
      Array.from({ length: 80 }, (_, at) => long(`t${at}`, 60_000)),
      {},
    )
    await store.append([draft('last', 0)], {})
    expect(statSync(journal).size).toBeLessThan(1_200_000)
    await store.close()
  })

  test('is flushed for ten milliseconds at least before the trail is, and for eight flushes', async () => {
    const { folder } = place()
    const { system, moments } = byHand({
      ...nodeFileSystem,
      fdatasync: async fd => {
        await new Promise(resolve => setTimeout(resolve, 20))
        await nodeFileSystem.fdatasync(fd)
      },
    })
    const store = await openOn(system, folder)
    await store.append([draft('a', 0)], {})
    expect(moments.length).toBe(1)
    expect(moments[0]).toBeGreaterThanOrEqual(8 * 19)
    await store.close()
    const quick = byHand({ ...nodeFileSystem, fdatasync: () => Promise.resolve() })
    const other = await openOn(quick.system, newFolder())
    await other.append([draft('a', 0)], {})
    expect(quick.moments[0]).toBeGreaterThanOrEqual(10)
    await other.close()
  })

  test.skipIf(process.platform === 'win32')(
    'may be read by whoever may read the trail, whatever the mask',
    async () => {
      const { folder, path, journal } = place()
      await (await openFileStore(folder)).close()
      for (const mode of [0o600, 0o640, 0o666]) {
        chmodSync(path, mode)
        const store = await openFileStore(folder)
        expect(statSync(journal).mode & 0o777).toBe(mode)
        await store.close()
      }
    },
  )

  test.skipIf(process.platform === 'win32')('of a trail of another group is not for those of its own', async () => {
    const { folder, path, journal } = place()
    await (await openFileStore(folder)).close()
    chmodSync(path, 0o664)
    const given: number[] = []
    for (const may of [true, false]) {
      const system: FileSystem = {
        ...nodeFileSystem,
        fstat(fd) {
          const state = nodeFileSystem.fstat(fd)
          return state.inode === statSync(path).ino ? { ...state, group: state.group + 1 } : state
        },
        fchgrp: async (_, group) => {
          given.push(group)
          if (!may) throw failed('EPERM')
        },
      }
      const store = await openOn(system, folder)
      expect(statSync(journal).mode & 0o777).toBe(may ? 0o664 : 0o604)
      await store.close()
    }
    expect(given).toEqual([statSync(path).gid + 1, statSync(path).gid + 1])
  })
})

describe('An append', () => {
  test('that was asked for while the flush of the trail fails is refused, and nothing of it is there', async () => {
    const { folder, path } = place()
    const held = Promise.withResolvers<void>()
    const { system, ripen } = byHand(flushing(path, flush => (flush === 2 ? held.promise : undefined)))
    const store = await openOn(system, folder)
    await store.append([draft('a', 0)], {})
    ripen()
    const refused = errorOf(store.append([draft('b', 0)], {}))
    await new Promise(resolve => setTimeout(resolve, 20))
    held.reject(failed('EIO'))
    expect((await refused).facts.takenBack).toBe(true)
    await errorOf(store.close())
    const again = await openFileStore(folder)
    expect(await idsOf(again)).toEqual(['a/0'])
    await again.close()
  })

  test('for which the disk has no room is taken back, be it the first one, and the trail can be opened and gone on with', async () => {
    for (const before of [0, 1]) {
      const { folder, journal } = place()
      let isFull = before === 0
      const { system } = byHand({
        ...nodeFileSystem,
        write(fd, from, offset, length, position) {
          const isJournal = existsSync(journal) && nodeFileSystem.fstat(fd).inode === statSync(journal).ino
          if (isFull && isJournal) throw failed('ENOSPC')
          return nodeFileSystem.write(fd, from, offset, length, position)
        },
      })
      const store = await openOn(system, folder)
      for (let at = 0; at < before; at++) await store.append([draft('a', at)], {})
      isFull = true
      const error = await errorOf(store.append([draft('b', 0)], {}))
      expect([error.code, error.facts.takenBack]).toEqual(['store.unwritable', true])
      await store.close()
      const again = await openFileStore(folder)
      expect([(await again.head()).size, again.recovered]).toEqual([before, undefined])
      await again.append([draft('b', 0)], {})
      await again.close()
    }
  })

  test('that the journal cannot make durable fills up no trail that somebody has cut meanwhile', async () => {
    const { folder, path, journal } = place()
    let isBroken = false
    const { system } = byHand({
      ...nodeFileSystem,
      fdatasync: async fd => {
        if (isBroken && nodeFileSystem.fstat(fd).inode === statSync(journal).ino) {
          truncateSync(path, 10)
          isBroken = false
          throw failed('EIO')
        }
        await nodeFileSystem.fdatasync(fd)
      },
    })
    const store = await openOn(system, folder)
    await store.append([draft('a', 0)], {})
    isBroken = true
    expect((await errorOf(store.append([draft('b', 0)], {}))).code).toBe('store.unwritable')
    expect(statSync(path).size).toBe(10)
    await store.close()
  })

  test('that cannot be taken back comes in whole, whatever is flushed meanwhile', async () => {
    const { folder, path, journal } = place()
    let isBroken = false
    const hand = byHand({
      ...nodeFileSystem,
      write(fd, from, offset, length, position) {
        if (!isBroken || position !== null) return nodeFileSystem.write(fd, from, offset, length, position)
        nodeFileSystem.write(fd, from, offset, length >> 1, position)
        throw failed('ENOSPC')
      },
      ftruncate: async (fd, length) => {
        if (!isBroken) return nodeFileSystem.ftruncate(fd, length)
        hand.ripen()
        await new Promise(resolve => setTimeout(resolve, 20))
        throw failed('EIO')
      },
    })
    const store = await openOn(hand.system, folder)
    await store.append([draft('a', 0)], {})
    isBroken = true
    const error = await errorOf(store.append([draft('b', 0), draft('b', 1)], {}))
    expect([error.code, error.facts.takenBack]).toEqual(['store.unwritable', false])
    expect((await errorOf(store.close())).message).toContain('EIO')
    expect([readFileSync(journal, 'latin1')[0], existsSync(path)]).toEqual(['0', true])
    const again = await openFileStore(folder)
    expect(await idsOf(again)).toEqual(['a/0', 'b/0', 'b/1'])
    await again.close()
  })

  test('that the journal cannot let go of comes in whole, and closing tells of nothing more', async () => {
    const { folder, path } = place()
    let isBroken = false
    const { system } = byHand({
      ...nodeFileSystem,
      write(fd, from, offset, length, position) {
        if (isBroken && position === null) throw failed('ENOSPC')
        return nodeFileSystem.write(fd, from, offset, length, position)
      },
      ftruncate: async (fd, length) => {
        if (isBroken && nodeFileSystem.fstat(fd).inode !== statSync(path).ino) throw failed('EIO')
        await nodeFileSystem.ftruncate(fd, length)
      },
    })
    const store = await openOn(system, folder)
    await store.append([draft('a', 0)], {})
    isBroken = true
    expect((await errorOf(store.append([draft('b', 0)], {}))).facts.takenBack).toBe(false)
    await store.close()
    const again = await openFileStore(folder)
    expect(await idsOf(again)).toEqual(['a/0', 'b/0'])
    await again.close()
  })

  test('goes on where the journal could not be blotted out, whatever came of that, and all of them are there', async () => {
    for (const isDone of [false, true]) {
      const { folder, path, journal } = place()
      const { system, ripen } = byHand({
        ...nodeFileSystem,
        write(fd, from, offset, length, position) {
          if (length !== 1) return nodeFileSystem.write(fd, from, offset, length, position)
          if (isDone) nodeFileSystem.write(fd, from, offset, length, position)
          throw failed('EIO')
        },
      })
      const store = await openOn(system, folder)
      for (let at = 0; at < 3; at++) {
        await store.append([draft('a', at)], {})
        ripen()
        await new Promise(resolve => setTimeout(resolve, 20))
      }
      const flushed = readFileSync(path)
      await store.append([draft('b', 0)], {})
      await store.append([draft('c', 0)], {})
      // The power goes now, and neither of the last two is in the trail.
      const cut = place()
      writeFileSync(cut.path, flushed)
      copyFileSync(journal, cut.journal)
      await store.close()
      for (const one of [folder, cut.folder]) {
        const again = await openFileStore(one)
        expect([isDone, await idsOf(again)]).toEqual([isDone, ['a/0', 'a/1', 'a/2', 'b/0', 'c/0']])
        await again.close()
      }
    }
  })
})

describe('What somebody else does to a trail while its journal holds something', () => {
  const changes: Record<string, (path: string) => void> = {
    'appended to': path => appendFileSync(path, 'somebody\n'),
    'appended a byte to': path => appendFileSync(path, '\n'),
    cut: path => truncateSync(path, 10),
    emptied: path => truncateSync(path, 0),
    deleted: path => rmSync(path),
    moved: path => renameSync(path, `${path}.1`),
    replaced: path => {
      copyFileSync(path, `${path}.1`)
      renameSync(`${path}.1`, path)
    },
  }

  test.each(Object.entries(changes))(
    'makes the next append fail, and nothing of it is written, where it was %s',
    async (_, change) => {
      for (const when of ['between two', 'in the flush of the journal']) {
        const { folder, path, journal } = place()
        let isTime = false
        const { system } = byHand({
          ...nodeFileSystem,
          fdatasync: async fd => {
            await nodeFileSystem.fdatasync(fd)
            if (isTime) change(path)
            isTime = false
          },
        })
        const store = await openOn(system, folder)
        await store.append([draft('a', 0)], {})
        await store.append([draft('a', 1)], {})
        if (when === 'between two') change(path)
        else isTime = true
        const error = await errorOf(store.append([draft('b', 0)], {}))
        expect([when, error.code, error.facts.takenBack]).toEqual([when, 'store.unwritable', true])
        for (const name of [path, `${path}.1`, journal])
          if (existsSync(name)) expect(readFileSync(name, 'utf8')).not.toContain('"b"')
        // What was acknowledged before is in the journal still.
        expect(readFileSync(journal, 'utf8')).toContain('"id":"a/1"')
        await store.close()
        expect(readFileSync(journal, 'utf8')).toContain('"id":"a/1"')
      }
    },
  )

  test.each(['cut', 'emptied', 'deleted', 'replaced'])(
    'keeps the journal once the trail is flushed, and the next opening has all, where it was %s',
    async change => {
      const { folder, path, journal } = place()
      const { system, ripen } = byHand()
      const store = await openOn(system, folder)
      await store.append([draft('a', 0)], {})
      const before = readFileSync(path)
      await store.append([draft('b', 0), draft('b', 1)], {})
      if (change === 'replaced') {
        writeFileSync(`${path}.1`, before)
        renameSync(`${path}.1`, path)
      } else changes[change]?.(path)
      ripen()
      await new Promise(resolve => setTimeout(resolve, 20))
      expect((await errorOf(store.append([draft('c', 0)], {}))).facts.takenBack ?? true).toBe(true)
      await errorOf(store.close())
      expect(readFileSync(journal, 'latin1')[0]).toBe('0')
      const again = await openFileStore(folder)
      expect(await idsOf(again)).toEqual(['a/0', 'b/0', 'b/1'])
      await again.close()
    },
  )

  test('is not told as taken back where a copy of the journal lies in its place, from which it comes in', async () => {
    const { folder, journal } = place()
    let isTime = false
    const { system } = byHand({
      ...nodeFileSystem,
      fdatasync: async fd => {
        await nodeFileSystem.fdatasync(fd)
        if (!isTime) return
        isTime = false
        copyFileSync(journal, `${journal}.1`)
        renameSync(`${journal}.1`, journal)
      },
    })
    const store = await openOn(system, folder)
    await store.append([draft('a', 0)], {})
    isTime = true
    expect((await errorOf(store.append([draft('b', 0)], {}))).facts.takenBack).toBe(false)
    await store.close().catch(() => undefined)
    const again = await openFileStore(folder)
    expect(await idsOf(again)).toEqual(['a/0', 'b/0'])
    await again.close()
  })

  test('leaves no index beside it', async () => {
    const { folder, path } = place()
    const { system } = byHand()
    const store = await openOn(system, folder)
    for (let at = 0; at < 20; at++) await store.append([long(`s${at}`, 60_000)], {})
    appendFileSync(path, 'somebody\n')
    expect((await errorOf(store.close())).code).toBe('store.unwritable')
    expect(existsSync(`${path}.index`)).toBe(false)
  })
})

describe('A reader who has seen some of what the journal holds', () => {
  test('takes no part of what comes behind it', async () => {
    const { folder, path } = place()
    const { system } = byHand()
    const store = await openOn(system, folder)
    await store.append([draft('a', 0)], {})
    const reader = await openFileStore(folder, { readOnly: true })
    expect((await reader.head()).size).toBe(1)
    await store.append([draft('b', 0), draft('b', 1)], {})
    const whole = readFileSync(path)
    // As it is in the middle of the write.
    truncateSync(path, whole.lastIndexOf(10, -2) + 1)
    expect((await reader.head()).size).toBe(1)
    writeFileSync(path, whole)
    expect((await reader.head()).size).toBe(3)
    await reader.close()
    await store.close()
  })
})
