import { CountersignError, checkFork, type ForkedLog, parseFork, parseVerifierKey } from '@countersign/trail'
import { readFork, readKey } from '../files/supplied.ts'
import { type Setting, settingFor, wrap } from '../pages/page.ts'
import { InputError } from '../shell/input-error.ts'
import { jsonText } from '../shell/json-text.ts'
import { endWith } from '../shell/run.ts'
import type { Shell } from '../shell/shell.ts'
import { terminalText } from '../shell/terminal-text.ts'
import type { VerifyArguments } from './verify-arguments.ts'

/** Judges a proof of a fork by itself. It ends with 1 where the proof holds, as the log is broken then, and never with 0. */
export async function forkCommand(
  { fork: file, keys, json }: Extract<VerifyArguments, { fork: string }>,
  shell: Shell,
): Promise<number> {
  const vkeys = await Promise.all(keys.map(readKey))
  const fork = parsed(file, await readFork(file))
  let told: ForkedLog
  try {
    told = checkFork(fork, { keys: vkeys.map(parseVerifierKey) })
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error
    const { found: signers } = error.facts
    throw new InputError(`${file} does not prove a fork: ${error.message}`, {
      hint: Array.isArray(signers)
        ? `It is signed by ${signers.join(' and ')}. Where the key was replaced between the two, give that of each: --key FILE --key FILE.`
        : 'Ask whoever made it for the file as it was written, and the trail for its public keys.',
      cause: error,
    })
  }
  const page = () => forkPage(told, fork, settingFor(shell.stdout, shell.env))
  return endWith(shell, json ? `${jsonText(documentOf(told, fork), 2)}\n` : page(), 1)
}

function parsed(file: string, text: string): ReturnType<typeof parseFork> {
  try {
    return parseFork(text)
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error
    throw new InputError(`${file} is ${error.message}`, {
      hint: 'verify-trail --fork-proof FILE writes one. Ask whoever made it for the file as it was written.',
      cause: error,
    })
  }
}

const documentOf = ({ origin, smaller, larger, root }: ForkedLog, fork: ReturnType<typeof parseFork>) => ({
  schema: 'countersign/fork-verdict/v1',
  exitCode: 1,
  origin,
  smaller: { ...smaller.checkpoint, key: `${smaller.key.name}+${smaller.key.keyId}`, note: fork.smaller },
  larger: { ...larger.checkpoint, key: `${larger.key.name}+${larger.key.keyId}`, note: fork.larger },
  root,
})

function forkPage(told: ForkedLog, fork: ReturnType<typeof parseFork>, setting: Setting): string {
  const { origin, smaller, larger, root } = told
  const sizes = [smaller.checkpoint.size, larger.checkpoint.size]
  const because =
    sizes[0] === sizes[1]
      ? `Both are of ${sizes[0]} entries, and their fingerprints differ.`
      : `The larger one is of ${sizes[1]} entries. The fingerprint of the first ${sizes[0]} of them, which follows from it, is ${root}; the smaller one, of ${sizes[0]} entries, says ${smaller.checkpoint.root}.`
  const text = (words: string) =>
    wrap(words, setting.columns - 2)
      .map(line => `  ${line}`)
      .join('\n')
  const note = (words: string) =>
    words
      .split('\n')
      .map(line => `    ${terminalText(line)}`.trimEnd())
      .join('\n')
      .trimEnd()
  const keys = [smaller, larger].map(({ key }) => `${terminalText(key.name)}+${key.keyId}`)
  const signed =
    keys[0] === keys[1] ? `The key ${keys[0]} has signed both` : `${keys[0]} and ${keys[1]} have signed them`
  return [
    setting.paint('bold', setting.paint('red', 'FORKED')),
    text(`Two checkpoints of the trail ${terminalText(origin)} cannot both be of one history. ${because}`),
    text(`${signed}: whoever has the key has shown two histories, or somebody else has it.`),
    `  The smaller one:\n\n${note(fork.smaller)}`,
    `  The larger one:\n\n${note(fork.larger)}`,
    `  ${setting.paint('dim', 'exit code 1')}`,
    '',
  ]
    .join('\n\n')
    .replace(/\n\n$/, '\n')
}
