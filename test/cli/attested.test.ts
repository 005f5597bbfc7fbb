import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  cosign,
  formatNote,
  formatVerifierKey,
  leafHash,
  parseNote,
  rootOf,
  signerKey,
  verifierKeyOf,
  witnessKeyOf,
} from '@countersign/trail'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Authority, absent, forAuthorities, forTimestamps, where } from '../timestamp/authority.ts'
import {
  call,
  newFolder,
  releasedLines,
  signer,
  verdictOf,
  written,
  writtenCheckpoint,
  writtenKey,
  writtenLines,
} from './command-line.ts'

const flat = (text: string) => text.replaceAll(/\s+/g, ' ')
const witnesses = [11, 12].map(byte => signerKey(`w${byte}.example`, new Uint8Array(32).fill(byte)))
const policy = `log ${formatVerifierKey(verifierKeyOf(signer))}
${witnesses.map((one, at) => `witness w${at} ${formatVerifierKey(witnessKeyOf(one))}\n`).join('')}group both all w0 w1
quorum both
`
const now = Math.floor(Date.now() / 1000)

let lines: Uint8Array[]
beforeAll(async () => {
  ;({ lines } = await releasedLines())
})
const checkpoint = () => writtenCheckpoint({ size: lines.length, root: rootOf(lines.map(leafHash)) })
const cosigned = (number: number) => {
  const { text, signatures } = parseNote(readFileSync(checkpoint(), 'utf8'))
  const added = witnesses.slice(0, number).map(one => cosign(text, one, now))
  return written(formatNote({ text, signatures: [...signatures, ...added] }), 'checkpoint.note')
}

test('A checkpoint that the witnesses of a policy have seen is told as witnessed, with who saw it and when.', async () => {
  const argv = [writtenLines(lines), '--checkpoint', cosigned(2), '--witness-policy', written(policy)]
  const ran = await call('verify-trail', argv)
  expect(ran.code).toBe(0)
  expect(ran.out.split('\n')[0]).toBe('SOUND, HELD BY A CHECKPOINT, AND WITNESSED')
  const told = flat(ran.out)
  expect(told).toContain('✓ both: 2 of the 2 that it asks for, among 2')
  expect(told).toContain(`✓ w0 (w11.example+${witnessKeyOf(witnesses[0] ?? signer).keyId}) has seen it, at `)
  const verdict = await verdictOf(writtenLines(lines), ...argv.slice(1))
  expect(verdict).toMatchObject({ exitCode: 0, anchoring: { level: 'witnessed', witnessed: lines.length } })
})

test('With too few witnesses the verdict ends with 5, says who is missing, and that nothing is broken.', async () => {
  const argv = ['--checkpoint', cosigned(1), '--witness-policy', written(policy)]
  const ran = await call('verify-trail', [writtenLines(lines), ...argv])
  expect([ran.code, ran.out.split('\n')[0]]).toEqual([5, 'NOT WITNESSED, AND WITNESSES WERE ASKED FOR'])
  expect(flat(ran.out)).toContain('· w1 (w12.example+')
  const none = await call('verify-trail', [writtenLines(lines), '--witness-policy', written(policy)])
  expect([none.code, none.out.split('\n')[0]]).toEqual([5, 'NOT ANCHORED, AND AN ANCHOR WAS ASKED FOR'])
})

test('Where witnesses have seen an older checkpoint only, page and document say how far, and the verdict ends with 5.', async () => {
  const { text, signatures } = parseNote(
    readFileSync(writtenCheckpoint({ size: 1, root: rootOf(lines.slice(0, 1).map(leafHash)) }), 'utf8'),
  )
  const added = witnesses.map(one => cosign(text, one, now))
  const old = written(formatNote({ text, signatures: [...signatures, ...added] }), 'old.note')
  const argv = ['--checkpoint', checkpoint(), '--checkpoint', old, '--witness-policy', written(policy)]
  const ran = await call('verify-trail', [writtenLines(lines), ...argv])
  expect([ran.code, ran.out.split('\n')[0]]).toEqual([5, 'WITNESSED IN PART, AND WITNESSES WERE ASKED FOR'])
  const told = `Of the ${lines.length} entries that a checkpoint holds, the witnesses that the policy asks for have seen the first 1, and not the other ${lines.length - 1}.`
  expect(flat(ran.out).split(told).length).toBe(3)
  const verdict = await verdictOf(writtenLines(lines), ...argv)
  expect(verdict).toMatchObject({
    exitCode: 5,
    anchoring: { level: 'given key', matched: lines.length, witnessed: 1, witnesses: 'not enough' },
  })
  const alone = await call('verify-trail', [writtenLines(lines), ...argv.slice(2)])
  expect([alone.code, alone.out.split('\n')[0]]).toEqual([
    0,
    'SOUND, HELD IN PART BY A CHECKPOINT, AND WITNESSED AS FAR',
  ])
  expect(flat(alone.out)).toContain(
    `The first 1 of its ${lines.length} entries are those that the checkpoint was made of.`,
  )
})

test('A forged cosignature is told as a signature that is not borne out, and not as another trail.', async () => {
  const { text, signatures } = parseNote(readFileSync(checkpoint(), 'utf8'))
  const line = cosign(text.replace(/^.*\n/, 'trail.example/another\n'), witnesses[0] ?? signer, now)
  const forged = written(formatNote({ text, signatures: [...signatures, line] }), 'checkpoint.note')
  const argv = ['--checkpoint', forged, '--key', writtenKey(signer), '--witness-policy', written(policy)]
  const ran = await call('verify-trail', [writtenLines(lines), ...argv])
  expect([ran.code, ran.out.split('\n')[0]]).toEqual([1, 'BROKEN: A SIGNATURE THAT IS NOT BORNE OUT'])
  expect(flat(ran.out)).toContain('it has the fingerprint that each checkpoint here states')
})

test('A policy of witnesses that is none is named with its line, and a time stamp needs its checkpoint and its authority.', async () => {
  const trail = writtenLines(lines)
  const some = written('x')
  const cases: [string[], RegExp][] = [
    [
      ['--witness-policy', written('quorum nobody\n', 'policy')],
      /policy is no policy of witnesses: line 1: expected the name/,
    ],
    [['--timestamp', some], /--tsa-ca/],
    [['--timestamp', some, '--tsa-ca', some], /--checkpoint/],
    [['--tsa-ca', some, '--checkpoint', checkpoint()], /none was given with --timestamp/],
    [['--timestamp', some, '--tsa-ca', some, '--checkpoint', checkpoint()], /is no file of certificates/],
  ]
  for (const [argv, message] of cases) {
    const ran = await call('verify-trail', [trail, ...argv])
    expect([ran.code, ran.out], argv.join(' ')).toEqual([2, ''])
    expect(ran.err).toMatch(message)
  }
})

describe.skipIf(absent)(`with an authority that OpenSSL plays${where}`, () => {
  let tsa: Authority
  let ca: string
  beforeAll(() => {
    tsa = new Authority()
    tsa.make({ name: 'root', extensions: forAuthorities })
    ca = tsa.path('root.pem')
    tsa.make({ name: 'stamper', by: 'root', extensions: forTimestamps })
  })
  afterAll(() => tsa.close())

  test('a checkpoint is time-stamped by a request of ours, and the verdict says since when it was there.', async () => {
    const note = checkpoint()
    const request = join(newFolder(), 'request.tsq')
    const asked = await call('countersign', ['timestamp-request', note, '--out', request])
    expect([asked.code, asked.err]).toEqual([0, ''])
    const stamp = written(tsa.answer(readFileSync(request), 'stamper'), 'answer.tsr')
    // Cosignatures that come later leave the time stamp what it is.
    const { text, signatures } = parseNote(readFileSync(note, 'utf8'))
    writeFileSync(note, formatNote({ text, signatures: [...signatures, cosign(text, witnesses[0] ?? signer, now)] }))
    const argv = ['--checkpoint', note, '--key', writtenKey(signer), '--timestamp', stamp, '--tsa-ca', ca]
    const ran = await call('verify-trail', [writtenLines(lines), ...argv])
    expect([ran.code, ran.err]).toEqual([0, ''])
    expect(flat(ran.out)).toMatch(
      /✓ the time stamp \S+answer\.tsr says that it was there at \d{4}-\d\d-\d\d \d\d:\d\d UTC \(number 2b of O=Test, CN=stamper\)/,
    )
    expect(flat(ran.out)).toContain('has been revoked since was not asked')
    const verdict = await verdictOf(writtenLines(lines), ...argv)
    expect(verdict).toMatchObject({ exitCode: 0, anchoring: { level: 'given key', timeStamped: lines.length } })
  })

  test('a token by itself, and certificates in DER, are told as what they are, and how they become what is wanted.', async () => {
    const note = checkpoint()
    const request = join(newFolder(), 'request.tsq')
    await call('countersign', ['timestamp-request', note, '--out', request])
    const answer = tsa.answer(readFileSync(request), 'stamper')
    tsa.openssl('ts -reply -in response.tsr -token_out -out token.der')
    tsa.openssl('x509 -in root.pem -outform der -out root.der')
    const known = ['--checkpoint', note, '--key', writtenKey(signer)]
    const judged = (stamp: string, authority: string) =>
      call('verify-trail', [writtenLines(lines), ...known, '--timestamp', stamp, '--tsa-ca', authority])
    const token = await judged(tsa.path('token.der'), ca)
    expect([token.code, token.out]).toEqual([2, ''])
    expect(token.err).toContain(
      'token.der is no answer of a time stamping authority: it is a time stamp token by itself',
    )
    expect(token.err).toContain(`openssl ts -reply -token_in -in ${tsa.path('token.der')} -out answer.tsr`)
    tsa.openssl('ts -reply -token_in -in token.der -out again.tsr')
    expect((await judged(tsa.path('again.tsr'), ca)).code).toBe(0)
    const der = await judged(written(answer, 'answer.tsr'), tsa.path('root.der'))
    expect([der.code, der.out]).toEqual([2, ''])
    expect(der.err).toContain('root.der is no file of certificates in PEM: it is in DER')
    tsa.openssl('x509 -inform der -in root.der -out again.pem')
    expect(der.err).toContain(`openssl x509 -inform der -in ${tsa.path('root.der')} -out`)
    expect((await judged(tsa.path('again.tsr'), tsa.path('again.pem'))).code).toBe(0)
  })

  test('a request is written over nothing, be it a trail, a key or the checkpoint itself.', async () => {
    const note = checkpoint()
    for (const file of [writtenLines(lines), writtenKey(signer), note]) {
      const before = readFileSync(file)
      const asked = await call('countersign', ['timestamp-request', note, '--out', file])
      expect([asked.code, asked.out, asked.err]).toEqual([2, '', expect.stringContaining('is there already')])
      expect(readFileSync(file)).toEqual(before)
    }
  })

  test('a time stamp of something else, and one by another authority, break the verdict with their codes.', async () => {
    const note = checkpoint()
    const request = join(newFolder(), 'request.tsq')
    await call('countersign', ['timestamp-request', cosigned(1), '--out', request])
    const stamp = written(tsa.answer(readFileSync(request), 'stamper'), 'answer.tsr')
    const argv = ['--checkpoint', note, '--key', writtenKey(signer), '--timestamp', stamp, '--tsa-ca']
    const other = await verdictOf(writtenLines(lines), ...argv, ca)
    expect(other).toMatchObject({ exitCode: 1, codes: { 'timestamp.imprint': 1 }, found: 1 })
    const another = new Authority()
    const stranger = written(another.make({ name: 'root', extensions: forAuthorities }), 'ca.pem')
    another.close()
    const unknown = await verdictOf(writtenLines(lines), ...argv, stranger)
    expect(unknown).toMatchObject({ exitCode: 1, codes: { 'timestamp.unsound': 1 }, found: 1 })
    expect(unknown.findings[0]?.found).toContain('(chain, ')
    const ran = await call('verify-trail', [writtenLines(lines), ...argv, stranger])
    expect(flat(ran.out)).toContain('A time stamp that is not borne out (timestamp.unsound, 1 ×)')
    for (const authority of [ca, stranger]) {
      const { out } = await call('verify-trail', [writtenLines(lines), ...argv, authority])
      expect(out.split('\n')[0]).toBe('BROKEN: A TIME STAMP THAT IS NOT BORNE OUT')
      expect(flat(out)).toContain('it has the fingerprint that each checkpoint here states')
      expect(flat(out)).toContain(`holds all ${lines.length} entries`)
    }
  })

  test('the checkpoint in a bundle is time-stamped like any other, and a stamp of something else breaks the verdict.', async () => {
    const [note, folder] = [checkpoint(), newFolder()]
    const bundle = join(folder, 'K.bundle')
    const made = ['bundle', writtenLines(lines), 'K', '--checkpoint', note, '--out', bundle]
    expect((await call('countersign', made)).code).toBe(0)
    const stampOf = async (file: string) => {
      const request = join(newFolder(), 'request.tsq')
      await call('countersign', ['timestamp-request', file, '--out', request])
      return written(tsa.answer(readFileSync(request), 'stamper'), 'answer.tsr')
    }
    const argv = ['--key', writtenKey(signer), '--tsa-ca', ca, '--timestamp']
    const verdict = await verdictOf(bundle, ...argv, await stampOf(note))
    expect(verdict).toMatchObject({ exitCode: 0, anchoring: { level: 'given key', timeStamped: lines.length } })
    const page = await call('verify-trail', ['bundle', bundle, ...argv, await stampOf(note)])
    expect(flat(page.out)).toContain('answer.tsr says that it was there at ')
    const other = await verdictOf(bundle, ...argv, await stampOf(cosigned(1)))
    expect(other).toMatchObject({ exitCode: 1, codes: { 'timestamp.imprint': 1 }, found: 1 })
  })

  test('A time stamp of a checkpoint of another size than the bundle’s is told as one of that checkpoint, and of nothing in the bundle.', async () => {
    const bundle = join(newFolder(), 'K.bundle')
    const made = ['bundle', writtenLines(lines), 'K', '--checkpoint', checkpoint(), '--out', bundle]
    expect((await call('countersign', made)).code).toBe(0)
    const size = lines.length + 5
    const later = writtenCheckpoint({ size, root: 'a'.repeat(64) })
    const request = join(newFolder(), 'request.tsq')
    await call('countersign', ['timestamp-request', later, '--out', request])
    const stamp = written(tsa.answer(readFileSync(request), 'stamper'), 'answer.tsr')
    const argv = ['--key', writtenKey(signer), '--tsa-ca', ca, '--timestamp', stamp, '--checkpoint', later]
    const page = flat((await call('verify-trail', ['bundle', bundle, ...argv])).out)
    expect(page).toMatch(
      new RegExp(
        `of ${size} entries, was not compared.*answer\\.tsr says that it was there at .*nothing of the bundle`,
      ),
    )
    const verdict = await verdictOf(bundle, ...argv)
    expect(verdict).toMatchObject({ exitCode: 0, anchoring: { timeStamped: 0 } })
    expect(verdict.attestations).toMatchObject([{ timestamps: [] }, { size, timestamps: [{ name: stamp }] }])
  })

  test('bytes that are no time stamp cannot be read, which is no verdict.', async () => {
    const argv = ['--checkpoint', checkpoint(), '--timestamp', written('x'), '--tsa-ca', ca]
    const ran = await call('verify-trail', [writtenLines(lines), ...argv])
    expect([ran.code, ran.out]).toEqual([2, ''])
    expect(ran.err).toContain('is no answer of a time stamping authority')
  })
})
