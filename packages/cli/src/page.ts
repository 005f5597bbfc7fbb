import { styleText } from 'node:util'

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow'

/** How a page is set: how many columns there are, and what colour comes to. */
export interface Setting {
  readonly columns: number
  readonly paint: (style: Style, text: string) => string
}

const fewest = 60
const most = 110

/** The setting for a stream. Without a terminal, or with NO_COLOR, nothing is painted. */
export function settingFor(stream: NodeJS.WriteStream): Setting {
  const columns = stream.isTTY && stream.columns > 0 ? stream.columns : 100
  return {
    columns: Math.max(fewest, columns),
    paint: (style, text) => styleText(style, text, { stream }),
  }
}

/** The width of a text in columns: letters of East Asian scripts and pictures take two, combining marks none. */
export function widthOf(text: string): number {
  let width = 0
  for (const character of text) {
    if (/\p{Mark}|\u200d/u.test(character)) continue
    width +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u.test(
        character,
      )
        ? 2
        : 1
  }
  return width
}

export const padTo = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - widthOf(text)))

/** Breaks text into lines of at most so many columns; a word that is longer than a line is cut where it must be. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ').filter(one => one !== '')) {
    let rest = word
    if (line !== '' && widthOf(line) + 1 + widthOf(rest) <= columns) {
      line += ` ${rest}`
      continue
    }
    if (line !== '') lines.push(line)
    while (widthOf(rest) > columns) {
      const head = headOf(rest, columns)
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
  for (const character of text) {
    if (head !== '' && widthOf(head + character) > columns) break
    head += character
  }
  return head
}

/** A paragraph with a label before its first line and its lines under one another. Long lines are hard to read. */
export function paragraph(label: string, text: string, setting: Setting): string {
  const indent = widthOf(label)
  const [first = '', ...rest] = wrap(text, Math.max(20, Math.min(setting.columns, most) - indent))
  return [label + first, ...rest.map(line => ' '.repeat(indent) + line)].join('\n')
}

/** Cuts a text to so many characters, and says so. */
export const shortened = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 1).toWellFormed()}…`

export const count = (number: number, one: string, many = `${one}s`): string =>
  `${number.toLocaleString('en')} ${number === 1 ? one : many}`

/** An instant of the trail for a person: `2026-03-02 08:00 UTC`. */
export const moment = (instant: string): string =>
  instant === '' ? 'never' : `${instant.slice(0, 10)} ${instant.slice(11, 16)} UTC`
