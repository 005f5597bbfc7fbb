import type { Command, OptionName, Options } from './shell/command.ts'

/** How the value of an option is read from a command line. */
type OptionType<Value> = Value extends boolean | undefined
  ? { readonly type: 'boolean' }
  : Value extends string | undefined
    ? { readonly type: 'string' }
    : { readonly type: 'string'; readonly multiple: true }

/** Every option of every command: one name means the same thing wherever it stands. */
export const optionTypes = {
  after: { type: 'string' },
  limit: { type: 'string' },
  at: { type: 'string' },
  change: { type: 'string' },
  controls: { type: 'string' },
  trail: { type: 'string' },
  team: { type: 'string' },
  from: { type: 'string' },
  until: { type: 'string' },
  name: { type: 'string' },
  out: { type: 'string' },
  secret: { type: 'string' },
  memory: { type: 'string' },
  first: { type: 'boolean' },
  witness: { type: 'boolean' },
  'hand-over': { type: 'string' },
  json: { type: 'boolean' },
  checkpoint: { type: 'string' },
  key: { type: 'string', multiple: true },
  listen: { type: 'string' },
  state: { type: 'string' },
  logs: { type: 'string' },
  'witness-policy': { type: 'string' },
  account: { type: 'string' },
  field: { type: 'string', multiple: true },
  reason: { type: 'string' },
  unused: { type: 'boolean' },
} as const satisfies { readonly [Name in OptionName]-?: OptionType<Options[Name]> }

const target = { name: 'to', question: 'to where? Name a file, sqlite:<path> or a postgres:// URL' }
const source = { name: 'from', question: 'from where? Name a file, sqlite:<path> or a postgres:// URL' }
const checkpoint = { name: 'checkpoint', question: 'which checkpoint? Name the file of a signed one' }
const trail = { name: 'trail', question: 'which trail? Name a trail.jsonl file or its folder' }

export const commands: readonly Command[] = [
  {
    name: 'explain',
    operands: [trail, { name: 'change', question: 'which change? Name it after the trail' }],
    options: ['at', 'json'],
    help: `where a change stands: what is met, what is missing, who can do it
--at INSTANT   as it stood then (2026-03-02T10:00Z); else as it stands now`,
    run: async (operands, options, shell) => (await import('./commands/explain.ts')).explain(operands, options, shell),
  },
  {
    name: 'log',
    operands: [trail],
    options: ['change', 'json'],
    help: `what happened: who, in what capacity, what, and what came of it
--change ID   only this change`,
    run: async (operands, options, shell) => (await import('./commands/log.ts')).log(operands, options, shell),
  },
  {
    name: 'board',
    operands: [trail],
    options: ['team', 'at', 'json'],
    help: `the changes of each team in columns
--team TEAM    only this team
--at INSTANT   as it stood then; else as it stands now`,
    run: async (operands, options, shell) => (await import('./commands/board.ts')).board(operands, options, shell),
  },
  {
    name: 'obligations',
    operands: [trail],
    options: ['team', 'at', 'json'],
    help: `what is owed on changes that took effect first: by when, and who can do it
--team TEAM    only this team's
--at INSTANT   as it stood then; else as it stands now`,
    run: async (operands, options, shell) =>
      (await import('./commands/obligations.ts')).obligations(operands, options, shell),
  },
  {
    name: 'outbox',
    operands: [trail],
    options: ['after', 'limit', 'at', 'json'],
    help: `who must be told what, and why; nothing is sent
--after CURSOR   what came since; the cursor is what it printed last
--limit N        no further entry after so many notices, 1 to 10000 (200)
--at INSTANT     the present, for what is due by then; else now`,
    run: async (operands, options, shell) => (await import('./commands/outbox.ts')).outbox(operands, options, shell),
  },
  {
    name: 'metrics',
    operands: [trail],
    options: ['team', 'from', 'until', 'json'],
    help: `how changes flow: times, waiting, lateness, refusals, cumulative flow
--team TEAM              only this team; else each, and all together
--from, --until INSTANT  in this interval; else from the first entry to the last`,
    run: async (operands, options, shell) => (await import('./commands/metrics.ts')).metrics(operands, options, shell),
  },
  {
    name: 'population',
    operands: [trail],
    options: ['team', 'from', 'until', 'json'],
    help: `every change that was closed in a period, for an auditor to draw samples from
--team TEAM              only this team's; else those of all
--from, --until INSTANT  in this period; else from the first entry to the last`,
    run: async (operands, options, shell) =>
      (await import('./commands/population.ts')).population(operands, options, shell),
  },
  {
    name: 'sheet',
    operands: [trail, { name: 'change', question: 'which change? Name it after the trail' }],
    options: ['at', 'json'],
    help: `all that is recorded of a change, each line with its entry, to test a sample
--at INSTANT   as it stood then; else as it stands now`,
    run: async (operands, options, shell) => (await import('./commands/sheet.ts')).sheet(operands, options, shell),
  },
  {
    name: 'lint',
    operands: [{ name: 'policy', question: 'which policy? Name its file' }],
    options: ['trail', 'controls', 'at', 'json'],
    help: `what can be said against a policy before anybody uses it
<policy>          a .json file, or a module (.ts, .mts, .js, .mjs), which is run: its default export is the policy
--trail TRAIL     held against the people and the controls that it has in force
--controls FILE   held against these controls, where there is no trail yet
--at INSTANT      as the trail stood then; else as it stands now`,
    exits: { 0: 'nothing to warn of, notes at most', 1: 'it cannot be used', 3: 'it can be used, with warnings' },
    run: async (operands, options, shell) => (await import('./commands/lint.ts')).lintPolicy(operands, options, shell),
  },
  {
    name: 'copy',
    operands: [source, target],
    options: ['json'],
    help: `a trail from one store into another, byte for byte; goes on where it stopped
<from>, <to>   a trail.jsonl file or its folder, sqlite:<path>, or a postgres:// URL
               (with ?schema=NAME where it does not lie in the schema countersign)`,
    run: async (operands, options, shell) => (await import('./commands/copy.ts')).copy(operands, options, shell),
  },
  {
    name: 'export',
    operands: [source],
    options: [],
    help: 'the lines of a trail to standard output, wherever it lies',
    run: async (operands, options, shell) =>
      (await import('./commands/export.ts')).exportTrail(operands, options, shell),
  },
  {
    name: 'import',
    operands: [target],
    options: ['json'],
    help: 'the lines of a trail from standard input into a store',
    run: async (operands, options, shell) =>
      (await import('./commands/import.ts')).importTrail(operands, options, shell),
  },
  {
    name: 'publish',
    operands: [trail, { name: 'folder', question: 'to which folder? Name it after the trail' }],
    options: ['checkpoint', 'key'],
    required: { checkpoint: 'FILE' },
    help: `writes the trail as static files for any web server (C2SP tlog-tiles)
--checkpoint FILE  the signed checkpoint up to which it is published; it comes last.
                   Of one that is older than what lies there the partial tiles are added
--key FILE         a public key that must have signed it; may be given several times`,
    run: async (operands, options, shell) => (await import('./commands/publish.ts')).publish(operands, options, shell),
  },
  {
    name: 'bundle',
    operands: [trail, { name: 'change', question: 'of which change? Name it after the trail' }],
    options: ['checkpoint', 'key', 'out'],
    required: { checkpoint: 'FILE', out: 'FILE' },
    help: `writes the evidence about one change into one file (verify-trail bundle)
--checkpoint FILE  the signed checkpoint that proves its entries
--key FILE         a public key that must have signed it; may be given several times
--out FILE         the file to write; it must not be there yet`,
    run: async (operands, options, shell) => (await import('./commands/bundle.ts')).bundle(operands, options, shell),
  },
  {
    name: 'redact',
    operands: [trail],
    options: ['change', 'field', 'account', 'reason', 'unused'],
    help: `takes private values out of reach, by an entry that says so
--change ID      the change in which they stand
--field NAME     the field in which they were filled in; may be given several times
--account NAME   who says so: an administrator without a part in the change
--reason TEXT    why; it stands in the trail
--unused         deletes what opens nothing in the trail, as a crash leaves it behind
The first four go together. With the trail alone it makes up for a deletion that a crash has kept from being made.`,
    exits: {
      0: 'nothing here opens them',
      1: 'it was refused',
      3: 'recorded, and of some nothing lay here to delete',
    },
    run: async (operands, options, shell) => (await import('./commands/redact.ts')).redact(operands, options, shell),
  },
  {
    name: 'keygen',
    operands: [],
    options: ['name', 'out', 'witness'],
    required: { name: 'ORIGIN', out: 'FOLDER' },
    help: `makes a key that signs checkpoints of a trail
--name ORIGIN  the name of the trail, which is the name of its key
--out FOLDER   where the files secret (for the signer alone) and vkey (for everybody) are written
--witness      the key of a witness, whose name is that of no trail; vkey is the line for policies`,
    run: async (operands, options, shell) => (await import('./commands/keygen.ts')).keygen(operands, options, shell),
  },
  {
    name: 'checkpoint',
    operands: [trail],
    options: ['secret', 'memory', 'out', 'first', 'hand-over'],
    required: { secret: 'FILE', memory: 'FILE' },
    help: `signs the trail as it is, if it has all that was signed before
--secret FILE     the key that signs; never in the folder of the trail
--memory FILE     where the signer remembers what it has signed last; neither there
--out FILE        where the checkpoint is written; else on stdout
--first           nothing of this trail was ever signed, so there is no memory yet
--hand-over VKEY  with the key that was replaced: sign the tree that ends with the entry that names this one`,
    exits: { 1: 'the trail is not one that may be signed' },
    run: async (operands, options, shell) =>
      (await import('./commands/checkpoint.ts')).checkpoint(operands, options, shell),
  },
  {
    name: 'cosign',
    operands: [checkpoint, trail],
    options: ['witness-policy', 'out'],
    required: { 'witness-policy': 'FILE' },
    help: `asks witnesses to cosign a checkpoint of a trail
--witness-policy FILE  whom to ask, and who is enough (C2SP tlog-policy)
--out FILE             a file that is not there yet, for the note; else it takes the checkpoint's place`,
    run: async (operands, options, shell) => (await import('./commands/cosign.ts')).cosign(operands, options, shell),
  },
  {
    name: 'witness',
    operands: [],
    options: ['listen', 'state', 'secret', 'logs'],
    required: { listen: 'HOST:PORT', state: 'DIR', secret: 'FILE', logs: 'FILE' },
    help: `cosigns what extends what it has cosigned, until it is stopped
--listen HOST:PORT  where it takes requests
--state DIR         what it has cosigned: to lose it is to lose the witness
--secret FILE       its secret key, which nobody else may read
--logs FILE         the public keys of the logs, one on each line`,
    run: async (operands, options, shell) => (await import('./commands/witness.ts')).witness(operands, options, shell),
  },
  {
    name: 'timestamp-request',
    operands: [checkpoint],
    options: ['out'],
    required: { out: 'FILE' },
    help: `writes a request for a time stamp of a checkpoint (RFC 3161)
--out FILE  a file that is not there yet, for whatever sends it to the authority`,
    run: async (operands, options, shell) =>
      (await import('./commands/timestamp-request.ts')).timestampRequest(operands, options, shell),
  },
]
