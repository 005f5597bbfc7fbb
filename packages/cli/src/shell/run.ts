import { InputError } from './input-error.ts'
import type { Shell } from './shell.ts'

/** A command line as a function: what it is asked, and from where. It gives the exit code. */
type CommandLine = (argv: string[], shell: Shell) => Promise<number>

/**
 * Runs a command line to its exit code. What goes wrong ends in one line on stderr and exit code 2: what the caller can
 * mend with a hint, anything else with the way to see more.
 */
export async function run(name: string, line: CommandLine, argv: string[], shell: Shell): Promise<number> {
  try {
    return await line(argv, shell)
  } catch (error) {
    // The fault is told by what is loaded only now: nothing that ends well has to wait for it.
    const { faultLines } = await import('./fault.ts')
    shell.stderr.write(faultLines(name, error, shell.env.COUNTERSIGN_DEBUG === '1'))
    return 2
  }
}

/** Runs a command line as the program that this process is. */
export async function runProgram(name: string, line: CommandLine): Promise<void> {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // Whoever reads may stop reading (`| head`): that is no failure where what it comes to is known already.
    if (error.code === 'EPIPE' && process.exitCode !== undefined) process.exit()
    process.stderr.write(`${name}: ${whyUnwritten(error)}\n`)
    process.exit(process.exitCode || 2)
  })
  process.stderr.on('error', () => {})
  process.exitCode = await run(name, line, process.argv.slice(2), process)
  await untilWritten(process.stdout)
  await untilWritten(process.stderr)
  // A module that was run may have left something running, for which nobody waits.
  process.exit()
}

/** Comes back when all is written; where that fails, what listens to the stream ends the process. */
const untilWritten = (stream: NodeJS.WritableStream): Promise<void> =>
  new Promise(resolve => {
    stream.write('', error => {
      if (error === null || error === undefined) resolve()
    })
  })

/**
 * Prints what a command has come to, and gives the code with which it ends. The code stands where whoever reads hangs up
 * (`| head`): a broken trail is not sound because nobody reads on.
 */
export function endWith(shell: Shell, text: string, code = 0): number {
  shell.exitCode = code
  shell.stdout.write(text)
  return code
}

/** Why output did not get to where it should, in words. */
export const whyUnwritten = (error: NodeJS.ErrnoException): string =>
  error.code === 'EPIPE' ? 'the output was not read to its end' : `the output cannot be written: ${error.message}`

/** Refuses a way of calling, with the place where the right way is told. */
export const misuse = (name: string, problem: string): InputError =>
  new InputError(problem, { hint: `${name} --help shows how it is called.` })

/** Refuses a word that is none of those known, with those that may have been meant. What looks for them is loaded only now. */
export async function misspelt(name: string, problem: string, word: string, known: readonly string[], rest = '') {
  const { didYouMean } = await import('countersign')
  return misuse(name, `${problem}${didYouMean(word, known) || rest}`)
}

/** Options as they are typed. */
export const asTyped = (options: readonly string[]): string[] => options.map(option => `--${option}`)

/**
 * Refuses a command line that cannot be read, as Node tells it; of an option that there is none of, with those that may have
 * been meant.
 */
export async function unparsed(name: string, error: unknown, options: readonly string[]): Promise<InputError> {
  const [problem = ''] = (error as Error).message.split('. ')
  const unknown = /^Unknown option '(--.*)'$/.exec(problem)?.[1]
  if (unknown === undefined) return misuse(name, problem)
  return misspelt(name, problem, unknown, asTyped(options))
}

/**
 * Refuses an option that counts once and was given twice: the last one would count, and whoever reads the command would not
 * see that the first one did not.
 */
export function requireOnce(
  name: string,
  tokens: readonly { readonly kind: string; readonly name?: string }[],
  values: Readonly<Record<string, unknown>>,
): void {
  const given = tokens.flatMap(token => (token.kind === 'option' && token.name !== undefined ? token.name : []))
  const twice = given.find((option, at) => !Array.isArray(values[option]) && given.indexOf(option) < at)
  if (twice !== undefined) throw misuse(name, `--${twice} was given twice, and counts once`)
}
