import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openFileStore } from '@countersign/store-file'
import type { Store } from '@countersign/trail/store'
import { describe, expect, test } from 'vitest'
import { openOn } from '../../packages/store-file/src/file-store.ts'
import { type FileSystem, nodeFileSystem } from '../../packages/store-file/src/file-system.ts'
import { draft } from './draft.ts'
import { failInNew, failInTorn } from './file-failing.ts'
import { flushing } from './file-flush.ts'
import { faults } from './file-load.ts'
import { errorOf, idsOf, newFolder } from './trial.ts'

describe.each([...faults])('Where one system call of some goes wrong (%s)', (_, fault) => {
  test('no acknowledged entry is lost and no half is taken, in a new trail', () => failInNew(fault, 5))

  test('no acknowledged entry is lost and no half is taken, in a trail that has to be repaired', () =>
    failInTorn(fault, 5))
})

describe('After a write has failed', () => {
  test('what waited behind it is refused with it, no append is taken, and what is durable can be read', async () => {
    let broken = false
    const fdatasync = async (fd: number): Promise<void> => {
      if (!broken) return nodeFileSystem.fdatasync(fd)
      broken = false
      throw Object.assign(new Error('EIO: fdatasync'), { code: 'EIO' })
    }
    const folder = newFolder()
    const store = await openOn({ ...nodeFileSystem, fdatasync }, folder)
    await store.append([draft('a', 0)], {})
    const head = await store.head()
    broken = true
    const failing = errorOf(store.append([draft('a', 1)], {}))
    await new Promise(resolve => process.nextTick(resolve))
    const behind = errorOf(store.append([draft('b', 0)], {}))
    const conflicting = errorOf(store.append([draft('a', 1)], { a: 1 }))
    for (const error of [await failing, await behind, await conflicting]) {
      expect(error.code).toBe('store.unwritable')
      expect(error.message).toContain('EIO')
      expect(error.cause).toMatchObject({ code: 'EIO' })
      expect(error.facts.takenBack).toBe(true)
    }
    const later = await errorOf(store.append([draft('a', 1)], { a: 1 }))
    expect(later.code).toBe('store.unwritable')
    expect(later.message).toContain('close the store and open it')
    expect(await store.head()).toEqual(head)
    expect(await idsOf(store)).toEqual(['a/0'])
    await store.close()
    const again = await openFileStore(folder)
    expect(again.recovered).toBeUndefined()
    await again.append([draft('a', 1)], { a: 1 })
    await again.close()
  })

  test('of entries that the journal had made durable, they are acknowledged, nothing comes after them, and the next opening has them', async () => {
    const folder = newFolder()
    const path = join(folder, 'trail.jsonl')
    let flushes = 0
    const system = flushing(path, flush => {
      flushes = flush
      // The first is that of the opening.
      return flush === 2 ? Promise.reject(failure) : undefined
    })
    const store = await openOn(system, folder)
    const acknowledged = await store.append([draft('a', 0), draft('a', 1)], {})
    expect(acknowledged.length).toBe(2)
    await expect.poll(() => flushes).toBe(2)
    const behind = await errorOf(store.append([draft('a', 2)], {}))
    expect([behind.code, behind.facts.takenBack ?? true]).toEqual(['store.unwritable', true])
    expect(behind.message).toContain('close the store and open it')
    await expectOwed(store, path, folder)
  })

  test('and what was acknowledged before it can no longer be flushed, the next opening has that', async () => {
    const folder = newFolder()
    const path = join(folder, 'trail.jsonl')
    let broken = false
    const system: FileSystem = {
      ...flushing(path, flush => (flush > 1 ? Promise.reject(failure) : undefined)),
      write(fd, from, offset, length, position) {
        if (broken && position === null) throw failure
        return nodeFileSystem.write(fd, from, offset, length, position)
      },
    }
    const store = await openOn(system, folder)
    await store.append([draft('a', 0), draft('a', 1)], {})
    broken = true
    const refused = await errorOf(store.append([draft('b', 0)], {}))
    expect([refused.code, refused.facts.takenBack]).toEqual(['store.unwritable', false])
    const told = await errorOf(store.close())
    expect(told.message).toContain('open the trail to write, which brings it in')
    // What was not flushed is gone. What could not be taken back comes in whole.
    writeFileSync(path, '')
    const again = await openFileStore(folder)
    expect(await idsOf(again)).toEqual(['a/0', 'a/1', 'b/0'])
    await again.close()
  })
})

const failure = Object.assign(new Error('EIO: fdatasync'), { code: 'EIO' })

/** The store has acknowledged two entries that it could not flush; that is told when it is closed, and they are in the journal. */
async function expectOwed(store: Store, path: string, folder: string): Promise<void> {
  expect(await idsOf(store)).toEqual(['a/0', 'a/1'])
  const told = await errorOf(store.close())
  expect([told.code, told.message]).toEqual(['store.unwritable', expect.stringContaining('EIO')])
  expect(told.message).toContain('open the trail to write, which brings it in')
  // What was not flushed is gone.
  writeFileSync(path, '')
  const again = await openFileStore(folder)
  expect(await idsOf(again)).toEqual(['a/0', 'a/1'])
  expect((await again.append([draft('a', 2)], {})).length).toBe(1)
  await again.close()
}
