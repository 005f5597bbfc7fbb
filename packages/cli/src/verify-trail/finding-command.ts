import { readdir, readFile } from 'node:fs/promises'
import { endWith, misspelt } from '../shell/run.ts'
import type { Shell } from '../shell/shell.ts'

/** Where the pages about findings lie: packed along with these commands, or in the repository. */
const folders = ['findings/', '../../docs/reference/findings/'].map(
  path => new URL(path, import.meta.resolve('#package')),
)

/** Prints the page about a code of a finding: what it means, how it can come about, and what to do. */
export async function findingCommand(code: string, shell: Shell): Promise<number> {
  const codes: string[] = []
  for (const folder of folders) {
    const files = await readdir(folder).catch((): string[] => [])
    // A code is one of the names there, and so never a way to another file.
    if (files.includes(`${code}.md`)) return endWith(shell, await readFile(new URL(`${code}.md`, folder), 'utf8'))
    codes.push(...files.map(file => file.replace(/\.md$/, '')))
  }
  throw await misspelt('verify-trail', `there is no finding ${code}`, code, codes)
}
