import { describe, expect, test } from 'vitest'
import { nodeFileSystem } from '../../packages/store-file/src/file-system.ts'
import { append } from './file-append.ts'
import { tryKill } from './file-killing.ts'
import { type Found, faults, faulty, loadOf, tryFault } from './file-load.ts'
import { newFolder } from './trial.ts'

/** `npx -y pnpm@12 faults file` tries every call; these are some of each kind. */
const load = await loadOf(20_261_126, 30)

async function callsOf(): Promise<string[]> {
  const { system, calls } = faulty(Number.POSITIVE_INFINITY, { code: undefined, half: false, forGood: false })
  expect((await append(system, newFolder(), load.rounds)).errors).toEqual([])
  return calls
}

describe('a trail of real decisions', () => {
  test('is the same bytes in a file as in memory, however its appends are dealt', async () => {
    const came = await append(nodeFileSystem, newFolder(), load.rounds)
    expect([came.acknowledged, came.errors]).toEqual([load.lines.length, []])
    expect(load.ends.size).toBeLessThan(load.lines.length)
  })

  test.each([...faults])(
    'loses nothing and takes no half where one system call goes wrong (%s), and the verifier says what is there',
    async (_, fault) => {
      const calls = await callsOf()
      for (let at = 1; at <= calls.length; at += 11) await tryFault(newFolder(), load, at, fault)
    },
  )

  test('loses nothing and takes no half where the process is killed at one of its calls', async () => {
    const calls = await callsOf()
    const found: Found[] = []
    const writes = [...calls.entries()].filter(([, name]) => name === 'write').map(([at]) => at + 1)
    const some = [7, writes.at(9), writes.at(20), writes.at(-2)].map(at => at ?? 1)
    for (const at of some) found.push(await tryKill(newFolder(), load, { at, half: true }))
    found.push(await tryKill(newFolder(), load, { at: (writes.at(12) ?? 1) + 1, half: false }))
    found.push(await tryKill(newFolder(), load, { at: 9, half: 'of trail' }))
    expect(found.at(-1)).toBe('journal')
  })
})
