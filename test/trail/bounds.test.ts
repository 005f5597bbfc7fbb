import {
  addCosignatures,
  CountersignError,
  canonical,
  checkpointText,
  decideCosigning,
  EMPTY_ROOT,
  formatNote,
  formatSignerKey,
  formatVerifierKey,
  isKeyName,
  openCheckpoint,
  openNote,
  parseAddCheckpoint,
  parseCanonical,
  parseCheckpointText,
  parseFork,
  parseJson,
  parseNote,
  parseSignerKey,
  parseTlogProof,
  parseVerifierKey,
  parseWitnessPolicy,
  prevOf,
  readEntry,
  rootOfInclusion,
  sealEntry,
  signCheckpoint,
  signerKey,
  signNote,
  verifierKeyOf,
  witnessKeyOf,
} from '@countersign/trail'
import { requireAppend, requireOptions, requireRange } from '@countersign/trail/store'
import { describe, expect, it } from 'vitest'

const seed = new Uint8Array(32).fill(7)
const log = signerKey('log.example', seed)
const known = [verifierKeyOf(log)]
const long = 'x'.repeat(60_000)
const huge = 'x'.repeat(5_000_000)
const utf8 = (text: string) => new TextEncoder().encode(text)
const body = { v: 1, seq: 0, id: 'a', at: '2026-11-21T09:30:00.000Z', stream: 's', streamSeq: 0 } as const
const root = '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='
const signedBy = (name: string, of = 'hello\n') => `${of}\n— ${name} AAAAAAAA\n`

const thrown = (call: () => unknown): CountersignError => {
  try {
    call()
  } catch (error) {
    if (error instanceof CountersignError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('of what comes from outside', () => {
  it.each<[string, () => unknown]>([
    ['a verifier key', () => parseVerifierKey(huge)],
    ['a verifier key with parts', () => parseVerifierKey(`${'x'.repeat(900)}+00000000+A`)],
    ['a signer key', () => parseSignerKey(huge)],
    ['the name of a signer', () => signerKey(huge, seed)],
    ['the text of a checkpoint', () => parseCheckpointText(huge)],
    ['an origin', () => parseCheckpointText(`${'x '.repeat(500)}\n0\n${root}\n`)],
    ['a size', () => parseCheckpointText(`log.example\n${'1'.repeat(900)}\n${root}\n`)],
    ['a root', () => parseCheckpointText(`log.example\n0\n${'A'.repeat(900)}\n`)],
    ['what follows a checkpoint', () => parseCheckpointText(`log.example\n0\n${root}\n${'x'.repeat(900)}\n`)],
    ['an origin that is written', () => checkpointText({ origin: huge, size: 0, root: EMPTY_ROOT })],
    ['an origin of another name', () => signCheckpoint({ origin: huge, size: 0, root: EMPTY_ROOT }, log)],
    ['a root that is none', () => checkpointText({ origin: 'log.example', size: 0, root: huge })],
    [
      'another origin',
      () => {
        const name = 'x'.repeat(1_000)
        const note = signCheckpoint({ origin: name, size: 0, root: EMPTY_ROOT }, signerKey(name, seed))
        return openCheckpoint(note, { keys: known, origin: 'y'.repeat(1_000) })
      },
    ],
    ['a line of a note', () => parseNote(`hello\n\n${long}\n`)],
    ['who has signed', () => openNote(signedBy(long), known)],
    ['who of many has signed', () => openNote(`hello\n\n${`— ${'x'.repeat(9_000)} AAAAAAAA\n`.repeat(99)}`, known)],
    [
      'a signature',
      () => openNote(formatNote({ text: 'hello\n', signatures: [{ ...log, bytes: utf8(long) }] }), known),
    ],
    [
      'the answer of a witness',
      () => addCosignatures(signNote('hello\n', [log]), `— ${long} AAAAAAAA\n`, witnessKeyOf(log)),
    ],
    ['a request to a witness', () => parseAddCheckpoint(utf8(`${long}\n\n`))],
    ['a hash in such a request', () => parseAddCheckpoint(utf8(`old 0\n${long}\n\n`))],
    ['a policy of witnesses', () => parseWitnessPolicy(`${long}\n`)],
    ['a name in such a policy', () => parseWitnessPolicy(`quorum ${long}\n`)],
    ['a key in such a policy', () => parseWitnessPolicy(`log ${long}\n`)],
    ['a proof', () => parseTlogProof(`${long}\n\n`)],
    ['the index of a proof', () => parseTlogProof(`c2sp.org/tlog-proof@v1\n${long}\n\n`)],
    ['a hash of a proof', () => parseTlogProof(`c2sp.org/tlog-proof@v1\nindex 0\n${long}\n\n`)],
    ['what stands in a proof', () => rootOfInclusion({ index: 0, size: 1, leaf: huge, proof: [] })],
    ['the form of a fork', () => parseFork(`{"format":"${long}"}\n`)],
    ['a member of a fork', () => parseFork(`{"a":"","format":"countersign/fork/v1","${long}":1}\n`)],
    ['a member of an entry', () => readEntry(utf8(`{"${long}":1}`))],
    ['the hash in an entry', () => readEntry(utf8(`{"body":{},"prev":"${long}"}`))],
    ['the time of an entry', () => sealEntry({ ...body, at: huge }, EMPTY_ROOT)],
    ['the hash that an entry names', () => sealEntry(body, huge)],
    ['the end of an entry', () => prevOf(utf8(long))],
    ['a name that is there twice', () => parseJson(`{"${huge}":1,"${huge}":2}`, { distinct: true })],
    ['the path to a value', () => canonical({ [huge]: { [huge]: 0.5 } })],
    ['what is expected of a stream', () => requireAppend([], { [huge]: -1 })],
    ['a stream', () => requireRange(JSON.parse(`{"stream":["${huge}"]}`))],
    ['an option', () => requireOptions('openFileStore', { [huge]: true }, ['readOnly'])],
  ])('no message and no fact repeats more than the beginning: %s', (_, call) => {
    const { message, facts, cause } = thrown(call)
    expect(message.length, message.slice(0, 200)).toBeLessThan(1_000)
    const longest = Math.max(...Object.values(facts).map(fact => (typeof fact === 'string' ? fact.length : 0)))
    expect(longest).toBeLessThan(1_000)
    expect(JSON.stringify(facts).length).toBeLessThan(20_000)
    if (cause instanceof Error) expect(cause.message.length).toBeLessThan(1_000)
  })

  it('an answer to a request repeats no more than the beginning either', () => {
    const name = 'x'.repeat(1_000)
    const checkpoint = { origin: name, size: 0, root: EMPTY_ROOT }
    const note = signCheckpoint(checkpoint, signerKey(name, seed))
    const decision = decideCosigning({ oldSize: 0, proof: [], note, checkpoint }, known, undefined)
    expect(decision).toEqual({ status: 404, because: `no log of the name ${'x'.repeat(120)}… is known here` })
  })

  it('a text is quoted in well-formed Unicode, wherever it is cut off', () => {
    expect(thrown(() => parseVerifierKey(`${'x'.repeat(119)}😀`)).facts.found).toBe(`${'x'.repeat(119)}\ufffd…`)
  })
})

describe('a bound in bytes', () => {
  it('is one of bytes of UTF-8 for a text as well, whatever its characters take', () => {
    const signed = signNote('hello\n', [log])
    const noteOf = (bytes: number, character: string) => {
      const [head, tail] = [`${signed}— `, ' AAAAAAAA\n']
      const rest = bytes - utf8(head + tail).length
      const name = character.repeat(Math.floor(rest / utf8(character).length))
      return `${head}${name}${'a'.repeat(rest - utf8(name).length)}${tail}`
    }
    for (const character of ['a', 'é', '€', '😀']) {
      const [longest, longer] = [noteOf(1_000_000, character), noteOf(1_000_001, character)]
      expect([utf8(longest).length, utf8(longer).length]).toEqual([1_000_000, 1_000_001])
      expect(parseNote(longest).signatures).toEqual(parseNote(utf8(longest)).signatures)
      for (const note of [longer, utf8(longer)]) {
        const { code, message } = thrown(() => parseNote(note))
        expect([code, message]).toEqual(['note', 'the note: expected at most 1000000 bytes, found 1000001'])
      }
      const json = `"${character}"`
      const { length } = utf8(json)
      expect(parseCanonical(json, { maxBytes: length })).toBe(character)
      expect(thrown(() => parseCanonical(json, { maxBytes: length - 1 })).message).toContain(`has ${length} bytes`)
    }
  })

  it('is that of a proof of a fork with its newline, and of a proof of inclusion', () => {
    const forkOf = (bytes: number) => `"${'é'.repeat((bytes - 3) >> 1)}${'a'.repeat((bytes - 3) & 1)}"\n`
    for (const [bytes, told] of [
      [12_100_000, 'expected an object'],
      [12_100_001, 'bytes; at most 12099999 are read'],
    ] as const) {
      const file = forkOf(bytes)
      expect(utf8(file).length).toBe(bytes)
      for (const input of [file, utf8(file)]) expect(thrown(() => parseFork(input)).message).toContain(told)
    }
    const proof = `c2sp.org/tlog-proof@v1\nindex 0\n\n${'é'.repeat(600_000)}`
    for (const input of [proof, utf8(proof)])
      expect(thrown(() => parseTlogProof(input)).message).toMatch(/^the proof: expected at most \d+ bytes/)
  })
})

describe('the name of a key', () => {
  it('has at most 1,000 characters, and is read and written in every place where it stands', () => {
    const name = 'x'.repeat(1_000)
    const key = signerKey(name, seed)
    expect(parseSignerKey(formatSignerKey(key))).toEqual(key)
    expect(parseVerifierKey(formatVerifierKey(verifierKeyOf(key))).name).toBe(name)
    const checkpoint = { origin: name, size: Number.MAX_SAFE_INTEGER, root: EMPTY_ROOT }
    expect(parseCheckpointText(checkpointText(checkpoint))).toEqual(checkpoint)
    expect(openCheckpoint(signCheckpoint(checkpoint, key), { keys: [verifierKeyOf(key)] }).checkpoint).toEqual(
      checkpoint,
    )

    const longer = `${name}x`
    expect(isKeyName(longer)).toBe(true)
    expect(thrown(() => signerKey(longer, seed)).code).toBe('key')
    expect(thrown(() => checkpointText({ ...checkpoint, origin: longer })).code).toBe('checkpoint')
    expect(thrown(() => parseCheckpointText(`${longer}\n0\n${root}\n`)).message).toContain('line 1')
    for (const text of [formatVerifierKey(verifierKeyOf(key)), formatSignerKey(key)])
      expect(
        thrown(() => (text.startsWith('P') ? parseSignerKey : parseVerifierKey)(text.replace('x', 'xx'))).code,
      ).toBe('key')
  })
})

describe('a byte order mark in the name of a key', () => {
  const marked = ['\ufefflog.example', 'log\ufeff.example', 'log.example\ufeff']

  it('makes it none, wherever it stands: in a key, in a note, and as the origin of a checkpoint', () => {
    for (const name of marked) {
      expect(isKeyName(name)).toBe(false)
      expect(thrown(() => signerKey(name, seed)).code).toBe('key')
      for (const [parse, text] of [
        [parseVerifierKey, formatVerifierKey(verifierKeyOf(log))],
        [parseSignerKey, formatSignerKey(log)],
      ] as const)
        expect(thrown(() => parse(text.replace('log.example', name))).code).toBe('key')
      expect(thrown(() => parseNote(`text\n\n— ${name} AAAAAAAA\n`)).message).toContain('line 3')
      expect(thrown(() => checkpointText({ origin: name, size: 0, root: EMPTY_ROOT })).code).toBe('checkpoint')
      expect(thrown(() => parseCheckpointText(`${name}\n0\n${root}\n`)).message).toContain('line 1')
    }
  })
})

describe('a note that none of the known keys has signed', () => {
  it('is refused with who has signed and which keys are known', () => {
    const other = signerKey('other.example', seed)
    const note = signCheckpoint({ origin: 'other.example', size: 0, root: EMPTY_ROOT }, other)
    const error = thrown(() => openCheckpoint(note, { keys: known }))
    expect([error.code, error.message]).toEqual([
      'note',
      `none of the known keys has signed the note: expected a signature of log.example+${log.keyId}, found only other.example+${other.keyId}`,
    ])
    expect(error.facts).toEqual({
      expected: [`log.example+${log.keyId}`],
      found: [`other.example+${other.keyId}`],
    })
    expect(thrown(() => openNote(note, [])).message).toContain('expected a key to be known, found only other.example+')
  })

  it('is told of the first five of many', () => {
    const lines = Array.from({ length: 7 }, (_, at) => `— w${at} AAAAAAAA\n`).join('')
    const { message } = thrown(() => openNote(`hello\n\n${lines}`, known))
    const first = ['w0', 'w1', 'w2', 'w3', 'w4'].map(name => `${name}+00000000`).join(', ')
    expect(message).toMatch(new RegExp(`found only ${first.replaceAll('+', '\\+')} and 2 more$`))
  })
})
