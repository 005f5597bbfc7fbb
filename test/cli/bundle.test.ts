import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { f0Tested } from '@countersign/testing'
import { fileOf, linesOf } from '@countersign/testing/tamper'
import {
  formatTlogProof,
  formatVerifierKey,
  inclusionProof,
  leafHash,
  openCheckpoint,
  parseTlogProof,
  parseVerifierKey,
  readEntry,
  rootOf,
  rootOfShared,
  signCheckpoint,
  verifierKeyOf,
} from '@countersign/trail'
import { type BundleVerdict, parseBundle } from 'countersign/bundle'
import { describe, expect, it } from 'vitest'
import { K } from '../law/setting.ts'
import { call, newFolder, type Ran, signer } from './command-line.ts'

const page = (path: string) => readFileSync(fileURLToPath(new URL(`../../docs/${path}`, import.meta.url)), 'utf8')

/** The block after `<!-- example: name -->`, each line with its newline. */
function example(text: string, name: string): string {
  const block = text.split(`<!-- example: ${name} -->\n`)[1]?.split('```')[1] ?? ''
  return block.slice(block.indexOf('\n') + 1)
}

/** A folder with a trail in which K was released, its checkpoint and its key, and nothing else. */
async function handed(
  more: (scenario: Awaited<ReturnType<typeof f0Tested>>) => Promise<unknown> = async () => {},
): Promise<string> {
  const scenario = await f0Tested({})
  await scenario.given('bob', 'approve', K)
  await scenario.given('carol', 'approve', K)
  await scenario.given('paul', 'release', K)
  await more(scenario)
  const lines = await linesOf(scenario.store)
  const folder = newFolder()
  const write = (name: string, text: string | Uint8Array) => writeFileSync(join(folder, name), text)
  write('trail.jsonl', fileOf(lines))
  const origin = 'trail.example/scenario'
  write('checkpoint.note', signCheckpoint({ origin, size: lines.length, root: rootOf(lines.map(leafHash)) }, signer))
  write('trail.pub', `${formatVerifierKey(verifierKeyOf(signer))}\n`)
  return folder
}

const run = (folder: string, line: string): Promise<Ran> => {
  const [name = '', ...argv] = line.split(' ')
  return call(name as 'countersign' | 'verify-trail', argv, { cwd: folder })
}

const make = 'countersign bundle trail.jsonl K --checkpoint checkpoint.note --out K.bundle'

describe('evidence is handed over', () => {
  it('by the commands of the page that tells how, which print what the page says', async () => {
    const text = page('how-to/hand-over-evidence.md')
    const commands = [...text.matchAll(/<!-- run -->\n```sh\n(.*)\n```/g)].map(match => match[1] ?? '')
    expect(commands.length).toBe(2)
    const folder = await handed()
    let out = ''
    for (const command of commands) {
      const ran = await run(folder, command)
      expect(ran, command).toMatchObject({ code: 0, err: '' })
      out += ran.out
    }
    const printed = /<!-- prints -->\n```text\n([\s\S]*?)\n```/.exec(text)?.[1]?.split('\n') ?? []
    expect(printed.length).toBeGreaterThan(3)
    const found = printed.map(line => out.replaceAll(/\s+/g, ' ').indexOf(line))
    expect(found).toEqual(found.toSorted((a, b) => a - b))
    expect(found).not.toContain(-1)
  })

  it('and judged where nothing else is, the same by its name as by its content, and as a document for machines', async () => {
    const folder = await handed(scenario => scenario.given('ada', 'recordDeparture', { person: 'dan' }))
    await run(folder, make)
    const elsewhere = newFolder()
    for (const name of ['K.bundle', 'trail.pub']) writeFileSync(join(elsewhere, name), readFileSync(join(folder, name)))
    const said = await run(elsewhere, 'verify-trail bundle K.bundle --key trail.pub')
    expect(said).toMatchObject({ code: 0, err: '' })
    expect(await run(elsewhere, 'verify-trail K.bundle --key trail.pub')).toEqual(said)
    const { out } = await run(elsewhere, 'verify-trail bundle K.bundle --key trail.pub --json')
    const verdict = JSON.parse(out) as BundleVerdict & { schema: string; exitCode: number }
    expect(verdict).toMatchObject({
      schema: 'countersign/bundle-verdict/v1',
      exitCode: 0,
      change: 'K',
      status: 'sound',
      unseen: 0,
    })
  })

  it('without a key it is sound and anchored by nothing, and its page says what that means', async () => {
    const folder = await handed()
    await run(folder, make)
    const bare = await run(folder, 'verify-trail bundle K.bundle')
    expect(bare.code).toBe(0)
    expect(bare.out).toContain('SOUND AS FAR AS IT GOES, AND NOT ANCHORED')
    expect(bare.out).toContain('can make such a file')
    expect(await run(folder, 'verify-trail bundle K.bundle --require-anchor')).toMatchObject({ code: 5 })
    const kept = await run(folder, 'verify-trail bundle K.bundle --checkpoint checkpoint.note --require-anchor')
    expect(kept.code).toBe(5)
    expect(kept.out).toContain('No key that is known here')
  })

  it('one that was changed is broken, and the page names what was found', async () => {
    const folder = await handed()
    await run(folder, make)
    const path = join(folder, 'K.bundle')
    writeFileSync(path, readFileSync(path, 'utf8').replace('"account":"carol"', '"account":"karol"'))
    const ran = await run(folder, 'verify-trail bundle K.bundle --key trail.pub')
    expect(ran.code).toBe(1)
    expect(ran.out).toContain('The entries of the bundle are not those of its checkpoint (bundle.proof')
  })

  it('and what cannot be made or read ends with 2, one line and a hint', async () => {
    const folder = await handed()
    await run(folder, make)
    const refused = async (line: string, message: string, where = folder) => {
      const ran = await run(where, line)
      expect(ran, line).toMatchObject({ code: 2, out: '' })
      expect(ran.err).toContain(message)
      expect(ran.err.trimEnd().split('\n').length, ran.err).toBeLessThanOrEqual(2)
    }
    await refused(make, 'K.bundle is there already')
    await refused(make, 'there is no file trail.jsonl', newFolder())
    await refused('countersign bundle trail.jsonl', 'of which change?')
    await refused('countersign bundle trail.jsonl K', 'asks for --checkpoint FILE')
    await refused('countersign bundle trail.jsonl K --checkpoint checkpoint.note', 'asks for --out FILE')
    await refused(
      'countersign bundle trail.jsonl Q --checkpoint checkpoint.note --out Q',
      'no entry is about a change Q',
    )
    await refused('countersign bundle trail.jsonl K --checkpoint trail.pub --out Q', 'is no signed checkpoint')
    await refused('verify-trail bundle trail.jsonl', 'trail.jsonl is no bundle: line 1')
    await refused('verify-trail bundle nothing', 'there is no file nothing')
    await refused('verify-trail bundle .', 'is no regular file')
    await refused('verify-trail bundle K.bundle --snapshot x', 'compared with a trail only')
    expect(existsSync(join(folder, 'Q'))).toBe(false)
    const lines = readFileSync(join(folder, 'trail.jsonl'), 'utf8')
    writeFileSync(join(folder, 'trail.jsonl'), lines.replace('"comment"', '"komment"').replace('"K"', '"k"'))
    await refused('countersign bundle trail.jsonl K --checkpoint checkpoint.note --out Q', 'damaged at entry')
  })
})

describe('the page of the format', () => {
  const text = example(page('format/bundle-v1.md'), 'bundle')

  it('shows a bundle that is read, and whose proof leads to the root', () => {
    const { change, streams, entries, hashes, checkpoint, note } = parseBundle(new TextEncoder().encode(text))
    expect({ change, streams }).toEqual({ change: 'C-17', streams: [{ stream: 'change/C-17', entries: 1 }] })
    const leaves = entries.map(entry => ({ place: readEntry(entry).body.seq, leaf: leafHash(entry) }))
    expect(rootOfShared({ leaves, size: checkpoint.size, proof: hashes })).toBe(checkpoint.root)
    const [, key = ''] = example(page('format/trail-v1.md'), 'keys').split('\n')
    expect(openCheckpoint(note, { keys: [parseVerifierKey(key)] }).checkpoint).toEqual(checkpoint)
  })

  it('and a proof of its entry in the form of C2SP holds the same hashes', () => {
    const { hashes, note } = parseBundle(new TextEncoder().encode(text))
    const lines = example(page('format/trail-v1.md'), 'trail').trimEnd().split('\n')
    const leaves = lines.map(line => leafHash(new TextEncoder().encode(line)))
    const proof = inclusionProof(1, 3, leaves)
    expect(proof.toSorted()).toEqual(hashes.toSorted())
    expect(parseTlogProof(formatTlogProof({ index: 1, proof, checkpoint: note }))).toMatchObject({ index: 1, proof })
  })
})
