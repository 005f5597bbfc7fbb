import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

describe('the pages that tell how to', () => {
  it.each(['forms', 'outbox'])('%s: its code runs as it stands and prints what it says', page => {
    const text = readFileSync(join(root, `docs/how-to/${page}.md`), 'utf8')
    const blocks = [...text.matchAll(/<!-- run: (\S+) -->\n```ts\n([\s\S]*?)```/g)]
    expect(blocks).not.toEqual([])
    // Inside the tests' package, where the library's own packages can be found by name.
    const folder = mkdtempSync(join(root, 'test', '.how-to-'))
    try {
      mkdirSync(join(folder, 'node_modules'))
      symlinkSync(join(root, 'test', 'node_modules', 'zod'), join(folder, 'node_modules', 'zod'))
      for (const [, name = '', code = ''] of blocks) writeFileSync(join(folder, name), code)
      const printed = execFileSync(process.execPath, ['--conditions=countersign-src', blocks[0]?.[1] ?? ''], {
        cwd: folder,
        encoding: 'utf8',
      })
      expect(text).toContain(`It prints\n\n\`\`\`text\n${printed}\`\`\``)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
