import { lstat, mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { openFileStore } from '@countersign/store-file'
import { CountersignError } from '@countersign/trail'

/** Everything that the demo writes into its folder, and therefore may delete again. */
export const files = {
  trail: 'trail.jsonl',
  checkpoint: 'checkpoint',
  vkey: 'vkey',
  tampered: 'tampered',
  changed: join('tampered', 'one-byte.jsonl'),
  forged: join('tampered', 'forged.jsonl'),
} as const

const lock = `${files.trail}.lock`
const own = new Set<string>([files.trail, lock, `${files.trail}.journal`, files.checkpoint, files.vkey, files.tampered])
const ownTampered = new Set(['one-byte.jsonl', 'forged.jsonl'])

/**
 * Makes the folder anew. What is there is deleted only if it is a real folder and holds nothing but what the demo itself
 * writes, and if nobody is writing the trail in it now. Throws `CountersignError`, having deleted nothing, where not.
 */
export async function makeFolder(folder: string): Promise<void> {
  const found = await lstat(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (found !== undefined) {
    if (!found.isDirectory()) throw notOurs(folder, 'it is no folder')
    const names = await readdir(folder)
    const tampered = names.includes(files.tampered) ? await inner(join(folder, files.tampered)) : []
    const stranger = [...names.filter(name => !own.has(name)), ...tampered.filter(name => !ownTampered.has(name))][0]
    if (stranger !== undefined)
      throw notOurs(folder, `it holds ${JSON.stringify(stranger)}, which the demo did not put there`)
    if (names.includes(lock)) await requireNoWriter(folder)
    await rm(folder, { recursive: true })
  }
  await mkdir(join(folder, files.tampered), { recursive: true })
}

async function inner(folder: string): Promise<string[]> {
  if ((await lstat(folder)).isDirectory()) return readdir(folder)
  throw notOurs(folder, 'it is no folder')
}

/** A lock may be left from a run that was killed; whether its holder lives is for the store to judge. */
async function requireNoWriter(folder: string): Promise<void> {
  try {
    await (await openFileStore(folder)).close()
  } catch (error) {
    // A trail that is damaged is no reason to keep it: nobody is writing it.
    if (!(error instanceof CountersignError) || error.code !== 'store.damaged') throw error
  }
}

const notOurs = (folder: string, why: string) =>
  new CountersignError('input', `${folder} is left alone: ${why}. Move it away and start again.`, { facts: { folder } })
