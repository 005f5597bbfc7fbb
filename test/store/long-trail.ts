import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { openFileStore } from '@countersign/store-file'
import type { Draft } from '@countersign/trail/store'
import { expect } from 'vitest'
import { openOn } from '../../packages/store-file/src/file-store.ts'
import type { FileSystem } from '../../packages/store-file/src/file-system.ts'
import { draft } from './draft.ts'
import { type Fault, faulty } from './file-load.ts'
import { idsOf, newFolder } from './trial.ts'

/** An entry of some 60,000 bytes: eighteen of them are a mebibyte. */
export const long = (stream: string, streamSeq: number): Draft => ({
  ...draft(stream, streamSeq),
  command: { type: 'approve', comment: 'x'.repeat(60_000) },
})

async function grow(system: FileSystem, folder: string): Promise<void> {
  const store = await openOn(system, folder)
  for (let at = 0; at < 20; at++) await store.append([long('a', at)], { a: at })
  await store.close()
}

/** Lets one system call go wrong while the index of a trail is written, every one in turn, or some: the trail is closed and whole. */
export async function failInIndex(fault: Fault, every = 1): Promise<void> {
  const calls = faulty(Number.POSITIVE_INFINITY, fault)
  const countedIn = newFolder()
  await grow(calls.system, countedIn)
  const first = calls.calls.findLastIndex(name => name.startsWith('fdatasync')) + 1
  const last = calls.calls.lastIndexOf('rename') + 1
  expect(last - first).toBeGreaterThan(5)
  for (let at = first + 1; at <= last; at += every) {
    const folder = newFolder()
    await grow(faulty(at, fault).system, folder).catch(error => expect(error.code).toBe('store.unwritable'))
    rmSync(join(folder, 'trail.jsonl.lock'), { force: true })
    const store = await openFileStore(folder)
    expect((await store.head()).size).toBe(20)
    expect(await idsOf(store, { stream: 'a' })).toHaveLength(20)
    await store.close()
  }
}
