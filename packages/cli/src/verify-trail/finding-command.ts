import { readdir, readFile } from 'node:fs/promises'
import { endWith, misspelt } from '../shell/run.ts'
import type { Shell } from '../shell/shell.ts'

/** Where the pages about findings lie: packed along with these commands, or in the repository. */
const folders = ['findings/', '../../docs/reference/findings/'].map(
  path => new URL(path, import.meta.resolve('#package')),
)

/**
 * Prints the page about a code of a finding: what it means, how it can come about, and what to do. A terminal is given it to read,
 * anything else as it stands.
 */
export async function findingCommand(code: string, shell: Shell): Promise<number> {
  const codes: string[] = []
  for (const folder of folders) {
    const files = await readdir(folder).catch((): string[] => [])
    // A code is one of the names there, and so never a way to another file.
    if (files.includes(`${code}.md`)) {
      const page = await readFile(new URL(`${code}.md`, folder), 'utf8')
      return endWith(shell, shell.stdout.isTTY === true ? await read(page, shell) : page)
    }
    codes.push(...files.map(file => file.replace(/\.md$/, '')))
  }
  throw await misspelt('verify-trail', `there is no finding ${code}`, code, codes)
}

/** The page as it is read on a terminal. */
async function read(page: string, shell: Shell): Promise<string> {
  const [{ markdownPage }, { settingFor }] = await Promise.all([
    import('../pages/markdown-page.ts'),
    import('../pages/page.ts'),
  ])
  return markdownPage(page, settingFor(shell.stdout, shell.env))
}
