import { describe, test } from 'vitest'
import { kinds, readBeside } from '../store/file-beside.ts'
import { loseBlocks } from '../store/file-disk.ts'
import { failInNew, failInTorn } from '../store/file-failing.ts'
import { faults } from '../store/file-load.ts'
import { failInIndex } from '../store/long-trail.ts'

describe('A trail that is read beside a writer that never pauses', () => {
  test.each(kinds)(
    '%s: the reader comes to an end, leaves out nothing acknowledged, and takes no part of an append',
    (_, sizes) => readBeside(sizes),
  )
})

describe.each([...faults])('Where one system call goes wrong (%s)', (_, fault) => {
  test('no acknowledged entry is lost and no half is taken, in a new trail', () => failInNew(fault))

  test('no acknowledged entry is lost and no half is taken, in a trail that has to be repaired', () =>
    failInTorn(fault))

  test('nothing hangs on the index: the trail is closed and whole', () => failInIndex(fault))
})

test('Whatever of a write the power keeps from the disk, the trail opens with all that was acknowledged', () =>
  loseBlocks())
