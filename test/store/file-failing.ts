import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openFileStore } from '@countersign/store-file'
import { CountersignError } from '@countersign/trail'
import { expect } from 'vitest'
import { openOn } from '../../packages/store-file/src/file-store.ts'
import type { FileSystem } from '../../packages/store-file/src/file-system.ts'
import { draft } from './draft.ts'
import { type Fault, faulty } from './file-load.ts'
import { all, idsOf, newFolder } from './trial.ts'

interface Outcome {
  readonly acknowledged: string[]
  /** Refused, and told that it is not in the trail. */
  readonly refused: string[]
  readonly errors: unknown[]
}

/** Opens, appends alone, at once and in batches, reads, closes; each step whatever came of the others. */
async function work(system: FileSystem, folder: string): Promise<Outcome> {
  const outcome: Outcome = { acknowledged: [], refused: [], errors: [] }
  const attempt = async <T>(step: Promise<T>): Promise<T | undefined> => {
    try {
      return await step
    } catch (error) {
      outcome.errors.push(error)
      return undefined
    }
  }
  const store = await attempt(openOn(system, folder))
  if (store === undefined) return outcome
  const append = async (stream: string, ...places: number[]): Promise<void> => {
    const drafts = places.map(place => draft(stream, place))
    const ids = drafts.map(({ id }) => id)
    try {
      await store.append(drafts, { [stream]: places[0] as number })
      outcome.acknowledged.push(...ids)
    } catch (error) {
      outcome.errors.push(error)
      if ((error as CountersignError).facts?.takenBack !== false) outcome.refused.push(...ids)
    }
  }
  await append('a', 0)
  await append('batch', 0, 1, 2)
  await Promise.all([append('b', 0), append('c', 0), append('d', 0, 1), append('e', 0)])
  await append('a', 1)
  const ids = await attempt(idsOf(store))
  // Whatever happened, what was acknowledged can be read, and nothing else is shown.
  if (ids !== undefined)
    expect(ids.filter(id => !id.startsWith('old')).toSorted()).toEqual(outcome.acknowledged.toSorted())
  await attempt(store.close())
  return outcome
}

async function expectNothingLost(folder: string, outcome: Outcome, old: readonly string[]): Promise<void> {
  for (const error of outcome.errors) expect(error).toBeInstanceOf(CountersignError)
  // A lock that could not be taken away names this process, which lives: the message says to delete it, and so we do.
  rmSync(join(folder, 'trail.jsonl.lock'), { force: true })
  const store = await openFileStore(folder)
  const ids = await idsOf(store)
  expect([...old, ...outcome.acknowledged].filter(id => !ids.includes(id))).toEqual([])
  expect(outcome.refused.filter(id => ids.includes(id))).toEqual([])
  expect(new Set(ids).size).toBe(ids.length)
  for (const batch of [
    ['batch/0', 'batch/1', 'batch/2'],
    ['d/0', 'd/1'],
  ]) {
    expect([0, batch.length]).toContain(batch.filter(id => ids.includes(id)).length)
  }
  // And the trail goes on.
  await store.append([draft('after', 0)], { after: 0 })
  expect((await all(store, { stream: 'after' })).length).toBe(1)
  await store.close()
}

/** Lets one system call go wrong while a new trail is written: every one in turn, or some. */
export async function failInNew(fault: Fault, every = 1): Promise<void> {
  const clean = faulty(Number.POSITIVE_INFINITY, fault)
  await work(clean.system, newFolder())
  expect(clean.calls.length).toBeGreaterThan(40)
  for (let at = 1; at <= clean.calls.length + 2; at += every) {
    const folder = newFolder()
    const { system, calls } = faulty(at, fault)
    const outcome = await work(system, folder)
    // The lock stays only where giving it back was what failed.
    const stays = existsSync(join(folder, 'trail.jsonl.lock'))
    if (stays && !fault.forGood) expect(['unlink', 'readText']).toContain(calls[at - 1])
    await expectNothingLost(folder, outcome, [])
  }
}

/** The same in a trail that has to be repaired first. */
export async function failInTorn(fault: Fault, every = 1): Promise<void> {
  const old = ['old/0', 'old/1']
  const prepared = newFolder()
  const first = await openFileStore(prepared)
  await first.append([draft('old', 0), draft('old', 1)], {})
  await first.close()
  const bytes = readFileSync(first.path)
  const torn = (): string => {
    const folder = newFolder()
    writeFileSync(join(folder, 'trail.jsonl'), bytes)
    appendFileSync(join(folder, 'trail.jsonl'), '{"body":{"at":"2026')
    return folder
  }
  const clean = faulty(Number.POSITIVE_INFINITY, fault)
  await work(clean.system, torn())
  expect(clean.calls).toContain('ftruncate')
  for (let at = 1; at <= clean.calls.length + 2; at += every) {
    const folder = torn()
    const { system, calls } = faulty(at, fault)
    const outcome = await work(system, folder)
    // The lock stays only where giving it back was what failed.
    const stays = existsSync(join(folder, 'trail.jsonl.lock'))
    if (stays && !fault.forGood) expect(['unlink', 'readText']).toContain(calls[at - 1])
    await expectNothingLost(folder, outcome, old)
  }
}
