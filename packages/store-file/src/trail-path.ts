import { basename, dirname, join, resolve } from 'node:path'
import { CountersignError } from '@countersign/trail'
import { unwritable } from './fault.ts'
import { type FileState, type FileSystem, syncFolder, systemCode } from './file-system.ts'

/** The trail's file and what lies beside it. */
export interface TrailPath {
  readonly file: string
  readonly folder: string
  readonly lock: string
  readonly journal: string
  readonly index: string
}

/**
 * Which file a person means. A path that ends in `.jsonl`, or is a file already, is the trail; any other is the folder
 * that holds `trail.jsonl`. A symbolic link is followed, so that all names of a trail share its lock.
 *
 * Throws `input` where something else than a file is there, or a symbolic link that leads to nothing.
 */
export async function trailPath(system: FileSystem, path: string): Promise<TrailPath> {
  // Of a variable that is not set, say.
  if (typeof path !== 'string') throw unfit(String(path), 'is no text: expected a folder, or a file like trail.jsonl')
  if (path === '') throw unfit(path, 'is empty: expected a folder, or a file like trail.jsonl')
  if (path.includes('\0')) throw unfit(path, 'holds a NUL character')
  const named = resolve(path)
  const file =
    named.endsWith('.jsonl') || (await look(system, named))?.kind === 'file' ? named : join(named, 'trail.jsonl')
  const found = await look(system, file)
  if (found === undefined) {
    // What it is to lead to may be on a disk that is not mounted; a trail that began there would be another one.
    const target = await system.readLink(file).catch(() => undefined)
    if (target !== undefined)
      throw unfit(
        file,
        `is a symbolic link that leads to ${target}, where nothing is: mount the disk on which the trail lies, or take the link away`,
      )
    return beside(file)
  }
  if (found.kind === 'folder') throw unfit(file, 'is a folder where the file of a trail is expected')
  if (found.kind === 'other') throw unfit(file, 'is no regular file (a device, pipe or socket cannot hold a trail)')
  return beside(await reach(file, system.realpath(file)))
}

/** Makes the folder, and everything above it that is missing, durably. */
export async function makeFolder(system: FileSystem, folder: string): Promise<void> {
  try {
    const topmost = await system.makeFolder(folder)
    if (topmost === undefined) return
    // Each new folder is an entry of the one above it.
    for (let made = folder; ; made = dirname(made)) {
      await syncFolder(system, dirname(made))
      if (made === topmost || made === dirname(made)) return
    }
  } catch (cause) {
    throw unwritable(folder, 'make the folder', cause)
  }
}

function beside(file: string): TrailPath {
  const folder = dirname(file)
  const name = basename(file)
  const side = (kind: string) => join(folder, `${name}.${kind}`)
  return { file, folder, lock: side('lock'), journal: side('journal'), index: side('index') }
}

async function look(system: FileSystem, path: string): Promise<FileState | undefined> {
  try {
    return await system.stat(path)
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return undefined
    throw unwritable(path, 'reach', cause)
  }
}

async function reach<T>(path: string, result: Promise<T>): Promise<T> {
  try {
    return await result
  } catch (cause) {
    throw unwritable(path, 'reach', cause)
  }
}

function unfit(path: string, because: string): CountersignError {
  return new CountersignError('input', `the path ${JSON.stringify(path)} ${because}`, { facts: { path, because } })
}
