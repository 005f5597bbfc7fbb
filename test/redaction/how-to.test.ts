import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

it('Every command of the page on redaction does what the page says, one after the other.', () => {
  const page = readFileSync(join(root, 'docs/how-to/redact.md'), 'utf8')
  const blocks = [...page.matchAll(/<!-- (run|file): (\S+) -->\n```\w+\n([\s\S]*?)```/g)]
  // Inside the tests' package, where the library's own packages can be found by name.
  const folder = mkdtempSync(join(root, 'test', '.how-to-'))
  try {
    mkdirSync(join(folder, 'node_modules'))
    symlinkSync(join(root, 'test', 'node_modules', 'zod'), join(folder, 'node_modules', 'zod'))
    mkdirSync(join(folder, 'bin'))
    const node = `exec '${process.execPath}' --conditions=countersign-src`
    const programs = {
      node,
      countersign: `${node} '${join(root, 'packages/cli/src/countersign.ts')}'`,
      'verify-trail': `${node} '${join(root, 'packages/cli/src/verify-trail.ts')}'`,
    }
    for (const [name, program] of Object.entries(programs)) {
      writeFileSync(join(folder, 'bin', name), `#!/bin/sh\n${program} "$@"\n`)
      chmodSync(join(folder, 'bin', name), 0o755)
    }
    const PATH = `${join(folder, 'bin')}${delimiter}${process.env.PATH ?? ''}`
    const env = { ...process.env, PATH, COLUMNS: '200', NODE_OPTIONS: '' }
    const ran: string[] = []
    for (const [, kind, what = '', text = ''] of blocks) {
      if (kind === 'file') {
        writeFileSync(join(folder, what), text)
        continue
      }
      const { stdout, stderr, status } = spawnSync('sh', ['-e', '-c', text], { cwd: folder, encoding: 'utf8', env })
      expect(`${text}${stderr}→ ${status}`).toBe(`${text}${stderr}→ ${what}`)
      ran.push(stdout)
    }
    expect(page).toContain(`It prints\n\n\`\`\`text\n${ran[0]}\`\`\``)
    expect(ran[1]).toContain('1 value, none redacted by an entry; 1 opened')
    expect(ran[2]).toContain('1 opening deleted')
    expect(ran[3]).toContain('1 value, 1 redacted by an entry; 0 opened')
    expect(ran.at(-1)).toContain('2 values, 2 redacted by an entry; 0 opened')
    const others = ran.slice(1).join('') + readFileSync(join(folder, 'payments', 'trail.jsonl'), 'utf8')
    expect(others).not.toMatch(/DE0212|Nina/)
    expect(readFileSync(join(folder, 'payments', 'trail.openings.jsonl'), 'utf8')).toBe('')
    // No command stands on the page that was not run.
    expect([...page.matchAll(/```sh\n/g)]).toHaveLength(ran.length)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}, 60_000)
