import { open } from 'node:fs/promises'
import type { bundleFormat } from 'countersign/bundle'
import { kindOf } from './trail-file.ts'

/** The first line of a bundle. It stands here again, as what reads bundles takes long to load, and most files are none. */
const mark: `${typeof bundleFormat}\n` = 'countersign/bundle/v1\n'
const beginning = new TextEncoder().encode(mark)

/** Whether a file begins as a bundle does. What cannot be read is none. */
export async function isBundle(path: string): Promise<boolean> {
  if ((await kindOf(path).catch(() => 'nothing')) !== 'file') return false
  try {
    const handle = await open(path)
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(beginning.length), 0, beginning.length, 0)
      return Buffer.compare(buffer.subarray(0, bytesRead), beginning) === 0
    } finally {
      await handle.close()
    }
  } catch {
    return false
  }
}
