import { type Setting, widthOf, wrap } from './page.ts'

/** Long lines are hard to read. */
const widest = 100

/**
 * A page of this project in Markdown, set for a terminal: headings in bold, paragraphs and items of lists wrapped, code and tables as
 * they stand, marks of emphasis left out, links as text. It knows what our pages have, and takes anything else for a paragraph.
 */
export function markdownPage(markdown: string, setting: Setting): string {
  const width = Math.min(setting.columns, widest)
  return `${blocksOf(markdown)
    .map(block => set(block, width, setting))
    .join('\n\n')}\n`
}

/** What blank lines keep apart; code is one block, whatever is in it. */
function blocksOf(markdown: string): string[][] {
  const blocks: string[][] = []
  let block: string[] = []
  let isCode = false
  const end = () => {
    if (block.length > 0) blocks.push(block)
    block = []
  }
  for (const line of markdown.trimEnd().split('\n')) {
    const isFence = line.startsWith('```')
    const begins = !isCode && (isFence || isHeading(line) || (block[0] !== undefined && isHeading(block[0])))
    if (begins || (!isCode && line.trim() === '')) end()
    if (isCode || line.trim() !== '') block.push(line)
    if (isFence) isCode = !isCode
    if (isFence && !isCode) end()
  }
  end()
  return blocks
}

const isHeading = (line: string): boolean => /^#{1,6} /.test(line)
const item = /^(\s*(?:[-*]|\d+\.) +)(.*)$/

function set(block: readonly string[], width: number, { paint }: Setting): string {
  const [first = ''] = block
  if (first.startsWith('```'))
    return block
      .slice(1, block.at(-1)?.startsWith('```') ? -1 : undefined)
      .map(line => `    ${line}`.trimEnd())
      .join('\n')
  if (first.startsWith('|')) return block.map(line => `  ${line}`).join('\n')
  if (isHeading(first))
    return wrap(plainOf(first.replace(/^#+ +/, '')), width)
      .map(line => paint('bold', line))
      .join('\n')
  if (!item.test(first)) return hung('', block.join(' '), width)
  const items: [string, string][] = []
  for (const line of block) {
    const [, mark, text = ''] = item.exec(line) ?? []
    const last = items.at(-1)
    if (mark === undefined && last !== undefined) last[1] += ` ${line.trim()}`
    else items.push([mark ?? '', text])
  }
  return items.map(([mark, text]) => hung(`  ${mark}`, text, width)).join('\n')
}

/** A paragraph behind a mark, with its lines under one another. */
function hung(mark: string, text: string, width: number): string {
  const indent = widthOf(mark)
  const [first = '', ...rest] = wrap(plainOf(text), width - indent)
  return [mark + first, ...rest.map(line => ' '.repeat(indent) + line)].join('\n')
}

/** The text without its marks. What stands between the marks of code is left as it is. */
function plainOf(text: string): string {
  return text
    .replaceAll(/\[((?:[^\]`]|`[^`]*`)*)\]\(([^)]*)\)/g, (_, words: string, target: string) => linked(words, target))
    .split(/(`[^`]+`)/)
    .map(part => (/^`.*`$/.test(part) ? code(part.slice(1, -1)) : unmarked(part)))
    .join('')
}

const unmarked = (text: string): string =>
  text.replaceAll(/\*\*([^*]+)\*\*/g, '$1').replaceAll(/(^|[^\w*])\*([^*\s](?:[^*]*[^*\s])?)\*(?!\w)/g, '$1$2')

/** A name needs no marks; of several words it is told where they begin and end. */
const code = (text: string): string => (text.includes(' ') ? `“${text}”` : text)

/** A link as text: to another finding by the command that tells it, to anything else by its file or its address. */
function linked(words: string, target: string): string {
  const finding = /^([a-z-]+\.[a-z-]+|[a-z-]+)\.md(?:#.*)?$/.exec(target)?.[1]
  if (finding !== undefined) return words.includes(finding) ? words : `${words} (verify-trail finding ${finding})`
  const place = /^https?:/.test(target) ? target : target.replace(/#.*$/, '').split('/').at(-1)
  return place === undefined || place === '' ? words : `${words} (${place})`
}
