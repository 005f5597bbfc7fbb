import { baseline, content, f0, f0Tested, fixturePolicy, submitK } from '@countersign/testing'
import { bodiesOf, type LooseBody, linesOf, renumber, reseal } from '@countersign/testing/tamper'
import {
  CountersignError,
  checkFork,
  cosign,
  decodeUtf8,
  EMPTY_ROOT,
  encodeUtf8,
  formatFork,
  formatNote,
  formatVerifierKey,
  leafHash,
  parseFork,
  parseNote,
  parseWitnessPolicy,
  readEntry,
  rootOf,
  SharedProof,
  type SignerKey,
  sha256Hex,
  signCheckpoint,
  signerKey,
  verifierKeyOf,
  witnessKeyOf,
} from '@countersign/trail'
import {
  type Bundle,
  BundleChooser,
  BundleMaker,
  type BundleVerdict,
  formatBundle,
  MAX_BUNDLE_BYTES,
  parseBundle,
  type VerifyBundleOptions,
  verifyBundle,
} from 'countersign/bundle'
import { board } from 'countersign/policy'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hour, K, people, report } from '../law/setting.ts'
import { atLeast, runs } from '../properties/trial.ts'

const origin = 'trail.example/scenario'
const signer = signerKey(origin, new Uint8Array(32).fill(7))
const stranger = signerKey(origin, new Uint8Array(32).fill(8))
const keys = [formatVerifierKey(verifierKeyOf(signer))]

const other = (change: string, makers: readonly string[] = ['dora']) => ({
  ...submitK,
  change,
  content: { digest: content(change), makers: [...makers] },
})

/** K, tested, approved by Bob and Carol, and released, between entries about others. */
async function released(): Promise<Uint8Array[]> {
  const scenario = await f0Tested({ people: people({ dora: [] }) })
  await scenario.given('rita', 'submit', other('L'))
  await scenario.given('bob', 'approve', K)
  await scenario.given('ada', 'recordDeparture', { person: 'dan' })
  await scenario.given('carol', 'approve', K)
  await scenario.given('rita', 'submit', other('M'))
  await scenario.given('paul', 'release', K)
  await scenario.given('rita', 'submit', other('N'))
  return linesOf(scenario.store)
}

/** The size that ends with the submission of L, which no bundle about K holds. */
const endOfL = (lines: readonly Uint8Array[]) => lines.length - 6

const rootAt = (lines: readonly Uint8Array[], size: number) => rootOf(lines.slice(0, size).map(leafHash))
const checkpointOf = (lines: readonly Uint8Array[], size = lines.length) => ({
  origin,
  size,
  root: rootAt(lines, size),
})
const noteOf = (lines: readonly Uint8Array[], size = lines.length, key: SignerKey = signer) =>
  signCheckpoint(checkpointOf(lines, size), key)

function bundleOf(
  lines: readonly Uint8Array[],
  change = 'K',
  size = lines.length,
  key: SignerKey = signer,
): Uint8Array {
  const chooser = new BundleChooser()
  for (const line of lines.slice(0, size)) chooser.entry(line)
  const maker = new BundleMaker(chooser.choose(change), checkpointOf(lines, size), noteOf(lines, size, key))
  for (const [seq, line] of lines.slice(0, size).entries()) maker.entry(seq, line, leafHash(line))
  return maker.finish()
}

/** A bundle that somebody who has the whole trail has put together: without some of its entries, and all else right. */
function without(
  lines: readonly Uint8Array[],
  change: string,
  leave: (body: LooseBody, seq: number) => boolean,
): Uint8Array {
  const { note, streams, entries } = parseBundle(bundleOf(lines, change))
  const bodies = bodiesOf(entries)
  const kept = entries.filter((_, at) => !leave(bodies[at] as LooseBody, bodies[at]?.seq ?? 0))
  expect(kept.length).toBeLessThan(entries.length)
  const left = bodiesOf(kept)
  const shared = new SharedProof(
    left.map(one => one.seq),
    lines.length,
  )
  for (const line of lines) shared.append(leafHash(line))
  const counted = streams.map(({ stream }) => ({ stream, entries: left.filter(one => one.stream === stream).length }))
  return formatBundle({
    change,
    note,
    entries: kept,
    hashes: shared.finish(),
    streams: counted.filter(one => one.entries > 0),
  })
}

/** A bundle about a change in which somebody has put everything about others besides. */
function withOthers(lines: readonly Uint8Array[], change: string, others: readonly string[]): Uint8Array {
  const chooser = new BundleChooser()
  for (const line of lines) chooser.entry(line)
  const names = new Set([change, ...others].flatMap(one => chooser.choose(one).streams.map(({ stream }) => stream)))
  const bodies = bodiesOf(lines)
  const chosen = {
    change,
    places: bodies.filter(one => names.has(one.stream)).map(one => one.seq),
    streams: [...names]
      .toSorted((a, b) => (a < b ? -1 : 1))
      .map(stream => ({ stream, entries: bodies.filter(one => one.stream === stream).length })),
  }
  const maker = new BundleMaker(chosen, checkpointOf(lines), noteOf(lines))
  for (const [seq, line] of lines.entries()) maker.entry(seq, line, leafHash(line))
  return maker.finish()
}

const codes = (bytes: Uint8Array, options: VerifyBundleOptions = { keys }): string[] =>
  Object.keys(verifyBundle(bytes, options).codes)
const edited = (bytes: Uint8Array, change: (bundle: Bundle) => Partial<Bundle>): Uint8Array => {
  const bundle = parseBundle(bytes)
  return formatBundle({ ...bundle, ...change(bundle) })
}
const type = (body: LooseBody) => (body.command as { type: string }).type
const account = (body: LooseBody) => (body.by as { account: string }).account

describe('the evidence about one change is judged without the rest of the trail', () => {
  it('is sound, and held by its checkpoint, up to the last entry of each history that it holds', async () => {
    const lines = await released()
    const bytes = bundleOf(lines)
    const verdict = verifyBundle(bytes, { keys })
    expect(verdict).toMatchObject({
      status: 'sound',
      change: 'K',
      origin,
      size: lines.length,
      anchoredSize: lines.length,
      bytes: bytes.length,
      held: lines.length - 3,
      root: rootAt(lines, lines.length),
      changes: 1,
      findings: [],
      unseen: 1,
      leftOpen: [],
      uncompared: [],
      anchors: [{ matches: true, signedBy: 'given key' }],
    })
    expect(verdict.streams).toEqual([
      { stream: 'change/K', entries: 5, last: lines.length - 2 },
      { stream: 'governance', entries: lines.length - 8, last: lines.length - 5 },
    ])
  })

  it('says of entries that go on until after the present that they do, which is no finding, and of no other', async () => {
    const bytes = bundleOf(await released())
    const { until } = verifyBundle(bytes, { keys })
    const at = (milliseconds: number) => new Date(Date.parse(until) + milliseconds).toISOString()
    const now = at(-300_001)
    expect(verifyBundle(bytes, { keys, now })).toMatchObject({ status: 'sound', found: 0, ahead: { until, now } })
    for (const present of [at(-300_000), at(1)])
      expect(verifyBundle(bytes, { keys, now: present }).ahead).toBe(undefined)
    expect(verifyBundle(bytes, { keys }).ahead).toBe(undefined)
  })

  it('has the bytes that it was read from, and holds the entries as they lie in the trail', async () => {
    const lines = await released()
    const bytes = bundleOf(lines)
    const bundle = parseBundle(bytes)
    expect(formatBundle(bundle)).toEqual(bytes)
    for (const entry of bundle.entries) expect(entry).toEqual(lines[readEntry(entry).body.seq])
  })

  it('shows all that was recorded about the change where it holds every entry behind its last one', async () => {
    const lines = (await released()).slice(0, -1)
    expect(verifyBundle(bundleOf(lines), { keys })).toMatchObject({ status: 'sound', unseen: 0 })
    const cut = without(lines, 'K', body => type(body) === 'release')
    expect(verifyBundle(cut, { keys })).toMatchObject({ status: 'sound', unseen: 2 })
  })

  it('of an earlier checkpoint holds what there was then', async () => {
    const lines = await released()
    const verdict = verifyBundle(bundleOf(lines, 'K', lines.length - 5), { keys })
    expect(verdict).toMatchObject({ status: 'sound', size: lines.length - 5, streams: [{ entries: 3 }, {}] })
  })

  it('anchors nothing without a key that was given, nor with a checkpoint that somebody has kept and nobody known has signed', async () => {
    const lines = await released()
    const bytes = bundleOf(lines)
    expect(verifyBundle(bytes)).toMatchObject({ status: 'sound', anchoredSize: 0 })
    const kept = { name: 'kept', note: noteOf(lines) }
    expect(verifyBundle(bytes, { checkpoints: [kept] })).toMatchObject({ status: 'sound', anchoredSize: 0 })
    expect(verifyBundle(bytes, { checkpoints: [kept], keys })).toMatchObject({ anchoredSize: lines.length })
    const rewritten = { name: 'kept', note: signCheckpoint({ ...checkpointOf(lines), root: rootAt(lines, 3) }, signer) }
    expect(codes(bytes, { checkpoints: [rewritten] })).toEqual(['checkpoint.root'])
    const earlier = { name: 'earlier', note: noteOf(lines, endOfL(lines)) }
    expect(verifyBundle(bytes, { keys, checkpoints: [earlier] })).toMatchObject({
      status: 'sound',
      uncompared: ['earlier'],
    })
  })

  it('holds the family of a change, and the families of those', async () => {
    const scenario = await f0({ people: people({ dora: [] }), submit: null })
    for (const [change, parent] of [['P'], ['K', 'P'], ['Q', 'P'], ['C', 'K'], ['X'], ['Y', 'X']] as const)
      await scenario.given('rita', 'submit', { ...other(change), ...(parent === undefined ? {} : { parent }) })
    const lines = await linesOf(scenario.store)
    for (const change of ['P', 'K', 'Q', 'C']) {
      const verdict = verifyBundle(bundleOf(lines, change), { keys })
      expect(verdict).toMatchObject({ status: 'sound', changes: 4 })
    }
    expect(verifyBundle(bundleOf(lines, 'X'), { keys })).toMatchObject({ status: 'sound', changes: 2 })
    expect(() => bundleOf(lines, 'Z')).toThrow('no entry is about a change Z')
  })

  it('says of each decision that rests on there being nothing else that it is what the entry says', async () => {
    const scenario = await f0({ people: people({ dora: [] }) })
    await scenario.given('rita', 'submit', { ...other('C'), parent: 'K' })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    const lines = await linesOf(scenario.store)
    expect(verifyBundle(bundleOf(lines), { keys })).toMatchObject({
      status: 'sound',
      leftOpen: [
        {
          seq: lines.length - 1,
          change: 'K',
          isJudged: true,
          because: expect.stringContaining('nothing else depends'),
        },
      ],
    })
  })

  it('does not judge what hangs on a board that it does not hold, and says so', async () => {
    const columns = [{ name: 'checking', stages: ['verify', 'approve'], limit: 1 }]
    const rules = fixturePolicy({ options: { board: board({ columns }) } })
    const scenario = await f0({
      controls: baseline,
      policies: [rules],
      recordRefusals: 'all',
      people: people({ dora: [] }),
    })
    await scenario.given('rita', 'submit', other('L'))
    await scenario.given('rita', 'move', { change: 'L', column: 'checking' })
    expect(await scenario.refused('rita', 'move', { ...K, column: 'checking' })).toBe('limit.reached')
    const lines = await linesOf(scenario.store)
    const verdict = verifyBundle(bundleOf(lines), { keys })
    expect(verdict).toMatchObject({
      status: 'sound',
      changes: 1,
      leftOpen: [{ seq: lines.length - 1, isJudged: false }],
    })
  })
})

describe('what was left out of a bundle is found', () => {
  it('an approval: by the gap in the history, though every hash is right [LAW 108]', async () => {
    const bytes = without(await released(), 'K', body => type(body) === 'approve' && account(body) === 'bob')
    expect(codes(bytes)).toEqual(expect.arrayContaining(['stream.gap']))
    expect(verifyBundle(bytes, { keys }).status).toBe('broken')
  })

  it('an approval of a trail that was sealed anew without it, and not counted anew', async () => {
    const bodies = bodiesOf(await released()).filter(body => type(body) !== 'approve' || account(body) !== 'bob')
    const forged = reseal(bodies.map((body, seq) => ({ ...body, seq })))
    expect(codes(bundleOf(forged))).toContain('stream.gap')
    expect(codes(bundleOf(renumber(bodies).map((_, at) => reseal(renumber(bodies))[at] as Uint8Array)))).toContain(
      'release.unapproved',
    )
    expect(codes(bundleOf(forged, 'K', forged.length, stranger))).toContain('checkpoint.signature')
  })

  it('a departure at the end of what was read, so that a leaver looks active: by what the later entries have read', async () => {
    const lines = await released()
    const leave = (body: LooseBody) => type(body) === 'recordDeparture'
    const verdict = verifyBundle(without(lines, 'K', leave), { keys })
    expect(verdict.status).toBe('broken')
    expect(verdict.findings).toMatchObject([{ code: 'bundle.incomplete', found: String(lines.length - 9) }])
  })

  it('a departure before an approval that was never allowed: the bundle with it is not justified, the one without it broken', async () => {
    const bodies = bodiesOf(await released())
    const departed = bodies.find(body => type(body) === 'recordDeparture') as LooseBody
    Object.assign(departed.command as object, { person: 'carol' })
    for (const event of (departed.outcome as { accepted: object[] }).accepted) Object.assign(event, { person: 'carol' })
    const forged = reseal(bodies)
    expect(verifyBundle(bundleOf(forged), { keys })).toMatchObject({
      status: 'unjustified',
      codes: { 'decision.unjustified': 1 },
    })
    const hidden = without(forged, 'K', body => type(body) === 'recordDeparture')
    expect(verifyBundle(hidden, { keys })).toMatchObject({ status: 'broken', codes: { 'bundle.incomplete': 1 } })
  })

  it('an entry about people in the middle: by the gap', async () => {
    expect(codes(without(await released(), 'K', body => type(body) === 'grantRole'))).toContain('stream.gap')
  })

  it('everything about people and rules', async () => {
    const verdict = verifyBundle(
      without(await released(), 'K', body => body.stream === 'governance'),
      { keys },
    )
    expect(verdict.status).toBe('broken')
    expect(Object.keys(verdict.codes)).toContain('bundle.incomplete')
  })

  it('a change that depends on it, and the change that it depends on: by what the entries have read', async () => {
    const scenario = await f0({ people: people({ dora: [] }), submit: null })
    await scenario.given('rita', 'submit', other('P'))
    await scenario.given('rita', 'submit', { ...other('K'), parent: 'P' })
    await scenario.given('rita', 'submit', { ...other('C'), parent: 'K' })
    scenario.at(hour)
    await scenario.given('erin', 'signOff', { ...K, ...report })
    const lines = await linesOf(scenario.store)
    expect(verifyBundle(bundleOf(lines), { keys }).status).toBe('sound')
    for (const left of ['change/P', 'change/C']) {
      const { findings, status } = verifyBundle(
        without(lines, 'K', body => body.stream === left),
        { keys },
      )
      expect(status).toBe('broken')
      expect(findings).toMatchObject([{ code: 'bundle.incomplete', expected: `1 entries of ${left}`, found: '0' }])
    }
  })

  it('the last entry, where the number of entries was left as it was; else nothing can show it, and the verdict names the last [LAW 109]', async () => {
    const lines = await released()
    const cut = without(lines, 'K', body => type(body) === 'release')
    const verdict = verifyBundle(cut, { keys })
    expect(verdict).toMatchObject({
      status: 'sound',
      streams: [{ stream: 'change/K', entries: 4, last: lines.length - 4 }, {}],
    })
    const counted = edited(cut, () => ({ streams: parseBundle(bundleOf(lines)).streams }))
    expect(codes(counted)).toEqual(['bundle.incomplete'])
  })

  it('an entry in the middle, where the number of entries was left as it was: by the gap, and by the number', async () => {
    const lines = await released()
    const cut = without(lines, 'K', body => type(body) === 'approve' && account(body) === 'bob')
    const counted = edited(cut, () => ({ streams: parseBundle(bundleOf(lines)).streams }))
    const incomplete = (bytes: Uint8Array) =>
      verifyBundle(bytes, { keys }).findings.filter(one => one.code === 'bundle.incomplete')
    expect(codes(counted)).toContain('stream.gap')
    expect(incomplete(counted)).toMatchObject([{ seq: lines.length, expected: '5 entries of change/K', found: '4' }])
    // Where it was counted anew, the numbers of those that follow speak of more than there are.
    expect(incomplete(cut)).toMatchObject([{ expected: '5 entries of change/K', found: '4' }])
    const bodies = bodiesOf(lines)
    for (const body of bodies) if (type(body) === 'release') body.streamSeq += 1
    const raised = bundleOf(reseal(bodies))
    expect(codes(raised)).toEqual(['stream.gap', 'bundle.incomplete'])
    expect(incomplete(raised)).toMatchObject([{ expected: '6 entries of change/K', found: '5' }])
  })

  it('an entry about people in the middle, of which a later one has read how many there were: by the gap, and by their number', async () => {
    const lines = await released()
    const cut = without(lines, 'K', body => type(body) === 'grantRole')
    expect(codes(cut)).toEqual(expect.arrayContaining(['stream.gap', 'bundle.incomplete']))
  })

  it('all about the change itself', async () => {
    expect(codes(without(await released(), 'K', body => body.stream === 'change/K'))).toEqual(['bundle.incomplete'])
  })
})

describe('what a bundle holds of other changes', () => {
  /** P, on which K and S depend; C, which depends on K; and two others. */
  async function family(): Promise<Uint8Array[]> {
    const scenario = await f0({ people: people({ dora: [] }), submit: null })
    await scenario.given('rita', 'submit', other('L'))
    await scenario.given('rita', 'submit', other('P'))
    await scenario.given('rita', 'submit', { ...other('K'), parent: 'P' })
    await scenario.given('rita', 'submit', { ...other('S'), parent: 'P' })
    await scenario.given('rita', 'submit', { ...other('C'), parent: 'K' })
    await scenario.given('rita', 'submit', other('M'))
    return linesOf(scenario.store)
  }

  it('is of its family where one depends on the other, up and down; anything else is not', async () => {
    const lines = await family()
    const kin = ['C', 'K', 'P', 'S']
    for (const change of kin) {
      const verdict = verifyBundle(withOthers(lines, change, ['L', 'M']), { keys })
      expect(verdict.status).toBe('sound')
      expect(verdict.streams.map(one => one.stream)).toEqual(
        [...kin, 'L', 'M']
          .toSorted()
          .map(one => `change/${one}`)
          .concat('governance'),
      )
      expect(verdict.family).toEqual(kin.filter(one => one !== change).map(one => `change/${one}`))
    }
    expect(verifyBundle(withOthers(lines, 'L', ['K']), { keys }).family).toEqual([])
    expect(verifyBundle(bundleOf(lines, 'M'), { keys }).family).toEqual([])
  })

  it('is of its family as well where the one on which they all depend is left out', async () => {
    const lines = await family()
    const verdict = verifyBundle(
      without(lines, 'K', body => body.stream === 'change/P'),
      { keys },
    )
    expect(verdict).toMatchObject({ status: 'broken', family: ['change/C', 'change/S'] })
  })

  it('may be all that it holds: then it is said that none is of its own, and not that none was expected', async () => {
    const lines = await released()
    const named = edited(bundleOf(lines), () => ({ change: 'M' }))
    const { findings, family: kin } = verifyBundle(named, { keys })
    expect(findings).toMatchObject([
      { code: 'bundle.incomplete', seq: lines.length, expected: 'at least one entry of change/M', found: 'none' },
    ])
    expect(kin).toEqual([])
  })
})

describe('what does not belong into a bundle is found', () => {
  it('an entry that was changed, or comes from another trail', async () => {
    const lines = await released()
    const bytes = bundleOf(lines)
    const bodies = bodiesOf(lines)
    const approval = bodies.find(body => type(body) === 'approve' && account(body) === 'carol')
    Object.assign(approval?.command as object, { comment: 'never said' })
    const elsewhere = reseal(bodies)
    const seq = approval?.seq ?? 0
    const foreign = edited(bytes, ({ entries }) => ({
      entries: entries.map(entry => (readEntry(entry).body.seq === seq ? (elsewhere[seq] as Uint8Array) : entry)),
    }))
    expect(verifyBundle(foreign, { keys })).toMatchObject({
      status: 'broken',
      codes: { 'bundle.proof': 1 },
      anchoredSize: 0,
    })
    expect(verifyBundle(foreign, { keys }).anchors).toMatchObject([{ matches: false }])
  })

  it('hashes that changed places, are too few or too many, or belong to another bundle', async () => {
    const lines = await released()
    const bytes = bundleOf(lines)
    const [one = '', two = '', ...more] = parseBundle(bytes).hashes
    for (const hashes of [
      [two, one, ...more],
      [two, ...more],
      [one, one, two, ...more],
      parseBundle(bundleOf(lines, 'L')).hashes,
    ])
      expect(codes(edited(bytes, () => ({ hashes })))).toEqual(['bundle.proof'])
  })

  it('a checkpoint of another trail, of another size, or signed by somebody else', async () => {
    const lines = await released()
    const bytes = bundleOf(lines)
    expect(codes(edited(bytes, () => ({ note: noteOf(lines, lines.length - 1) })))).toContain('bundle.proof')
    expect(codes(edited(bytes, () => ({ note: noteOf(lines, lines.length, stranger) })))).toEqual([
      'checkpoint.signature',
    ])
    const elsewhere = signerKey('trail.example/other', new Uint8Array(32).fill(7))
    const note = signCheckpoint({ ...checkpointOf(lines), origin: elsewhere.name }, elsewhere)
    const options = { keys: [formatVerifierKey(verifierKeyOf(elsewhere))] }
    expect(
      codes(
        edited(bytes, () => ({ note })),
        options,
      ),
    ).toEqual(['checkpoint.origin'])
  })

  it('entries twice, in another order, or about something that the bundle does not name', async () => {
    const lines = await released()
    const bytes = bundleOf(lines)
    expect(codes(edited(bytes, ({ entries }) => ({ entries: [...entries.slice(0, 1), ...entries] })))).toContain(
      'bundle.proof',
    )
    expect(codes(edited(bytes, ({ entries }) => ({ entries: entries.toReversed() })))).toContain('bundle.proof')
    expect(codes(edited(bytes, ({ entries }) => ({ entries: entries.with(3, encodeUtf8('{}')) })))).toContain(
      'entry.unreadable',
    )
    const streams = [{ stream: 'governance', entries: lines.length - 8 }]
    expect(codes(edited(bytes, () => ({ streams })))).toEqual(['bundle.incomplete'])
    expect(codes(edited(bytes, () => ({ change: 'M' })))).toEqual(['bundle.incomplete'])
  })

  it('an entry that is none: nothing is proven of a bundle with it, and its stream lacks one', async () => {
    const lines = await released()
    const bytes = bundleOf(lines)
    const torn = edited(bytes, ({ entries }) => ({ entries: entries.with(3, encodeUtf8('{}')) }))
    const verdict = verifyBundle(torn, { keys })
    expect(verdict).toMatchObject({
      status: 'broken',
      root: undefined,
      anchoredSize: 0,
      codes: { 'entry.unreadable': 1, 'bundle.proof': 1, 'bundle.incomplete': 1, 'stream.gap': 1 },
    })
    const latin = edited(bytes, ({ entries }) => ({
      entries: entries.with(3, Uint8Array.from([...encodeUtf8('{"body":{'), 0xff, ...encodeUtf8('}}')])),
    }))
    expect(codes(latin)).toEqual(Object.keys(verdict.codes))
  })

  it('an entry that says more than is known here: it is where it says, and is not judged', async () => {
    const bodies = bodiesOf(await released())
    Object.assign(bodies.at(-1) as LooseBody, { later: true })
    const lines = reseal(bodies)
    const verdict = verifyBundle(bundleOf(lines, 'N'), { keys })
    expect(verdict).toMatchObject({ codes: { 'entry.unreadable': 1 }, found: 1, anchoredSize: lines.length })
    expect(verdict.findings).toMatchObject([{ seq: lines.length - 1 }])
  })

  it('an entry that does not continue the one before it, where the bundle holds both', async () => {
    const bodies = bodiesOf(await released())
    const sealed = reseal(bodies)
    const forged = sealed.with(
      5,
      encodeUtf8((decodeUtf8(sealed[5] as Uint8Array) ?? '').replace(/[0-9a-f]{64}"}$/, `${'0'.repeat(64)}"}`)),
    )
    expect(codes(bundleOf(forged))).toEqual(expect.arrayContaining(['chain.break']))
  })

  it('an entry 0 that does not continue the empty tree', async () => {
    const sealed = await released()
    const text = decodeUtf8(sealed[0] as Uint8Array) ?? ''
    const forged = sealed.with(0, encodeUtf8(text.replace(EMPTY_ROOT, '0'.repeat(64))))
    const { findings } = verifyBundle(bundleOf(forged), { keys })
    expect(findings.find(one => one.code === 'chain.break')).toMatchObject({
      seq: 0,
      expected: EMPTY_ROOT,
      found: '0'.repeat(64),
    })
  })

  it('an entry with a text that is no key in the place of one: it is where it says, and names none', async () => {
    const scenario = await f0Tested()
    const key = formatVerifierKey(verifierKeyOf(stranger))
    for (const who of ['ada', 'otto']) await scenario.given(who, 'rotateKey', { key, comment: 'the next one' })
    const lines = await linesOf(scenario.store)
    expect(verifyBundle(bundleOf(lines, 'K'), { keys })).toMatchObject({ keys: [{ key }] })
    const bodies = bodiesOf(lines)
    const rotation = bodies.findLast(body => type(body) === 'rotateKey') as LooseBody
    Object.assign((rotation.outcome as { accepted: object[] }).accepted.at(-1) as object, { key: key.slice(0, -1) })
    const forged = reseal(bodies)
    const verdict = verifyBundle(bundleOf(forged, 'K'), { keys })
    expect(verdict).toMatchObject({ codes: { 'entry.unreadable': 1 }, keys: [], anchoredSize: forged.length })
  })

  it('an approval of what its approver has made, in a trail that was sealed anew: the hashes are right and it is not justified [LAW 111]', async () => {
    const bodies = bodiesOf(await released())
    const approval = bodies.find(body => type(body) === 'approve' && account(body) === 'carol') as LooseBody
    approval.by = { ...(approval.by as object), account: 'alice', person: 'alice' }
    for (const event of (approval.outcome as { accepted: Record<string, unknown>[] }).accepted)
      if ('chain' in event) Object.assign(event, { person: 'alice', chain: ['alice'] })
    const verdict = verifyBundle(bundleOf(reseal(bodies)), { keys })
    expect(verdict.status).toBe('unjustified')
    expect(Object.keys(verdict.codes)).toEqual(expect.arrayContaining(['decision.unjustified', 'duty.violated']))
  })
})

describe('a checkpoint of another size that is given with a bundle, and ends with no entry that it holds,', () => {
  const given = (note: string, name = 'given') => ({ name, note })
  const rootless = (size: number, digit: string, key: SignerKey = signer) =>
    signCheckpoint({ origin: key.name, size, root: digit.repeat(64) }, key)

  it('matches nothing and holds nothing, and the verdict says that its root was not compared, be it smaller or larger', async () => {
    const lines = await released()
    const bytes = bundleOf(lines, 'K', lines.length - 1)
    for (const size of [endOfL(lines), lines.length]) {
      const verdict = verifyBundle(bytes, { keys, checkpoints: [given(noteOf(lines, size))] })
      expect(verdict).toMatchObject({
        status: 'sound',
        found: 0,
        uncompared: ['given'],
        anchoredSize: lines.length - 1,
      })
      expect(verdict.anchors).toMatchObject([
        { matches: true },
        { name: 'given', size, matches: false, uncompared: 'no fault seen', signedBy: 'given key' },
      ])
      expect(verdict.anchors[0]).not.toHaveProperty('uncompared')
      // Nobody can tell from here that this one is of another history.
      const other = verifyBundle(bytes, { keys, checkpoints: [given(rootless(size, 'a'))] })
      expect(other).toMatchObject({ found: 0, forks: [], anchors: [{}, { matches: false }] })
    }
  })

  it('contradicts another one of its size, by a proof that needs neither the trail nor the bundle', async () => {
    const lines = await released()
    const bytes = bundleOf(lines)
    for (const size of [endOfL(lines), lines.length + 5]) {
      const checkpoints = [given(rootless(size, 'a'), 'one'), given(rootless(size, 'b'), 'other')]
      const verdict = verifyBundle(bytes, { keys, checkpoints })
      expect(verdict).toMatchObject({ status: 'broken', codes: { 'checkpoint.fork': 1 }, found: 1 })
      expect(verdict.uncompared).toEqual(['one', 'other'])
      expect(verdict.anchors.map(one => one.uncompared)).toEqual([undefined, 'at fault', 'at fault'])
      const [fork] = verdict.forks
      const file = formatFork({ ...(fork as NonNullable<typeof fork>), proof: fork?.proof ?? [] })
      const told = checkFork(parseFork(file), { keys: [verifierKeyOf(signer)] })
      expect([told.smaller.checkpoint.root, told.larger.checkpoint.root].toSorted()).toEqual([
        'a'.repeat(64),
        'b'.repeat(64),
      ])
      const twice = [given(rootless(size, 'a'), 'one'), given(rootless(size, 'a'), 'copy')]
      expect(verifyBundle(bytes, { keys, checkpoints: twice })).toMatchObject({ found: 0, forks: [] })
      const forged = [given(rootless(size, 'a'), 'one'), given(rootless(size, 'b', stranger), 'forged')]
      expect(codes(bytes, { keys, checkpoints: forged })).toEqual(['checkpoint.signature'])
    }
  })

  it('is of this trail, and signed by a key that was given, or it is found', async () => {
    const lines = await released()
    const bytes = bundleOf(lines)
    const elsewhere = signerKey('trail.example/other', new Uint8Array(32).fill(7))
    const both = [...keys, formatVerifierKey(verifierKeyOf(elsewhere))]
    for (const size of [endOfL(lines), lines.length + 5]) {
      const found = (note: string, trusted = keys) => {
        const { status, codes: told, anchors } = verifyBundle(bytes, { keys: trusted, checkpoints: [given(note)] })
        expect([status, anchors[1]?.matches, anchors[1]?.uncompared]).toEqual(['broken', false, 'at fault'])
        return told
      }
      const { text, signatures } = parseNote(rootless(size, 'a'))
      const bad = signatures.map(one => ({ ...one, bytes: one.bytes.map((byte, at) => (at === 9 ? byte ^ 1 : byte)) }))
      expect(found(formatNote({ text, signatures: bad }))).toEqual({ 'checkpoint.signature': 1 })
      expect(found(rootless(size, 'a', stranger))).toEqual({ 'checkpoint.signature': 1 })
      expect(found(rootless(size, 'a', elsewhere), both)).toEqual({ 'checkpoint.origin': 1 })
    }
  })

  it('is signed by the key that was in force at its size, as far as the bundle can tell', async () => {
    const next = signerKey(origin, new Uint8Array(32).fill(9))
    const [old, current] = [signer, next].map(one => formatVerifierKey(verifierKeyOf(one)))
    if (old === undefined || current === undefined) throw new Error('there are two keys')
    const scenario = await f0({ key: old })
    for (const account of ['ada', 'otto'])
      await scenario.given(account, 'rotateKey', { key: current, comment: 'the year is over' })
    const last = (await linesOf(scenario.store)).length
    await scenario.given('ada', 'defineRole', { role: 'x', description: 'x' })
    const lines = await linesOf(scenario.store)
    const bytes = bundleOf(lines, 'K', lines.length, next)
    const told = (size: number, key: SignerKey, trusted = [old, current]) => {
      const note = size < lines.length ? noteOf(lines, size, key) : rootless(size, 'a', key)
      return codes(bytes, { keys: trusted, checkpoints: [given(note)] })
    }
    expect(told(last - 1, signer)).toEqual([])
    expect(told(last - 1, next)).toEqual(['checkpoint.key-out-of-range'])
    // A key that was replaced never comes back; what comes later may have named another one.
    expect(told(lines.length + 5, signer)).toEqual(['checkpoint.key-out-of-range'])
    expect(told(lines.length + 5, next)).toEqual([])
    expect(told(lines.length + 5, stranger)).toEqual(['checkpoint.signature'])
    const later = formatVerifierKey(verifierKeyOf(stranger))
    expect(told(lines.length + 5, stranger, [current, later])).toEqual([])
    expect(told(last, stranger, [current, later])).toEqual(['checkpoint.key-out-of-range'])
    // A key that was handed on by what the bundle's own checkpoint holds.
    expect(told(last - 1, signer, [current])).toEqual([])
    // Without a key it is the bundle's own word for who signs.
    expect(told(last - 1, stranger, [])).toEqual(['checkpoint.signature'])
    expect(told(lines.length + 5, stranger, [])).toEqual([])
    expect(told(lines.length + 5, signer, [])).toEqual(['checkpoint.key-out-of-range'])
    // The key that one of another history would hand on is not, nor that which is named behind what it holds.
    const other = codes(bytes, { keys: [old], checkpoints: [given(rootless(last, 'a'))] })
    expect(other).toEqual(['checkpoint.signature', 'checkpoint.root'])
    expect(told(last - 1, signer, [old])).toEqual(['checkpoint.signature'])
    // It is by the signature of the hand-over, which ends with the entry that names it, and which the bundle holds.
    const handed = verifyBundle(bytes, { keys: [old], checkpoints: [given(noteOf(lines, last))] })
    expect(handed).toMatchObject({
      status: 'sound',
      uncompared: [],
      anchoredSize: lines.length,
      anchoring: { level: 'key handed on', handedOn: lines.length, givenKey: last },
      anchors: [
        { matches: true, signedBy: 'key handed on' },
        { size: last, matches: true, signedBy: 'given key' },
      ],
    })
  })

  it('of no entries has the root that such trees have, and anchors nothing', async () => {
    const scenario = await f0({ key: keys[0] as string })
    const lines = await linesOf(scenario.store)
    const empty = given(signCheckpoint({ origin, size: 0, root: EMPTY_ROOT }, signer))
    expect(verifyBundle(bundleOf(lines), { checkpoints: [empty] })).toMatchObject({
      status: 'sound',
      anchoredSize: 0,
      uncompared: [],
    })
    expect(codes(bundleOf(lines), { keys, checkpoints: [given(rootless(0, 'a'))] })).toEqual(['checkpoint.root'])
  })

  it('is attested by others for itself: it raises no level, and it dates no entry', async () => {
    const lines = await released()
    const witness = signerKey('w.example', new Uint8Array(32).fill(11))
    const { text, signatures } = parseNote(noteOf(lines, endOfL(lines)))
    const seen = formatNote({ text, signatures: [...signatures, cosign(text, witness, 1)] })
    const policy = parseWitnessPolicy(`witness w ${formatVerifierKey(witnessKeyOf(witness))}\nquorum w\n`)
    const outcome = { imprint: sha256Hex(encodeUtf8(seen)), time: '1980-01-01T00:00:00.000Z', signer: 'A', serial: '1' }
    const verdict = verifyBundle(bundleOf(lines), {
      keys,
      checkpoints: [given(seen)],
      witnesses: { policy, now: 10 },
      timestamps: [{ name: 'stamp', outcome }],
    })
    expect(verdict).toMatchObject({
      found: 0,
      anchoring: { level: 'given key', witnessed: 0, timeStamped: 0, witnesses: 'not enough' },
    })
    expect(verdict.attestations).toMatchObject([
      { size: lines.length, witnessed: { satisfied: false }, timestamps: [] },
      { name: 'given', size: endOfL(lines), witnessed: { satisfied: true }, timestamps: [{ name: 'stamp' }] },
    ])
  })
})

describe('a checkpoint of another size that ends with an entry that the bundle holds', () => {
  const given = (note: string) => ({ name: 'given', note })

  it('has the root that the proof of the bundle leads to, or is of another history', async () => {
    const lines = await released()
    const bytes = bundleOf(lines)
    const ends = bodiesOf(parseBundle(bytes).entries).map(one => one.seq + 1)
    expect(ends.length).toBe(lines.length - 3)
    for (const size of ends) {
      const verdict = verifyBundle(bytes, { keys, checkpoints: [given(noteOf(lines, size))] })
      expect(verdict).toMatchObject({ status: 'sound', uncompared: [], anchoredSize: lines.length })
      expect(verdict.anchors[1]).toEqual({
        name: 'given',
        size,
        matches: true,
        signedBy: 'given key',
        key: `${origin}+${verifierKeyOf(signer).keyId}`,
      })
      const note = signCheckpoint({ origin, size, root: rootAt(lines, size - 1) }, signer)
      const other = verifyBundle(bytes, { keys, checkpoints: [given(note)] })
      expect(other).toMatchObject({ status: 'broken', codes: { 'checkpoint.root': 1 }, uncompared: [] })
      expect(other.forks).toMatchObject([{ smallerName: 'given', smallerSize: size, inBundle: 'larger' }])
    }
  })

  it('is not compared with a bundle whose own proof fails, which shows no root of anything', async () => {
    const lines = await released()
    const bytes = edited(bundleOf(lines), ({ hashes }) => ({ hashes: hashes.with(0, '0'.repeat(64)) }))
    const verdict = verifyBundle(bytes, { keys, checkpoints: [given(noteOf(lines, 9))] })
    expect(verdict).toMatchObject({ codes: { 'bundle.proof': 1 }, found: 1, uncompared: ['given'], anchoredSize: 0 })
  })

  it('dates the entries that it counts by when others had seen it, and none that came after', async () => {
    const scenario = await f0Tested()
    const size = (await linesOf(scenario.store)).length
    const at = scenario.now
    scenario.at(24 * hour)
    await scenario.given('bob', 'approve', K)
    const lines = await linesOf(scenario.store)
    const note = noteOf(lines, size)
    const stamped = (time: number) => {
      const outcome = {
        imprint: sha256Hex(encodeUtf8(note)),
        time: new Date(time).toISOString(),
        signer: 'A',
        serial: '1',
      }
      return codes(bundleOf(lines), { keys, checkpoints: [given(note)], timestamps: [{ name: 'stamp', outcome }] })
    }
    expect(stamped(Date.parse(at))).toEqual([])
    expect(stamped(Date.parse(at) - hour)).toEqual(['entry.post-dated'])
  })
})

describe('what is no bundle is refused, and a hostile one is judged', () => {
  const refused = (text: string, message: string) => {
    expect(() => parseBundle(encodeUtf8(text))).toThrow(
      expect.objectContaining({ code: 'bundle', message: expect.stringContaining(message) }),
    )
  }

  it('with the line that is wrong', async () => {
    const text = decodeUtf8(bundleOf(await released())) ?? ''
    refused('', 'line 1')
    refused(text.replace('v1', 'v2'), 'line 1')
    refused(text.replace('change K', 'change ../K'), 'line 2')
    refused(text.replace('stream 5', 'stream 05'), 'line 3')
    refused(text.replace('stream 5', 'stream 0 change/J\nstream 5'), 'line 3')
    refused(text.replace('stream 5 change/K', 'stream 5 zzz'), 'line 4')
    refused(text.replace(/entries \d+/, 'entries 1000001'), 'line 5')
    refused(text.replace(/entries \d+/, 'entries 9007199254740993'), 'line 5')
    refused(text.replace(/hashes \d+/, 'hashes 999'), '64 lower-case hex digits')
    refused(text.replace('\n', '\r\n'), 'line 1')
    refused(text.slice(0, 2_000), 'the end of the bundle')
    refused(`countersign/bundle/v1\nchange K\nentries 1\n${'x'.repeat(65_536)}\n`, 'at most 65535 bytes')
    expect(() => parseBundle(encodeUtf8(text.slice(0, -1)))).toThrow(expect.objectContaining({ code: 'note' }))
    expect(() => parseBundle(new Uint8Array(MAX_BUNDLE_BYTES + 1))).toThrow(expect.objectContaining({ code: 'bundle' }))
  })

  it('with a tree of any size around its entries at once, since nobody has so many hashes', async () => {
    const lines = await released()
    const size = Number.MAX_SAFE_INTEGER
    const note = signCheckpoint({ origin, size, root: rootAt(lines, 3) }, signer)
    expect(codes(edited(bundleOf(lines), () => ({ note })))).toEqual(['bundle.proof'])
  })

  it('whatever is changed in it: a typed error, or a verdict; and one that is sound and held has the entries that it had', async () => {
    const lines = await released()
    const good = bundleOf(lines)
    const entries = parseBundle(good).entries
    const edit = fc.record({
      at: fc.nat({ max: good.length }),
      remove: fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: 3_000 })),
      put: fc.oneof(
        fc.uint8Array({ maxLength: 4 }),
        fc.constantFrom(...['\n', '\n\n', 'stream 1 a\n', '{}\n', '0'].map(encodeUtf8)),
      ),
      near: fc.boolean(),
    })
    const heads = fc.nat({ max: 90 })
    let judged = 0
    fc.assert(
      fc.property(edit, heads, ({ at, remove, put, near }, head) => {
        const from = near ? head : at
        const bytes = Uint8Array.of(...good.subarray(0, from), ...put, ...good.subarray(from + remove))
        let verdict: BundleVerdict
        try {
          verdict = verifyBundle(bytes, { keys })
        } catch (error) {
          expect(error).toBeInstanceOf(CountersignError)
          expect(['bundle', 'note', 'checkpoint']).toContain((error as CountersignError).code)
          return
        }
        judged += 1
        if (verdict.anchoredSize > 0 && verdict.status === 'sound') expect(parseBundle(bytes).entries).toEqual(entries)
      }),
      { numRuns: runs(800).numRuns },
    )
    expect(judged).toBeGreaterThan(atLeast(50))
  })
})
