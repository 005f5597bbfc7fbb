import {
  addCosignatures,
  CountersignError,
  checkpointText,
  consistencyProof,
  cosign,
  decideCosigning,
  EMPTY_ROOT,
  encodeUtf8,
  formatAddCheckpoint,
  formatNote,
  leafHash,
  MAX_REQUEST_BYTES,
  parseAddCheckpoint,
  parseNote,
  rootOf,
  signCheckpoint,
  signerKey,
  signNote,
  verifierKeyOf,
  witnessKeyOf,
} from '@countersign/trail'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const origin = 'log.example/changes'
const log = signerKey(origin, new Uint8Array(32).fill(1))
const rotated = signerKey(origin, new Uint8Array(32).fill(2))
const keys = [verifierKeyOf(log)]
const leaves = Array.from({ length: 40 }, (_, index) => leafHash(Uint8Array.of(index)))
const rootAt = (size: number) => rootOf(leaves.slice(0, size))
const noteOf = (size: number, root = rootAt(size), signer = log) => signCheckpoint({ origin, size, root }, signer)
const proofOf = (oldSize: number, size: number) => (oldSize === 0 ? [] : consistencyProof(oldSize, size, leaves))
const requestOf = (oldSize: number, size: number, note = noteOf(size), proof = proofOf(oldSize, size)) =>
  parseAddCheckpoint(encodeUtf8(formatAddCheckpoint({ oldSize, proof, note })))
const at = (size: number) => ({ size, root: rootAt(size) })

describe('a witness', () => {
  it('cosigns what extends what it has cosigned, and the very first it sees', () => {
    expect(decideCosigning(requestOf(0, 7), keys, undefined)).toMatchObject({ status: 200, checkpoint: { size: 7 } })
    for (let old = 1; old < 30; old += 3) {
      for (let size = old; size <= 30; size += 4) {
        expect(decideCosigning(requestOf(old, size), keys, at(old)).status, `${old} → ${size}`).toBe(200)
      }
    }
    expect(decideCosigning(requestOf(0, 0), keys, undefined).status).toBe(200)
    expect(decideCosigning(requestOf(0, 3), keys, { size: 0, root: EMPTY_ROOT }).status).toBe(200)
  })

  it('answers 404 of a log that it does not know, before it looks at anything else', () => {
    const other = signerKey('other.example', new Uint8Array(32).fill(3))
    expect(decideCosigning(requestOf(9, 7, noteOf(7), []), [verifierKeyOf(other)], at(3)).status).toBe(404)
    expect(decideCosigning(requestOf(0, 7), [witnessKeyOf(log)], undefined).status).toBe(404)
  })

  it('answers 403 where no key that it trusts for the log has signed, or one of them badly', () => {
    expect(decideCosigning(requestOf(0, 7, noteOf(7, rootAt(7), rotated)), keys, undefined).status).toBe(403)
    const text = checkpointText({ origin, size: 7, root: rootAt(7) })
    const [good] = parseNote(noteOf(7)).signatures
    const [bad] = parseNote(noteOf(8, rootAt(8), rotated)).signatures
    if (good === undefined || bad === undefined) throw new Error('both notes are signed')
    const mixed = formatNote({ text, signatures: [good, bad] })
    expect(decideCosigning(requestOf(0, 7, mixed), keys, undefined).status).toBe(200)
    expect(decideCosigning(requestOf(0, 7, mixed), [...keys, verifierKeyOf(rotated)], undefined).status).toBe(403)
    const twice = formatNote({ text, signatures: [good, { ...good, bytes: new Uint8Array(64) }] })
    expect(decideCosigning(requestOf(0, 7, twice), keys, undefined).status).toBe(403)
  })

  it('answers 400 where the old size is above the new one', () => {
    expect(decideCosigning(requestOf(9, 7, noteOf(7), []), keys, at(9)).status).toBe(400)
  })

  it('answers 409 with the size that it knows where the old size is another', () => {
    expect(decideCosigning(requestOf(3, 7), keys, at(5))).toMatchObject({ status: 409, size: 5 })
    expect(decideCosigning(requestOf(3, 7), keys, undefined)).toMatchObject({ status: 409, size: 0 })
    expect(decideCosigning(requestOf(0, 7), keys, at(7))).toMatchObject({ status: 409, size: 7 })
  })

  it('answers 409, and says that it is a fork, where a tree of this size has another root', () => {
    const forked = requestOf(7, 7, noteOf(7, rootAt(8)), [])
    expect(decideCosigning(forked, keys, at(7))).toMatchObject({ status: 409, fork: true })
    const empty = requestOf(0, 0, noteOf(0, rootAt(1)), [])
    expect(decideCosigning(empty, keys, at(0))).toMatchObject({ status: 409, fork: true })
  })

  it('answers 400, and nothing of a fork, where it has cosigned nothing yet and no entries have another root than they can', () => {
    const empty = requestOf(0, 0, noteOf(0, rootAt(1)), [])
    const decision = decideCosigning(empty, keys, undefined)
    expect(decision).toMatchObject({ status: 400, because: expect.stringContaining('the root of no entries is') })
    expect(decision).not.toHaveProperty('fork')
  })

  it('answers 422 where the proof does not hold: forked, too long, too short, or there for nothing', () => {
    const [first = ''] = leaves
    const status = (oldSize: number, size: number, proof: readonly string[], note = noteOf(size)) =>
      decideCosigning(requestOf(oldSize, size, note, [...proof]), keys, oldSize === 0 ? undefined : at(oldSize)).status
    expect(status(3, 7, proofOf(3, 7), noteOf(7, rootAt(8)))).toBe(422)
    expect(status(3, 7, [...proofOf(3, 7), first])).toBe(422)
    expect(status(3, 7, proofOf(3, 7).slice(1))).toBe(422)
    expect(status(3, 7, [])).toBe(422)
    expect(status(7, 7, [first])).toBe(422)
    expect(status(0, 7, [first])).toBe(422)
  })

  it('never cosigns two trees of which one does not extend the other, whatever it is asked', () => {
    const other = Array.from({ length: 40 }, (_, index) => leafHash(Uint8Array.of(index < 5 ? index : index + 100)))
    const asked = fc.record({
      old: fc.nat(20),
      size: fc.nat(20),
      forked: fc.boolean(),
      honest: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(asked, { maxLength: 30 }), requests => {
        let latest: { size: number; root: string } | undefined
        const signed: { size: number; root: string }[] = []
        for (const { old, size, forked, honest } of requests) {
          const from = forked ? other : leaves
          const oldSize = honest ? (latest?.size ?? 0) : old
          const proof = oldSize > 0 && oldSize <= size ? consistencyProof(oldSize, size, from) : []
          const request = requestOf(oldSize, size, noteOf(size, rootOf(from.slice(0, size))), [...proof])
          const decision = decideCosigning(request, keys, latest)
          if (decision.status !== 200) continue
          latest = decision.checkpoint
          signed.push(decision.checkpoint)
        }
        expect(signed.map(one => one.size)).toEqual(signed.map(one => one.size).toSorted((a, b) => a - b))
        const one = signed.every(({ size, root }) => root === rootAt(size))
        const two = signed.every(({ size, root }) => root === rootOf(other.slice(0, size)))
        expect(one || two).toBe(true)
      }),
    )
  })

  it('remembers the checkpoint with the signatures of the log alone, each once', () => {
    const witness = signerKey('w.example', new Uint8Array(32).fill(9))
    const { text } = parseNote(noteOf(7))
    const stranger = signerKey('stranger.example', new Uint8Array(32).fill(5))
    const signed = parseNote(signNote(text, [stranger, log, log])).signatures
    const note = formatNote({ text, signatures: [...signed, cosign(text, witness, 5)] })
    expect(decideCosigning(requestOf(0, 7, note), keys, undefined)).toMatchObject({ note: noteOf(7) })
  })
})

describe('a request to a witness', () => {
  const hash = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8='
  const malformed: readonly (readonly [string, string])[] = [
    ['', 'an empty line'],
    [`old 0\n${noteOf(7)}`, 'base64 of 32 bytes'],
    [`old 0\n\n${noteOf(7).slice(0, -1)}`, 'a newline at its end'],
    [`old 00\n\n${noteOf(7)}`, 'line 1'],
    [`old -1\n\n${noteOf(7)}`, 'line 1'],
    [`old  0\n\n${noteOf(7)}`, 'line 1'],
    [`Old 0\n\n${noteOf(7)}`, 'line 1'],
    [`old 0 \n\n${noteOf(7)}`, 'line 1'],
    [`old 9007199254740992\n\n${noteOf(7)}`, 'line 1'],
    [`old 0\r\n\r\n${noteOf(7)}`, 'line 1'],
    [`old 1\n${hash}\nx\n\n${noteOf(7)}`, 'line 3'],
    [`old 1\n${hash.slice(0, -1)}\n\n${noteOf(7)}`, 'line 2'],
    [`old 1\n${`${hash}\n`.repeat(64)}\n${noteOf(7)}`, 'at most 63 hashes'],
    [`old 0\n\n${noteOf(7).replace('\n7\n', '\n07\n')}`, 'line 2'],
    [`old 0\n\n${noteOf(7)}${' '.repeat(MAX_REQUEST_BYTES)}`, 'at most 262144 bytes'],
  ]
  for (const [body, message] of malformed) {
    it(`is refused where it is malformed: ${JSON.stringify(body.slice(0, 30))}, ${message}`, () => {
      expect(() => parseAddCheckpoint(encodeUtf8(body))).toThrow(message)
    })
  }

  it('is read as it was written', () => {
    const body = formatAddCheckpoint({ oldSize: 3, proof: proofOf(3, 7), note: noteOf(7) })
    const { checkpoint, ...rest } = parseAddCheckpoint(encodeUtf8(body))
    expect(checkpoint).toEqual({ origin, ...at(7) })
    expect(formatAddCheckpoint(rest)).toBe(body)
    const longest = `old 1\n${`${hash}\n`.repeat(63)}\n${noteOf(7)}`
    expect(parseAddCheckpoint(encodeUtf8(longest)).proof.length).toBe(63)
  })

  it('of any bytes is read or refused with an error of ours', () => {
    const body = encodeUtf8(formatAddCheckpoint({ oldSize: 3, proof: proofOf(3, 7), note: noteOf(7) }))
    const changes = fc.array(fc.tuple(fc.nat(body.length - 1), fc.nat(255)), { maxLength: 6 })
    fc.assert(
      fc.property(changes, fc.nat(body.length), (edits, end) => {
        const bytes = body.slice(0, end)
        for (const [index, byte] of edits) if (index < end) bytes[index] = byte
        try {
          const request = parseAddCheckpoint(bytes)
          expect(decideCosigning(request, keys, at(3)).status).toBeGreaterThanOrEqual(200)
        } catch (error) {
          if (!(error instanceof CountersignError)) throw error
        }
      }),
      { numRuns: 3_000 },
    )
  })
})

describe('a request to a witness whose checkpoint is none', () => {
  it('says at which line of the request the note begins by which its lines are counted', () => {
    for (const [oldSize, proof, line] of [
      [0, [], 3],
      [2, ['0'.repeat(64), '1'.repeat(64)], 5],
    ] as const) {
      const body = formatAddCheckpoint({ oldSize, proof, note: noteOf(7) }).replace(/\n7\n/, '\n07\n')
      expect(body.split('\n').indexOf('07')).toBe(line)
      expect(() => parseAddCheckpoint(new TextEncoder().encode(body))).toThrow(
        new RegExp(`^the note that begins at line ${line} of the request: line 2`),
      )
    }
  })
})

describe('the answer of a witness', () => {
  const witness = signerKey('w.example', new Uint8Array(32).fill(9))
  const note = noteOf(7)
  const { text } = parseNote(note)
  const lineOf = (signer: typeof witness, of = text) =>
    formatNote({ text, signatures: [cosign(of, signer, 1_700_000_000)] }).slice(text.length + 1)

  it('is added to the note without the lines of others', () => {
    const added = addCosignatures(
      note,
      lineOf(signerKey('x.example', new Uint8Array(32))) + lineOf(witness),
      witnessKeyOf(witness),
    )
    expect(added).toBe(note + lineOf(witness))
  })

  it('takes one line of the note however many it has, the earliest of those that count, and all of them hold', () => {
    const key = witnessKeyOf(witness)
    const at = (time: number) => formatNote({ text, signatures: [cosign(text, witness, time)] }).slice(text.length + 1)
    const answer = [30, 10, 40, 20].map(at).join('')
    expect(addCosignatures(note, answer, key)).toBe(note + at(10))
    expect(addCosignatures(note, answer, key, { from: 10 })).toBe(note + at(10))
    expect(addCosignatures(note, answer, key, { from: 11 })).toBe(note + at(20))
    expect(addCosignatures(note, answer, key, { from: 21, until: 30 })).toBe(note + at(30))
    for (const span of [{ from: 41 }, { until: 9 }, { from: 21, until: 29 }])
      expect(() => addCosignatures(note, answer, key, span)).toThrow('found 10')
    const { bytes, ...line } = cosign(text, witness, 50)
    const bad = formatNote({ text, signatures: [{ ...line, bytes: bytes.with(71, (bytes[71] as number) ^ 1) }] })
    expect(() => addCosignatures(note, answer + bad.slice(text.length + 1), key)).toThrow('no cosignature')
  })

  it('is refused where the witness did not sign this, and where something else is in it', () => {
    const key = witnessKeyOf(witness)
    expect(() => addCosignatures(note, lineOf(witness, 'another\n'), key)).toThrow('no cosignature')
    expect(() => addCosignatures(note, lineOf(signerKey('x.example', new Uint8Array(32))), key)).toThrow(
      'no cosignature',
    )
    expect(() => addCosignatures(note, `more text\n\n${lineOf(witness)}`, key)).toThrow('no cosignature')
    expect(() => addCosignatures(note, '<html>', key)).toThrow()
    expect(() => addCosignatures(note, '', key)).toThrow('a signature')
  })
})
