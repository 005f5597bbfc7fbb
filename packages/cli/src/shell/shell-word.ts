import { terminalText } from './terminal-text.ts'

const plain = /^[\w./@:,=+%-]+$/

/**
 * A name as one word of a command that a person may paste into a shell. What a terminal would act on is spelt out byte by
 * byte, as bash, zsh and ksh read it; what looks like an option is given the way to its folder.
 */
export function shellWord(text: string): string {
  const word = text.startsWith('-') ? `./${text}` : text
  if (plain.test(word)) return word
  if (terminalText(word) === word) return `'${word.replaceAll("'", "'\\''")}'`
  const spelt = Array.from(new TextEncoder().encode(word), byte => {
    const one = String.fromCharCode(byte)
    return byte < 0x7f && plain.test(one) ? one : `\\x${byte.toString(16).padStart(2, '0')}`
  })
  return `$'${spelt.join('')}'`
}
