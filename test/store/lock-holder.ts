import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { type Holder, openFileStore } from '@countersign/store-file'
import { newFolder } from './trial.ts'

/** What a lock of this process says. */
export async function ownHolder(): Promise<Holder> {
  const store = await openFileStore(newFolder())
  const holder = JSON.parse(readFileSync(`${store.path}.lock`, 'utf8')) as Holder
  await store.close()
  return holder
}

/** The pid of a process that has ended. */
export function endedPid(): number {
  return spawnSync(process.execPath, ['--version']).pid
}
