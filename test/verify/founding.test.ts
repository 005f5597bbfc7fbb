import { f0 } from '@countersign/testing'
import { bodiesOf, fileOf, type LooseBody, linesOf, reseal } from '@countersign/testing/tamper'
import {
  EMPTY_ROOT,
  encodeUtf8,
  formatVerifierKey,
  Integrity,
  leafHash,
  rootOf,
  signCheckpoint,
  signerKey,
  verifierKeyOf,
} from '@countersign/trail'
import { memoryStore } from '@countersign/trail/store'
import { createDesk } from 'countersign'
import { TrailKeys, verifyTrail } from 'countersign/verify'
import { bytesVerdict, originIn } from 'countersign/verify/integrity'
import { beforeAll, describe, expect, test } from 'vitest'
import type { RecordBody } from '../../packages/countersign/src/record/record.ts'

const origin = 'trail.example/scenario'
const administrators = ['ada', 'otto'].map(person => ({ person, name: `${person} A.`, accounts: [person] }))

let founding: LooseBody
beforeAll(async () => {
  founding = await foundingOf()
})

async function foundingOf(): Promise<LooseBody> {
  const store = memoryStore()
  const desk = await createDesk({ store })
  await desk.by('ada').found({ origin, format: 'countersign/trail/v1', administrators })
  const [body] = bodiesOf(await linesOf(store))
  if (body === undefined) throw new Error('nothing was founded')
  return body
}

const bytesOf = (body: LooseBody): Uint8Array => reseal([body])[0] as Uint8Array

describe('a first entry of which only the origin is read', () => {
  const named = (...accepted: readonly unknown[]): LooseBody => ({ ...founding, outcome: { accepted } })

  test('gives it whatever else it says, in canonical form or not', () => {
    expect(originIn(bytesOf(founding))).toBe(origin)
    for (const body of [{ ...founding, more: 1 }, named({ type: 'trail.founded', origin, key: 'none', more: [] })])
      expect(originIn(bytesOf(body))).toBe(origin)
    expect(originIn(encodeUtf8(JSON.stringify({ body: founding }, undefined, 1)))).toBe(origin)
  })

  test('gives none where its first accepted event is no founding with an origin', () => {
    const registered = { type: 'person.registered', person: 'eve', name: 'Eve' }
    for (const body of [
      named(),
      named(registered, { type: 'trail.founded', origin }),
      named({ ...registered, origin }),
      named({ type: 'trail.founded' }),
      named({ type: 'trail.founded', origin: '' }),
      named({ type: 'trail.founded', origin: 1 }),
      named(null),
      { ...founding, outcome: { refused: { code: 'name.taken', facts: {} } } },
      { ...founding, outcome: null },
    ])
      expect(originIn(bytesOf(body))).toBeUndefined()
    // What stands in place of the array of events is none.
    const indexed = `{"body":{"outcome":{"accepted":{"0":{"type":"trail.founded","origin":"${origin}"}}}},"prev":""}`
    for (const text of [indexed, '', '{', 'null', '1', '"x"', '[]', '{"body":1}', '['.repeat(60_000)])
      expect(originIn(encodeUtf8(text))).toBeUndefined()
    expect(originIn(Uint8Array.of(0xff))).toBeUndefined()
  })
})

test('That the first entry does not found the trail is told besides what its bytes are found to be, and of none that cannot be read.', async () => {
  const [one, other, ...more] = await linesOf((await f0()).store)
  if (one === undefined || other === undefined) throw new Error('there are two entries')
  const codes = (file: Uint8Array) => verifyTrail([file]).codes
  // The beginning was cut off.
  expect(codes(fileOf([other, ...more]))).toMatchObject({ 'chain.start': 1, 'founding.missing': 1 })
  const marked = Uint8Array.of(0xef, 0xbb, 0xbf, ...fileOf([Uint8Array.of(...other, 0x0d)]))
  expect(codes(marked)).toMatchObject({ bom: 1, crlf: 1, 'chain.start': 1, 'founding.missing': 1 })
  for (const [file, found] of [
    [fileOf([encodeUtf8('x')]), { frame: 1, 'entry.unreadable': 1 }],
    [fileOf([new Uint8Array(65_536).fill(0x78)]), { 'line.oversize': 1 }],
  ] as const) {
    expect(codes(file)).toEqual(found)
    expect(codes(Uint8Array.of(...file, ...fileOf([one])))['founding.missing']).toBeUndefined()
  }
})

test('A command that nobody knows is called so, in whichever stream it stands.', () => {
  for (const stream of ['governance', 'change/K']) {
    const odd = { ...founding, id: 'odd-command', seq: 1, stream, streamSeq: 1, command: { type: 'frobnicate' } }
    const { findings } = verifyTrail([fileOf(reseal([founding, odd]))])
    expect(findings.map(one => [one.code, one.found])).toEqual([
      ['entry.unreadable', '$.body.command.type: there is no command frobnicate'],
    ])
  }
})

test('An origin that cannot be the name of a key founds no trail, and an entry that says so cannot be read.', async () => {
  for (const name of ['a b', 'a+b', 'a\u0001b', 'a\u0085b', '\ufeffa', 'a\ufeffb', 'a\ufeff']) {
    const desk = await createDesk({ store: memoryStore() })
    const found = { origin: name, format: 'countersign/trail/v1', administrators } as const
    const refusal = { code: 'command.malformed', facts: { problems: [{ where: 'command.origin' }] } }
    expect(await desk.by('ada').found(found)).toMatchObject({ outcome: 'refused', refusal })
    const again = structuredClone(founding)
    Object.assign(again.command as object, { origin: name })
    Object.assign((again.outcome as { accepted: object[] }).accepted[0] as object, { origin: name })
    const { codes, origin: told } = verifyTrail([fileOf(reseal([again]))])
    expect([name, codes, told]).toEqual([name, { 'entry.unreadable': 1 }, ''])
  }
})

test('A checkpoint with a byte order mark before it is none, and nothing is judged by it.', () => {
  const signer = signerKey(origin, new Uint8Array(32).fill(7))
  const note = signCheckpoint({ origin, size: 0, root: EMPTY_ROOT }, signer)
  expect(verifyTrail([], { checkpoints: [{ name: 'kept', note }] }).anchors[0]?.size).toBe(0)
  for (const [given, code] of [
    [`\ufeff${note}`, 'checkpoint'],
    ['x', 'note'],
  ])
    expect(() => verifyTrail([], { checkpoints: [{ name: 'kept', note: given as string }] })).toThrow(
      expect.objectContaining({ name: 'CountersignError', code }),
    )
})

describe('the keys of a trail', () => {
  const keyOf = (name: string, fill: number) =>
    formatVerifierKey(verifierKeyOf(signerKey(name, new Uint8Array(32).fill(fill))))
  const elsewhere = 'else.example'
  const rotation = (seq: number, key: string): LooseBody => ({
    ...founding,
    id: `rotation-${seq}`,
    seq,
    streamSeq: seq,
    command: { type: 'rotateKey', key, comment: 'the next one' },
    outcome: { accepted: [{ type: 'key.rotated', key, by: 'ada', at: founding.at }] },
  })
  const foundingAt = (seq: number, more: { key?: string; origin?: string }): LooseBody => {
    const body = structuredClone(founding)
    Object.assign(body, { id: `founding-${seq}`, seq, streamSeq: seq })
    Object.assign(body.command as object, more)
    Object.assign((body.outcome as { accepted: object[] }).accepted[0] as object, more)
    return body
  }
  const unreadable = (): LooseBody => ({ ...founding, more: 1 })
  const judged = (bodies: readonly LooseBody[]) => {
    const lines = reseal([...bodies])
    const by = signerKey(origin, new Uint8Array(32).fill(7))
    const note = signCheckpoint({ origin, size: lines.length, root: rootOf(lines.map(leafHash)) }, by)
    const options = { checkpoints: [{ name: 'kept', note }], keys: [keyOf(origin, 7)] }
    const { keys, codes, anchors } = verifyTrail([fileOf(lines)], options)
    expect(codes['entry.unreadable'] ?? 0).toBe(bodies.some(body => 'more' in body) ? 1 : 0)
    return {
      keys: keys.map(({ key, from, upTo }) => [key, from, ...(upTo === undefined ? [] : [upTo])]),
      told: Object.keys(codes).filter(code => code.startsWith('checkpoint.')),
      matches: anchors[0]?.matches,
    }
  }

  test('have the name that the first founding gives it, wherever that stands, and those of another name are none', () => {
    const late = [rotation(0, keyOf(elsewhere, 8)), foundingAt(1, {}), rotation(2, keyOf(elsewhere, 9))]
    expect(judged(late)).toEqual({ keys: [], told: [], matches: true })
    const own = [...late, rotation(3, keyOf(origin, 7))]
    expect(judged(own)).toEqual({ keys: [[keyOf(origin, 7), 4]], told: [], matches: true })
    const before = [rotation(0, keyOf(origin, 7)), rotation(1, keyOf(elsewhere, 8)), foundingAt(2, {})]
    expect(judged(before)).toEqual({ keys: [[keyOf(origin, 7), 0]], told: [], matches: true })
    const keys = new TrailKeys()
    const [first, , second] = before.map(body => body as unknown as RecordBody)
    keys.entry(0, first as RecordBody)
    expect(keys.ranges).toEqual([])
    keys.entry(2, second as RecordBody)
    expect(keys.ranges.map(({ key, seq }) => [key, seq])).toEqual([[keyOf(origin, 7), 0]])
  })

  test('are named by no founding but that in entry 0', () => {
    expect(judged([foundingAt(0, { key: keyOf(origin, 7) })]).keys).toEqual([[keyOf(origin, 7), 0]])
    expect(judged([rotation(0, keyOf(origin, 7)), foundingAt(1, { key: keyOf(origin, 8) })]).keys).toEqual([
      [keyOf(origin, 7), 0],
    ])
    expect(judged([foundingAt(0, {}), foundingAt(1, { key: keyOf(origin, 8) })]).keys).toEqual([])
  })

  test('are read where entries are judged, and not where only the bytes are', () => {
    const lines = reseal([foundingAt(0, { key: keyOf(origin, 7) })])
    const by = signerKey(origin, new Uint8Array(32).fill(7))
    const note = signCheckpoint({ origin, size: 1, root: leafHash(lines[0] as Uint8Array) }, by)
    const options = { checkpoints: [{ name: 'kept', note }] }
    const whole = verifyTrail([fileOf(lines)], options)
    expect([whole.keys.length, whole.anchors[0]?.signedBy]).toEqual([1, "trail's own key"])
    const integrity = new Integrity({ sizes: [1] })
    integrity.push(fileOf(lines))
    const alone = bytesVerdict(integrity.finish(), lines[0], options)
    expect([alone.keys, alone.anchors]).toMatchObject([[], [{ matches: true, signedBy: 'nobody known' }]])
  })

  test('have a text of at most 300 characters, and an entry with a longer one cannot be read', () => {
    const { length } = keyOf('x', 1)
    for (const [name, codes] of [
      ['x'.repeat(300 - length + 1), {}],
      ['x'.repeat(300 - length + 2), { 'entry.unreadable': 1 }],
    ] as const) {
      const found = verifyTrail([fileOf(reseal([founding, rotation(1, keyOf(name, 1))]))]).codes
      const { 'decision.unjustified': _, ...rest } = found
      expect(rest).toEqual(codes)
    }
  })

  test('are none where no entry names an origin, and no checkpoint is of that trail', () => {
    const nameless = judged([rotation(0, keyOf(origin, 7)), rotation(1, keyOf(origin, 8))])
    expect(nameless).toEqual({ keys: [], told: ['checkpoint.origin'], matches: false })
  })

  test('have the name that entry 0 gives it where that cannot be read, unless a later one that can be read gives another', () => {
    const named = [rotation(1, keyOf(origin, 7)), rotation(2, keyOf(elsewhere, 8))]
    expect(judged([unreadable(), ...named])).toEqual({ keys: [[keyOf(origin, 7), 2]], told: [], matches: true })
    expect(judged([unreadable(), ...named, foundingAt(3, { origin: elsewhere })])).toEqual({
      keys: [[keyOf(elsewhere, 8), 3]],
      told: ['checkpoint.key-out-of-range', 'checkpoint.origin'],
      matches: false,
    })
  })
})

describe('a checkpoint and the founding', () => {
  const signer = signerKey(origin, new Uint8Array(32).fill(7))
  const keys = [formatVerifierKey(verifierKeyOf(signer))]
  const unknown = () => ({ ...founding, more: 1 })
  const nameless = () => ({ ...founding, outcome: { accepted: [] } })
  const noteOf = (body: LooseBody, by = signer, root = leafHash(bytesOf(body))) =>
    signCheckpoint({ origin: by.name, size: 1, root }, by)
  const bytesAlone = (body: LooseBody, notes: readonly string[], given = keys) => {
    const integrity = new Integrity({ sizes: [1] })
    integrity.push(fileOf([bytesOf(body)]))
    const checkpoints = notes.map((note, place) => ({ name: `kept ${place}`, note }))
    return bytesVerdict(integrity.finish(), bytesOf(body), { checkpoints, keys: given })
  }

  test('are held against each other where only the bytes are judged, of whatever form the founding is', () => {
    const body = unknown()
    expect(bytesAlone(body, [noteOf(body)])).toMatchObject({
      status: 'sound',
      origin,
      anchoring: { level: 'given key' },
    })
    const other = signerKey('trail.example/other', new Uint8Array(32).fill(7))
    const theirs = bytesAlone(body, [noteOf(body, other)], [formatVerifierKey(verifierKeyOf(other))])
    expect([theirs.codes, theirs.anchors[0]?.matches]).toEqual([{ 'checkpoint.origin': 1 }, false])
  })

  test('are not, where only the bytes are judged and there is no origin: the root and the signature tell', () => {
    const body = nameless()
    const good = noteOf(body)
    expect(bytesAlone(body, [good])).toMatchObject({ status: 'sound', origin: '', anchoring: { level: 'given key' } })
    expect(bytesAlone(body, [noteOf(body, signer, leafHash(bytesOf(founding)))]).codes).toEqual({
      'checkpoint.root': 1,
    })
    const other = signerKey('trail.example/other', new Uint8Array(32).fill(9))
    const two = bytesAlone(
      body,
      [good, noteOf(body, other, leafHash(bytesOf(founding)))],
      [...keys, formatVerifierKey(verifierKeyOf(other))],
    )
    expect([two.codes, two.forks]).toEqual([{ 'checkpoint.root': 1 }, []])
  })

  test('go by the first founding, where a later entry says that the trail was founded once more under another name', () => {
    const again = structuredClone(founding)
    const named = 'trail.example/other'
    Object.assign(again.command as object, { origin: named })
    Object.assign((again.outcome as { accepted: object[] }).accepted[0] as object, { origin: named })
    const lines = reseal([founding, { ...again, id: 'once-more', seq: 1, streamSeq: 1 }])
    const note = noteOf(founding)
    const judged = verifyTrail([fileOf(lines)], { checkpoints: [{ name: 'kept', note }], keys })
    expect(judged).toMatchObject({ origin, codes: { 'decision.unjustified': 1 }, anchoredSize: 1 })
    // Where it stands in a later entry alone, that is a fault, and tells of which trail it is all the same.
    const late = verifyTrail([fileOf(reseal([unknown(), { ...founding, seq: 1 }]))])
    expect([late.origin, late.codes['entry.unreadable']]).toEqual([origin, 1])
  })

  test('are held against each other where entries are judged and the founding cannot be read, but for the name in it', () => {
    const body = unknown()
    const judge = (note: string, by = signer) =>
      verifyTrail([fileOf([bytesOf(body)])], {
        checkpoints: [{ name: 'kept', note }],
        keys: [formatVerifierKey(verifierKeyOf(by))],
      })
    const good = judge(noteOf(body))
    expect([good.codes, good.anchors[0]?.matches]).toEqual([{ 'entry.unreadable': 1 }, true])
    const other = signerKey('trail.example/other', new Uint8Array(32).fill(7))
    expect(judge(noteOf(body, other), other).findings.find(one => one.code === 'checkpoint.origin')).toMatchObject({
      expected: origin,
      found: other.name,
    })
  })

  test('are no question of a trail without an entry: a checkpoint of none matches, however much is judged', () => {
    const note = signCheckpoint({ origin, size: 0, root: EMPTY_ROOT }, signer)
    const options = { checkpoints: [{ name: 'empty', note }], keys }
    for (const verdict of [
      verifyTrail([], options),
      bytesVerdict(new Integrity({ sizes: [0] }).finish(), undefined, options),
    ])
      expect([verdict.codes, verdict.anchors[0]?.matches]).toEqual([{ 'founding.missing': 1 }, true])
  })

  test('do not agree where what entries say is judged and the founding names none: nobody knows the trail', () => {
    const body = nameless()
    const verdict = verifyTrail([fileOf([bytesOf(body)])], {
      checkpoints: [{ name: 'kept', note: noteOf(body) }],
      keys,
    })
    expect(verdict.codes).toMatchObject({ 'checkpoint.origin': 1 })
    expect(verdict.findings.find(one => one.code === 'checkpoint.origin')).toMatchObject({
      expected: 'the name of this trail, whose founding is missing or cannot be read',
      found: origin,
    })
  })
})
