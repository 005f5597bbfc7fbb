import { misuse, requireOnce, unparsed } from '../shell/run.ts'

/** What `verify-trail` was asked to do. */
export type VerifyArguments =
  | { readonly show: 'help' | 'version' }
  | { readonly show?: undefined; readonly finding: string }
  | { readonly show?: undefined; readonly fork: string; readonly keys: readonly string[]; readonly json: boolean }
  | {
      readonly show?: undefined
      readonly trail: string
      /** It was said that a bundle is named; a file that is one is taken as one anyhow. */
      readonly bundle: boolean
      readonly checkpoints: readonly string[]
      readonly keys: readonly string[]
      readonly since?: string
      readonly only?: 'integrity'
      readonly policies: readonly string[]
      readonly snapshot?: string
      /** What opens the private values of the trail. */
      readonly openings?: string
      /** Where a proof that two checkpoints contradict each other is written. */
      readonly forkProof?: string
      readonly witnessPolicy?: string
      readonly timestamps: readonly string[]
      readonly authorities: readonly string[]
      readonly requireAnchor: boolean
      readonly threads?: number
      readonly json: boolean
    }

export const verifyHelp = `verify-trail <trail> [options]
verify-trail bundle <file> [options]
verify-trail fork <file> --key FILE [--key FILE]
verify-trail finding <code>

Judges a trail of changes and their approvals from the file alone: nothing was altered in it, and every decision in it
follows from the rules that were in force when it was made. It reads, and writes only a file that --fork-proof names.
With the word fork it judges such a file, for which it needs no trail, but the key that has signed each of the two.
With the word finding it tells what a code means that stands beside a finding, how that can come about, and what to do.

  <trail>             a trail.jsonl file, or the folder that holds one; or a folder to which one was published
                      (countersign publish), whose checkpoint is compared as well; or sqlite:<path>, or a
                      postgres:// URL (with ?schema=NAME where it does not lie in the schema countersign)
  bundle <file>       the evidence about one change in one file (countersign bundle), without the rest of its trail

  --checkpoint FILE   a signed checkpoint that somebody kept elsewhere; may be given several times
  --key FILE          a public key (one C2SP verifier key line) that you trust to sign checkpoints; likewise
  --since FILE        the checkpoint up to which you have verified the trail before, signed by a key that you give: all
                      bytes are checked, and decisions are judged from there on
  --only integrity    the bytes alone: how each line begins and ends, chain, tree, checkpoints; not what entries say,
                      nor the keys they name, nor whether they are UTF-8 and JSON
  --policy FILE       a policy (JSON) that a team says it uses: is it the one in force? likewise
  --snapshot FILE     a snapshot of the state (JSON): is it what the trail gives?
  --openings FILE     what opens its private values: is each opened, or redacted by an entry? no value is shown
  --fork-proof FILE   where two checkpoints contradict each other: write down what shows it to anybody else
  --witness-policy FILE  the logs and witnesses that you trust, and whose word is enough (C2SP tlog-policy)
  --timestamp FILE    a time stamp of a checkpoint (the answer of an RFC 3161 authority); likewise
  --tsa-ca FILE       certificates (PEM) of authorities that you trust to time-stamp; likewise
  --threads N         on how many threads a trail file is judged; by itself one, or for a large trail as many as
                      the machine has processors, up to eight
  --require-anchor    do not end with exit code 0 without a checkpoint that matches and that a key of yours has signed
                      (--key or --witness-policy), or one to which it was handed on; a key that the trail alone names
                      does not count. Any such checkpoint will do that holds an entry, however old, and the page says
                      how far it reaches
  --json              the whole verdict as one JSON document (schema countersign/verdict/v1)
  --version           the version
  --help              this page

Without a checkpoint nobody can tell whether the end of the trail was cut off, or all of it re-written by whoever can
write the file. The page that is printed says so.

Exit codes
  0  everything that was asked for holds
  1  integrity is broken: altered, cut off, forked, a bad signature, or a checkpoint that no key of yours has signed
     where you gave some (--key or --witness-policy); or there is not one whole entry
  2  called in a wrong way, something that cannot be read, or a verdict that cannot be written and would end with 0;
     any other code stands where it cannot be written, and a line on the standard error output tells so. Whoever
     only stops reading (| head) changes no code
  3  integrity holds, but a decision does not follow from the rules in force
  4  the last record, or the last opening, is not complete, as after a crash
  5  --require-anchor, and there is no checkpoint that holds an entry and can be compared, or you gave no key; or
     --witness-policy, and enough witnesses have not seen all that the checkpoints hold: the largest has to be cosigned
`

/** Reads the command line. Throws `InputError` where it is called in a wrong way. */
export async function verifyArguments(argv: string[]): Promise<VerifyArguments> {
  const { values, positionals } = await parse(argv)
  if (values.help) return { show: 'help' }
  if (values.version) return { show: 'version' }
  // A trail that has this name is judged when it is named alone.
  if (positionals[0] === 'fork' && positionals.length > 1) return forkArguments(values, positionals.slice(1))
  if (positionals[0] === 'finding' && positionals.length > 1) return findingArguments(values, positionals.slice(1))
  const bundle = positionals[0] === 'bundle' && positionals.length > 1
  const [trail, ...more] = bundle ? positionals.slice(1) : positionals
  if (trail === undefined) throw misuse('verify-trail', 'which trail? Name a trail.jsonl file or its folder')
  if (more.length > 0)
    throw misuse(
      'verify-trail',
      `one ${bundle ? 'bundle' : 'trail'} at a time: ${more.length + 1} were named (${[trail, ...more].join(', ')})`,
    )
  const { checkpoint = [], timestamp = [], 'tsa-ca': authorities = [] } = values
  if (timestamp.length > 0 && authorities.length === 0)
    throw misuse('verify-trail', 'whose time stamps do you trust? Give the certificate of the authority with --tsa-ca')
  if (authorities.length > 0 && timestamp.length === 0)
    throw misuse('verify-trail', '--tsa-ca is for time stamps, and none was given with --timestamp')
  const { since, only, key = [] } = values
  if (bundle) requireForBundle(values)
  if (only !== undefined && only !== 'integrity')
    throw misuse('verify-trail', `--only ${only} is unknown; what can be asked for alone is integrity`)
  if (since !== undefined && key.length === 0 && values['witness-policy'] === undefined)
    throw misuse('verify-trail', 'who has signed the checkpoint of --since? Name the public key with --key')
  const needsMore = (['since', 'policy', 'snapshot', 'openings'] as const).some(name => values[name] !== undefined)
  if (only !== undefined && needsMore)
    throw misuse(
      'verify-trail',
      '--only integrity reads nothing that --since, --policy, --snapshot or --openings could be compared with',
    )
  if (values['fork-proof'] === '')
    throw misuse('verify-trail', 'where is the proof of a fork written? The name after --fork-proof is empty')
  return {
    trail,
    bundle,
    checkpoints: checkpoint,
    timestamps: timestamp,
    authorities,
    keys: key,
    ...(since === undefined ? {} : { since }),
    ...(only === undefined ? {} : { only }),
    policies: values.policy ?? [],
    ...(values.snapshot === undefined ? {} : { snapshot: values.snapshot }),
    ...(values.openings === undefined ? {} : { openings: values.openings }),
    ...(values['witness-policy'] === undefined ? {} : { witnessPolicy: values['witness-policy'] }),
    ...(values['fork-proof'] === undefined ? {} : { forkProof: values['fork-proof'] }),
    requireAnchor: values['require-anchor'] ?? false,
    ...(values.threads === undefined ? {} : { threads: threadsOf(values.threads) }),
    json: values.json ?? false,
  }
}

/** What is for a trail is refused before anything is asked about it. A file that is a bundle, and not named as one, is told so later. */
export function requireForBundle(asked: {
  readonly only?: string | undefined
  readonly since?: string | undefined
}): void {
  if (asked.only !== undefined || asked.since !== undefined)
    throw misuse('verify-trail', '--only and --since are for a trail; a bundle is judged as a whole')
}

function forkArguments(
  values: Awaited<ReturnType<typeof parse>>['values'],
  [fork = '', ...more]: string[],
): VerifyArguments {
  if (more.length > 0) throw misuse('verify-trail', `one proof at a time: ${more.length + 1} were named`)
  const extra = Object.keys(values).find(name => name !== 'key' && name !== 'json')
  if (extra !== undefined) throw misuse('verify-trail', `a proof of a fork is judged with --key only, not --${extra}`)
  if (values.key === undefined)
    throw misuse('verify-trail', 'by which key? Name the public key of the trail with --key')
  return { fork, keys: values.key, json: values.json ?? false }
}

function findingArguments(values: object, [finding = '', ...more]: string[]): VerifyArguments {
  if (more.length > 0) throw misuse('verify-trail', `one finding at a time: ${more.length + 1} were named`)
  const [extra] = Object.keys(values)
  if (extra !== undefined) throw misuse('verify-trail', `a finding is explained by its code alone, without --${extra}`)
  return { finding }
}

function threadsOf(text: string): number {
  const threads = /^[1-9]\d?$/.test(text) ? Number(text) : 0
  if (threads > 0 && threads <= 64) return threads
  throw misuse('verify-trail', `--threads ${text} is no number from 1 to 64`)
}

const options = {
  checkpoint: { type: 'string', multiple: true },
  key: { type: 'string', multiple: true },
  since: { type: 'string' },
  only: { type: 'string' },
  policy: { type: 'string', multiple: true },
  snapshot: { type: 'string' },
  openings: { type: 'string' },
  'fork-proof': { type: 'string' },
  'witness-policy': { type: 'string' },
  timestamp: { type: 'string', multiple: true },
  'tsa-ca': { type: 'string', multiple: true },
  'require-anchor': { type: 'boolean' },
  threads: { type: 'string' },
  json: { type: 'boolean' },
  version: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

async function parse(argv: string[]) {
  const parsed = await parsedOf(argv)
  requireOnce('verify-trail', parsed.tokens, parsed.values)
  return parsed
}

async function parsedOf(argv: string[]) {
  // An import would load all that this module of Node's has, which takes a tenth of the time until the version is said.
  const { parseArgs } = process.getBuiltinModule('node:util')
  try {
    return parseArgs({ args: argv, allowPositionals: true, tokens: true, options })
  } catch (error) {
    throw await unparsed('verify-trail', error, Object.keys(options))
  }
}
