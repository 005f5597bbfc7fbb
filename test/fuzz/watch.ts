/** A thread that ends the process, and prints the input, where one has been read for half a minute: what hangs tells nothing. */
import { writeSync } from 'node:fs'
import { workerData } from 'node:worker_threads'

export interface Watched {
  /** How many inputs there were, and the length of the last one. */
  readonly beat: Int32Array
  readonly input: Uint8Array
}

const mostSeconds = 30
const { beat, input } = workerData as Watched
let last = -1
let seconds = 0
setInterval(() => {
  const now = Atomics.load(beat, 0)
  seconds = now === last && now > 0 ? seconds + 1 : 0
  last = now
  if (seconds < mostSeconds) return
  const length = Atomics.load(beat, 1)
  writeSync(1, `hangs: ${Buffer.from(input.slice(0, length)).toString('base64')}\n`)
  process.kill(process.pid, 'SIGKILL')
}, 1_000)
