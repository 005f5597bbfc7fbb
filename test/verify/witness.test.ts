import { f0Tested, type Scenario } from '@countersign/testing'
import { bodiesOf, fileOf, linesOf, reseal } from '@countersign/testing/tamper'
import {
  cosign,
  encodeUtf8,
  formatNote,
  formatVerifierKey,
  leafHash,
  parseNote,
  parseWitnessPolicy,
  rootOf,
  sha256Hex,
  signCheckpoint,
  signerKey,
  verifierKeyOf,
  witnessKeyOf,
} from '@countersign/trail'
import { type GivenTimestamp, type Verdict, verifyTrail } from 'countersign/verify'
import { beforeAll, expect, test } from 'vitest'

const origin = 'trail.example/scenario'
const log = signerKey(origin, new Uint8Array(32).fill(7))
const other = signerKey(origin, new Uint8Array(32).fill(8))
const [one, two] = [11, 12].map(byte => signerKey(`w${byte}.example`, new Uint8Array(32).fill(byte)))
if (one === undefined || two === undefined) throw new Error('there are two witnesses')

let lines: Uint8Array[]
let scenario: Scenario
/** Whole seconds at which the last entry says that it was written. */
let last: number
beforeAll(async () => {
  scenario = await f0Tested()
  lines = await linesOf(scenario.store)
  last = Date.parse(verifyTrail([fileOf(lines)]).until) / 1000
})

const vkey = (signer: typeof log) => formatVerifierKey(verifierKeyOf(signer))
const named = (name: string, signer: typeof log) => `witness ${name} ${formatVerifierKey(witnessKeyOf(signer))}\n`
const both = () => parseWitnessPolicy(`${named('one', one)}${named('two', two)}group g all one two\nquorum g\n`)
const noteAt = (size: number, signer = log) =>
  signCheckpoint({ origin, size, root: rootOf(lines.slice(0, size).map(leafHash)) }, signer)
const seenBy = (note: string, ...witnesses: readonly (readonly [typeof log, number])[]) => {
  const { text, signatures } = parseNote(note)
  return formatNote({ text, signatures: [...signatures, ...witnesses.map(([who, time]) => cosign(text, who, time))] })
}

function judge(
  note: string | readonly string[],
  options: { policy?: ReturnType<typeof both>; now?: number; keys?: string[]; timestamps?: GivenTimestamp[] } = {},
): Verdict {
  const notes = typeof note === 'string' ? [note] : note
  return verifyTrail([fileOf(lines)], {
    checkpoints: notes.map((text, index) => ({ name: `checkpoint ${index}`, note: text })),
    keys: options.keys ?? [vkey(log)],
    ...(options.policy === undefined ? {} : { witnesses: { policy: options.policy, now: options.now ?? last + 100 } }),
    ...(options.timestamps === undefined ? {} : { timestamps: options.timestamps }),
  })
}

const stampOf = (note: string, time = last): GivenTimestamp => ({
  name: 'stamp',
  outcome: {
    imprint: sha256Hex(encodeUtf8(note)),
    time: new Date(time * 1000).toISOString(),
    signer: 'CN=TSA',
    serial: '1',
  },
})

test('The level of anchoring goes from nothing over a checkpoint, a key that was given, to witnesses.', () => {
  const size = lines.length
  const note = noteAt(size)
  const anchoring = (...given: Parameters<typeof judge>) => judge(...given).anchoring
  expect(anchoring([])).toMatchObject({ level: 'nothing', matched: 0 })
  expect(anchoring(note, { keys: [] })).toMatchObject({ level: 'a checkpoint', matched: size, givenKey: 0 })
  expect(anchoring(note)).toEqual({
    level: 'given key',
    matched: size,
    ownKey: 0,
    handedOn: 0,
    earlierKey: 0,
    givenKey: size,
    witnessed: 0,
    timeStamped: 0,
  })
  const seen = seenBy(note, [one, last], [two, last + 1])
  expect(anchoring(seen, { policy: both() })).toMatchObject({
    level: 'witnessed',
    witnessed: size,
    witnesses: 'enough',
  })
  expect(anchoring(noteAt(0))).toMatchObject({ level: 'nothing' })
})

test('Each kind of hold reaches as far as the furthest checkpoint that has it.', () => {
  const size = lines.length
  const witnessed = seenBy(noteAt(9), [one, last], [two, last])
  const { anchoring, attestations } = judge([witnessed, noteAt(size)], {
    policy: both(),
    timestamps: [stampOf(noteAt(9))],
  })
  expect(anchoring).toMatchObject({ level: 'given key', witnessed: 9, givenKey: size, timeStamped: 9 })
  expect(attestations.map(told => told.witnessed?.satisfied)).toEqual([true, false])
})

test('The level is said of all entries that a checkpoint matches, and witnesses of fewer are not enough.', () => {
  const size = lines.length
  const seen = (at: number) => seenBy(noteAt(at), [one, last], [two, last])
  const level = (...notes: string[]) => {
    const { anchoring, anchoredSize } = judge(notes, { policy: both() })
    return [anchoring.level, anchoring.witnesses, anchoring.witnessed, anchoredSize]
  }
  expect(level(seen(1), noteAt(size))).toEqual(['given key', 'not enough', 1, size])
  expect(level(noteAt(size), seen(size - 1))).toEqual(['given key', 'not enough', size - 1, size])
  expect(level(noteAt(1), noteAt(size), seen(size))).toEqual(['witnessed', 'enough', size, size])
  // With the old one alone less is held, and all of that is witnessed.
  expect(level(seen(1))).toEqual(['witnessed', 'enough', 1, 1])
  expect(level(seen(0))).toEqual(['nothing', 'not enough', 0, 0])
})

test('Too few witnesses are no break: the verdict says who is missing, and at what time the other has seen it.', () => {
  const verdict = judge(seenBy(noteAt(lines.length), [one, last]), { policy: both() })
  expect(verdict).toMatchObject({
    status: 'sound',
    found: 0,
    anchoring: { level: 'given key', witnesses: 'not enough' },
  })
  expect(verdict.attestations[0]?.witnessed?.witnesses).toMatchObject([
    { name: 'one', status: 'cosigned', time: last },
    { name: 'two', status: 'missing' },
  ])
})

test('A policy without a quorum asks for no witness, and what it does not ask for is no level.', () => {
  const verdict = judge(noteAt(lines.length), { policy: parseWitnessPolicy('quorum none\n') })
  expect(verdict.anchoring).toMatchObject({ level: 'given key', witnessed: 0 })
  expect(verdict.anchoring.witnesses).toBe(undefined)
})

test('Witnesses of a checkpoint that no log has signed which the auditor trusts count for nothing.', () => {
  const seen = seenBy(noteAt(lines.length, other), [one, last], [two, last])
  const verdict = judge(seen, { policy: both(), keys: [] })
  expect(verdict.anchoring).toMatchObject({ level: 'a checkpoint', witnessed: 0, witnesses: 'not enough' })
  expect(judge(seen, { policy: both(), keys: [vkey(other)] }).anchoring).toMatchObject({ witnesses: 'enough' })
})

test('The logs that a policy names are keys that the auditor trusts, and no other log meets the policy.', () => {
  const seen = seenBy(noteAt(lines.length), [one, last], [two, last])
  const policyOf = (signer: typeof log) =>
    parseWitnessPolicy(`log ${vkey(signer)}\n${named('one', one)}${named('two', two)}group g all one two\nquorum g\n`)
  expect(judge(seen, { policy: policyOf(log), keys: [] }).anchoring).toMatchObject({ level: 'witnessed' })
  const another = judge(seen, { policy: policyOf(other), keys: [vkey(log)] })
  expect(another.anchoring).toMatchObject({ level: 'given key', witnessed: 0, witnesses: 'not enough' })
  expect(judge(seen, { policy: policyOf(other), keys: [] }).codes).toEqual({ 'checkpoint.signature': 1 })
})

test('A signature of a known witness that does not hold is found, and of an unknown one is not looked at.', () => {
  const note = seenBy(noteAt(9), [one, last], [two, last])
  const moved = parseNote(seenBy(noteAt(8), [one, last]))
  const { text, signatures } = parseNote(note)
  const [logs, , second] = signatures
  const wrong = moved.signatures[1]
  if (logs === undefined || second === undefined || wrong === undefined) throw new Error('three have signed')
  const forged = formatNote({ text, signatures: [logs, wrong, second] })
  const verdict = judge(forged, { policy: both() })
  expect(verdict).toMatchObject({ status: 'broken', codes: { 'checkpoint.cosignature': 1 }, found: 1 })
  expect(judge(forged).found).toBe(0)
})

test('A checkpoint with a signature of a known witness that does not hold is refused as a whole: it holds nothing.', () => {
  const { text, signatures } = parseNote(seenBy(noteAt(9), [two, last]))
  const moved = parseNote(seenBy(noteAt(8), [one, last])).signatures[1]
  if (moved === undefined) throw new Error('the witness has signed')
  const forged = formatNote({ text, signatures: [...signatures, moved] })
  const either = parseWitnessPolicy(`${named('one', one)}${named('two', two)}group g any one two\nquorum g\n`)
  const verdict = judge(forged, { policy: either })
  expect(verdict.anchors).toMatchObject([{ matches: false, agrees: true }])
  expect(verdict).toMatchObject({
    anchoredSize: 0,
    anchoring: { level: 'nothing', matched: 0, givenKey: 0, witnessed: 0 },
  })
  const beside = judge([forged, seenBy(noteAt(4), [two, last])], { policy: either })
  expect(beside).toMatchObject({ anchoredSize: 4, anchoring: { level: 'witnessed', matched: 4 } })
  expect(judge(forged).anchoring).toMatchObject({ level: 'given key', matched: 9 })
})

test('Signatures that do not hold are told once for each witness, however many lines are by it.', () => {
  const { text, signatures } = parseNote(noteAt(9))
  const [, ...wrong] = parseNote(seenBy(noteAt(8), [one, last], [two, last])).signatures
  const [first, second] = wrong
  if (first === undefined || second === undefined) throw new Error('two witnesses have signed')
  for (const [lines, found] of [
    [[first], 1],
    [[first, first], 1],
    [[first, second], 2],
    [[first, second, first, second], 2],
  ] as const) {
    const forged = formatNote({ text, signatures: [...signatures, ...lines] })
    expect(judge(forged, { policy: both() }).codes).toEqual({ 'checkpoint.cosignature': found })
  }
})

test('A cosignature from the future of the verifier counts for nothing.', () => {
  const seen = seenBy(noteAt(lines.length), [one, last], [two, last + 1_000])
  expect(judge(seen, { policy: both(), now: last + 100 }).anchoring).toMatchObject({ witnesses: 'not enough' })
  expect(judge(seen, { policy: both(), now: last + 1_000 }).anchoring).toMatchObject({ witnesses: 'enough' })
})

test('An entry that is dated more than five minutes after a witness had seen it is found, with its place.', () => {
  const at = (time: number) => judge(seenBy(noteAt(lines.length), [one, time], [two, last]), { policy: both() })
  expect(at(last - 300).found).toBe(0)
  const verdict = at(last - 301)
  expect(verdict).toMatchObject({ status: 'broken', codes: { 'entry.post-dated': 1 }, found: 1 })
  const [finding] = verdict.findings
  expect(JSON.parse(new TextDecoder().decode(lines[finding?.seq ?? 0])).body.at).toBe(finding?.found)
})

test('It is found once for each checkpoint that matches, of the entry with the latest date that this counts, and the first of several.', () => {
  const bodies = bodiesOf(lines)
  const at = (seconds: number) => new Date(seconds * 1000).toISOString()
  for (const [seq, body] of bodies.entries()) body.at = at(last + Math.min(seq, 6))
  const sealed = reseal(bodies)
  const seen = (size: number, key = log) => {
    const root = rootOf(sealed.slice(0, size).map(leafHash))
    return seenBy(signCheckpoint({ origin, size, root }, key), [one, last - 1_000])
  }
  const judged = (...notes: string[]) =>
    verifyTrail([fileOf(sealed)], {
      checkpoints: notes.map((note, index) => ({ name: `checkpoint ${index}`, note })),
      keys: [vkey(log)],
      witnesses: { policy: both(), now: last + 100 },
    }).findings.flatMap(({ code, seq }) => (code === 'entry.post-dated' ? [seq] : []))
  expect(judged(seen(9), seen(4), seen(7))).toEqual([3, 6, 6])
  expect(judged(seen(9), seen(4, other))).toEqual([6])
})

test('A witness whose word does not count, and a checkpoint of another tree, date nothing.', () => {
  const early = last - 1_000
  const seen = seenBy(seenBy(noteAt(9), [one, early]), [two, last])
  const wrong = parseNote(seenBy(noteAt(8), [one, last])).signatures[1]
  if (wrong === undefined) throw new Error('the witness has signed')
  const { text, signatures } = parseNote(seen)
  expect(judge(seen, { policy: both() }).codes).toEqual({ 'entry.post-dated': 1 })
  const forged = formatNote({ text, signatures: [...signatures, wrong] })
  expect(judge(forged, { policy: both() }).codes).toEqual({ 'checkpoint.cosignature': 1 })
  const another = signCheckpoint({ origin, size: 9, root: rootOf(lines.slice(1, 10).map(leafHash)) }, log)
  expect(judge(seenBy(another, [one, early], [two, early]), { policy: both() }).codes).toEqual({ 'checkpoint.root': 1 })
})

test('An entry that a checkpoint does not count may be dated later than its witnesses have seen it.', () => {
  const before = Date.parse(JSON.parse(new TextDecoder().decode(lines[0])).body.at) / 1000
  expect(judge(seenBy(noteAt(1), [one, before], [two, before]), { policy: both() }).found).toBe(0)
})

test('An entry that is dated after a time stamp of it is found as well, without any witness.', () => {
  const note = noteAt(lines.length)
  expect(judge(note, { timestamps: [stampOf(note, last - 301)] }).codes).toEqual({ 'entry.post-dated': 1 })
  expect(judge(note, { timestamps: [stampOf(note, last - 300)] }).codes).toEqual({})
})

test('A time stamp is of the note as it stood: cosignatures that came later do not matter, and its text alone is not it.', () => {
  const note = noteAt(lines.length)
  const seen = seenBy(note, [one, last], [two, last])
  const stamped = (of: string) => judge(seen, { timestamps: [stampOf(of)] })
  expect(stamped(note).anchoring).toMatchObject({ level: 'given key', timeStamped: lines.length })
  expect(stamped(seen).anchoring.timeStamped).toBe(lines.length)
  expect(stamped(seenBy(note, [one, last])).attestations[0]?.timestamps).toMatchObject([{ name: 'stamp', serial: '1' }])
  for (const about of [parseNote(note).text, `${parseNote(note).text}\n`, seenBy(note, [two, last]), noteAt(9)]) {
    expect(stamped(about)).toMatchObject({
      status: 'broken',
      codes: { 'timestamp.imprint': 1 },
      found: 1,
      anchoring: { timeStamped: 0 },
    })
  }
})

test('A time stamp that the authorities do not bear out is found, with what was wrong about it.', () => {
  const outcome = { code: 'chain', expected: 'a chain to an authority that was given', found: 'CN=Another' }
  const verdict = judge(noteAt(9), { timestamps: [{ name: 'stamp', outcome }] })
  expect(verdict).toMatchObject({ status: 'broken', codes: { 'timestamp.unsound': 1 }, found: 1 })
  expect(verdict.findings[0]?.found).toBe('CN=Another (chain, stamp)')
})

test('Of two time stamps of one name each is told by itself: that one is right bears out nothing of the other.', () => {
  const note = noteAt(9)
  const stray = stampOf(noteAt(8))
  for (const timestamps of [
    [stampOf(note), stray],
    [stray, stampOf(note)],
  ]) {
    const verdict = judge(note, { timestamps })
    expect(verdict).toMatchObject({ status: 'broken', codes: { 'timestamp.imprint': 1 }, found: 1 })
    expect(verdict.attestations[0]?.timestamps).toHaveLength(1)
  }
})

test('A time stamp is of each checkpoint that has its note, and it is looked up once, however many there are.', () => {
  let asked = 0
  const stamps = [noteAt(9), noteAt(9), noteAt(8), noteAt(7)].map(note => {
    const { name, outcome } = stampOf(note)
    return {
      name,
      outcome: {
        ...outcome,
        get imprint() {
          asked += 1
          return sha256Hex(encodeUtf8(note))
        },
      },
    }
  })
  const notes = [9, 8, 9, ...Array.from({ length: 40 }, (_, at) => 1 + (at % 6))].map(size => noteAt(size))
  const verdict = judge(notes, { timestamps: stamps as GivenTimestamp[] })
  expect(verdict.attestations.map(one => one.timestamps.length)).toEqual([2, 1, 2, ...notes.slice(3).map(() => 0)])
  expect(verdict.codes).toEqual({ 'timestamp.imprint': 1 })
  expect(asked).toBe(stamps.length)
})
