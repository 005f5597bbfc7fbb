import { writeSync } from 'node:fs'
import { faultLines } from '../shell/fault.ts'
import { InputError } from '../shell/input-error.ts'

/**
 * Judges a file for which modules of somebody else's are run. What these print meanwhile goes to stderr, as stdout is for what
 * the command has found. Throws `InputError` where one never comes to its end. Where one ends the process, that says so and ends
 * with 2: by the code that the module has chosen a gate would pass.
 */
export async function judging<Judged>(file: string, judge: () => Promise<Judged>): Promise<Judged> {
  const { stdout, stderr } = process
  const print = stdout.write.bind(stdout) as typeof stdout.write
  const { promise: unsettled, reject } = Promise.withResolvers<never>()
  const onIdle = () => reject(unfinished(file, 'waits for something that never comes (a top-level await)'))
  const onExit = () => {
    // Whoever exits waits for nothing, so it is written at once.
    writeSync(stderr.fd, faultLines('countersign', unfinished(file, 'ends the process'), false))
    process.exitCode = 2
  }
  process.once('beforeExit', onIdle)
  process.once('exit', onExit)
  stdout.write = stderr.write.bind(stderr) as typeof stdout.write
  try {
    return await Promise.race([judge(), unsettled])
  } finally {
    stdout.write = print
    process.off('beforeExit', onIdle)
    process.off('exit', onExit)
  }
}

const unfinished = (file: string, what: string): InputError =>
  new InputError(`${file} cannot be judged: a module that was run for it ${what}`, {
    hint: 'It is run for what it exports. Leave out what is not needed for that.',
  })
