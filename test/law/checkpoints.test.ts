import { f0, type Scenario } from '@countersign/testing'
import { bodiesOf, cutTail, fileOf, type Lines, linesOf, renumber, reseal } from '@countersign/testing/tamper'
import {
  ConsistencyProver,
  checkFork,
  cosign,
  encodeUtf8,
  formatFork,
  formatNote,
  formatVerifierKey,
  leafHash,
  type NoteSignature,
  parseFork,
  parseNote,
  parseWitnessPolicy,
  rootOf,
  type SignerKey,
  sha256Hex,
  signCheckpoint,
  signExtension,
  signerKey,
  signNote,
  verifierKeyOf,
  witnessKeyOf,
} from '@countersign/trail'
import { TrailVerifier, type Verdict, verifyTrail } from 'countersign/verify'
import { beforeAll, describe, expect, it } from 'vitest'

const origin = 'trail.example/scenario'
const keyOf = (seed: number): SignerKey => signerKey(origin, new Uint8Array(32).fill(seed))
const vkey = (key: SignerKey): string => formatVerifierKey(verifierKeyOf(key))
const [old, current, stranger] = [keyOf(1), keyOf(2), keyOf(3)]

/** The checkpoint of the first entries, as a key signs it that asks nobody. */
const signed = (lines: Lines, size: number, key: SignerKey = old) => ({
  name: `checkpoint-${size}-${key.keyId}`,
  note: signCheckpoint({ origin, size, root: rootOf(lines.slice(0, size).map(leafHash)) }, key),
})

interface Held {
  readonly checkpoints?: readonly { readonly name: string; readonly note: string }[]
  readonly keys?: readonly string[]
}

const judged = (lines: Lines, { checkpoints = [], keys = [vkey(old)] }: Held): Verdict =>
  verifyTrail([fileOf(lines)], { checkpoints, keys: checkpoints.length === 0 ? [] : keys })

/** Another history from an entry on: the same commands, said a little later, and every hash right again. */
const rewritten = (lines: Lines, from: number): Uint8Array[] =>
  reseal(bodiesOf(lines).map((body, seq) => (seq < from ? body : { ...body, id: `${body.id}-again` })))

async function keyed(): Promise<Scenario> {
  return await f0({ key: vkey(old) })
}

let lines: Uint8Array[]
beforeAll(async () => {
  lines = await linesOf((await keyed()).store)
})

describe('what a checkpoint holds', () => {
  it('finds that the last entries were removed, however many, by a checkpoint from before', () => {
    for (const cut of [1, 2, 10, lines.length - 1]) {
      const verdict = judged(cutTail(lines, cut), { checkpoints: [signed(lines, lines.length)] })
      expect([cut, verdict.status, verdict.codes]).toEqual([cut, 'broken', { 'checkpoint.truncated': 1 }])
      expect(verdict.anchoredSize).toBe(0)
    }
  })

  it('finds a removed tail by the count and the head of a checkpoint, and says of the same trail without one that nothing holds it [LAW 109]', () => {
    const cut = cutTail(lines, 3)
    expect(judged(cut, { checkpoints: [signed(lines, lines.length)] }).codes).toEqual({ 'checkpoint.truncated': 1 })
    const alone = judged(cut, {})
    expect([alone.status, alone.anchoredSize, alone.anchors]).toEqual(['sound', 0, []])
  })

  it('finds that the last entries were removed and others put in their place, sealed anew and signed anew with the same key [LAW 109]', () => {
    const other = rewritten(lines, lines.length - 3)
    const laundered = signed(other, lines.length)
    const kept = signed(lines, lines.length - 1)
    expect(judged(other, { checkpoints: [laundered] }).status).toBe('sound')
    const verdict = judged(other, { checkpoints: [laundered, kept] })
    expect(verdict.codes).toEqual({ 'checkpoint.root': 1, 'checkpoint.fork': 1 })
    expect(verdict.anchors.map(one => [one.name, one.matches])).toEqual([
      [laundered.name, true],
      [kept.name, false],
    ])
  })

  it('is not laundered by a signer that remembers: it refuses the cut trail, and the cut trail that has grown again [LAW 109]', () => {
    const root = (of: Lines) => (size: number) => rootOf(of.slice(0, size).map(leafHash))
    const ask = (of: Lines, memory: string) => () =>
      signExtension(old, {
        checkpoint: { origin, size: of.length, root: root(of)(of.length) },
        rootAt: root(of),
        memory: { note: memory },
      })
    const memory = signed(lines, lines.length - 1).note
    expect(ask(lines, memory)).not.toThrow()
    expect(ask(cutTail(lines, 2), memory)).toThrow('is smaller than')
    expect(ask(rewritten(lines, lines.length - 3), memory)).toThrow('another root')
  })

  it('finds that the whole trail was replaced by another one of the same name, with a key of its own', async () => {
    const scenario = await f0({ key: vkey(stranger) })
    const other = await linesOf(scenario.store)
    const kept = signed(lines, 15)
    expect(judged(other, { checkpoints: [kept] }).codes).toEqual({
      'checkpoint.root': 1,
      'checkpoint.key-out-of-range': 1,
    })
    const theirs = signed(other, other.length, stranger)
    expect(judged(other, { checkpoints: [theirs], keys: [vkey(stranger)] }).status).toBe('sound')
    expect(judged(other, { checkpoints: [theirs] }).codes).toEqual({ 'checkpoint.signature': 1 })
  })

  it('holds up to its size where the auditor has kept it, though the one that lies with the trail has its name', () => {
    const whole = { ...signed(lines, lines.length), name: 'checkpoint' }
    const kept = { ...signed(lines, 9), name: 'checkpoint' }
    const against = (...checkpoints: (typeof kept)[]) => verifyTrail([fileOf(lines)], { checkpoints, published: whole })
    expect(against(kept)).toMatchObject({ status: 'sound', anchoredSize: 9 })
    // What lies with the trail holds nothing, and no more where the very same is handed in once more.
    expect(against(whole)).toMatchObject({ status: 'sound', anchoredSize: 0 })
    expect(against(kept, whole)).toMatchObject({ status: 'sound', anchoredSize: 9 })
    expect(against({ ...whole, name: 'kept' })).toMatchObject({ status: 'sound', anchoredSize: lines.length })
  })

  it('finds that the end was cut off by one of the name of that which lies with the trail, of which a file is missing', () => {
    const short = lines.slice(0, 9)
    const published = { ...signed(lines, 9), name: 'checkpoint' }
    const kept = { ...signed(lines, lines.length), name: 'checkpoint' }
    const verifier = new TrailVerifier({ checkpoints: [kept], published })
    verifier.push(fileOf(short))
    verifier.found({ code: 'tile.missing', seq: 0, expected: 'a file', found: 'none' })
    expect(verifier.finish().codes).toEqual({ 'checkpoint.truncated': 1, 'tile.missing': 1 })
  })
})

describe('a checkpoint that nobody known has signed', () => {
  it('is found where the trail names the key for its size, whatever stands under it, and holds nothing', async () => {
    const sound = signed(lines, lines.length)
    const { text, signatures } = parseNote(sound.note)
    const zeros = signatures.map(one => ({ ...one, keyId: 'deadbeef', bytes: new Uint8Array(64) }))
    for (const note of [signed(lines, lines.length, stranger).note, formatNote({ text, signatures: zeros })]) {
      const verdict = judged(lines, { checkpoints: [{ name: 'made up', note }], keys: [] })
      expect([verdict.status, verdict.codes]).toEqual(['broken', { 'checkpoint.signature': 1 }])
      expect(verdict.findings[0]?.expected).toBe(`a signature by ${origin}+${old.keyId}`)
      expect([verdict.anchoredSize, verdict.anchors[0]?.matches]).toEqual([0, false])
    }
    const own = judged(lines, { checkpoints: [sound], keys: [] })
    expect([own.status, own.anchoredSize, own.anchoring.level]).toEqual(['sound', lines.length, "trail's own key"])
  })

  it('says nothing against a trail, as anybody can write it: not that its end was cut off, nor that it was rewritten', () => {
    const longer = { origin, size: lines.length + 900, root: sha256Hex(new Uint8Array()) }
    const other = { ...longer, size: 7 }
    for (const [checkpoint, keys] of [
      [longer, [vkey(old)]],
      [other, []],
      [other, [vkey(old)]],
    ] as const) {
      const note = signCheckpoint(checkpoint, stranger)
      const verdict = judged(lines, { checkpoints: [{ name: 'made up', note }], keys })
      expect([verdict.codes, verdict.anchors[0]?.signedBy]).toEqual([{ 'checkpoint.signature': 1 }, 'nobody known'])
      const [finding] = verdict.findings
      expect(finding?.expected).toBe(`a signature by ${origin}+${old.keyId}`)
      expect(finding?.found).toContain(`; so what it says of ${checkpoint.size} entries counts for nothing here`)
    }
    const forged = signed(lines, 7).note.replace('\n7\n', '\n700\n')
    expect(judged(lines, { checkpoints: [{ name: 'altered', note: forged }] }).codes).toEqual({
      'checkpoint.signature': 1,
    })
  })

  it('says nothing against a trail where it is of another one, whoever has signed it', () => {
    const elsewhere = signerKey('trail.example/other', new Uint8Array(32).fill(2))
    const note = signCheckpoint({ origin: elsewhere.name, size: 900, root: sha256Hex(new Uint8Array()) }, elsewhere)
    const judge = (keys: readonly string[]) => judged(lines, { checkpoints: [{ name: 'other', note }], keys }).codes
    expect(judge([])).toEqual({ 'checkpoint.origin': 1, 'checkpoint.signature': 1 })
    expect(judge([vkey(old)])).toEqual({ 'checkpoint.origin': 1, 'checkpoint.signature': 1 })
    expect(judge([formatVerifierKey(verifierKeyOf(elsewhere))])).toMatchObject({ 'checkpoint.origin': 1 })
    expect(judge([formatVerifierKey(verifierKeyOf(elsewhere))])).not.toHaveProperty(['checkpoint.truncated'])
  })

  it('shows a tail that was cut off where no key is known, on the word of whoever gave it', async () => {
    const keyless = await linesOf((await f0()).store)
    const verdict = judged(cutTail(keyless, 2), { checkpoints: [signed(keyless, keyless.length, stranger)], keys: [] })
    expect(verdict.codes).toEqual({ 'checkpoint.truncated': 1 })
    expect(verdict.findings[0]?.because).toContain('rests on the word of whoever gave it')
    const other = judged(rewritten(keyless, 12), { checkpoints: [signed(keyless, 18, stranger)], keys: [] })
    expect(other.codes).toEqual({ 'checkpoint.root': 1 })
    expect(other.findings[0]?.because).toContain('rests on the word of whoever gave it')
  })

  it('is found beside a good signature of the same key as well, whichever comes first', () => {
    const { text, signatures } = parseNote(signed(lines, lines.length).note)
    const bad = signatures.map(one => ({ ...one, bytes: new Uint8Array(64) }))
    for (const order of [
      [...signatures, ...bad],
      [...bad, ...signatures],
    ]) {
      const checkpoints = [{ name: 'two', note: formatNote({ text, signatures: order }) }]
      for (const keys of [[], [vkey(old)]])
        expect(judged(lines, { checkpoints, keys }).codes).toEqual({ 'checkpoint.signature': 1 })
    }
  })

  it('matches a trail that names no key, and is no anchor for it', async () => {
    const keyless = await linesOf((await f0()).store)
    const verdict = judged(keyless, { checkpoints: [signed(keyless, keyless.length)], keys: [] })
    expect([verdict.status, verdict.anchors[0]?.matches, verdict.anchoredSize]).toEqual(['sound', true, 0])
    const relied = judged(keyless, { checkpoints: [signed(keyless, keyless.length)] })
    expect(relied.anchoredSize).toBe(keyless.length)
  })
})

describe('a fork', () => {
  const forkOf = (verdict: Verdict, of: Lines) => {
    const [fork] = verdict.forks
    if (fork === undefined) throw new Error('there is no fork')
    const prover = new ConsistencyProver(fork.smallerSize, fork.largerSize)
    for (const line of of) prover.append(leafHash(line))
    const { smaller, larger, root, proof = prover.proof() } = fork
    return { smaller, larger, root, proof }
  }

  it('that was shown to two readers is found by either of them once they compare their checkpoints, and proved to a third who has no trail [LAW 114]', () => {
    const other = rewritten(lines, 12)
    for (const [mine, theirs] of [
      [18, 18],
      [lines.length, 15],
      [lines.length, 13],
    ] as const) {
      const checkpoints = [signed(lines, mine), signed(other, theirs)]
      for (const [trail, reader] of [
        [lines, 'one'],
        [other, 'other'],
      ] as const) {
        const verdict = judged(trail, { checkpoints })
        if (reader === 'one' || mine === theirs) {
          expect([mine, theirs, verdict.codes]).toEqual([mine, theirs, { 'checkpoint.root': 1, 'checkpoint.fork': 1 }])
          const file = formatFork(forkOf(verdict, trail))
          const told = checkFork(parseFork(file), { keys: [verifierKeyOf(old)] })
          expect(told.smaller.checkpoint.root).not.toBe(told.root)
        } else {
          // The larger one is not of this reader's trail: it could be of another one that begins in the same way.
          expect([verdict.status, verdict.codes]).toEqual(['broken', { 'checkpoint.root': 1 }])
        }
      }
    }
  })

  it('of two that have the same size is found where the trail agrees with neither, and told once [LAW 114]', () => {
    const [one, other] = [rewritten(lines, 12), rewritten(rewritten(lines, 13), 13)]
    const checkpoints = [signed(one, 18), signed(other, 18), signed(one, 18)]
    const verdict = judged(lines, { checkpoints })
    expect(verdict.codes).toEqual({ 'checkpoint.root': 3, 'checkpoint.fork': 1 })
    expect(verdict.forks[0]).toMatchObject({ smallerSize: 18, largerSize: 18, proof: [] })
  })

  it('is not said of checkpoints that are of one history, whatever their number and order [LAW 114]', () => {
    const sizes = [18, 5, lines.length, 1, 18, 12]
    const verdict = judged(lines, { checkpoints: sizes.map(size => signed(lines, size)) })
    expect([verdict.status, verdict.found, verdict.forks]).toEqual(['sound', 0, []])
    expect(verdict.anchors.every(({ matches }) => matches)).toBe(true)
    expect(verdict.anchoredSize).toBe(lines.length)
  })

  it('is not said where nobody who is known has signed one of the two: anybody can write such a checkpoint', () => {
    const forged = signed(rewritten(lines, 12), 18, stranger)
    const verdict = judged(lines, { checkpoints: [signed(lines, 18), forged] })
    expect(verdict.codes).toEqual({ 'checkpoint.signature': 1 })
  })
})

describe('a key and the sizes at which it signs', () => {
  /** The trail with its key replaced in this entry, and some entries after it. */
  let rotation: number
  let rotated: Uint8Array[]
  beforeAll(async () => {
    const scenario = await keyed()
    for (const account of ['ada', 'otto'])
      await scenario.given(account, 'rotateKey', { key: vkey(current), comment: 'the year is over' })
    rotation = (await linesOf(scenario.store)).length - 1
    for (const role of ['x', 'y', 'z']) await scenario.given('ada', 'defineRole', { role, description: role })
    rotated = await linesOf(scenario.store)
  })

  it('may have been named by an entry that was cut off, so that the cut is shown as well, on the word of whoever gave the checkpoint', () => {
    const checkpoints = [signed(rotated, rotated.length, current)]
    expect(judged(rotated, { checkpoints, keys: [] }).codes).toEqual({})
    const cut = rotated.slice(0, lines.length - 1)
    const verdict = judged(cut, { checkpoints, keys: [] })
    expect(verdict.codes).toEqual({ 'checkpoint.signature': 1, 'checkpoint.truncated': 1 })
    expect(verdict.findings.map(one => `${one.found} ${one.because}`).join()).toMatch(
      /an entry that is missing here may have named its key.*rests on the word of whoever gave it/,
    )
    expect(judged(cut, { checkpoints, keys: [vkey(current)] }).codes).toMatchObject({ 'checkpoint.truncated': 1 })
  })

  it('are those up to the tree that ends with its rotation, which the next key signs too', () => {
    const last = rotation + 1
    for (let size = 1; size <= rotated.length; size++) {
      const before = judged(rotated, { checkpoints: [signed(rotated, size, old)] })
      const after = judged(rotated, { checkpoints: [signed(rotated, size, current)], keys: [vkey(current)] })
      const finding = { 'checkpoint.key-out-of-range': 1 }
      expect([size, before.codes]).toEqual([size, size <= last ? {} : finding])
      expect([size, after.codes]).toEqual([size, size >= last ? {} : finding])
    }
  })

  it('let a stolen key be found that is used on an old size with another root, and for a new size, and before it was valid', () => {
    const { length } = rotated
    const hold = [signed(rotated, length, current)]
    const keys = [vkey(old), vkey(current)]
    const judge = (extra: Uint8Array[], size: number, key: SignerKey) =>
      judged(rotated, { checkpoints: [...hold, signed(extra, size, key)], keys }).codes
    const other = rewritten(rotated, 10)
    expect(judge(other, 15, old)).toEqual({ 'checkpoint.root': 1, 'checkpoint.fork': 1 })
    expect(judge(rotated, length - 1, old)).toEqual({ 'checkpoint.key-out-of-range': 1 })
    expect(judge(other, length, old)).toEqual({
      'checkpoint.root': 1,
      'checkpoint.key-out-of-range': 1,
      'checkpoint.fork': 1,
    })
    expect(judge(rotated, rotation, current)).toEqual({ 'checkpoint.key-out-of-range': 1 })
  })

  it('say nothing of a size beyond the end, as what was cut off may have named another key', () => {
    const verdict = judged(cutTail(rotated, rotated.length - rotation), {
      checkpoints: [signed(rotated, rotated.length, current)],
      keys: [vkey(current)],
    })
    expect(verdict.codes).toEqual({ 'checkpoint.truncated': 1 })
  })

  it('end with its replacement, beyond the end of a trail too, as a key that was replaced never comes back', () => {
    const cut = cutTail(rotated, 1)
    const judge = (key: SignerKey) =>
      judged(cut, { checkpoints: [signed(rotated, rotated.length, key)], keys: [vkey(old), vkey(current)] }).codes
    expect(judge(old)).toEqual({ 'checkpoint.truncated': 1, 'checkpoint.key-out-of-range': 1 })
    expect(judge(current)).toEqual({ 'checkpoint.truncated': 1 })
  })

  it('are told as passed, or to come, of a key that the trail names, and of another one that it never names it', () => {
    const judge = (size: number, key: SignerKey) =>
      judged(rotated, { checkpoints: [signed(rotated, size, key)], keys: [vkey(key)] }).findings[0]?.because
    expect(judge(rotated.length, old)).toContain('it was replaced before, or came later')
    expect(judge(rotated.length, stranger)).toMatch(/the trail never names it$/)
  })

  it('lead from a key that the auditor has to the next one only over a checkpoint that the first has signed and that holds its naming', () => {
    const now = signed(rotated, rotated.length, current)
    const alone = judged(rotated, { checkpoints: [now] })
    expect(alone.codes).toEqual({ 'checkpoint.signature': 1 })
    expect(alone.findings[0]?.found).toContain(`which entry ${rotation} of the trail names`)
    expect(judged(rotated, { checkpoints: [now, signed(rotated, rotation, old)] }).codes).toEqual({
      'checkpoint.signature': 1,
    })
    const led = judged(rotated, { checkpoints: [now, signed(rotated, rotation + 1, old)] })
    expect([led.status, led.anchors.map(one => one.signedBy)]).toEqual(['sound', ['key handed on', 'given key']])
    expect(led.anchoredSize).toBe(rotated.length)
    expect(led.anchoring).toMatchObject({
      level: 'key handed on',
      handedOn: rotated.length,
      givenKey: rotation + 1,
    })
  })

  it('lead on over no checkpoint in which a signature of a known key or of a known witness is bad', () => {
    const now = signed(rotated, rotated.length, current)
    const over = signed(rotated, rotation + 1, old)
    const { text, signatures } = parseNote(over.note)
    const witness = signerKey('witness.example', new Uint8Array(32).fill(9))
    const policy = parseWitnessPolicy(`witness w ${formatVerifierKey(witnessKeyOf(witness))}\nquorum none\n`)
    const bad = [
      ...parseNote(signed(rotated, rotation, current).note).signatures,
      cosign(parseNote(signed(rotated, rotation, old).note).text, witness, 1),
    ]
    const led = (...more: NoteSignature[]) =>
      verifyTrail([fileOf(rotated)], {
        checkpoints: [now, { ...over, note: formatNote({ text, signatures: [...signatures, ...more] }) }],
        keys: [vkey(old)],
        witnesses: { policy, now: 1 },
      })
    expect([led().codes, led().anchors[0]?.signedBy]).toEqual([{}, 'key handed on'])
    for (const one of bad)
      expect([led(one).codes['checkpoint.signature'], led(one).anchors[0]?.signedBy]).toMatchObject([
        one.name === origin ? 2 : 1,
        'nobody known',
      ])
  })

  it('are asked of all that have signed: one that counts and may sign is enough, and else it is told who has, or when they might', () => {
    const { length } = rotated
    const judge = (size: number, given: readonly SignerKey[], by: readonly SignerKey[]) => {
      const { name, note } = signed(rotated, size)
      const checkpoints = [{ name, note: signNote(parseNote(note).text, by) }]
      return judged(rotated, { checkpoints, keys: given.map(vkey) }).codes
    }
    const range = { 'checkpoint.key-out-of-range': 1 }
    const signature = { 'checkpoint.signature': 1 }
    for (const by of [
      [old, current],
      [current, old],
    ]) {
      expect(judge(length, [old, current], by)).toEqual({})
      expect(judge(length, [], by)).toEqual({})
      expect(judge(length, [old], by)).toEqual(range)
      expect(judge(length, [stranger], by)).toEqual(signature)
    }
    expect(judge(length, [old, stranger], [old, stranger])).toEqual(range)
    expect(judge(length, [], [old, stranger])).toEqual(range)
    expect(judge(length, [], [stranger])).toEqual(signature)
  })

  it('lead back from a later key to those before it, whose naming its checkpoint holds', () => {
    const checkpoints = [signed(rotated, 10, old), signed(rotated, rotated.length, current)]
    const verdict = judged(rotated, { checkpoints, keys: [vkey(current)] })
    expect([verdict.status, verdict.anchors.map(one => one.signedBy)]).toEqual(['sound', ['earlier key', 'given key']])
    expect(verdict.anchoring).toMatchObject({ level: 'given key', earlierKey: 10, handedOn: 0 })
    // Where both have signed the tree that ends with the rotation, the earlier one may reach further than the later.
    const over = [signed(rotated, rotation + 1, current), signed(rotated, rotation + 1, old)]
    expect(judged(rotated, { checkpoints: over, keys: [vkey(current)] }).anchors[1]?.signedBy).toBe('earlier key')
  })

  it('are told with the verdict, which says of a checkpoint that only a key of the trail has signed that it is only that', () => {
    const verdict = judged(rotated, { checkpoints: [signed(rotated, 10, old)], keys: [] })
    expect(verdict.keys).toEqual([
      { key: vkey(old), id: `${origin}+${old.keyId}`, seq: 0, from: 0, upTo: rotation + 1 },
      { key: vkey(current), id: `${origin}+${current.keyId}`, seq: rotation, from: rotation + 1 },
    ])
    expect(verdict.anchors).toMatchObject([{ signedBy: "trail's own key", matches: true }])
    const late = judged(rotated, { checkpoints: [signed(rotated, rotated.length, old)], keys: [] })
    expect(late.codes).toEqual({ 'checkpoint.key-out-of-range': 1 })
  })

  it('do not end with an entry that puts in place what nobody may sign with: a weak key, no point, or one of another name', () => {
    const { length } = rotated
    const textOf = (...publicKey: readonly number[]) => {
      const typed = Uint8Array.of(1, ...publicKey, ...new Uint8Array(32 - publicKey.length))
      const keyId = sha256Hex(Uint8Array.of(...encodeUtf8(`${origin}\n`), ...typed)).slice(0, 8)
      return `${origin}+${keyId}+${Buffer.from(typed).toString('base64')}`
    }
    const elsewhere = formatVerifierKey(verifierKeyOf(signerKey('trail.example/other', new Uint8Array(32).fill(2))))
    for (const [key, code] of [
      [textOf(1), 'entry.unreadable'],
      [textOf(0), 'entry.unreadable'],
      [textOf(2), 'entry.unreadable'],
      ['none', 'entry.unreadable'],
      [elsewhere, 'decision.unjustified'],
    ] as const) {
      const bodies = bodiesOf(rotated)
      const [last, end] = [bodies[rotation], bodies.at(-1)]
      if (last === undefined || end === undefined) throw new Error('there is no rotation')
      const comment = 'another one'
      const outcome = { accepted: [{ type: 'key.rotated', key, by: 'otto', at: end.at }] }
      const again = {
        ...last,
        id: 'once-more',
        at: end.at,
        command: { type: 'rotateKey', key, comment },
        outcome,
      }
      const forged = reseal(renumber([...bodies, again]))
      const verdict = judged(forged, {
        checkpoints: [signed(forged, length + 1, current), signed(forged, rotation, old)],
        keys: [vkey(old), vkey(current)],
      })
      expect([key, verdict.codes]).toEqual([key, { [code]: 1 }])
      expect(verdict.keys.map(one => [one.key, one.from, one.upTo])).toEqual([
        [vkey(old), 0, rotation + 1],
        [vkey(current), rotation + 1, undefined],
      ])
    }
  })

  it('are none for a weak key that the founding names: the entry is found, and a signature under it is nobody’s', () => {
    const identity = Uint8Array.of(1, 1, ...new Uint8Array(31))
    const keyId = sha256Hex(Uint8Array.of(...encodeUtf8(`${origin}\n`), ...identity)).slice(0, 8)
    const key = `${origin}+${keyId}+${Buffer.from(identity).toString('base64')}`
    const [founding, ...others] = bodiesOf(lines)
    const forged = reseal([JSON.parse(JSON.stringify(founding).replaceAll(vkey(old), key)), ...others])
    const { text, signatures } = parseNote(signed(forged, forged.length).note)
    // R = the identity and s = 0 hold for every message.
    const bytes = Uint8Array.of(1, ...new Uint8Array(63))
    const note = formatNote({ text, signatures: signatures.map(one => ({ ...one, keyId, bytes })) })
    const verdict = judged(forged, { checkpoints: [{ name: 'made up', note }], keys: [] })
    expect(verdict.codes['entry.unreadable']).toBe(1)
    expect([verdict.status, verdict.keys, verdict.anchoredSize]).toEqual(['broken', [], 0])
    expect(() => verifyTrail([fileOf(forged)], { keys: [key] })).toThrow('is a weak key')
  })

  it('do not follow from a rotation that one administrator wrote into the trail alone: the entry is found', () => {
    const forged = renumber(
      bodiesOf(rotated).map((body, seq) =>
        seq === rotation - 1
          ? {
              ...body,
              command: { type: 'defineRole', role: 'w', description: 'w' },
              outcome: { accepted: [{ type: 'role.defined', role: 'w', description: 'w' }] },
            }
          : body,
      ),
    )
    const verdict = judged(reseal(forged), {})
    expect(verdict.codes).toEqual({ 'decision.events-differ': 1 })
  })
})
