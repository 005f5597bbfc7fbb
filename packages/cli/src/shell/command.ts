import type { Shell } from './shell.ts'

/** The values of the options that were given; of one that may come several times, all. */
export interface Options {
  readonly after?: string
  readonly limit?: string
  readonly at?: string
  readonly change?: string
  readonly controls?: string
  readonly trail?: string
  readonly team?: string
  readonly from?: string
  readonly until?: string
  readonly name?: string
  readonly out?: string
  readonly secret?: string
  readonly memory?: string
  readonly first?: boolean
  readonly 'hand-over'?: string
  readonly json?: boolean
  readonly checkpoint?: string
  readonly key?: string[]
  readonly listen?: string
  readonly state?: string
  readonly logs?: string
  readonly 'witness-policy'?: string
  readonly account?: string
  readonly field?: string[]
  readonly reason?: string
  readonly unused?: boolean
  readonly witness?: boolean
}

export type OptionName = keyof Options

/** A command of `countersign`: how it is called, what its page of help says, and where it is carried out. */
export interface Command {
  readonly name: string
  /** What must be named after it, each with the question that is asked where it is left out. */
  readonly operands: readonly { readonly name: string; readonly question: string }[]
  readonly options: readonly OptionName[]
  /** The options that it does nothing without, each with what is put behind it. */
  readonly required?: Readonly<Partial<Record<OptionName, string>>>
  /** What it does, and beneath it a line for each option of its own. */
  readonly help: string
  /** What it means where it ends with another code than 0 and 2; of 0 only where that is not simply that it was done. */
  readonly exits?: { readonly 0?: string; readonly 1: string; readonly 3?: string }
  /** Carries it out and gives the exit code. What it needs is loaded only then. */
  readonly run: (operands: readonly string[], options: Options, shell: Shell) => Promise<number>
}
