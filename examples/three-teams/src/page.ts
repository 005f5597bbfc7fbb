/** How text is painted: a colour or weight, and the text. Where there is no colour, the text as it is. */
export type Paint = (format: 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan', text: string) => string

/** What is printed on: so many columns, with or without colour. */
export interface Page {
  readonly width: number
  readonly paint: Paint
}

/** Breaks a text into lines of at most `width` characters, at spaces; a word that is longer is cut. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ').flatMap(long => long.match(new RegExp(`.{1,${width}}`, 'gu')) ?? [])) {
    if (line === '') line = word
    else if (line.length + 1 + word.length <= width) line += ` ${word}`
    else {
      lines.push(line)
      line = word
    }
  }
  return [...lines, line]
}

/** A text whose first line begins with `first`, and whose other lines stand below what follows it. */
export const hanging = (text: string, width: number, first: string): string[] =>
  wrap(text, width - first.length).map((line, index) => (index === 0 ? first : ' '.repeat(first.length)) + line)

/** A heading that runs to the right edge. */
export const heading = (text: string, { width, paint }: Page): string[] => [
  '',
  paint('bold', `${text} ${'═'.repeat(Math.max(3, width - text.length - 1))}`),
]

/** «a, b or c» */
export const list = (names: readonly string[], last: 'and' | 'or'): string =>
  names.length <= 1 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} ${last} ${names.at(-1)}`
