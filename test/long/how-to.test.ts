import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

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

/**
 * Runs every command of a page, one after the other, in an empty folder with the files that the page shows; each has to end as the page
 * says. Gives what each has printed, and hands over the folder before it is gone.
 */
function printedBy(name: string, look: (folder: string) => void = () => {}): string[] {
  const page = readFileSync(join(root, 'docs', name), 'utf8')
  const blocks = [...page.matchAll(/<!-- (run|file): (\S+) -->\n```\w+\n([\s\S]*?)```/g)]
  // Inside the tests' package, where the library's own packages can be found by name.
  const folder = mkdtempSync(join(root, 'test', '.how-to-'))
  try {
    mkdirSync(join(folder, 'node_modules'))
    symlinkSync(join(root, 'test', 'node_modules', 'zod'), join(folder, 'node_modules', 'zod'))
    const PATH = `${commandsIn(folder)}${delimiter}${process.env.PATH ?? ''}`
    const env = { ...process.env, PATH, COLUMNS: '200', NODE_OPTIONS: '' }
    const printed: string[] = []
    for (const [, kind, what = '', text = ''] of blocks) {
      if (kind === 'file') {
        writeFileSync(join(folder, what), text)
        continue
      }
      const { stdout, stderr, status } = spawnSync('sh', ['-e', '-c', text], { cwd: folder, encoding: 'utf8', env })
      expect(`${text}${stderr}→ ${status}`).toBe(`${text}${stderr}→ ${what}`)
      printed.push(stdout)
    }
    // No command stands on the page that was not run, by itself or in a file.
    expect([...page.matchAll(/```sh\n/g)]).toHaveLength(blocks.filter(([whole]) => whole.includes('```sh\n')).length)
    look(folder)
    return printed
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

test.each([
  ['on checkpoints', 'how-to/checkpoints.md', 12],
  ['on several trails', 'how-to/split-trails.md', 5],
])(
  'Every command of the page %s does what the page says, one after the other in an empty folder.',
  (_, name, least) => {
    expect(printedBy(name).length).toBeGreaterThan(least)
  },
  60_000,
)

test('Every command of the page on redaction does what the page says, one after the other.', () => {
  let trail = ''
  let openings = ''
  const printed = printedBy('how-to/redact.md', folder => {
    trail = readFileSync(join(folder, 'payments', 'trail.jsonl'), 'utf8')
    openings = readFileSync(join(folder, 'payments', 'trail.openings.jsonl'), 'utf8')
  })
  const page = readFileSync(join(root, 'docs/how-to/redact.md'), 'utf8')
  expect(page).toContain(`It prints\n\n\`\`\`text\n${printed[0]}\`\`\``)
  expect(printed[1]).toContain('1 value, none redacted by an entry; 1 opened')
  expect(printed[2]).toContain('1 opening deleted')
  expect(printed[3]).toContain('1 value, 1 redacted by an entry; 0 opened')
  expect(printed[5]).toContain('before: 1 can be opened\nafter:  0\n')
  expect(printed[5]).toContain('2 values, 2 redacted by an entry; 0 opened')
  expect(printed.at(-1)).toContain('2 values, 2 redacted by an entry; 0 opened')
  expect(printed.slice(1).join('') + trail).not.toMatch(/DE0212|Nina/)
  expect(openings).toBe('')
}, 60_000)

test('Every command of the tutorial does what it says, and what it shows is what is printed.', () => {
  const printed = printedBy('tutorial/a-first-change.md')
  const page = readFileSync(join(root, 'docs/tutorial/a-first-change.md'), 'utf8')
  const shown = [...page.matchAll(/```text\n([\s\S]*?)```/g)].map(([, text]) => text)
  expect(shown).toEqual([printed[0], printed[1], printed[3]])
  expect(printed.map(text => text.split('\n')[0]).slice(4)).toEqual([
    'SOUND AS FAR AS IT GOES, AND NOT ANCHORED',
    'BROKEN',
    'NOT JUSTIFIED',
    '# Accepted, and the rules refuse it',
    'SOUND AS FAR AS IT GOES, AND NOT ANCHORED',
    expect.stringContaining('payments.example/changes'),
    'BROKEN',
    'SOUND, AND HELD BY A CHECKPOINT',
  ])
}, 60_000)
