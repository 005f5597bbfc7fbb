import { WriteStream } from 'node:tty'
import { styleText } from 'node:util'
import { grouped } from '../shell/number.ts'
import type { Output, Shell } from '../shell/shell.ts'

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow'

/** How a page is set: how many columns there are, and what colour comes to. */
export interface Setting {
  readonly columns: number
  readonly paint: (style: Style, text: string) => string
}

const fewest = 60
const most = 110

/**
 * The setting for a stream. Without a terminal its width is `COLUMNS`, or 100; without one, or with NO_COLOR, nothing is
 * painted, unless FORCE_COLOR asks for it.
 *
 * @example
 * ```ts
 * import { settingFor } from '@countersign/cli'
 * const setting = settingFor({ write: () => true }, { COLUMNS: '80' })
 * setting.columns // → 80
 * setting.paint('bold', 'sound') // → 'sound'
 * ```
 */
export function settingFor(stream: Output, env: Shell['env'] = process.env): Setting {
  const given = Number(env.COLUMNS)
  const shown = stream.columns ?? 0
  const columns =
    stream.isTTY === true && shown > 0 ? shown : Number.isSafeInteger(given) && given > 0 ? Math.min(given, 500) : 100
  return {
    columns: Math.max(fewest, columns),
    paint: isPainted(stream, env)
      ? (style, text) => styleText(style, text, { validateStream: false })
      : (_, text) => text,
  }
}

const twoColours = 1

/** As Node decides it for its own streams, under the environment that is given. */
const isPainted = (stream: Output, env: Shell['env']): boolean =>
  (stream.isTTY === true || env.FORCE_COLOR !== undefined) && WriteStream.prototype.getColorDepth(env) > twoColours

const wide =
  /^[\u1100-\u115f\u2e80-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u

let graphemes: Intl.Segmenter | undefined

/** The characters as they are seen: a letter with its marks, a picture with all that it is put together of. */
function seen(text: string): string[] {
  // What it knows of all languages takes 3 MiB, and most that is printed is plain.
  graphemes ??= new Intl.Segmenter('en', { granularity: 'grapheme' })
  return Array.from(graphemes.segment(text), one => one.segment)
}

/** Of one character as it is seen: letters of East Asian scripts and pictures take two columns, marks alone none. */
const columnsOf = (grapheme: string): number =>
  wide.test(grapheme) ? 2 : /^(?:\p{Mark}|\u200c|\u200d)/u.test(grapheme) ? 0 : 1

/** What takes one column each, and no other with it: letters of Europe, dashes, quotation marks, and our two signs. */
const plain = /^[ -~\u00a0-\u02ff\u2010-\u2027✓✗]*$/

/** The width of a text in columns. */
export const widthOf = (text: string): number =>
  plain.test(text) ? text.length : seen(text).reduce((sum, one) => sum + columnsOf(one), 0)

/** Fills a text up with blanks, until it is so many columns wide; one that is wider stays as it is. */
export const padTo = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - widthOf(text)))

/**
 * Breaks text into lines of at most so many columns, the first one and those after it; a word that is longer than a line is
 * cut where it must be.
 */
export function wrap(text: string, columns: number, later = columns): string[] {
  const lines: string[] = []
  const room = () => (lines.length === 0 ? columns : later)
  let line = ''
  for (const word of text.split(' ').filter(one => one !== '')) {
    let rest = word
    if (line !== '' && widthOf(line) + 1 + widthOf(rest) <= room()) {
      line += ` ${rest}`
      continue
    }
    if (line !== '') lines.push(line)
    while (widthOf(rest) > room()) {
      const head = headOf(rest, room())
      lines.push(head)
      rest = rest.slice(head.length)
    }
    line = rest
  }
  if (line !== '' || lines.length === 0) lines.push(line)
  return lines
}

function headOf(text: string, columns: number): string {
  let head = ''
  let width = 0
  for (const one of seen(text)) {
    width += columnsOf(one)
    if (head !== '' && width > columns) break
    head += one
  }
  return head
}

/** A paragraph with a label before its first line and its lines under one another. Long lines are hard to read. */
export function paragraph(label: string, text: string, setting: Setting): string {
  const indent = widthOf(label)
  const [first = '', ...rest] = wrap(text, Math.max(20, Math.min(setting.columns, most) - indent))
  return [label + first, ...rest.map(line => ' '.repeat(indent) + line)].join('\n')
}

/** A paragraph so far to the right, and as far beyond that as its text begins with spaces. */
export const indented = (text: string, indent: number, setting: Setting): string =>
  paragraph(' '.repeat(indent + widthOf(text) - widthOf(text.trimStart())), text.trimStart(), setting)

/** Cuts a text to so many columns, and says so. */
export const cutTo = (text: string, columns: number): string =>
  widthOf(text) <= columns ? text : `${headOf(text, columns - 1)}…`

/** Cuts a text to so many characters, and says so. */
export const shortened = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 1).toWellFormed()}…`

/** A number and what it is of, as `1 entry` or `2,000 entries`. */
export const count = (number: number, one: string, many = `${one}s`): string =>
  `${grouped(number)} ${number === 1 ? one : many}`

/** An instant of the trail for a person: `2026-03-02 08:00 UTC`. */
export const moment = (instant: string): string =>
  instant === '' ? 'never' : `${instant.slice(0, 10)} ${instant.slice(11, 16)} UTC`
