import { InputError } from './input-error.ts'
import { terminalText } from './terminal-text.ts'

/** A failure as it is told on stderr. With `debug` the stack follows. */
export function faultLines(name: string, error: unknown, debug: boolean): string {
  const known = error instanceof Error ? error : new Error(String(error))
  const unexpected = !(known instanceof InputError)
  const hint =
    known instanceof InputError
      ? known.hint
      : 'This should not have happened. COUNTERSIGN_DEBUG=1 shows where it came from.'
  const what = withoutSecrets(terminalText(known.message === '' ? known.name : known.message))
  const lines = [`${name}: ${unexpected ? 'unexpected: ' : ''}${what}`]
  if (hint !== undefined) lines.push(`  ${withoutSecrets(terminalText(hint))}`)
  if (debug) lines.push(withoutSecrets(stackOf(known)))
  return `${lines.join('\n')}\n`
}

/**
 * The last guard: whoever complains about a line or an argument quotes it, and it may be a secret key that was put into the
 * wrong place, or an address with a password in it.
 */
const withoutSecrets = (text: string): string =>
  text
    .replaceAll(/PRIVATE\+KEY\+\S*/g, 'PRIVATE+KEY+…')
    // Taken for a path, an address has lost one of its slashes.
    .replaceAll(/(postgres(?:ql)?:\/{1,2}[^\s:/?#@]*):\S*@/gi, '$1:…@')
    // In an address, and in the words of which libpq makes one (`host=… password='…'`).
    .replaceAll(/(password\s*=\s*)(?:'(?:[^'\\]|\\.)*'?|[^\s&]*)/gi, '$1…')

const stackOf = (error: Error): string =>
  `${(error.stack ?? error.message).split('\n').map(terminalText).join('\n')}${error.cause instanceof Error ? `\ncaused by: ${stackOf(error.cause)}` : ''}`
