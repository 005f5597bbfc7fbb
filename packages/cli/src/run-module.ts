import { writeSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { faultLines } from './fault.ts'
import { InputError } from './input-error.ts'

/**
 * Runs a module that somebody else has written, and gives what it exports. What it prints goes to stderr meanwhile: stdout is
 * for what the command has found. Throws `InputError` where it never comes to its end. Where it ends the process, that says so
 * and ends with 2: by the code that the module has chosen a gate would pass.
 */
export async function runModule(file: string, path: string): Promise<Record<string, unknown>> {
  const { stdout, stderr } = process
  const print = stdout.write.bind(stdout) as typeof stdout.write
  const { promise: unsettled, reject } = Promise.withResolvers<never>()
  const onIdle = () =>
    reject(
      new InputError(`${file} cannot be run: it waits for something that never comes (a top-level await)`, {
        hint: 'Nothing is left to do that could bring it about. Look at what it awaits.',
      }),
    )
  const onExit = () => {
    // Whoever exits waits for nothing, so it is written at once.
    writeSync(stderr.fd, faultLines('countersign', ended(file), false))
    process.exitCode = 2
  }
  process.once('beforeExit', onIdle)
  process.once('exit', onExit)
  stdout.write = stderr.write.bind(stderr) as typeof stdout.write
  try {
    return await Promise.race([import(pathToFileURL(path).href) as Promise<Record<string, unknown>>, unsettled])
  } finally {
    stdout.write = print
    process.off('beforeExit', onIdle)
    process.off('exit', onExit)
  }
}

const ended = (file: string): InputError =>
  new InputError(`${file} cannot be run: it ends the process before anything is known of it`, {
    hint: 'It is run for what it exports: leave out process.exit, and whatever fails beside it.',
  })
