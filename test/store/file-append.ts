import assert from 'node:assert/strict'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Draft, Store } from '@countersign/trail/store'
import { openOn } from '../../packages/store-file/src/file-store.ts'
import type { FileSystem } from '../../packages/store-file/src/file-system.ts'

/** Appends that are handed in at once, in order, each all or nothing. */
export type Round = readonly (readonly Draft[])[]

/** How long the trail is by what was acknowledged, and everything that went wrong. */
export interface Came {
  acknowledged: number
  readonly errors: unknown[]
}

/**
 * Appends the load to the trail in a folder. Where something fails it closes the store and opens it again, and goes on from
 * what is there, up to three times. `acknowledge` hears after each append how many entries are acknowledged by then.
 */
export async function append(
  system: FileSystem,
  folder: string,
  rounds: readonly Round[],
  acknowledge: (size: number) => void = () => {},
): Promise<Came> {
  const came: Came = { acknowledged: 0, errors: [] }
  for (let attempt = 0; attempt < 3; attempt++) {
    let store: Store | undefined
    try {
      store = await openOn(system, folder)
      const { size } = await store.head()
      // What was acknowledged once is never gone, whichever call fails.
      assert.ok(size >= came.acknowledged, `${came.acknowledged} entries were acknowledged, and ${size} are there`)
      if (await appendFrom(store, size, rounds, came, acknowledge)) return came
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error
      came.errors.push(error)
    } finally {
      await store?.close().catch(error => came.errors.push(error))
      // A lock that could not be taken away names this process, which lives: the message says to delete it.
      if (existsSync(join(folder, 'trail.jsonl.lock'))) rmSync(join(folder, 'trail.jsonl.lock'))
    }
  }
  return came
}

/** Whether everything was appended that is not there yet. */
async function appendFrom(
  store: Store,
  size: number,
  rounds: readonly Round[],
  came: Came,
  acknowledge: (size: number) => void,
): Promise<boolean> {
  let at = 0
  for (const round of rounds) {
    const waiting = round.flatMap(drafts => {
      at += drafts.length
      const end = at
      if (end <= size) return []
      return [
        store.append(drafts, {}).then(() => {
          came.acknowledged = Math.max(came.acknowledged, end)
          acknowledge(end)
        }),
      ]
    })
    const failed = (await Promise.allSettled(waiting)).filter(one => one.status === 'rejected')
    came.errors.push(...failed.map(one => one.reason as unknown))
    if (failed.length > 0) return false
  }
  return true
}
