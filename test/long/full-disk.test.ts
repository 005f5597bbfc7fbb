import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openFileOpenings, openFileStore } from '@countersign/store-file'
import { baseline, f0, Scenario } from '@countersign/testing'
import { linesOf } from '@countersign/testing/tamper'
import { formatVerifierKey, leafHash, rootOf, signCheckpoint, verifierKeyOf } from '@countersign/trail'
import { openingOf } from '@countersign/trail/store'
import { describe, expect, test } from 'vitest'
import { call, newFolder, signer, verdictOf, writtenLines } from '../cli/command-line.ts'
import { payments, people, submission } from '../redaction/setting.ts'

const cli = fileURLToPath(new URL('../../packages/cli/src/', import.meta.url))

/** A program that may write no byte into any file, as on a full disk. */
const onFullDisk = (name: 'countersign' | 'verify-trail', ...args: string[]) => within(0, [name, ...args])

/** A program that makes no file longer than so many KiB. */
function within(
  most: number,
  [name, ...args]: readonly string[],
  { input, temporary }: { readonly input?: Uint8Array; readonly temporary?: string } = {},
) {
  const limited = `trap '' XFSZ; ulimit -f ${most}; exec "$0" "$@"`
  const argv = [process.execPath, '--conditions=countersign-src', join(cli, `${name}.ts`), ...args]
  const env = temporary === undefined ? process.env : { ...process.env, TMPDIR: temporary }
  const { status, stdout, stderr } = spawnSync('bash', ['-c', limited, ...argv], { encoding: 'utf8', input, env })
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

  test('an import says where it cannot lay its input, begins nothing, and leaves nothing there.', async () => {
    const { trail } = await place()
    const [target, temporary] = [newFolder(), newFolder()]
    const input = readFileSync(trail)
    const told = within(1, ['countersign', 'import', join(target, 'trail.jsonl')], { input, temporary })
    expect([told.code, told.out, readdirSync(target), readdirSync(temporary)]).toEqual([2, '', [], []])
    expect(told.err).toMatch(
      /^countersign: nothing can be written in the temporary folder (\S+): EFBIG.*\n {2}Make room there, or let TMPDIR .*\n$/,
    )
    expect(told.err).toContain(temporary)
  })

  test('a redaction says what is recorded, and that the value can still be opened; the command with the trail alone makes up for it.', async () => {
    const folder = newFolder()
    const store = await openFileStore(folder)
    const openings = await openFileOpenings(folder)
    const scenario = await Scenario.open({ controls: baseline, policies: [payments()], people, store, openings })
    for (const change of ['K', 'L', 'M', 'N', 'O']) {
      const form = { ...submission.form, owners: Array(40).fill('x'.repeat(380)) }
      await scenario.given('rita', 'submit', { ...submission, change, form } as never)
    }
    // What is left is written anew, and is larger than what the trail comes to: in that no more than its last line is, over itself.
    const opening = (at: number) => openingOf('x'.repeat(30_000), new Uint8Array(32).fill(at), unused)
    const unused = { stream: 'change/X', id: 'never-came', field: 'account' }
    await openings.put([1, 2, 3, 4, 5].map(opening))
    const { size } = await store.head()
    await openings.close()
    await store.close()
    const file = join(folder, 'trail.jsonl')
    const asked = [
      '--change',
      'K',
      '--field',
      'account',
      '--account',
      'ada',
      '--reason',
      'the customer has asked for it',
    ]
    const first = within(100, ['countersign', 'redact', folder, ...asked])
    expect([first.code, first.out, first.err]).toEqual([
      2,
      '',
      `countersign: it is recorded as entry ${size}; the values can still be opened: EFBIG: file too large, write\n  Mend that, then countersign redact ${file}\n`,
    ])
    const again = within(100, ['countersign', 'redact', folder])
    expect([again.code, again.err]).toEqual([2, first.err.replace(`as entry ${size}`, 'already')])
    expect((await verdictOf(folder, '--openings', join(folder, 'trail.openings.jsonl'))).codes).toHaveProperty([
      'opening.unexpected',
    ])
    const made = await call('countersign', ['redact', folder])
    expect([made.code, made.out]).toEqual([0, expect.stringContaining('1 opening deleted')])
    const unneeded = within(30, ['countersign', 'redact', folder, '--unused'])
    expect([unneeded.code, unneeded.err]).toEqual([
      2,
      `countersign: what no entry has come to can still be opened: EFBIG: file too large, write\n  Mend that, then countersign redact ${file} --unused\n`,
    ])
    expect((await call('countersign', ['redact', folder, '--unused'])).out).toContain('and 5 that no entry has come to')
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
