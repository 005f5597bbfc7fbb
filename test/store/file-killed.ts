/**
 * A process that appends the rounds of a file to the trail in a folder and is killed at its n-th system call: before the call, or, where
 * it is a write and it is told so, after half of it; or after half of its n-th write to the trail. It prints how many entries are acknowledged, append by append.
 */
import { readFileSync, writeSync } from 'node:fs'
import { append, type Round } from './file-append.ts'
import { passing } from './file-passing.ts'

const [folder = '', load = '', at, half] = process.argv.slice(2)
let calls = 0
const system = passing((name, values, call) => {
  const isCounted = half !== 'half of trail' || (name === 'write' && values[4] === null)
  calls += isCounted ? 1 : 0
  if (!isCounted || calls !== Number(at)) return call(...values)
  if (half?.startsWith('half') && name === 'write') call(...values.with(3, Math.ceil((values[3] as number) / 2)))
  process.kill(process.pid, 'SIGKILL')
  // Until it is gone nothing else happens.
  for (;;);
})
const rounds = JSON.parse(readFileSync(load, 'utf8')) as Round[]
await append(system, folder, rounds, size => writeSync(1, `${size}\n`))
