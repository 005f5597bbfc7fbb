import { InputError } from './input-error.ts'
import type { Output, Shell } from './shell.ts'

/** What a pipe takes at once or not at all, wherever this runs (POSIX, `PIPE_BUF`). */
const WHOLE = 512

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

/**
 * This process as what a command line was called from. A stream is made when it is first asked for: to make one takes as long as
 * all else that it takes to say the version.
 */
class Program implements Shell {
  readonly #name: string
  readonly env = process.env
  #stdout: Output | undefined
  #stderr: Output | undefined

  constructor(name: string) {
    this.#name = name
  }

  get stdin() {
    return process.stdin
  }

  get stdout(): Output {
    if (this.#stdout === undefined) {
      this.#stdout = process.stdout
      this.#stdout.on('error', (error: NodeJS.ErrnoException) => {
        // Whoever reads may stop reading (`| head`): that is no failure where what it comes to is known already.
        if (error.code === 'EPIPE' && process.exitCode !== undefined) process.exit()
        this.stderr.write(`${this.#name}: ${whyUnwritten(error)}\n`)
        process.exit(process.exitCode || 2)
      })
    }
    return this.#stdout
  }

  get stderr(): Output {
    if (this.#stderr === undefined) {
      this.#stderr = process.stderr
      this.#stderr.on('error', () => {})
    }
    return this.#stderr
  }

  get exitCode() {
    return process.exitCode
  }

  set exitCode(code: Shell['exitCode']) {
    process.exitCode = code
  }

  print(text: string): void {
    const isBrief = this.#stdout === undefined && Buffer.byteLength(text) <= WHOLE
    if (!isBrief || !isWritten(text)) this.stdout.write(text)
  }

  /** Comes back when all is written; where that fails, what listens to the stream ends the process. */
  async written(): Promise<void> {
    for (const stream of [this.#stdout, this.#stderr]) if (stream !== undefined) await untilWritten(stream)
  }
}

/** Whether a text could be written without a stream. Where it could not, the stream waits, or tells why. */
function isWritten(text: string): boolean {
  // An import would load all that this module of Node's has, streams among it.
  const { writeSync } = process.getBuiltinModule('node:fs')
  try {
    return writeSync(1, text) > 0
  } catch {
    return false
  }
}

/** Where something cannot be written, what listens to the stream is asked first: it may end the process. */
const untilWritten = (stream: Output): Promise<void> =>
  new Promise(resolve => {
    stream.write('', () => setImmediate(resolve))
  })

/**
 * What is said of a Node that lacks what is used here, where it would fail somewhere in the middle of the work, with other words.
 * Types are stripped by default from 22.18 and 23.6 on.
 */
export function tooOld(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > 23 || (major === 22 && minor >= 18) || (major === 23 && minor >= 6)) return undefined
  return `this is Node ${version}, which is too old\n  It takes Node 22.18, 24.11, 26 or newer.`
}

/**
 * Refuses to work in a folder whose name is no text: what stands in the place of the bytes that are none is another name, so what is
 * named relative to it would be looked for, and made, in another folder.
 */
function requireNamedFolder(folder: string): void {
  if (folder.includes('\ufffd'))
    throw new InputError(`the name of the folder in which this was called is no UTF-8: ${folder}`, {
      hint: 'Rename it, or call from another folder.',
    })
}

/** Runs a command line as the program that this process is. */
export async function runProgram(name: string, line: CommandLine): Promise<void> {
  const program = new Program(name)
  const old = tooOld(process.versions.node)
  const here: CommandLine = (argv, shell) => {
    requireNamedFolder(process.cwd())
    return line(argv, shell)
  }
  if (old === undefined) process.exitCode = await run(name, here, process.argv.slice(2), program)
  else {
    process.exitCode = 2
    program.stderr.write(`${name}: ${old}\n`)
  }
  await program.written()
  // A module that was run may have left something running, for which nobody waits.
  process.exit()
}

/**
 * Prints what a command has come to, and gives the code with which it ends. The code stands where whoever reads hangs up
 * (`| head`): a broken trail is not sound because nobody reads on.
 */
export function endWith(shell: Shell, text: string, code = 0): number {
  shell.exitCode = code
  if (shell.print === undefined) shell.stdout.write(text)
  else shell.print(text)
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
