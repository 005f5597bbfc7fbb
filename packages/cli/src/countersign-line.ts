import { parseArgs } from 'node:util'
import { commands, optionTypes } from './commands.ts'
import type { Command, OptionName, Options } from './shell/command.ts'
import { asTyped, endWith, misspelt, misuse, requireOnce, unparsed } from './shell/run.ts'
import type { Shell } from './shell/shell.ts'

/** What `countersign` was asked to do. */
type Called =
  | { readonly show: 'version' }
  | { readonly show: 'help'; readonly of: Command | undefined }
  | { readonly command: Command; readonly operands: readonly string[]; readonly options: Options }

const indent = 2
const column = 40

/** How a command is called, with the options that it does nothing without. */
const callOf = ({ name, operands, required = {} }: Command): string =>
  [
    'countersign',
    name,
    ...operands.map(operand => `<${operand.name}>`),
    ...Object.entries(required).map(([option, value]) => `--${option} ${value}`),
  ].join(' ')

/** What a command does, and beneath it the lines about its options and its exit codes. */
function helpOf({ help, exits }: Command, more: readonly string[] = []): readonly string[] {
  const codes = Object.entries(exits ?? {}).map(([code, meaning]) => `${code} ${meaning}`)
  const told = codes.length === 0 ? [] : [`exit codes: ${codes.join('; ')}`]
  return [...help.split('\n'), ...more, ...told]
}

/** The page of help of one command. */
function commandPage(command: Command): string {
  const json = command.options.includes('json')
    ? ['--json  for machines: one JSON document; for log one on each line']
    : []
  const [first = '', ...rest] = helpOf(command, json)
  const isMore = command.options.length > Object.keys(command.required ?? {}).length
  const call = `${callOf(command)}${isMore ? ' [options]' : ''}`
  const needed = command.required === undefined ? '' : 'What stands beside the name of the command has to be given.\n'
  return `${[call, '', first, ...rest.map(line => `  ${line}`)].join('\n')}\n\n${needed}countersign --help tells of all commands, and what exit codes mean.\n`
}

/** The page of help: each command as it is called, and beside it what it does. */
function helpPage(): string {
  const lines = commands.flatMap(command => {
    const [first = '', ...rest] = helpOf(command)
    const call = `${' '.repeat(indent)}${callOf(command)}`
    const lines = rest.map(line => `      ${line}`)
    return call.length > indent + column
      ? ['', call, `      ${first}`, ...lines]
      : ['', `${call.padEnd(indent + column)} ${first}`, ...lines]
  })
  return `countersign <command> <trail> [options]
countersign <command> --help

Reads a trail and shows what is in it. It takes no lock on what it only reads, and writes only what a command is named
for: redact, copy and import lock the trail into which they write. It does not verify: verify-trail does.
${lines.join('\n')}

  An option that stands beside the name of its command has to be given; the others may be.

  <trail>     a trail.jsonl file, or the folder that holds one. What only reads takes sqlite:<path>, a postgres:// URL
              and a folder to which one was published as well; publish and bundle take a file or a store, checkpoint a
              file (of a store a copy), redact a file only (in a store its desk redacts)
  --json      for machines: one JSON document; for log one on each line
  --version   the version
  --help      this page; after a command, its part of it

Exit codes
  0  done
  1  only of ${endingWith(1)}: what it means is told there
  2  called in a wrong way, refused, or something that is not there, cannot be read or cannot be written
  3  only of ${endingWith(3)}: likewise
`
}

/** The commands that can end with a code. */
const endingWith = (code: 1 | 3): string =>
  commands
    .filter(({ exits }) => exits?.[code] !== undefined)
    .map(({ name }) => name)
    .join(', ')

/** What is asked for help: the command that is named, where it is one. */
const programOf = (name: string | undefined): string =>
  commands.some(one => one.name === name) ? `countersign ${name}` : 'countersign'

/** Reads the command line. Throws `InputError` where it is called in a wrong way. */
async function commandLine(argv: string[]): Promise<Called> {
  const { values, positionals, tokens } = await parse(argv)
  requireOnce(programOf(positionals[0]), tokens, values)
  if (values.help) return { show: 'help', of: commands.find(one => one.name === positionals[0]) }
  if (values.version) return { show: 'version' }
  const [name, ...operands] = positionals
  const names = commands.map(one => one.name)
  if (name === undefined) throw misuse('countersign', `what to show? One of ${names.join(', ')}`)
  const command = commands.find(one => one.name === name)
  if (command === undefined)
    throw await misspelt(
      'countersign',
      `there is no command ${name}`,
      name,
      names,
      `: it is one of ${names.join(', ')}`,
    )
  const own = programOf(name)
  const missing = command.operands[operands.length]
  if (missing !== undefined) throw misuse(own, `${name} ${missing.question}`)
  const extra = operands.slice(command.operands.length)
  if (extra.length > 0) throw misuse(own, `${name} takes nothing more: ${extra.join(' ')}`)
  const { help: _help, version: _version, ...options } = values
  for (const [option, value] of Object.entries(options)) {
    if (!command.options.includes(option as OptionName))
      throw await misspelt(own, `${name} has no option --${option}`, `--${option}`, asTyped(command.options))
    if ([value].flat().includes('')) throw misuse(own, `--${option} was given, and nothing with it`)
  }
  return { command, operands, options }
}

const optionsOfAll = { ...optionTypes, version: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const

async function parse(argv: string[]) {
  try {
    return parseArgs({ args: argv, allowPositionals: true, tokens: true, options: optionsOfAll })
  } catch (error) {
    const command = commands.find(one => one.name === argv[0])
    throw await unparsed(programOf(argv[0]), error, command?.options ?? Object.keys(optionsOfAll))
  }
}

/** The command line of `countersign`: carries out what it asks for, and gives the exit code. */
export async function countersign(argv: string[], shell: Shell): Promise<number> {
  const called = await commandLine(argv)
  if ('command' in called) return called.command.run(called.operands, called.options, shell)
  if (called.show === 'version') return endWith(shell, `${(await import('./version.ts')).version}\n`)
  return endWith(shell, called.of === undefined ? helpPage() : commandPage(called.of))
}
