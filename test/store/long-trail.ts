import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { openFileStore } from '@countersign/store-file'
import type { Draft } from '@countersign/trail/store'
import { expect } from 'vitest'
import { openOn } from '../../packages/store-file/src/file-store.ts'
import { type FileSystem, nodeFileSystem } from '../../packages/store-file/src/file-system.ts'
import { draft } from './draft.ts'
import { type Fault, faulty } from './file-load.ts'
import { idsOf, newFolder } from './trial.ts'

/** An entry of some 60,000 bytes: eighteen of them are a mebibyte. */
export const long = (stream: string, streamSeq: number): Draft => ({
  ...draft(stream, streamSeq),
  command: { type: 'approve', comment: 'x'.repeat(60_000) },
})

/** Twenty appends, and the closing, in which the system is another one. */
async function grow(closing: FileSystem, folder: string): Promise<void> {
  let system = nodeFileSystem
  const switched = Object.keys(nodeFileSystem).map(name => [
    name,
    (...asked: never[]) => (system[name as keyof FileSystem] as (...asked: never[]) => unknown)(...asked),
  ])
  const store = await openOn(Object.fromEntries(switched) as FileSystem, folder)
  for (let at = 0; at < 20; at++) await store.append([long('a', at)], { a: at })
  system = closing
  await store.close()
}

/** Lets one system call go wrong while the index of a trail is written, every one in turn, or some: the trail is closed and whole. */
export async function failInIndex(fault: Fault, every = 1): Promise<void> {
  const calls = faulty(Number.POSITIVE_INFINITY, fault)
  await grow(calls.system, newFolder())
  const last = calls.calls.lastIndexOf('rename') + 1
  expect(last).toBeGreaterThan(5)
  for (let at = 1; at <= last; at += every) {
    const folder = newFolder()
    await grow(faulty(at, fault).system, folder).catch(error => expect(error.code).toBe('store.unwritable'))
    rmSync(join(folder, 'trail.jsonl.lock'), { force: true })
    const store = await openFileStore(folder)
    expect((await store.head()).size).toBe(20)
    expect(await idsOf(store, { stream: 'a' })).toHaveLength(20)
    await store.close()
  }
}
