import { openFileStore } from '@countersign/store-file'
import { describe, expect, test } from 'vitest'
import { openOn } from '../../packages/store-file/src/file-store.ts'
import { nodeFileSystem } from '../../packages/store-file/src/file-system.ts'
import { draft } from './draft.ts'
import { failInNew, failInTorn } from './file-failing.ts'
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
})
