import type { parseArgs } from 'node:util'

type OptionTypes = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>['options']>

/** Every option of every command: one name means the same thing wherever it stands. */
export const optionTypes = {
  at: { type: 'string' },
  change: { type: 'string' },
  team: { type: 'string' },
  from: { type: 'string' },
  until: { type: 'string' },
  json: { type: 'boolean' },
  listen: { type: 'string' },
  state: { type: 'string' },
  key: { type: 'string' },
  logs: { type: 'string' },
  'witness-policy': { type: 'string' },
  out: { type: 'string' },
} as const satisfies OptionTypes

export type OptionName = keyof typeof optionTypes

/** The values of the options that were given; of one that may come several times, all. */
export type Options = {
  readonly [Name in OptionName]?: (typeof optionTypes)[Name] extends { readonly multiple: true }
    ? string[]
    : (typeof optionTypes)[Name]['type'] extends 'boolean'
      ? boolean
      : string
}

/** A command of `countersign`: how it is called, what its page of help says, and where it is carried out. */
export interface Command {
  readonly name: string
  /** What must be named after it, each with the question that is asked where it is left out. */
  readonly operands: readonly { readonly name: string; readonly question: string }[]
  readonly options: readonly OptionName[]
  /** What it does, and beneath it a line for each option of its own. */
  readonly help: string
  /** Carries it out and gives the exit code. What it needs is loaded only then. */
  readonly run: (operands: readonly string[], options: Options) => Promise<number>
}

const checkpoint = { name: 'checkpoint', question: 'which checkpoint? Name the file of a signed one' }
const trail = { name: 'trail', question: 'which trail? Name a trail.jsonl file or its folder' }

export const commands: readonly Command[] = [
  {
    name: 'explain',
    operands: [trail, { name: 'change', question: 'which change? Name it after the trail' }],
    options: ['at', 'json'],
    help: `where a change stands: what is met, what is missing, who can do it
--at INSTANT   as it stood then (2026-03-02T10:00Z); else as it stands now`,
    run: async (operands, options) => (await import('./commands/explain.ts')).explain(operands, options),
  },
  {
    name: 'log',
    operands: [trail],
    options: ['change', 'json'],
    help: `what happened: who, in what capacity, what, and what came of it
--change ID   only this change`,
    run: async (operands, options) => (await import('./commands/log.ts')).log(operands, options),
  },
  {
    name: 'board',
    operands: [trail],
    options: ['team', 'at', 'json'],
    help: `the changes of each team in columns
--team TEAM    only this team
--at INSTANT   as it stood then; else as it stands now`,
    run: async (operands, options) => (await import('./commands/board.ts')).board(operands, options),
  },
  {
    name: 'obligations',
    operands: [trail],
    options: ['team', 'at', 'json'],
    help: `what is owed on changes that took effect first: by when, and who can do it
--team TEAM    only this team's
--at INSTANT   as it stood then; else as it stands now`,
    run: async (operands, options) => (await import('./commands/obligations.ts')).obligations(operands, options),
  },
  {
    name: 'metrics',
    operands: [trail],
    options: ['team', 'from', 'until', 'json'],
    help: `how changes flow: lead time, cycle time, waiting, lateness, refusals
--team TEAM              only this team; else each, and all together
--from, --until INSTANT  in this interval; else from the first entry to the last`,
    run: async (operands, options) => (await import('./commands/metrics.ts')).metrics(operands, options),
  },
  {
    name: 'cosign',
    operands: [checkpoint, trail],
    options: ['witness-policy', 'out'],
    help: `asks witnesses to cosign a checkpoint of a trail
--witness-policy FILE  whom to ask, and who is enough (C2SP tlog-policy)
--out FILE             where to write the note; else in the place of the checkpoint`,
    run: async (operands, options) => (await import('./commands/cosign.ts')).cosign(operands, options),
  },
  {
    name: 'witness',
    operands: [],
    options: ['listen', 'state', 'key', 'logs'],
    help: `cosigns what extends what it has cosigned, until it is stopped
--listen HOST:PORT  where it takes requests
--state DIR         what it has cosigned: to lose it is to lose the witness
--key FILE          its secret key, which nobody else may read
--logs FILE         the public keys of the logs, one on each line`,
    run: async (operands, options) => (await import('./commands/witness.ts')).witness(operands, options),
  },
  {
    name: 'timestamp-request',
    operands: [checkpoint],
    options: ['out'],
    help: `writes a request for a time stamp of a checkpoint (RFC 3161)
--out FILE  where to, for whatever sends it to the authority`,
    run: async (operands, options) =>
      (await import('./commands/timestamp-request.ts')).timestampRequest(operands, options),
  },
]
