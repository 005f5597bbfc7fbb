import { open, rename, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Puts a file in the place of the one that has this name, durably: whoever reads, or starts again after a crash at any
 * point, finds the old one or the new one whole. When it returns, the disk has the new one.
 */
export async function replaceFile(path: string, content: string | Uint8Array, mode: number): Promise<void> {
  const draft = `${path}.${process.pid}.new`
  try {
    const file = await open(draft, 'w', mode)
    try {
      await file.writeFile(content)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, path)
  } catch (error) {
    await unlink(draft).catch(() => undefined)
    throw error
  }
  await syncFolder(dirname(path))
}

/** Makes a name durable that was just given in a folder. Windows lets no folder be opened, and does so by itself. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
