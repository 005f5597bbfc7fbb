/**
 * A process that appends the rounds of a file to the trail in a folder and is killed at its n-th system call: before the call, or, where
 * it is a write and it is told so, after half of it. It prints how many entries are acknowledged, append by append.
 */
import { readFileSync, writeSync } from 'node:fs'
import { type FileSystem, nodeFileSystem } from '../../packages/store-file/src/file-system.ts'
import { append, type Round } from './file-append.ts'

const [folder = '', load = '', at, half] = process.argv.slice(2)
let calls = 0
const system: Record<string, unknown> = {}
for (const [name, method] of Object.entries(nodeFileSystem)) {
  const call = method as (...values: unknown[]) => unknown
  system[name] = (...values: unknown[]): unknown => {
    calls += 1
    if (calls !== Number(at)) return call(...values)
    if (half === 'half' && name === 'write') call(...values.with(3, Math.ceil((values[3] as number) / 2)))
    process.kill(process.pid, 'SIGKILL')
    // Until it is gone nothing else happens.
    for (;;);
  }
}
const rounds = JSON.parse(readFileSync(load, 'utf8')) as Round[]
await append(system as unknown as FileSystem, folder, rounds, size => writeSync(1, `${size}\n`))
