import { chmodSync, mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** In which variable a run of the tests tells the folder that is its own. */
export const runFolder = 'COUNTERSIGN_TEST_RUN'

/** Memory as a folder, as Linux has it. */
const memory = '/dev/shm'
/** Less than this is the small share of it that containers get. */
const enough = 2 ** 31

/**
 * Gives a run of the tests a folder for all that is temporary, which is gone with it. Thousands of small files are written, and none has
 * to last: where memory can be had as a folder, nobody waits for a disk.
 */
export default function setup(): () => void {
  const folder = inMemory() ?? mkdtempSync(join(tmpdir(), 'cs-tests-'))
  // A database server runs as somebody else, and has a folder of its own in it.
  chmodSync(folder, 0o711)
  process.env.TMPDIR = folder
  process.env[runFolder] = folder
  return () => rmSync(folder, { recursive: true, force: true })
}

function inMemory(): string | undefined {
  try {
    const { bavail, bsize } = statfsSync(memory)
    return bavail * bsize < enough ? undefined : mkdtempSync(join(memory, 'cs-tests-'))
  } catch {
    return undefined
  }
}
