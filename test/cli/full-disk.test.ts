import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { f0 } from '@countersign/testing'
import { linesOf } from '@countersign/testing/tamper'
import { formatVerifierKey, leafHash, rootOf, signCheckpoint, verifierKeyOf } from '@countersign/trail'
import { describe, expect, test } from 'vitest'
import { call, newFolder, signer, writtenLines } from './command-line.ts'

const cli = fileURLToPath(new URL('../../packages/cli/src/', import.meta.url))

/** A program that may write no byte into any file, as on a full disk. */
function onFullDisk(name: 'countersign' | 'verify-trail', ...args: string[]) {
  const limited = `trap '' XFSZ; ulimit -f 0; exec "$0" "$@"`
  const argv = [process.execPath, '--conditions=countersign-src', join(cli, `${name}.ts`), ...args]
  const { status, stdout, stderr } = spawnSync('bash', ['-c', limited, ...argv], { encoding: 'utf8' })
  return { code: status, out: stdout, err: stderr }
}

/** A trail, a checkpoint of it, and one that contradicts that. */
async function place() {
  const folder = newFolder()
  const { store } = await f0()
  const lines = await linesOf(store)
  const at = (name: string) => join(folder, name)
  const [size, root] = [lines.length, rootOf(lines.map(leafHash))]
  writeFileSync(at('key'), `${formatVerifierKey(verifierKeyOf(signer))}\n`)
  writeFileSync(at('note'), signCheckpoint({ origin: signer.name, size, root }, signer))
  writeFileSync(at('other'), signCheckpoint({ origin: signer.name, size, root: 'b'.repeat(64) }, signer))
  return { at, trail: writtenLines(lines) }
}

describe.skipIf(process.platform !== 'linux')('on a full disk', () => {
  test('a command that writes a file says so in a sentence, leaves none, and does its work once there is room.', async () => {
    const { at, trail } = await place()
    for (const [file, ...args] of [
      ['K.bundle', 'bundle', trail, 'K', '--checkpoint', at('note'), '--key', at('key'), '--out', at('K.bundle')],
      ['keys/secret', 'keygen', '--name', 'trail.example/other', '--out', at('keys')],
      ['asked.tsq', 'timestamp-request', at('note'), '--out', at('asked.tsq')],
    ] as const) {
      const told = onFullDisk('countersign', ...args)
      expect([file, told.code, told.out]).toEqual([file, 2, ''])
      expect(told.err).toMatch(/^countersign: \S+ cannot be written: EFBIG/)
      expect(told.err).not.toMatch(/unexpected|^ +at /m)
      expect(existsSync(at(file))).toBe(false)
      expect((await call('countersign', args)).code).toBe(0)
    }
    expect(readdirSync(at('keys')).toSorted()).toEqual(['secret', 'vkey'])
  })

  test('a verdict stands, and is printed, where the proof of a fork cannot be written.', async () => {
    const { at, trail } = await place()
    const args = [trail, '--checkpoint', at('note'), '--checkpoint', at('other'), '--key', at('key')]
    const told = onFullDisk('verify-trail', ...args, '--fork-proof', at('fork'))
    expect([told.code, told.out.split('\n')[0]]).toEqual([1, 'BROKEN'])
    expect(told.err).toMatch(/cannot be written: EFBIG.*\. The verdict stands all the same\.\n/)
    expect(existsSync(at('fork'))).toBe(false)
  })
})
