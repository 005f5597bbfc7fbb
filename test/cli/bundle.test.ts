import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { content, f0Tested, submitK } from '@countersign/testing'
import { bodiesOf, fileOf, linesOf, reseal } from '@countersign/testing/tamper'
import {
  cosign,
  encodeUtf8,
  formatNote,
  formatTlogProof,
  formatVerifierKey,
  inclusionProof,
  leafHash,
  openCheckpoint,
  parseCheckpointText,
  parseNote,
  parseTlogProof,
  parseVerifierKey,
  readEntry,
  rootOf,
  rootOfShared,
  signCheckpoint,
  signerKey,
  verifierKeyOf,
  witnessKeyOf,
} from '@countersign/trail'
import { BundleMaker, type BundleVerdict, parseBundle } from 'countersign/bundle'
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
  { year, key }: { year?: string; key?: string } = {},
): Promise<string> {
  const scenario = await f0Tested(key === undefined ? {} : { key })
  await scenario.given('bob', 'approve', K)
  await scenario.given('carol', 'approve', K)
  await scenario.given('paul', 'release', K)
  await more(scenario)
  const sound = await linesOf(scenario.store)
  const dated = (at: string) => (year === undefined ? at : `${year}${at.slice(4)}`)
  const lines = year === undefined ? sound : reseal(bodiesOf(sound).map(body => ({ ...body, at: dated(body.at) })))
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

  it('is told as what it is where a trail is read, with the command that judges it', async () => {
    const folder = await handed()
    await run(folder, make)
    const lines = ['log K.bundle', 'explain K.bundle K', 'board K.bundle', 'outbox K.bundle', 'export K.bundle']
    const asked = [
      'copy K.bundle copied.jsonl',
      'copy trail.jsonl K.bundle',
      'bundle K.bundle K --checkpoint checkpoint.note --out other',
      'publish K.bundle published --checkpoint checkpoint.note',
      'redact K.bundle',
    ]
    for (const line of [...lines, ...asked]) {
      const ran = await run(folder, `countersign ${line}`)
      expect([line, ran.code, ran.out]).toEqual([line, 2, ''])
      expect(ran.err).toContain('K.bundle is a bundle, which is the evidence about one change and no trail')
      expect(ran.err).toContain('verify-trail bundle K.bundle judges it')
    }
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

  it('with another key by the name of the trail’s it is told to be its checkpoint’s all the same, unless it was altered', async () => {
    const folder = await handed()
    await run(folder, make)
    const other = signerKey('trail.example/scenario', new Uint8Array(32).fill(9))
    writeFileSync(join(folder, 'other.pub'), `${formatVerifierKey(verifierKeyOf(other))}\n`)
    const ran = await run(folder, 'verify-trail bundle K.bundle --key other.pub')
    expect([ran.code, ran.out.split('\n')[0]]).toEqual([1, 'BROKEN: A SIGNATURE THAT IS NOT BORNE OUT'])
    const told = ran.out.replaceAll(/\s+/g, ' ')
    expect(told).toContain('What it holds is what its own checkpoint was made of. What you gave does not bear out')
    expect(told).not.toMatch(/does not match|This is no evidence/)
    // A bundle whose entries are not its checkpoint's agrees with none, whoever has signed it.
    const bundle = readFileSync(join(folder, 'K.bundle'), 'utf8')
    writeFileSync(join(folder, 'K.bundle'), bundle.replace('"title":"', '"title":"Not '))
    const altered = await run(folder, 'verify-trail bundle K.bundle --key other.pub')
    expect([altered.code, altered.out.split('\n')[0]]).toEqual([1, 'BROKEN'])
    expect(altered.out.replaceAll(/\s+/g, ' ')).not.toContain('states the fingerprint that the trail has')
  })

  it('one that is dated after the present is told to be, on the page and in the document', async () => {
    const folder = await handed(undefined, { year: '2099' })
    await run(folder, make)
    const told = async (words: string) => (await run(folder, `verify-trail bundle K.bundle ${words}`)).out
    expect((await told('--key trail.pub')).replaceAll(/\s+/g, ' ')).toMatch(
      /dated until 2099.* by the clock here, so the last date is yet to come/,
    )
    expect(JSON.parse(await told('--json'))).toMatchObject({ ahead: { until: expect.stringMatching(/^2099/) } })
    const present = await handed()
    await run(present, make)
    expect((await run(present, 'verify-trail bundle K.bundle')).out).not.toContain('yet to come')
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

  it('what it holds of other changes is told to be of its family only where it is', async () => {
    const folder = await handed(async scenario => {
      const submit = (change: string, parent: object) =>
        scenario.given('rita', 'submit', {
          ...submitK,
          change,
          content: { digest: content(change), makers: ['alice'] },
          ...parent,
        })
      await submit('L', {})
      await submit('C', { parent: 'L' })
    })
    const lines = readFileSync(join(folder, 'trail.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map(line => new TextEncoder().encode(line))
    const note = readFileSync(join(folder, 'checkpoint.note'), 'utf8')
    const bodies = bodiesOf(lines)
    // Everything, so with what is about K, which C has nothing to do with.
    const streams = ['change/C', 'change/K', 'change/L', 'governance'].map(stream => ({
      stream,
      entries: bodies.filter(one => one.stream === stream).length,
    }))
    const chosen = { change: 'C', places: bodies.map(one => one.seq), streams }
    const maker = new BundleMaker(chosen, parseCheckpointText(parseNote(note).text), note)
    for (const [seq, line] of lines.entries()) maker.entry(seq, line, leafHash(line))
    const bundle = new TextDecoder().decode(maker.finish())
    writeFileSync(join(folder, 'C.bundle'), bundle)
    const told = async () => {
      const { code, out } = await run(folder, 'verify-trail C.bundle --key trail.pub')
      return [code, out.replaceAll(/\s+/g, ' ')] as const
    }
    const [sound, page] = await told()
    expect(sound).toBe(0)
    expect(page).toContain('L, of its family: the first 1 entry, the last of them entry')
    expect(page).toContain('K, not of its family, and held besides: the first 5 entries, the last of them entry')
    writeFileSync(join(folder, 'C.bundle'), bundle.replace('change C', 'change Q'))
    const [broken, other] = await told()
    expect(broken).toBe(1)
    expect(other).toContain('C, not of its family, and held besides')
    expect(other).toContain(
      `at size ${lines.length}: entries of this history were left out of the bundle expected at least one entry of change/Q found none`,
    )
    expect(other).not.toContain(`entry ${lines.length}`)
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
    const sent = readFileSync(join(folder, 'K.bundle'), 'utf8')
    writeFileSync(join(folder, 'ends.bundle'), sent.replaceAll('\n', '\r\n'))
    writeFileSync(join(folder, 'mark.bundle'), `\ufeff${sent}`)
    for (const named of ['verify-trail', 'verify-trail bundle']) {
      await refused(`${named} ends.bundle`, 'ends.bundle is no bundle: its line ends were rewritten (0d 0a')
      await refused(`${named} mark.bundle`, 'mark.bundle is no bundle: it begins with a byte order mark (ef bb bf)')
    }
    await refused('verify-trail bundle nothing', 'there is no file nothing')
    await refused('verify-trail bundle .', '. is no regular file but a folder, and a bundle is one file')
    await refused('verify-trail bundle K.bundle --snapshot x', 'compared with a trail only')
    await refused('verify-trail bundle K.bundle --threads 2', '--threads is for a trail')
    await refused('verify-trail K.bundle --threads 2', '--threads is for a trail')
    await refused('verify-trail bundle K.bundle --only integrity', '--only and --since are for a trail')
    await refused('verify-trail bundle K.bundle --since checkpoint', '--only and --since are for a trail')
    await refused('verify-trail bundle K.bundle L', 'one bundle at a time: 2 were named (K.bundle, L)')
    await refused('verify-trail bundle K.bundle --timestamp x', 'whose time stamps do you trust?')
    await refused('verify-trail bundle K.bundle --fork-proof checkpoint.note', 'is there already')
    expect(existsSync(join(folder, 'Q'))).toBe(false)
    const bundle = readFileSync(join(folder, 'K.bundle'), 'utf8')
    const before = bundle.slice(0, bundle.lastIndexOf('\n\ntrail.example')).split('\n').length + 1
    const start = bundle.lastIndexOf('\ntrail.example') + 1
    writeFileSync(
      join(folder, 'bad.bundle'),
      `${bundle.slice(0, start)}trail.example/scenario\nmany\n${bundle.slice(start)}`,
    )
    await refused('verify-trail bad.bundle', `the note that begins at line ${before + 1} of the bundle: line 2`)
    const lines = readFileSync(join(folder, 'trail.jsonl'), 'utf8')
    writeFileSync(join(folder, 'trail.jsonl'), lines.replace('"comment"', '"komment"').replace('"K"', '"k"'))
    await refused('countersign bundle trail.jsonl K --checkpoint checkpoint.note --out Q', 'damaged at entry')
  })
})

describe('what others say of a bundle’s checkpoint', () => {
  const witnesses = [11, 12].map(byte => signerKey(`w${byte}.example`, new Uint8Array(32).fill(byte)))
  const now = Math.floor(Date.now() / 1000)
  const logLine = `log ${formatVerifierKey(verifierKeyOf(signer))}\n`
  const policy = `${logLine}${witnesses.map((one, at) => `witness w${at} ${formatVerifierKey(witnessKeyOf(one))}\n`).join('')}group both all w0 w1
quorum both
`

  /** A bundle whose checkpoint so many witnesses have cosigned, and the files that an auditor may have. */
  async function cosigned(number: number) {
    const folder = await handed()
    const at = (name: string) => join(folder, name)
    const { text, signatures } = parseNote(readFileSync(at('checkpoint.note'), 'utf8'))
    const added = witnesses.slice(0, number).map(one => cosign(text, one, now))
    writeFileSync(at('checkpoint.note'), formatNote({ text, signatures: [...signatures, ...added] }))
    writeFileSync(at('policy'), policy)
    expect((await run(folder, make)).code).toBe(0)
    const verify = async (...options: string[]) => {
      const ran = await call('verify-trail', ['bundle', 'K.bundle', ...options], { cwd: folder })
      const json = await call('verify-trail', ['K.bundle', '--json', ...options], { cwd: folder })
      return { ...ran, verdict: JSON.parse(json.out) as BundleVerdict & { exitCode: number } }
    }
    return { at, folder, verify }
  }
  const headline = ({ code, out }: Ran) => [code, out.split('\n')[0]]

  it('is judged by a policy of witnesses, whose logs are keys that are trusted', async () => {
    const seen = await (await cosigned(2)).verify('--witness-policy', 'policy')
    expect(headline(seen)).toEqual([0, 'SOUND, HELD BY A CHECKPOINT, AND WITNESSED'])
    expect(seen.out).toContain('✓ both: 2 of the 2 that it asks for')
    expect(seen.verdict).toMatchObject({ exitCode: 0, anchoring: { level: 'witnessed', witnesses: 'enough' } })
    const few = await (await cosigned(1)).verify('--witness-policy', 'policy')
    expect(headline(few)).toEqual([5, 'NOT WITNESSED, AND WITNESSES WERE ASKED FOR'])
    expect(few.verdict).toMatchObject({ exitCode: 5, anchoring: { level: 'given key', witnesses: 'not enough' } })
    const { folder, at } = await cosigned(2)
    writeFileSync(at('policy'), Buffer.from([0xff, 0, 1]))
    const none = await run(folder, 'verify-trail bundle K.bundle --witness-policy policy')
    expect([none.code, none.out]).toEqual([2, ''])
  })

  it('is told in the document as on the page: a key that was given, or one that nobody gave', async () => {
    const { verify } = await cosigned(0)
    const keyed = await verify('--key', 'trail.pub')
    expect(keyed.out).toContain('It is signed by a key that you gave.')
    const { size } = keyed.verdict
    expect(keyed.verdict.anchoring).toMatchObject({ level: 'given key', givenKey: size, matched: size })
    const bare = await verify()
    expect(bare.verdict).toMatchObject({ anchoredSize: 0, anchoring: { level: 'a checkpoint', givenKey: 0 } })
  })

  it('of checkpoints of another size says who has signed them, and that they were not compared', async () => {
    const { at, verify } = await cosigned(0)
    const origin = 'trail.example/scenario'
    const { size } = (await verify()).verdict
    const larger = (name: string, digit: string) =>
      writeFileSync(at(name), signCheckpoint({ origin, size: size + 5, root: digit.repeat(64) }, signer))
    larger('one.note', 'a')
    const flat = (text: string) => text.replaceAll(/\s+/g, ' ')
    const one = await verify('--key', 'trail.pub', '--checkpoint', 'one.note', '--fork-proof', 'none')
    expect(headline(one)).toEqual([0, 'SOUND, AND HELD BY A CHECKPOINT'])
    const told = flat(one.out)
    expect(told).toContain(
      '1 checkpoint that you gave was not compared with it, as it is of another size, at which it shows',
    )
    expect(told).toContain('of those that were not compared the trail and the signatures, and not the fingerprint')
    expect(told).toContain(
      `– The checkpoint one.note, of ${size + 5} entries, was not compared, so it holds nothing here: a bundle proves the fingerprint of the ${size} entries of its own checkpoint, and those of sizes that end with an entry which it holds, and no other.`,
    )
    expect(one.err).toContain('contradict each other as far as a bundle can show, so none was not written')
    expect(one.verdict.anchors[1]).toMatchObject({ name: 'one.note', matches: false, uncompared: 'no fault seen' })
    const none = await verify('--key', 'trail.pub')
    expect(flat(none.out)).not.toContain('compared')
    larger('other.note', 'b')
    const both = ['--key', 'trail.pub', '--checkpoint', 'one.note', '--checkpoint', 'other.note']
    const forked = await verify(...both)
    expect(headline(forked)).toEqual([1, 'BROKEN'])
    expect(flat(forked.out)).toContain('one.note and other.note cannot both be of one history')
    expect(flat(forked.out)).toContain('has signed two checkpoints that cannot both be of one history, so this can be')
    const proved = await call('verify-trail', ['K.bundle', ...both, '--fork-proof', 'fork'], { cwd: at('.') })
    expect([proved.code, proved.err]).toEqual([1, expect.stringContaining('fork shows that')])
    const proof = await call('verify-trail', ['fork', 'fork', '--key', 'trail.pub'], { cwd: at('.') })
    expect(headline(proof)).toEqual([1, 'FORKED'])
  })

  const next = signerKey(signer.name, new Uint8Array(32).fill(9))

  /** A folder with a trail whose key was replaced by its third entry from behind, and what writes checkpoints of it. */
  async function rotated() {
    const [old, current] = [signer, next].map(one => formatVerifierKey(verifierKeyOf(one))) as [string, string]
    const folder = await handed(
      async scenario => {
        for (const account of ['ada', 'otto'])
          await scenario.given(account, 'rotateKey', { key: current, comment: 'the year is over' })
        await scenario.given('ada', 'recordDeparture', { person: 'dan' })
        await scenario.given('rita', 'submit', { ...submitK, change: 'L' })
      },
      { key: old },
    )
    const lines = readFileSync(join(folder, 'trail.jsonl')).toString().trimEnd().split('\n').map(encodeUtf8)
    const write = (name: string, size: number, key = signer) => {
      const root = rootOf(lines.slice(0, size).map(leafHash))
      writeFileSync(join(folder, name), signCheckpoint({ origin: signer.name, size, root }, key))
    }
    writeFileSync(join(folder, 'next.pub'), `${current}\n`)
    return { folder, lines, write }
  }

  it('follows from a key that was replaced to the next one by the checkpoint of the hand-over, as with the whole trail', async () => {
    const { folder, lines, write } = await rotated()
    write('checkpoint.note', lines.length, next)
    write('hand-over', lines.length - 2)
    write('before', lines.length - 3)
    expect((await run(folder, make)).code).toBe(0)
    for (const named of ['K.bundle', 'trail.jsonl --checkpoint checkpoint.note']) {
      const verify = (more: string) => run(folder, `verify-trail ${named} --key trail.pub ${more}`.trim())
      const followed = await verify('--checkpoint hand-over')
      expect(headline(followed)).toEqual([0, 'SOUND, AND HELD BY A CHECKPOINT'])
      expect(followed.out.replaceAll(/\s+/g, ' ')).toContain('a key that took the place of one that you gave')
      for (const more of ['', '--checkpoint before']) expect((await verify(more)).out).toContain('checkpoint.signature')
    }
    const page = await run(folder, 'verify-trail K.bundle --key trail.pub --checkpoint hand-over')
    expect(page.out.replaceAll(/\s+/g, ' ')).toContain(
      `✓ The checkpoint hand-over holds those of this bundle among the first ${lines.length - 2} entries of ${lines.length}. It is signed by a key that you gave.`,
    )
  })

  it('shows a fork of two checkpoints by two keys, and says that it takes both to judge what proves it', async () => {
    const { folder, lines, write } = await rotated()
    write('larger', lines.length, next)
    writeFileSync(
      join(folder, 'smaller'),
      signCheckpoint({ origin: signer.name, size: 5, root: 'a'.repeat(64) }, signer),
    )
    const both = 'trail.jsonl --checkpoint smaller --checkpoint larger --key next.pub'
    const found = await run(folder, `verify-trail ${both} --fork-proof fork`)
    expect(found.code).toBe(1)
    expect(found.err).toContain('verify-trail fork fork --key FILE --key FILE judges it, with the key of each.')
    for (const [key, known, which, by] of [
      ['trail.pub', signer, 'larger', next],
      ['next.pub', next, 'smaller', signer],
    ] as const) {
      const { code, err } = await run(folder, `verify-trail fork fork --key ${key}`)
      expect([code, err]).toEqual([
        2,
        `verify-trail: fork does not prove a fork: the ${which} of the two checkpoints: none of the known keys has signed the note: expected a signature of ${known.name}+${known.keyId}, found only ${by.name}+${by.keyId}\n  It is signed by ${by.name}+${by.keyId}. Where the key was replaced between the two, give that of each: --key FILE --key FILE.\n`,
      ])
    }
    const judged = await run(folder, 'verify-trail fork fork --key trail.pub --key next.pub')
    expect([judged.code, judged.out.split('\n')[0]]).toEqual([1, 'FORKED'])
  })

  it('shows a fork, and what proves it to anybody else is written down once', async () => {
    const { at, folder, verify } = await cosigned(0)
    const { size } = (await verify()).verdict
    const origin = 'trail.example/scenario'
    writeFileSync(at('other.note'), signCheckpoint({ origin, size, root: '0'.repeat(64) }, signer))
    const options = ['--checkpoint', 'other.note', '--key', 'trail.pub']
    const hinted = await call('verify-trail', ['K.bundle', ...options], { cwd: folder })
    expect([hinted.code, hinted.out.replaceAll(/\s+/g, ' ')]).toEqual([
      1,
      expect.stringContaining('--fork-proof FILE writes'),
    ])
    const ran = await call('verify-trail', ['K.bundle', ...options, '--fork-proof', 'fork'], { cwd: folder })
    expect([ran.code, ran.err]).toEqual([1, expect.stringContaining('fork shows that')])
    expect(ran.out).not.toContain('--fork-proof')
    const both = 'other.note and the one in the bundle cannot both be of one history'
    expect(ran.err).toContain(`fork shows that ${both}`)
    const told = ran.out.replaceAll(/\s+/g, ' ')
    expect(told).toContain(both)
    expect(told).toContain('…, by the checkpoint in the bundle')
    expect(told).toContain('…, by the checkpoint other.note')
    // A file may be called as the verifier calls the one in the bundle.
    const name = 'in the bundle'
    writeFileSync(at(name), signCheckpoint({ origin, size, root: '0'.repeat(64) }, signer))
    const named = await verify('--checkpoint', name, '--key', 'trail.pub')
    expect(named.out.replaceAll(/\s+/g, ' ')).toContain(`${name} and the one in the bundle cannot both be`)
    expect(named.verdict.forks).toMatchObject([{ smallerName: name, inBundle: 'larger' }])
    expect(named.verdict.anchors.map((one: { inBundle?: true }) => one.inBundle)).toEqual([true, undefined])
    const proof = await run(folder, 'verify-trail fork fork --key trail.pub')
    expect(headline(proof)).toEqual([1, 'FORKED'])
    expect(await run(folder, 'verify-trail K.bundle --fork-proof fork')).toMatchObject({ code: 2, out: '' })
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
