import { InputError } from './input-error.ts'

/**
 * Runs a command line to its exit code. What goes wrong ends in one line on stderr and exit code 2: what the caller can
 * mend with a hint, anything else with the way to see more.
 */
export async function run(name: string, main: (argv: string[]) => Promise<number>): Promise<void> {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // Whoever reads may stop reading (`| head`): that is no failure of ours, and the exit code that is set stands.
    if (error.code === 'EPIPE') process.exit()
    process.stderr.write(`${name}: the output cannot be written: ${error.message}\n`)
    process.exit(2)
  })
  process.stderr.on('error', () => {})
  try {
    process.exitCode = await main(process.argv.slice(2))
  } catch (error) {
    process.exitCode = 2
    // The fault is told by what is loaded only now: nothing that ends well has to wait for it.
    const { faultLines } = await import('./fault.ts')
    process.stderr.write(faultLines(name, error, process.env.COUNTERSIGN_DEBUG === '1'))
  }
}

/** Refuses a way of calling, with the place where the right way is told. */
export const misuse = (name: string, problem: string): InputError =>
  new InputError(problem, { hint: `${name} --help shows how it is called.` })
