/**
 * A million inputs and more for everything that reads what comes from outside, the same ones every time. Prints for each
 * how many it took a second, and what it kept of memory. Ends with 1 where something throws what it may not, takes longer
 * than some seconds, or does not give memory back. `fuzz <inputs> [part of a name] [seed]`.
 */
import { Worker } from 'node:worker_threads'
import { fuzz, requireTaken } from './fuzz.ts'
import { targets } from './targets.ts'
import type { Watched } from './watch.ts'

const [asked = '1050000', part = '', given = '20261126'] = process.argv.slice(2)
const seed = Number(given)
/** A machine that others use as well is slow at times; what hangs is slower. */
const mostMilliseconds = 5_000
/** What a million inputs may leave behind: caches that are bounded. */
const mostBytes = 16 * 1024 * 1024

function used(): number {
  for (let times = 0; times < 3; times++) globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

const watched: Watched = {
  beat: new Int32Array(new SharedArrayBuffer(8)),
  input: new Uint8Array(new SharedArrayBuffer(1 << 21)),
}
new Worker(new URL('./watch.ts', import.meta.url), { workerData: watched }).unref()
function before(input: Uint8Array): void {
  watched.input.set(input.subarray(0, watched.input.length))
  Atomics.store(watched.beat, 1, Math.min(input.length, watched.input.length))
  Atomics.add(watched.beat, 0, 1)
}

const all = await targets()
const shares = all.reduce((sum, { share }) => sum + share, 0)
let total = 0
console.log('| what reads | inputs | taken | a second | slowest, ms | kept, KiB |\n|---|---|---|---|---|---|')
for (const target of all.filter(({ name }) => name.includes(part))) {
  requireTaken(target)
  const inputs = Math.ceil((Number(asked) * target.share) / shares)
  fuzz(target, Math.min(2_000, Math.ceil(inputs / 10)), seed + 1, before)
  const held = used()
  const { taken, milliseconds, slowest, slowestInput } = fuzz(target, inputs, seed, before)
  const kept = used() - held
  total += inputs
  const rate = Math.round((inputs / milliseconds) * 1_000)
  console.log(
    `| ${target.name} | ${inputs.toLocaleString('en')} | ${taken.toLocaleString('en')} | ${rate.toLocaleString('en')} | ${slowest.toFixed(1)} | ${Math.round(kept / 1_024)} |`,
  )
  if (slowest > mostMilliseconds) {
    console.log(`too slow: ${Buffer.from(slowestInput).toString('base64').slice(0, 2_000)}`)
    process.exitCode = 1
  }
  if (kept > mostBytes) {
    console.log(`${target.name} does not give its memory back`)
    process.exitCode = 1
  }
}
console.log(`${total.toLocaleString('en')} inputs of seed ${seed}`)
