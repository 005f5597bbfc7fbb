import { spawnSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { exitCodeOf, verifyFile } from '@countersign/cli'
import { openCheckpoint, parseVerifierKey } from '@countersign/trail'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { linesOf } from './forge.ts'
import { demo, tellStory } from './main.ts'
import { verifyTrail } from './verify.ts'

const page = { width: 100, paint: (_: string, text: string) => text }

let folder: string

async function told() {
  const lines: string[] = []
  const code = await demo(folder, page, line => lines.push(line))
  return { code, lines }
}

let first: Awaited<ReturnType<typeof told>>
beforeAll(async () => {
  // Where the demo leaves its files, too: the story names them, and is as long as their names are.
  const beside = fileURLToPath(new URL('../../../.countersign/', import.meta.url))
  await mkdir(beside, { recursive: true })
  folder = join(await mkdtemp(join(beside, 't')), 'demo')
  first = await told()
})

afterAll(() => rm(join(folder, '..'), { recursive: true }))

describe('the demo', () => {
  it('tells the story, and verify-trail finds the trail sound, one copy broken and the other unjustified', () => {
    const { code, lines } = first
    const said = lines.join('\n')
    expect(said.match(/exit code \d/g)).toEqual(['exit code 0', 'exit code 1', 'exit code 3'])
    expect(code).toBe(0)
    // Whoever makes it longer should mean to: nobody reads a page without an end.
    expect(lines.length).toBeLessThanOrEqual(225)
  })

  it('leaves a checkpoint over the whole trail, which the public key beside it verifies', async () => {
    const key = parseVerifierKey((await readFile(join(folder, 'vkey'), 'utf8')).trim())
    const { checkpoint } = openCheckpoint(await readFile(join(folder, 'checkpoint'), 'utf8'), { keys: [key] })
    expect(checkpoint.size).toBe(linesOf(await readFile(join(folder, 'trail.jsonl'))).length)
  })

  it('would have found the forged copy by the checkpoint alone, as it says', async () => {
    const path = (name: string) => join(folder, name)
    const anchored = { checkpoints: [path('checkpoint')], keys: [path('vkey')] }
    const verdict = await verifyFile(path('tampered/forged.jsonl'), anchored)
    expect(exitCodeOf(verdict)).toBe(1)
    expect(verdict.codes).toHaveProperty(['checkpoint.root'])
  })

  it('takes a verifier that gives no verdict for no verdict, whatever its exit code', async () => {
    expect((await verifyTrail('--no-such-option')).code).toBeUndefined()
    expect((await verifyTrail(join(folder, 'no-such-trail.jsonl'))).code).toBeUndefined()
  })

  it('prints the same story on every run', async () => {
    const lines: string[] = []
    await tellStory(folder, page, line => lines.push(line))
    expect(first.lines.slice(0, lines.length)).toEqual(lines)
    expect(first.lines.slice(lines.length).join('\n')).toMatch(/^\s*What verify-trail/)
    expect(lines).not.toEqual([])
  })

  it('says in a sentence what is wrong where its folder cannot be written, and ends with 2', async () => {
    const main = fileURLToPath(new URL('main.ts', import.meta.url))
    const root = join(folder, '..', 'root')
    // The program finds its folder from where it lies, so it runs from a copy whose root holds a file in the way.
    await cp(join(main, '..'), join(root, 'examples', 'three-teams', 'src'), { recursive: true })
    await symlink(join(main, '../../node_modules'), join(root, 'examples', 'three-teams', 'node_modules'))
    await writeFile(join(root, 'package.json'), '{"type":"module"}')
    await writeFile(join(root, '.countersign'), 'a file')
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--conditions=countersign-src', join(root, 'examples/three-teams/src/main.ts')],
      { encoding: 'utf8' },
    )
    expect(stderr).toContain(`The demo keeps its trail in ${join(root, '.countersign', 'demo')}, and cannot`)
    expect(stderr).not.toContain('    at ')
    expect(status).toBe(2)
  })
})
