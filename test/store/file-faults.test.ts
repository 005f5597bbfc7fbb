import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openFileStore } from '@countersign/store-file'
import { describe, expect, test } from 'vitest'
import { openOn } from '../../packages/store-file/src/file-store.ts'
import { nodeFileSystem } from '../../packages/store-file/src/file-system.ts'
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

  test('of entries that the side file had made durable, they are acknowledged, nothing comes after them, and the next opening has them', async () => {
    const folder = newFolder()
    const path = join(folder, 'trail.jsonl')
    const system = flushing(path, flush =>
      // The first is that of the opening.
      flush === 2 ? Promise.reject(Object.assign(new Error('EIO: fdatasync'), { code: 'EIO' })) : undefined,
    )
    const store = await openOn(system, folder)
    const drafts = [draft('a', 0), draft('a', 1)]
    const [acknowledged, behind] = await Promise.all([
      store.append(drafts, {}),
      // It is asked for in the next turn, when those were acknowledged and are being flushed.
      new Promise(resolve => setImmediate(resolve)).then(() => errorOf(store.append([draft('a', 2)], {}))),
    ])
    expect(acknowledged.length).toBe(2)
    expect([behind.code, behind.facts.takenBack ?? true]).toEqual(['store.unwritable', true])
    expect((await errorOf(store.append([draft('a', 2)], {}))).message).toContain('close the store and open it')
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
  })
})
