import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatVerifierKey, signerKey, verifierKeyOf } from '@countersign/trail'
import { describe, expect, test } from 'vitest'
import { call, newFolder } from '../cli/command-line.ts'
import { Chance, mutate } from './mutate.ts'
import { type Target, targets } from './targets.ts'

const all = await targets()
const seedsOf = (name: string): Target['seeds'] => all.find(one => one.name === name)?.seeds ?? []
const key = formatVerifierKey(verifierKeyOf(signerKey('trail.example/scenario', new Uint8Array(32).fill(7))))

/** How each kind of file is handed to a command; `sound` is a trail that is. */
const kinds: readonly (readonly [name: string, argv: (file: string, sound: string) => string[]])[] = [
  ['trail', file => ['verify-trail', file]],
  ['note', (file, sound) => ['verify-trail', sound, '--checkpoint', file, '--key', 'KEY']],
  ['public key', (file, sound) => ['verify-trail', sound, '--key', file]],
  ['policy of witnesses', (file, sound) => ['verify-trail', sound, '--witness-policy', file]],
  ['bundle', file => ['verify-trail', 'bundle', file]],
  ['fork', file => ['verify-trail', 'fork', file, '--key', 'KEY']],
  ['policy', file => ['countersign', 'lint', file]],
]

describe('a file that is changed anyhow', () => {
  test.each(kinds)(
    'ends a command that reads it as %s with one of its codes and one message, and no trace of the program',
    async (name, argv) => {
      const folder = newFolder()
      const [sound, file, own] = ['sound.jsonl', 'file.json', 'key'].map(one => join(folder, one)) as [
        string,
        string,
        string,
      ]
      writeFileSync(sound, seedsOf('trail')[0] ?? '')
      writeFileSync(own, `${key}\n`)
      const chance = new Chance(20_261_126)
      const seeds = seedsOf(name)
      expect(seeds.length).toBeGreaterThan(0)
      for (let count = 0; count < 4; count++) {
        writeFileSync(file, mutate(chance.of(seeds), chance, seeds))
        const [program, ...rest] = argv(file, sound)
        const ran = await call(
          program as 'verify-trail',
          rest.map(one => (one === 'KEY' ? own : one)),
        )
        expect([0, 1, 2, 3, 4, 5]).toContain(ran.code)
        expect(`${ran.out}${ran.err}`).not.toMatch(/\n\s+at .*[jt]s:\d+|TypeError|RangeError|undefined is not/)
        if (ran.code === 2) expect(ran.err).not.toBe('')
      }
    },
  )
})
