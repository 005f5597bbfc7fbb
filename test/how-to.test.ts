import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

/** A folder with the commands of the project in it, run from their sources. */
function commandsIn(folder: string): string {
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  const node = `exec '${process.execPath}' --conditions=countersign-src`
  const programs = {
    node,
    countersign: `${node} '${join(root, 'packages/cli/src/countersign.ts')}'`,
    'verify-trail': `${node} '${join(root, 'packages/cli/src/verify-trail.ts')}'`,
  }
  for (const [name, program] of Object.entries(programs)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${program} "$@"\n`)
    chmodSync(join(bin, name), 0o755)
  }
  return bin
}

test.each([
  ['on checkpoints', 'checkpoints.md', 12],
  ['on several trails', 'split-trails.md', 5],
])(
  'Every command of the page %s does what the page says, one after the other in an empty folder.',
  (_, name, least) => {
    const page = readFileSync(join(root, 'docs/how-to', name), 'utf8')
    const blocks = [...page.matchAll(/<!-- (run|file): (\S+) -->\n```\w+\n([\s\S]*?)```/g)]
    // Inside the tests' package, where the library's own packages can be found by name.
    const folder = mkdtempSync(join(root, 'test', '.how-to-'))
    try {
      const PATH = `${commandsIn(folder)}${delimiter}${process.env.PATH ?? ''}`
      const ended: [string, number | null][] = []
      for (const [, kind, what = '', text = ''] of blocks) {
        if (kind === 'file') {
          writeFileSync(join(folder, what), text)
          continue
        }
        const ran = spawnSync('sh', ['-e', '-c', text], {
          cwd: folder,
          encoding: 'utf8',
          env: { ...process.env, PATH },
        })
        expect(`${text}${ran.stderr}→ ${ran.status}`).toBe(`${text}${ran.stderr}→ ${what}`)
        ended.push([what, ran.status])
      }
      expect(ended.length).toBeGreaterThan(least)
      // No command stands on the page that was not run, by itself or in a file.
      expect([...page.matchAll(/```sh\n/g)]).toHaveLength(blocks.filter(([whole]) => whole.includes('```sh\n')).length)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
  60_000,
)
