import { padTo, paragraph, type Setting, widthOf } from './page.ts'

/** A part of a page: its rows, of which each may have a label. */
export interface Section {
  readonly title: string
  readonly rows: readonly (readonly [label: string, text: string])[]
}

/** Labels are as wide as the widest of them, if that leaves room for what they stand before. */
const widestLabel = 20

/** A part with its title, its rows under one another. */
export function sectionLines({ title, rows }: Section, setting: Setting): string[] {
  const width = Math.max(...rows.map(([label]) => widthOf(label)).filter(one => one <= widestLabel), 0)
  return [
    setting.paint('bold', title),
    ...rows.flatMap(([label, text]) => {
      if (widthOf(label) > widestLabel)
        return [paragraph('  ', label, setting), paragraph(' '.repeat(width + 4), text, setting)]
      return [paragraph(`  ${width === 0 ? '' : `${padTo(label, width)}  `}`, text, setting)]
    }),
  ]
}
