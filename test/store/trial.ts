import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CountersignError, readEntry } from '@countersign/trail'
import type { Range, Sealed, Store } from '@countersign/trail/store'
import { onTestFinished } from 'vitest'

/** A folder that is gone when the test is. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-store-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export async function all(store: Pick<Store, 'read'>, range?: Range): Promise<Sealed[]> {
  const entries: Sealed[] = []
  for await (const entry of store.read(range)) entries.push(entry)
  return entries
}

export async function idsOf(store: Pick<Store, 'read'>, range?: Range): Promise<string[]> {
  return (await all(store, range)).map(entry => readEntry(entry.bytes).body.id)
}

/** The error that a call throws, of which code and message are compared. */
export async function errorOf(call: Promise<unknown>): Promise<CountersignError> {
  try {
    await call
  } catch (error) {
    return error as CountersignError
  }
  throw new Error('expected an error, and there was none')
}

export function linesOf(path: string): string[] {
  return readFileSync(path, 'utf8').split('\n').slice(0, -1)
}
