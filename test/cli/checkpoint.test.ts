import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import promises, { appendFile } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { signTrail, verifyFile } from '@countersign/cli'
import { type FileStore, openFileStore, openSignerMemory } from '@countersign/store-file'
import { fileOf } from '@countersign/testing/tamper'
import {
  cosign,
  EMPTY_ROOT,
  encodeUtf8,
  formatNote,
  leafHash,
  openCheckpoint,
  parseNote,
  parseSignerKey,
  parseVerifierKey,
  signerKey,
  witnessKeyOf,
} from '@countersign/trail'
import { createDesk, memoryStore, originProblem } from 'countersign'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { readSecretKey } from '../../packages/cli/src/sign/secret-key.ts'
import { call, callProcess, newFolder, type Ran, releasedLines } from './command-line.ts'

const origin = 'trail.example/signed'

/** A folder with a key, a trail that names it, and what a person types there. */
async function place() {
  const cwd = newFolder()
  const at = (name: string) => join(cwd, name)
  const run = (...argv: string[]): Promise<Ran> => call('countersign', argv, { cwd })
  const verify = (...argv: string[]): Promise<Ran> => call('verify-trail', argv, { cwd })
  const made = await run('keygen', '--name', origin, '--out', 'key')
  expect(made).toMatchObject({ code: 0, out: readFileSync(at('key/vkey'), 'utf8') })
  const read = (name: string) => readFileSync(at(name), 'utf8')
  const administrators = ['ann', 'ben'].map(person => ({ person, name: person, accounts: [person] }))
  await administer(at('trail'), async desk => {
    await desk.by('ann').found({ origin, format: 'countersign/trail/v1', key: read('key/vkey').trim(), administrators })
    for (const role of ['one', 'two', 'three']) await desk.by('ann').defineRole({ role, description: role })
  })
  const sign = (...more: string[]) =>
    run('checkpoint', 'trail', '--secret', 'key/secret', '--memory', 'memory', ...more)
  const signer = parseSignerKey(read('key/secret').trim())
  const signElsewhere = () =>
    callProcess('countersign', ['checkpoint', 'trail', '--secret', 'key/secret', '--memory', 'memory', '--first'], {
      cwd,
    })
  return { at, run, verify, sign, signElsewhere, read, signer, keys: [parseVerifierKey(read('key/vkey').trim())] }
}

async function administer(
  trail: string,
  by: (desk: Awaited<ReturnType<typeof createDesk>>, store: FileStore) => Promise<void>,
): Promise<void> {
  const store = await openFileStore(trail)
  try {
    await by(await createDesk({ store }), store)
  } finally {
    await store.close()
  }
}

const grow = (trail: string, ...roles: string[]) =>
  administer(trail, async desk => {
    for (const role of roles) await desk.by('ann').defineRole({ role, description: role })
  })

const rotate = (trail: string, key: string) =>
  administer(trail, async desk => {
    for (const person of ['ann', 'ben']) {
      const receipt = await desk.by(person).rotateKey({ key, comment: 'the year is over' })
      expect(receipt.outcome).toBe('accepted')
    }
  })

/** Takes the last entries away. */
function cut(file: string, count: number): void {
  const lines = readFileSync(file, 'utf8').split('\n')
  writeFileSync(file, `${lines.slice(0, -1 - count).join('\n')}\n`)
}

/** The file of these lines, each of which names the one before it. */
function chained(lines: readonly string[]): string {
  let prev: string = EMPTY_ROOT
  return lines
    .map(line => {
      const whole = line.replace(/[0-9a-f]{64}"\}$/, `${prev}"}`)
      prev = leafHash(encodeUtf8(whole))
      return `${whole}\n`
    })
    .join('')
}

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'signed',
    (error: unknown) => (error as { code?: string }).code ?? String(error),
  )

describe('countersign keygen', () => {
  test('writes a secret that only its owner can read and never shows it, and a public key that it prints.', async () => {
    const { read, at, run } = await place()
    expect(statSync(at('key/secret')).mode & 0o777).toBe(0o600)
    const secret = read('key/secret').trim()
    expect(secret.startsWith(`PRIVATE+KEY+${origin}+`)).toBe(true)
    const again = await run('keygen', '--name', origin, '--out', 'other')
    expect(`${again.out}${again.err}`).not.toContain(readFileSync(at('other/secret'), 'utf8').trim().slice(-44))
    expect(readFileSync(at('other/secret'), 'utf8')).not.toBe(`${secret}\n`)
  })

  test('never writes over a key, and leaves none of two where only the public one is in its way.', async () => {
    const { read, at, run } = await place()
    const before = [read('key/secret'), read('key/vkey')]
    expect(await run('keygen', '--name', origin, '--out', 'key')).toMatchObject({ code: 2, out: '' })
    expect([read('key/secret'), read('key/vkey')]).toEqual(before)
    unlinkSync(at('key/secret'))
    expect(await run('keygen', '--name', origin, '--out', 'key')).toMatchObject({ code: 2, out: '' })
    expect(existsSync(at('key/secret'))).toBe(false)
  })

  test('refuses to put a secret into the folder of a trail, beneath it, or where a link leads into it.', async () => {
    const { at, run } = await place()
    mkdirSync(at('trail/deep'))
    symlinkSync(at('trail/deep'), at('link'))
    mkdirSync(at('named'))
    copyFileSync(at('trail/trail.jsonl'), at('named/payments.jsonl'))
    for (const out of ['trail', 'trail/keys', 'trail/deep', 'link', 'link/keys', 'named']) {
      const ran = await run('keygen', '--name', origin, '--out', out)
      expect([out, ran.code, ran.out]).toEqual([out, 2, ''])
      expect(ran.err).toContain('lies in the folder of a trail')
      expect(existsSync(at(`${out}/secret`))).toBe(false)
    }
  })

  test('makes a key beneath a backup of a trail, with which checkpoint signs another trail and not that one.', async () => {
    const { at, run } = await place()
    mkdirSync(at('home'))
    copyFileSync(at('trail/trail.jsonl'), at('home/backup.jsonl'))
    expect(await run('keygen', '--name', origin, '--out', 'home/keys')).toMatchObject({ code: 0 })
    copyFileSync(at('key/secret'), at('home/keys/secret'))
    const sign = (trail: string) =>
      run('checkpoint', trail, '--secret', 'home/keys/secret', '--memory', 'kept-elsewhere', '--first')
    const refused = await sign('home/backup.jsonl')
    expect([refused.code, refused.err]).toEqual([2, expect.stringContaining('lies in the folder of the trail')])
    expect((await sign('trail')).code).toBe(0)
  })

  test('makes a key for no name by which no trail can be founded, and says why as the founding does; a witness may have it.', async () => {
    const { run, read } = await place()
    const names = ['=', '-', '—', '<&>', '"', '\\', '\ufffd', 'a'.repeat(201)]
    for (const [at, name] of names.entries()) {
      const desk = await createDesk({ store: memoryStore() })
      const administrators = ['ann', 'ben'].map(person => ({ person, name: person, accounts: [person] }))
      const told = await desk.by('ann').found({ origin: name, format: 'countersign/trail/v1', administrators })
      const problem = originProblem(name) ?? ''
      expect([told.outcome, JSON.stringify(told)]).toEqual(['refused', expect.stringContaining(problem)])
      const ran = await run('keygen', `--name=${name}`, '--out', `no${at}`)
      expect([ran.code, ran.err]).toEqual([2, expect.stringContaining(`cannot be the name of a trail: ${problem}`)])
      const made = await run('keygen', `--name=${name}`, '--out', `w${at}`, '--witness')
      expect([made.code, parseVerifierKey(made.out.trim()).algorithm]).toEqual([0, 'cosignature/v1'])
      expect(parseVerifierKey(made.out.trim())).toEqual(witnessKeyOf(parseSignerKey(read(`w${at}/secret`).trim())))
    }
    expect(names.slice(0, -1).map(originProblem)).toEqual(Array(7).fill('must say something'))
    for (const name of ['a'.repeat(1_001), 'w\u200b', 'a b', ''])
      expect(await run('keygen', '--name', name, '--out', 'no', '--witness')).toMatchObject({ code: 2, out: '' })
  })

  test('asks for what was left out, and refuses a name that a note cannot hold, in two lines.', async () => {
    const { run } = await place()
    for (const argv of [
      [],
      ['--name', origin],
      ['--out', 'x'],
      ['--name', 'a b', '--out', 'x'],
      ['--name', '', '--out', 'x'],
      ['--name', 'a+b', '--out', 'x'],
      ['--name', 'trail.example\u202e', '--out', 'x'],
      ['--name', 'trail\u200b.example', '--out', 'x'],
      ['x'],
    ]) {
      const ran = await run('keygen', ...argv)
      expect([ran.code, ran.out, ran.err.split('\n').length]).toEqual([2, '', 3])
    }
  })
})

describe('countersign checkpoint', () => {
  test('signs the trail, which verify-trail then takes for held, and remembers it: the same again is the same note.', async () => {
    const { sign, verify, read, keys } = await place()
    const first = await sign('--first', '--out', 'checkpoint')
    expect(first).toMatchObject({ code: 0, out: '' })
    expect(openCheckpoint(read('checkpoint'), { keys, origin }).checkpoint.size).toBe(4)
    expect(read('memory')).toBe(read('checkpoint'))
    expect((await sign()).out).toBe(read('checkpoint'))
    const judged = await verify('trail', '--checkpoint', 'checkpoint', '--key', 'key/vkey', '--require-anchor')
    expect([judged.code, judged.out.split('\n')[0]]).toEqual([0, 'SOUND, AND HELD BY A CHECKPOINT'])
  })

  test('leaves what witnesses have cosigned since as it is while nothing is new, in --out as in the memory.', async () => {
    const { sign, at, read, verify } = await place()
    await sign('--first', '--out', 'checkpoint')
    const { text, signatures } = parseNote(read('checkpoint'))
    const witness = cosign(text, signerKey('bank.example/witness', new Uint8Array(32).fill(9)), 1_700_000_000)
    const cosigned = formatNote({ text, signatures: [...signatures, witness] })
    writeFileSync(at('checkpoint'), cosigned)
    writeFileSync(at('memory'), cosigned)
    const same = await sign('--out', 'checkpoint')
    expect(same).toMatchObject({ code: 0, out: '' })
    expect(same.err).toContain(
      'nothing is new: the first 4 entries of trail.example/signed are signed in checkpoint already',
    )
    expect([read('checkpoint'), read('memory')]).toEqual([cosigned, cosigned])
    // One under which the signature of this key does not hold has nothing to keep.
    const unsound = signatures.map(one => ({ ...one, bytes: one.bytes.with(5, (one.bytes[5] ?? 0) ^ 1) }))
    writeFileSync(at('checkpoint'), formatNote({ text, signatures: [...unsound, witness] }))
    expect((await sign('--out', 'checkpoint')).err).toContain('signed the first 4 entries')
    expect(parseNote(read('checkpoint')).signatures).toEqual(signatures)
    await grow(at('trail'), 'four')
    writeFileSync(at('checkpoint'), cosigned)
    expect((await sign('--out', 'checkpoint')).err).toContain('signed the first 5 entries')
    expect(parseNote(read('checkpoint')).signatures).toHaveLength(1)
    expect(read('memory')).toBe(read('checkpoint'))
    expect((await verify('trail', '--checkpoint', 'checkpoint', '--key', 'key/vkey', '--require-anchor')).code).toBe(0)
  })

  test('what it signs is an anchor for whoever has its key, and not by the word of the trail alone.', async () => {
    const { sign, verify } = await place()
    await sign('--first', '--out', 'checkpoint')
    for (const more of [[], ['--only', 'integrity']]) {
      const argv = ['trail', '--checkpoint', 'checkpoint', ...more]
      expect((await verify(...argv)).code).toBe(0)
      const bare = await verify(...argv, '--require-anchor')
      expect([bare.code, bare.out.split('\n')[0]]).toEqual([5, 'NOT ANCHORED, AND AN ANCHOR WAS ASKED FOR'])
      expect((await verify(...argv, '--require-anchor', '--key', 'key/vkey')).code).toBe(0)
      if (more.length === 0)
        expect(bare.out.replaceAll(/\s+/g, ' ')).toContain('only a key that the trail itself names')
    }
  })

  test('takes a lost memory for no new beginning, and a memory that is there for no first time.', async () => {
    const { sign, at } = await place()
    const lost = await sign()
    expect([lost.code, lost.out]).toEqual([2, ''])
    expect(lost.err).toContain('there is no memory')
    expect((await sign('--first')).code).toBe(0)
    expect((await sign('--first')).code).toBe(2)
    unlinkSync(at('memory'))
    expect((await sign()).code).toBe(2)
    expect(existsSync(at('memory'))).toBe(false)
  })

  test('refuses a trail that was cut, one that was cut and has grown again, and one that was replaced; and forgets nothing by it.', async () => {
    const { sign, at, read } = await place()
    await sign('--first')
    const memory = read('memory')
    cut(at('trail/trail.jsonl'), 2)
    const shorter = await sign('--out', 'checkpoint')
    expect([shorter.code, shorter.out]).toEqual([1, ''])
    expect(shorter.err).toContain('is smaller than the 4 that were signed')
    await grow(at('trail'), 'four', 'five', 'six')
    const regrown = await sign('--out', 'checkpoint')
    expect([regrown.code, regrown.out]).toEqual([1, ''])
    expect(regrown.err).toContain('another root at size 4')
    writeFileSync(at('trail/trail.jsonl'), readFileSync((await place()).at('trail/trail.jsonl')))
    expect((await sign('--out', 'checkpoint')).code).toBe(1)
    expect(existsSync(at('checkpoint'))).toBe(false)
    expect(read('memory')).toBe(memory)
  })

  test('says of a trail of another name that it may have been named by mistake.', async () => {
    const { sign, at } = await place()
    await sign('--first')
    writeFileSync(at('trail/trail.jsonl'), fileOf((await releasedLines()).lines))
    const other = await sign('--out', 'checkpoint')
    expect([other.code, other.out]).toEqual([1, ''])
    expect(other.err).toMatch(/another root at size 4.*; it is called trail\.example\S*, and the key is for /)
    expect(other.err).toContain('If another trail was meant, name that one. If not, this one was put in its place')
    expect(existsSync(at('checkpoint'))).toBe(false)
  })

  test('takes no secret key for the memory, and advises nobody to write over it.', async () => {
    const { at, run } = await place()
    const secret = readFileSync(at('key/secret'))
    const refused = await run('checkpoint', 'trail', '--secret', 'key/secret', '--memory', 'key/secret')
    expect([refused.code, refused.out]).toEqual([2, ''])
    expect(refused.err).toContain('holds a secret key, which nothing takes but --secret')
    expect(readFileSync(at('key/secret'))).toEqual(secret)
  })

  test('launders a cut trail only once its memory is deleted, and then an older checkpoint finds it and proves it to anybody.', async () => {
    const { sign, at, verify, read } = await place()
    await sign('--first', '--out', 'older')
    cut(at('trail/trail.jsonl'), 2)
    await grow(at('trail'), 'four', 'five', 'six')
    unlinkSync(at('memory'))
    expect((await sign('--first', '--out', 'newer')).code).toBe(0)
    expect((await verify('trail', '--checkpoint', 'newer', '--key', 'key/vkey')).code).toBe(0)
    const both = ['--checkpoint', 'newer', '--checkpoint', 'older', '--key', 'key/vkey', '--fork-proof', 'fork']
    const judged = await verify('trail', ...both)
    expect(judged.code).toBe(1)
    expect(judged.out).toContain('checkpoint.fork')
    const fork = await verify('fork', 'fork', '--key', 'key/vkey')
    expect([fork.code, fork.out.split('\n')[0], fork.err]).toEqual([1, 'FORKED', ''])
    for (const line of [...read('older').split('\n'), ...read('newer').split('\n')]) expect(fork.out).toContain(line)
    const again = await verify('trail', ...both)
    expect([again.code, again.out]).toEqual([2, ''])
    const told = JSON.parse((await verify('fork', 'fork', '--key', 'key/vkey', '--json')).out)
    expect(told).toMatchObject({ schema: 'countersign/fork-verdict/v1', exitCode: 1, origin, smaller: { size: 4 } })
  })

  test('refuses a trail that is altered, torn, empty, or cut in the middle of an append of several entries.', async () => {
    const { at, signer } = await place()
    const [file, memory] = [at('trail/trail.jsonl'), at('memory')]
    const sound = readFileSync(file, 'utf8')
    const lines = sound.split('\n')
    const ask = (trail: string) => codeOf(signTrail({ trail, signer, memory, first: true }))
    const half = `${lines.slice(0, 2).join('\n')}\n`
    const length = Buffer.byteLength(half)
    // The journal says that three entries belong together, and only the first of them is there.
    const mark = await markOf(length - 10, length + 10)
    const refused: Record<string, readonly [trail: string, mark?: string]> = {
      altered: [sound.replace('"two"', '"TWO"')],
      'without an entry': [lines.toSpliced(2, 1).join('\n')],
      torn: [sound.slice(0, -1)],
      'torn early': [sound.slice(0, -100)],
      empty: [''],
      other: ['hello\n'],
      'a part of an append': [half, mark],
    }
    // What seems to be just being written is waited for: for all of them at once.
    const codes = Object.entries(refused).map(async ([what, [trail, batch]]) => {
      const own = at(`${what}/trail.jsonl`)
      mkdirSync(at(what))
      writeFileSync(own, trail)
      if (batch !== undefined) writeFileSync(`${own}.journal`, batch)
      const code = await codeOf(signTrail({ trail: own, signer, memory: at(`${what}.memory`), first: true }))
      return [what, code, existsSync(at(`${what}.memory`))]
    })
    expect(await Promise.all(codes)).toEqual(Object.keys(refused).map(what => [what, 'signer.refused', false]))
    writeFileSync(file, half)
    expect(await ask(file)).toBe('signed')
  })

  test('refuses a trail in which an entry cannot be read as one, in the middle or at its end, though its chain is right.', async () => {
    const { at, verify, signer } = await place()
    const file = at('trail/trail.jsonl')
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
    const unreadable: readonly ((line: string) => string)[] = [
      line => line.replace(/"at":"[^"]*","by"/, '"at":"2026-02-30T00:00:00.000Z","by"'),
      line => line.replace(/"body":\{.*\},"prev"/, '"body":{garbage},"prev"'),
      line => line.replace('"outcome":', '"outcomes":'),
    ]
    for (const change of unreadable) {
      for (const seq of [2, lines.length - 1]) {
        writeFileSync(file, chained(lines.map((line, index) => (index === seq ? change(line) : line))))
        expect((await verify('trail')).code).toBe(1)
        const refused = await codeOf(signTrail({ trail: file, signer, memory: at('memory'), first: true }))
        expect([seq, refused]).toEqual([seq, 'signer.refused'])
      }
    }
    expect(existsSync(at('memory'))).toBe(false)
  })

  test('refuses a trail whose entries are not numbered one after the other, in it or in a stream, though its chain is right.', async () => {
    const { at, verify, signer } = await place()
    const file = at('trail/trail.jsonl')
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
    const numbered = (from: number, more: number, number: 'seq' | 'streamSeq') =>
      lines.map((line, seq) =>
        seq < from
          ? line
          : line.replace(new RegExp(`"${number}":(\\d+)`), (_, at) => `"${number}":${Number(at) + more}`),
      )
    const cases: Record<string, [string, RegExp]> = {
      'a gap in the trail': [chained(numbered(2, 1, 'seq')), /entry 2 says that it is entry 3 \(entry\.seq\)/],
      'the same number twice': [chained(numbered(3, -1, 'seq')), /entry 3 says that it is entry 2 \(entry\.seq\)/],
      'a beginning that is not 0': [chained(numbered(0, 1, 'seq')), /entry 0 says that it is entry 1/],
      'a gap in a stream': [
        chained(numbered(2, 1, 'streamSeq')),
        /entry 2 should be governance 2 of its stream, and says that it is governance 3 \(stream\.gap\)/,
      ],
      'an entry that was taken out, and the rest counted anew in the trail alone': [
        chained(numbered(2, -1, 'seq').toSpliced(1, 1)),
        /entry 1 should be governance 1 of its stream, and says that it is governance 2 \(stream\.gap\)/,
      ],
      'an entry in another stream than that of what it is about': [
        chained(lines.map((line, seq) => (seq === 3 ? line.replace('"governance"', '"change/K"') : line))),
        /entry 3 should be governance 3 of its stream, and says that it is change\/K 3/,
      ],
    }
    for (const [what, [text, because]] of Object.entries(cases)) {
      writeFileSync(file, text)
      expect([what, (await verify('trail')).code]).toEqual([what, 1])
      const asked = signTrail({ trail: file, signer, memory: at('memory'), first: true })
      await expect(asked, what).rejects.toMatchObject({
        code: 'signer.refused',
        message: expect.stringMatching(because),
      })
    }
    expect(existsSync(at('memory'))).toBe(false)
    writeFileSync(file, chained(lines))
    expect(await codeOf(signTrail({ trail: file, signer, memory: at('memory'), first: true }))).toBe('signed')
  })

  test('waits for an entry that is just being written, and signs it too.', async () => {
    const { at, signer } = await place()
    const file = at('trail/trail.jsonl')
    const sound = readFileSync(file)
    truncateSync(file, sound.length - 80)
    const signing = signTrail({ trail: file, signer, memory: at('memory'), first: true })
    await wait(150)
    await appendFile(file, sound.subarray(sound.length - 80))
    expect((await signing).checkpoint.size).toBe(4)
  })

  test('signs no entry that its writer takes back while it is read, as the disk is full.', async () => {
    const { at, signer, read } = await place()
    const file = at('trail/trail.jsonl')
    const before = statSync(file).size
    await grow(at('trail'), 'four')
    const larger = read('trail/trail.jsonl')
    const ask = (onProgress?: () => void) =>
      signTrail({ trail: file, signer, memory: at('memory'), first: true, ...(onProgress && { onProgress }) })
    expect([await codeOf(ask(() => truncateSync(file, before))), existsSync(at('memory'))]).toEqual([
      'signer.refused',
      false,
    ])
    writeFileSync(file, larger)
    expect((await ask()).checkpoint.size).toBe(5)
  })

  test('signs nothing of an append of which it saw whole lines, and which was taken back while it waited for the rest.', async () => {
    const { at, signer } = await place()
    const file = at('trail/trail.jsonl')
    const before = statSync(file).size
    await grow(at('trail'), 'four')
    const whole = readFileSync(file)
    writeFileSync(`${file}.journal`, await markOf(before, whole.length + 500))
    const signing = codeOf(signTrail({ trail: file, signer, memory: at('memory'), first: true }))
    await wait(150)
    truncateSync(file, before)
    rmSync(`${file}.journal`)
    expect([await signing, existsSync(at('memory'))]).toEqual(['signer.refused', false])
  })

  test('works beside a writer: every checkpoint that was signed meanwhile is one of the trail that came of it.', async () => {
    const { at, signer } = await place()
    const notes: string[] = []
    await administer(at('trail'), async desk => {
      let writing = true
      const written = (async () => {
        // On a busy machine the writer may be done before anybody has signed twice.
        for (let index = 0; index < 60 || (new Set(notes).size < 2 && index < 3_000); index += 3) {
          const three = [index, index + 1, index + 2].map(number =>
            desk.by('ann').defineRole({ role: `many-${number}`, description: 'x'.repeat(300) }),
          )
          await Promise.all(three)
          await wait(1)
        }
        writing = false
      })()
      while (writing) {
        const asked = { trail: at('trail'), signer, memory: at('memory'), first: notes.length === 0 }
        notes.push((await signTrail(asked)).note)
      }
      await written
    })
    const files = notes.map((note, index) => {
      writeFileSync(at(`note-${index}`), note)
      return at(`note-${index}`)
    })
    const verdict = await verifyFile(at('trail'), { checkpoints: files, keys: [at('key/vkey')] })
    expect([verdict.status, verdict.found, verdict.anchors.length]).toEqual(['sound', 0, notes.length])
    expect(new Set(notes).size).toBeGreaterThan(1)
  })

  test('gives the same note again where it stopped between remembering it and giving it out.', async () => {
    const { at, signer, read, sign } = await place()
    const { note } = await signTrail({ trail: at('trail'), signer, memory: at('memory'), first: true })
    // The process ends here, and nobody ever gets what it remembers.
    expect(read('memory')).toBe(note)
    expect((await sign()).out).toBe(note)
    await grow(at('trail'), 'four')
    expect((await sign()).code).toBe(0)
  })

  test('gives nothing out where it cannot remember it.', async () => {
    const { at, sign, read } = await place()
    await sign('--first')
    const memory = read('memory')
    await grow(at('trail'), 'four')
    // Where the next memory is written something stands that is no file.
    mkdirSync(at('memory.new'))
    const ran = await sign('--out', 'checkpoint')
    expect([ran.code, ran.out, existsSync(at('checkpoint'))]).toEqual([2, '', false])
    expect(ran.err).toContain('cannot keep what was signed in')
    expect(read('memory')).toBe(memory)
  })

  test('lets one signer at a time use a memory.', async () => {
    const { at, signElsewhere, read } = await place()
    const memory = await openSignerMemory(at('memory'), at('trail'))
    const second = await signElsewhere()
    expect([second.code, second.out]).toEqual([2, ''])
    expect(second.err).toContain('another signer has the memory')
    await memory.close()
    const both = await Promise.all([signElsewhere(), signElsewhere()])
    expect(both.map(({ code }) => `${code}`).toSorted()).toEqual(['0', '2'])
    expect(both.find(({ code }) => code === 0)?.out).toBe(read('memory'))
    expect(existsSync(at('memory.lock'))).toBe(false)
  })

  test('is kept waiting by nothing that stands in the place of its lock, and names it.', async () => {
    const { at, sign } = await place()
    const makers = [() => execFileSync('mkfifo', [at('memory.lock')]), () => mkdirSync(at('memory.lock'))]
    for (const make of makers) {
      make()
      // Whoever waits for a writer of the pipe finds one after a while, and fails.
      const freed = setTimeout(() => closeSync(openSync(at('memory.lock'), 'r+')), 5000)
      const ran = await sign('--first').finally(() => clearTimeout(freed))
      expect([ran.code, ran.out, existsSync(at('memory'))]).toEqual([2, '', false])
      expect(ran.err).toContain('memory.lock: it is no regular file')
      rmSync(at('memory.lock'), { recursive: true })
    }
    expect((await sign('--first')).code).toBe(0)
  })

  test('gives out what is signed and remembered though its lock cannot be given back, and tells first why it signs nothing.', async () => {
    const { at, signer, read } = await place()
    const ask = (first: boolean) =>
      signTrail({
        trail: at('trail'),
        signer,
        memory: at('memory'),
        first,
        onProgress: () => {
          rmSync(at('memory.lock'))
          mkdirSync(at('memory.lock'))
        },
      })
    const { note } = await ask(true)
    expect(read('memory')).toBe(note)
    rmdirSync(at('memory.lock'))
    cut(at('trail/trail.jsonl'), 1)
    expect(await codeOf(ask(false))).toBe('signer.refused')
    expect(statSync(at('memory.lock')).isDirectory()).toBe(true)
  })

  test('takes an empty memory neither for a first time nor for anything that was signed, and says what helps.', async () => {
    const { at, sign, read } = await place()
    writeFileSync(at('memory'), '')
    for (const more of [[], ['--first']]) {
      const ran = await sign(...more)
      expect([ran.code, ran.out, read('memory')]).toEqual([2, '', ''])
      expect(ran.err).toContain('memory is empty')
      expect(ran.err).toContain('Only where nothing was ever signed: delete it, and --first.')
    }
    writeFileSync(at('memory'), 'x')
    expect((await sign('--first')).err).toContain('memory is damaged')
  })

  test('keeps memory and secret out of the folder of the trail, whatever links lead there.', async () => {
    const { at, run, read } = await place()
    mkdirSync(at('trail/deep'))
    writeFileSync(at('trail/there'), '')
    symlinkSync(at('trail'), at('folder-link'))
    symlinkSync(at('trail/there'), at('file-link'))
    symlinkSync(at('trail/nowhere'), at('dangling'))
    symlinkSync(at('elsewhere'), at('trail/leading-out'))
    symlinkSync(at('trail/trail.jsonl'), at('trail-link.jsonl'))
    const memories = [
      'trail/m',
      'trail/deep/m',
      'trail/../trail/m',
      'folder-link/m',
      'folder-link/deep/m',
      'file-link',
      'dangling',
      'trail/leading-out',
      'trail/trail.jsonl',
      'key',
    ]
    for (const memory of memories) {
      for (const trail of ['trail', 'folder-link', 'trail-link.jsonl']) {
        const ran = await codeOf(
          signTrail({
            trail: at(trail),
            signer: signerKey(origin, new Uint8Array(32)),
            memory: at(memory),
            first: true,
          }),
        )
        expect([memory, trail, ran]).toEqual([memory, trail, 'signer.memory'])
      }
    }
    writeFileSync(at('trail/secret'), read('key/secret'))
    symlinkSync(at('trail/secret'), at('secret-link'))
    for (const secret of ['trail/secret', 'folder-link/secret', 'secret-link']) {
      const ran = await run('checkpoint', 'trail', '--secret', secret, '--memory', 'memory', '--first')
      expect([secret, ran.code, ran.out]).toEqual([secret, 2, ''])
      expect(ran.err).toContain('the secret key lies in the folder of the trail')
    }
    // Whoever can write into the folder in which a link to the trail lies says which trail is signed.
    mkdirSync(at('named'))
    symlinkSync('../trail/trail.jsonl', at('named/trail.jsonl'))
    writeFileSync(at('named/secret'), read('key/secret'), { mode: 0o600 })
    const asked: string[][] = [
      ['--secret', 'named/secret', '--memory', 'memory'],
      ['--secret', 'key/secret', '--memory', 'named/memory'],
    ]
    for (const trail of ['named', 'named/trail.jsonl'])
      for (const some of asked) {
        const ran = await run('checkpoint', trail, ...some, '--first')
        expect([trail, some, ran.code, ran.out]).toEqual([trail, some, 2, ''])
        expect(ran.err).toContain('lies in the folder of the trail')
      }
    const elsewhere = await run('checkpoint', 'named', '--secret', 'key/secret', '--memory', 'memory', '--first')
    expect([elsewhere.code, elsewhere.out]).toEqual([0, expect.stringContaining(origin)])
  }, 30_000)

  test('refuses a memory that is damaged or another trail’s, a key of another trail, and one that the trail does not name.', async () => {
    const { at, signer, run, read, sign } = await place()
    await sign('--first')
    const memory = read('memory')
    const ask = (key = signer) => codeOf(signTrail({ trail: at('trail'), signer: key, memory: at('memory') }))
    for (const bad of [
      '',
      'x',
      memory.slice(0, -2),
      memory.replace('\n4\n', '\n3\n'),
      memory.replace(origin, 'trail.example/other'),
    ]) {
      writeFileSync(at('memory'), bad)
      expect([bad, await ask()]).toEqual([bad, 'signer.memory'])
    }
    writeFileSync(at('memory'), memory)
    expect(await ask(signerKey('trail.example/other', new Uint8Array(32)))).toBe('signer.memory')
    await run('keygen', '--name', origin, '--out', 'stranger')
    const strange = ['checkpoint', 'trail', '--secret', 'stranger/secret', '--memory']
    expect((await run(...strange, 'new-memory', '--first')).code).toBe(1)
    expect(existsSync(at('new-memory'))).toBe(false)
    expect((await run(...strange, 'memory')).code).toBe(1)
    expect(read('memory')).toBe(memory)
    expect(await ask()).toBe('signed')
  })

  test('writes over an older checkpoint, and over nothing else.', async () => {
    const { at, sign, read } = await place()
    await sign('--first', '--out', 'checkpoint')
    await grow(at('trail'), 'four')
    expect((await sign('--out', 'checkpoint')).code).toBe(0)
    expect(read('checkpoint').split('\n')[1]).toBe('5')
    symlinkSync(at('memory'), at('memory-link'))
    for (const out of ['memory', 'memory-link', 'key/secret', 'key/vkey', 'trail/trail.jsonl', 'key', 'no/folder']) {
      const before = existsSync(at(out)) && out !== 'key' ? read(out) : ''
      const ran = await sign('--out', out)
      expect([out, ran.code, ran.out]).toEqual([out, 2, ''])
      expect(existsSync(at(out)) && out !== 'key' ? read(out) : '').toBe(before)
    }
  })

  test('writes over no checkpoint that the trail is not a continuation of, nor over a larger one: these are evidence.', async () => {
    const { at, run, sign, read } = await place()
    await grow(at('trail'), 'four', 'five')
    await sign('--first', '--out', 'six')
    copyFileSync(at('six'), at('kept'))
    cut(at('trail/trail.jsonl'), 2)
    const other = ['checkpoint', 'trail', '--secret', 'key/secret', '--memory', 'other', '--first', '--out', 'kept']
    const shorter = await run(...other)
    expect([shorter.code, shorter.out]).toEqual([2, ''])
    expect(shorter.err).toContain('kept is a checkpoint of 6 entries, the trail has 4, and it is not written over')
    // Against its own memory the signer itself speaks, and ends as for every trail that may not be signed.
    expect((await sign('--out', 'kept')).code).toBe(1)
    await grow(at('trail'), 'vier', 'fünf', 'sechs')
    const rewritten = await run(...other)
    expect([rewritten.code, rewritten.out]).toEqual([2, ''])
    expect(rewritten.err).toContain('kept is a checkpoint of 6 entries that the trail does not begin with')
    expect([read('kept'), existsSync(at('other'))]).toEqual([read('six'), false])
  })

  test('writes the file to which a link leads, and leaves the link as it is.', async () => {
    const { at, sign, read } = await place()
    await sign('--first', '--out', 'monday')
    await grow(at('trail'), 'four')
    mkdirSync(at('kept'))
    symlinkSync('../monday', at('kept/latest'))
    expect((await sign('--out', 'kept/latest')).code).toBe(0)
    expect([lstatSync(at('kept/latest')).isSymbolicLink(), read('monday').split('\n')[1]]).toEqual([true, '5'])
    expect(readdirSync(at('kept'))).toEqual(['latest'])
  })

  test('signs nothing where the link that is named leads to no file, or to itself.', async () => {
    const { at, sign } = await place()
    symlinkSync('nowhere', at('dangling'))
    symlinkSync('loop', at('loop'))
    for (const [out, where] of [
      ['dangling', 'to no file'],
      ['loop', 'to itself'],
    ] as const) {
      const ran = await sign('--first', '--out', out)
      expect([out, ran.code, ran.out, existsSync(at('memory'))]).toEqual([out, 2, '', false])
      expect(ran.err).toContain(`${out} is a symbolic link that leads ${where}, and nothing is written there`)
    }
    expect(existsSync(at('nowhere'))).toBe(false)
  })

  test('names the file that was named where that cannot be written, and no other one.', async () => {
    const { sign } = await place()
    const ran = await sign('--first', '--out', '/proc/checkpoint')
    expect([ran.code, ran.out]).toEqual([2, ''])
    expect(ran.err).toContain('/proc/checkpoint cannot be written: ')
    expect(ran.err).not.toContain('.new')
  })

  test('writes what is handed over to no file that holds a larger checkpoint.', async () => {
    const { at, run, sign, read } = await place()
    await sign('--first')
    await run('keygen', '--name', origin, '--out', 'next')
    await rotate(at('trail'), read('next/vkey').trim())
    await grow(at('trail'), 'four')
    await run('checkpoint', 'trail', '--secret', 'next/secret', '--memory', 'memory', '--out', 'kept')
    const kept = read('kept')
    const handedOver = await sign('--hand-over', 'next/vkey', '--out', 'kept')
    expect([handedOver.code, handedOver.out, read('kept')]).toEqual([2, '', kept])
    expect(handedOver.err).toContain('kept is a checkpoint of 7 entries, and is not written over by one of 6')
    expect((await sign('--hand-over', 'next/vkey', '--out', 'elsewhere')).code).toBe(0)
  })

  test('leads to a key that replaced its own, but not where the bytes alone are read, which the verdict says and what helps.', async () => {
    const { at, run, sign, read, verify } = await place()
    await sign('--first', '--out', 'old')
    await run('keygen', '--name', origin, '--out', 'next')
    await rotate(at('trail'), read('next/vkey').trim())
    await sign('--hand-over', 'next/vkey', '--out', 'handed')
    await grow(at('trail'), 'four')
    await run('checkpoint', 'trail', '--secret', 'next/secret', '--memory', 'memory', '--out', 'new')
    const given = ['trail', '--checkpoint', 'old', '--checkpoint', 'handed', '--checkpoint', 'new', '--key', 'key/vkey']
    expect((await verify(...given)).code).toBe(0)
    const bytes = await verify(...given, '--only', 'integrity')
    expect(bytes.code).toBe(1)
    const help =
      'With --only integrity no key leads to another one: if the key was replaced, give each of them (--key).'
    expect(bytes.out.replaceAll(/\s+/g, ' ')).toContain(help)
    expect((await verify(...given, '--only', 'integrity', '--key', 'next/vkey')).code).toBe(0)
  })

  test('writes over nothing that somebody has put there while it was signed.', async () => {
    const { at, sign, read } = await place()
    await sign('--first', '--out', 'kept')
    await grow(at('trail'), 'four')
    await sign('--out', 'larger')
    for (const out of ['kept', 'new']) {
      const running = sign('--out', out)
      while (!existsSync(at('memory.lock'))) await new Promise(resolve => setImmediate(resolve))
      copyFileSync(at('larger'), at(out))
      const ran = await running
      expect([ran.code, ran.out, read(out)]).toEqual([2, '', read('larger')])
      expect(ran.err).toContain(`${out} has changed while the checkpoint was signed, and is not written over`)
    }
    expect((await sign('--out', 'kept')).code).toBe(0)
  })

  test('signs with no secret that has a second name, which may lie in the folder of the trail.', async () => {
    const { at, run } = await place()
    linkSync(at('key/secret'), at('trail/secret'))
    const ran = await run('checkpoint', 'trail', '--secret', 'key/secret', '--memory', 'memory', '--first')
    expect([ran.code, ran.out, existsSync(at('memory'))]).toEqual([2, '', false])
    expect(ran.err).toContain('key/secret has another name (a hard link)')
  })

  test('signs no trail that has a second name, beside which its memory may lie.', async () => {
    const { at, run } = await place()
    mkdirSync(at('other'))
    linkSync(at('trail/trail.jsonl'), at('other/trail.jsonl'))
    for (const trail of ['other', 'trail']) {
      const argv = ['--secret', 'key/secret', '--memory', 'trail/memory', '--first']
      const ran = await run('checkpoint', trail, ...(trail === 'other' ? argv : argv.with(3, 'memory')))
      expect([ran.code, ran.out, existsSync(at('trail/memory')), existsSync(at('memory'))]).toEqual([
        2,
        '',
        false,
        false,
      ])
      expect(ran.err).toContain('trail.jsonl has another name (a hard link)')
    }
  })

  test('signs with no memory that has a second name, under which another signer would go on from what it says.', async () => {
    const { at, run, sign, read } = await place()
    await sign('--first')
    const memory = read('memory')
    linkSync(at('memory'), at('other'))
    await grow(at('trail'), 'four')
    for (const name of ['memory', 'other']) {
      const ran = await run('checkpoint', 'trail', '--secret', 'key/secret', '--memory', name)
      expect([name, ran.code, ran.out, read(name)]).toEqual([name, 2, '', memory])
      expect(ran.err).toContain(`${name} cannot be used: it has another name (a hard link)`)
      expect(existsSync(at(`${name}.lock`))).toBe(false)
    }
    unlinkSync(at('other'))
    expect((await sign()).code).toBe(0)
  })

  test('takes no file for its memory and for what it gives out, be it there or not.', async () => {
    const { at, sign } = await place()
    symlinkSync(at('.'), at('here'))
    for (const out of ['memory', './memory', 'here/memory']) {
      const ran = await sign('--first', '--out', out)
      expect([out, ran.code, ran.out, existsSync(at('memory'))]).toEqual([out, 2, '', false])
      expect(ran.err).toContain('is the memory of the signer')
    }
  })

  test.skipIf(!existsSync('/dev/full'))('says that it has signed only when the note is out.', async () => {
    const { at, read } = await place()
    const full = openSync('/dev/full', 'w')
    const argv = ['checkpoint', at('trail'), '--secret', at('key/secret'), '--memory', at('memory'), '--first']
    const source = fileURLToPath(new URL('../../packages/cli/src/countersign.ts', import.meta.url))
    const ran = spawnSync(process.execPath, ['--conditions=countersign-src', source, ...argv], {
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
    })
    closeSync(full)
    expect([ran.status, ran.stderr.includes('signed the first')]).toEqual([2, false])
    expect(ran.stderr.match(/cannot be written/g)).toHaveLength(1)
    expect(read('memory')).toContain(origin)
  })

  test('tells a public key from the secret one that it takes, before it asks who may read the file.', async () => {
    const { at, run } = await place()
    chmodSync(at('key/vkey'), 0o644)
    const ran = await run('checkpoint', 'trail', '--secret', 'key/vkey', '--memory', 'memory', '--first')
    expect([ran.code, ran.out, existsSync(at('memory'))]).toEqual([2, '', false])
    expect(ran.err).toMatch(
      /key\/vkey is the public key of \S+, and signs nothing\n {2}Name the secret one: .* in the file secret\.\n/,
    )
    expect(ran.err).not.toContain('Make a new key')
  })

  test('asks whether a secret is one of the file that it reads, and not of what had the name before.', async () => {
    const { at } = await place()
    const secret = at('key/secret')
    expect(await readSecretKey(secret)).toMatchObject({ name: origin })
    const open = promises.open.bind(promises)
    const spy = vi.spyOn(promises, 'open').mockImplementation((path, ...how) => {
      // Somebody puts another file in its place when it has been looked at.
      renameSync(at('another'), secret)
      return open(path, ...how)
    })
    syncBuiltinESMExports()
    onTestFinished(() => {
      spy.mockRestore()
      syncBuiltinESMExports()
    })
    const key = readFileSync(secret)
    writeFileSync(at('another'), key)
    chmodSync(at('another'), 0o644)
    if (process.platform !== 'win32')
      await expect(readSecretKey(secret)).rejects.toThrow('may be read or written by others than its owner')
    writeFileSync(at('another'), key, { mode: 0o600 })
    linkSync(at('another'), at('its other name'))
    await expect(readSecretKey(secret)).rejects.toThrow('has another name (a hard link)')
    expect(spy.mock.calls.length).toBeGreaterThan(0)
  })

  test('signs with no secret that others can read or write, and asks for what was left out.', async () => {
    const { at, run } = await place()
    for (const mode of [0o644, 0o640, 0o602]) {
      writeFileSync(at(`open-${mode}`), readFileSync(at('key/secret')))
      chmodSync(at(`open-${mode}`), mode)
      const ran = await run('checkpoint', 'trail', '--secret', `open-${mode}`, '--memory', 'memory', '--first')
      expect([ran.code, ran.out, existsSync(at('memory'))]).toEqual([2, '', false])
      expect(ran.err).toContain(`open-${mode} may be read or written by others than its owner`)
    }
    for (const argv of [
      [],
      ['trail'],
      ['trail', '--secret', 'key/secret'],
      ['nowhere', '--secret', 'key/secret', '--memory', 'm'],
      ['trail', '--secret', 'key/vkey', '--memory', 'm'],
      ['trail', '--secret', 'nothing', '--memory', 'm'],
      ['trail', '--secret', 'key/secret', '--memory', 'm', '--hand-over', 'key/secret'],
    ]) {
      const wrong = await run('checkpoint', ...argv)
      expect([argv, wrong.code, wrong.out]).toEqual([argv, 2, ''])
      if (argv.includes('--hand-over'))
        expect(wrong.err).toContain('key/secret holds a secret key, which nothing takes but --secret')
      expect(wrong.err).not.toContain(readFileSync(at('key/secret'), 'utf8').trim().slice(-44))
    }
  })
})

describe('a key that is replaced', () => {
  test('signs no more, hands over once to the key that it means, and the next one goes on from the same memory.', async () => {
    const { at, run, sign, verify, read } = await place()
    await sign('--first', '--out', 'before')
    await run('keygen', '--name', origin, '--out', 'next')
    await rotate(at('trail'), read('next/vkey').trim())
    await grow(at('trail'), 'four')
    const nightly = await sign('--out', 'after')
    expect([nightly.code, nightly.out]).toEqual([1, ''])
    expect(nightly.err).toContain('entry 5 has put')
    expect((await sign('--hand-over', 'key/vkey')).code).toBe(1)
    const next = ['checkpoint', 'trail', '--secret', 'next/secret', '--memory', 'memory']
    expect((await run(...next, '--hand-over', 'next/vkey')).code).toBe(1)
    expect((await run(...next, '--out', 'after')).code).toBe(0)
    // Handing over after the next one has signed takes nothing out of the memory.
    expect((await sign('--hand-over', 'next/vkey', '--out', 'hand-over')).code).toBe(0)
    expect(['before', 'hand-over', 'after', 'memory'].map(name => read(name).split('\n')[1])).toEqual([
      '4',
      '6',
      '7',
      '7',
    ])
    const judge = (...names: string[]) =>
      verify('trail', '--key', 'key/vkey', ...names.flatMap(name => ['--checkpoint', name]))
    expect((await judge('before', 'after')).code).toBe(1)
    const led = await judge('before', 'hand-over', 'after')
    expect([led.code, led.out.split('\n')[0]]).toEqual([0, 'SOUND, AND HELD BY A CHECKPOINT'])
    const required = ['before', 'hand-over', 'after'].flatMap(name => ['--checkpoint', name])
    expect((await verify('trail', '--key', 'key/vkey', ...required, '--require-anchor')).code).toBe(0)
    expect((await verify('trail', ...required, '--require-anchor')).code).toBe(5)
    expect(led.out.replaceAll(/\s+/g, ' ')).toContain('It is signed by a key that took the place of one that you gave')
    expect(led.out.replaceAll(/\s+/g, ' ')).toContain(`for sizes 0 to 6, entry 0`)
    // The newest key alone bears out what those before it have signed.
    const back = await verify('trail', '--key', 'next/vkey', '--checkpoint', 'before', '--checkpoint', 'after')
    expect(back.code).toBe(0)
    expect(back.out.replaceAll(/\s+/g, ' ')).toContain('It is signed by an earlier key of the trail')
    expect(back.out).not.toContain('took the place')
  })

  test('hands over nothing where what is remembered cannot be made durable once more, be that larger than what is handed over.', async () => {
    const { at, run, sign, read } = await place()
    await sign('--first')
    await run('keygen', '--name', origin, '--out', 'next')
    await rotate(at('trail'), read('next/vkey').trim())
    await grow(at('trail'), 'four')
    const next = await run('checkpoint', 'trail', '--secret', 'next/secret', '--memory', 'memory')
    expect([next.code, next.out.split('\n')[1]]).toEqual([0, '7'])
    // The folder may not have taken down the last of it: only another write of it would.
    mkdirSync(at('memory.new'))
    const refused = await sign('--hand-over', 'next/vkey', '--out', 'hand-over')
    expect([refused.code, refused.out, existsSync(at('hand-over')), read('memory')]).toEqual([2, '', false, next.out])
    expect(refused.err).toContain('cannot keep what was signed in')
    rmdirSync(at('memory.new'))
    const before = statSync(at('memory')).ino
    const handedOver = await sign('--hand-over', 'next/vkey')
    expect([handedOver.code, handedOver.out.split('\n')[1], read('memory')]).toEqual([0, '6', next.out])
    expect(statSync(at('memory')).ino).not.toBe(before)
  })

  test('hands over to nobody by itself: where the trail ends with the rotation, only the key that a person names gets it.', async () => {
    const { at, run, sign, verify, read } = await place()
    await sign('--first', '--out', 'before')
    const memory = read('memory')
    for (const out of ['next', 'other']) await run('keygen', '--name', origin, '--out', out)
    await rotate(at('trail'), read('next/vkey').trim())
    const nightly = await sign('--out', 'after')
    expect([nightly.code, nightly.out, existsSync(at('after')), read('memory')]).toEqual([1, '', false, memory])
    expect(nightly.err).toContain(`entry 5 has put ${idIn(read('next/vkey'))} in the place of the key`)
    expect(nightly.err).toContain('--hand-over VKEY')
    // The key that is named is the one that was put in place, and no other one.
    for (const wrong of ['other/vkey', 'key/vkey']) {
      const ran = await sign('--hand-over', wrong, '--out', 'after')
      expect([wrong, ran.code, ran.out, existsSync(at('after')), read('memory')]).toEqual([wrong, 1, '', false, memory])
    }
    expect((await verify('trail', '--checkpoint', 'before', '--key', 'key/vkey')).code).toBe(0)
    const handedOver = await sign('--hand-over', 'next/vkey', '--out', 'hand-over')
    expect([handedOver.code, read('memory')]).toEqual([0, read('hand-over')])
    // The same again is the same note for whoever asks for it, and the nightly run signs no more.
    expect((await sign('--hand-over', 'next/vkey')).out).toBe(read('hand-over'))
    expect((await sign('--out', 'after')).code).toBe(1)
    const next = await run('checkpoint', 'trail', '--secret', 'next/secret', '--memory', 'memory', '--out', 'after')
    expect([next.code, read('after').split('\n')[1]]).toEqual([0, '6'])
  })

  test('does so the first time, too; the next key begins there.', async () => {
    const { at, run, sign, read } = await place()
    await run('keygen', '--name', origin, '--out', 'next')
    await rotate(at('trail'), read('next/vkey').trim())
    const first = await sign('--first')
    expect([first.code, first.out, existsSync(at('memory'))]).toEqual([1, '', false])
    const begun = await run('checkpoint', 'trail', '--secret', 'next/secret', '--memory', 'begun', '--first')
    expect([begun.code, begun.out.split('\n')[1]]).toEqual([0, '6'])
    const handedOver = await sign('--first', '--hand-over', 'next/vkey')
    expect([handedOver.code, handedOver.out.split('\n')[1]]).toEqual([0, '6'])
  })

  test('is followed over several rotations at the end, each hand-over asked for by itself.', async () => {
    const { at, run, sign, verify, read } = await place()
    await sign('--first', '--out', 'before')
    for (const out of ['second', 'third']) {
      await run('keygen', '--name', origin, '--out', out)
      await rotate(at('trail'), read(`${out}/vkey`).trim())
    }
    const signWith = (key: string, ...more: string[]) =>
      run('checkpoint', 'trail', '--secret', `${key}/secret`, '--memory', 'memory', ...more)
    const refused = await sign()
    expect([refused.code, refused.out]).toEqual([1, ''])
    expect(refused.err).toContain(`entry 5 has put ${idIn(read('second/vkey'))} in the place of the key`)
    expect((await sign('--hand-over', 'third/vkey')).code).toBe(1)
    await run('keygen', '--name', origin, '--out', 'stranger')
    expect((await signWith('stranger')).err).toContain(`is ${idIn(read('third/vkey'))}, since entry 7, and not`)
    const between = await signWith('second')
    expect([between.code, between.out]).toEqual([1, ''])
    expect(between.err).toContain(`entry 7 has put ${idIn(read('third/vkey'))} in the place of the key`)
    // The last key goes on from what the first one remembers, and those before it hand over afterwards, or before.
    const copied = read('memory')
    expect((await signWith('third', '--out', 'last')).code).toBe(0)
    writeFileSync(at('memory'), copied)
    expect((await sign('--hand-over', 'second/vkey', '--out', 'one')).code).toBe(0)
    expect((await signWith('second')).code).toBe(1)
    expect((await signWith('second', '--hand-over', 'third/vkey', '--out', 'two')).code).toBe(0)
    expect((await signWith('third')).code).toBe(0)
    expect(['one', 'two', 'last', 'memory'].map(name => read(name).split('\n')[1])).toEqual(['6', '8', '8', '8'])
    const judge = (...names: string[]) =>
      verify('trail', '--key', 'key/vkey', ...names.flatMap(name => ['--checkpoint', name]))
    expect((await judge('before', 'one', 'two', 'last')).code).toBe(0)
    expect((await judge('before', 'two', 'last')).code).toBe(1)
  })

  test('signs on while a rotation is asked for by one administrator alone.', async () => {
    const { at, run, sign, read } = await place()
    await sign('--first')
    await run('keygen', '--name', origin, '--out', 'next')
    await administer(at('trail'), async desk => {
      const asked = await desk.by('ann').rotateKey({ key: read('next/vkey').trim(), comment: 'the year is over' })
      expect(asked.outcome).toBe('accepted')
    })
    const nightly = await sign()
    expect([nightly.code, nightly.out.split('\n')[1]]).toEqual([0, '5'])
    expect((await sign('--hand-over', 'next/vkey')).code).toBe(1)
  })

  test('never comes back, whatever an entry says that no desk has taken, and hands over to no second key in one entry.', async () => {
    const { at, run, sign, read } = await place()
    await sign('--first')
    const memory = read('memory')
    for (const out of ['second', 'third']) {
      await run('keygen', '--name', origin, '--out', out)
      await rotate(at('trail'), read(`${out}/vkey`).trim())
    }
    const file = at('trail/trail.jsonl')
    const lines = read('trail/trail.jsonl').trimEnd().split('\n')
    const [own, second, third] = ['key', 'second', 'third'].map(name => read(`${name}/vkey`).trim()) as [
      string,
      string,
      string,
    ]
    writeFileSync(file, chained(lines.map(line => line.replaceAll(third, own))))
    const back = await sign()
    expect([back.code, back.out, read('memory')]).toEqual([1, '', memory])
    expect(back.err).toContain('Entry 7 puts it back, and a key that was replaced never comes back')
    // The very same key in its own place.
    writeFileSync(file, chained(lines.slice(0, 6).map(line => line.replaceAll(second, own))))
    expect((await sign()).code).toBe(1)
    // An entry that names the key which was meant and another one with it.
    const both = (line: string) =>
      line.replace(/(\{[^{}]*"type":"key\.rotated"\})/, (_, event) => `${event},${event.replace(second, third)}`)
    writeFileSync(file, chained(lines.slice(0, 6).map(both)))
    expect(read('trail/trail.jsonl').match(/key\.rotated/g)).toHaveLength(2)
    for (const named of ['second', 'third']) {
      const ran = await sign('--hand-over', `${named}/vkey`)
      expect([named, ran.code, ran.out, read('memory')]).toEqual([named, 1, '', memory])
      expect(ran.err).toContain('and another one was named')
    }
  })
})

/** The name and key id of a public key. */
const idIn = (vkey: string) => vkey.split('+').slice(0, 2).join('+')

/** The journal of an append that reaches from one byte to another. */
async function markOf(start: number, end: number): Promise<string> {
  const { createHash } = await import('node:crypto')
  const text = `${`${start}`.padStart(16, '0')} ${`${end}`.padStart(16, '0')} ${'0'.repeat(64)} ${'0'.repeat(64)} `
  return `${text}${createHash('sha256').update(text).digest('hex')}\n`
}
