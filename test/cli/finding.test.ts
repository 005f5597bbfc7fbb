import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { markdownPage } from '../../packages/cli/src/pages/markdown-page.ts'
import { type Setting, widthOf } from '../../packages/cli/src/pages/page.ts'
import type { Output } from '../../packages/cli/src/shell/shell.ts'
import { findingCommand } from '../../packages/cli/src/verify-trail/finding-command.ts'

const plain = (columns: number): Setting => ({ columns, paint: (_, text) => text })
const painted: Setting = { columns: 100, paint: (style, text) => `<${style}>${text}</${style}>` }
const folder = new URL('../../docs/reference/findings/', import.meta.url)

/** What `verify-trail finding` prints onto a terminal, or into a pipe. */
async function told(code: string, isTTY: boolean, columns = 80): Promise<string> {
  let out = ''
  const write = (text: string) => {
    out += text
    return true
  }
  const stdout = { isTTY, columns, write } as unknown as Output
  const shell = { env: { NO_COLOR: '1' }, stdin: process.stdin, stdout, stderr: process.stderr }
  expect(await findingCommand(code, shell)).toBe(0)
  return out
}

test('Every page about a finding is set for the terminal that it is read on, and has no mark of Markdown left.', () => {
  for (const file of readdirSync(folder))
    for (const columns of [60, 80, 200]) {
      const page = markdownPage(readFileSync(new URL(file, folder), 'utf8'), plain(columns))
      expect(page, file).not.toMatch(/^#|\]\(|`|\*\w|\w\*/m)
      for (const line of page.split('\n')) expect(widthOf(line), line).toBeLessThanOrEqual(Math.min(columns, 100))
      // Nothing is lost but the marks: each paragraph is there.
      expect(page.split('\n\n').length, file).toBe(
        readFileSync(new URL(file, folder), 'utf8').trim().split('\n\n').length,
      )
    }
})

test('A finding is told on a terminal as text to read, and into a pipe in the words of its page.', async () => {
  const page = readFileSync(new URL('chain.break.md', folder), 'utf8')
  expect(await told('chain.break', false)).toBe(page)
  const read = await told('chain.break', true, 70)
  expect(read).toMatch(
    /^The chain is broken\n\nchain\.break, a finding of the kind integrity\. Exit status 1: the\nintegrity is broken\.\n\nWhat it means\n\n/,
  )
  expect(read).toContain('\n\nHonestly: a defect of a disk')
})

test('Headings, lists, code, tables and links are kept legible.', () => {
  const page = [
    '# A *long* heading',
    'A paragraph with **bold** words, 2 * 3 * 4, `a_name` and `two words`,',
    'and links: [shorter](checkpoint.truncated.md), [`frame`](frame.md), [why](../../explanation/what-a-trail-proves.md#so), [C2SP](https://c2sp.org/tlog).',
    '',
    '- an item that is longer than a line of sixty columns has, and goes on under itself',
    '  and on the next line',
    '- another one with `code`',
    '1. counted',
    '',
    '```sh',
    'verify-trail a.jsonl   # as *it* stands',
    '',
    '  indented',
    '```',
    '',
    '| a | `b` |',
    '|---|---|',
    '| 1 | 2 |',
  ].join('\n')
  expect(markdownPage(page, { ...painted, columns: 60 })).toBe(`<bold>A long heading</bold>

A paragraph with bold words, 2 * 3 * 4, a_name and “two
words”, and links: shorter (verify-trail finding
checkpoint.truncated), frame, why (what-a-trail-proves.md),
C2SP (https://c2sp.org/tlog).

  - an item that is longer than a line of sixty columns has,
    and goes on under itself and on the next line
  - another one with code
  1. counted

    verify-trail a.jsonl   # as *it* stands

      indented

  | a | \`b\` |
  |---|---|
  | 1 | 2 |
`)
})
