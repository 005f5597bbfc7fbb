import { describe, expect, test } from 'vitest'
import { openOn } from '../../packages/store-file/src/file-store.ts'
import type { FileSystem } from '../../packages/store-file/src/file-system.ts'
import { beside, kinds, readBeside, readBesideClosing, written } from './file-beside.ts'
import { errorOf } from './trial.ts'

describe('A trail that is read beside a writer that never pauses', () => {
  test.each(kinds)(
    '%s: the reader comes to an end, leaves out nothing acknowledged, and takes no part of an append, from some moments on',
    (_, sizes) => readBeside(sizes, 5),
  )

  test('is read up to the end of an append where the writer closes meanwhile', readBesideClosing)

  test('says so where the writer is another one each time', async () => {
    const { path, steps } = await written(Array.from({ length: 120 }, () => 1))
    const { system } = beside(steps, 2)
    let token = 0
    const changing: FileSystem = {
      ...system,
      readText: async name => (name.endsWith('.lock') ? `writer ${token++}` : await system.readText(name)),
    }
    const error = await errorOf(openOn(changing, path, { readOnly: true }))
    expect([error.code, error.message]).toEqual(['store.unavailable', expect.stringContaining('try again later')])
    expect(error.facts).toEqual({ path })
  })
})
