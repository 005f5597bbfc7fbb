import { baseline, content, fixtureForm, fixturePeople, Scenario } from '@countersign/testing'
import { bodiesOf, fileOf, type LooseBody, linesOf, renumber } from '@countersign/testing/tamper'
import { canonical, EMPTY_ROOT, encodeUtf8, leafHash } from '@countersign/trail'
import { type BundleVerdict, verifyBundle } from 'countersign/bundle'
import { approval, approvals, board, category, type PolicyOptions, policy, release, role } from 'countersign/policy'
import { type Verdict, verifyTrail } from 'countersign/verify'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { asWritten, runs } from '../properties/trial.ts'
import { bundleOf, bundleVerdicts } from './bundled.ts'

const K = { change: 'K' }
const submission = (change: string, vary: object = {}) => ({
  change,
  team: 't',
  category: 'normal',
  title: 'Round half a cent',
  reason: 'the bank differs by a cent',
  form: { system: 'ledger', risk: 'high' },
  content: { digest: content('r1'), makers: ['alice'] },
  ...vary,
})

const roles = { appr: 'approves', deployer: 'releases', tester: 'tests' }
const flow = (count: number) => [
  approval('approve', approvals(count).from(role('appr'))),
  release('production', { by: role('deployer') }),
]
const kind = (count: number, more: object = {}) =>
  category({ form: fixtureForm, material: ['system', 'risk', 'content'], flow: flow(count), ...more })
const triage = [{ to: role('tester') }]
const columns = [
  { name: 'deciding', stages: ['approve'], limit: 2 },
  { name: 'releasing', stages: ['production'], limit: 2 },
]
const limits = { columns, perPerson: 2, expedite: { categories: ['urgent'], size: 1 } }

const rules = (options: Partial<PolicyOptions>, approvers = 2) =>
  policy(
    't',
    { complies: baseline, roles, ...options },
    {
      normal: kind(approvers),
      light: kind(1),
      urgent: kind(1),
      given: kind(approvers, { triage }),
    },
  )

const people = { ...fixturePeople, erin: ['tester'], eve: ['tester'], tom: ['tester'] }
const opened = (options: Partial<PolicyOptions> = { board: board(limits) }) =>
  Scenario.open({ controls: baseline, policies: [rules(options)], people, recordRefusals: 'all' })

/** What the entries of a trail say, in the order of the trail. */
type Bodies = LooseBody[]

interface Outcome {
  accepted: { type: string; [member: string]: unknown }[]
  refused: { code: string; facts: Record<string, unknown> }
}
const outcomeOf = (body: LooseBody | undefined) => body?.outcome as Outcome
const commandOf = (body: LooseBody | undefined) => body?.command as { type: string; [member: string]: unknown }
const find = (bodies: Bodies, type: string, account?: string): LooseBody => {
  const found = bodies.findLast(
    one =>
      commandOf(one).type === type && (account === undefined || (one.by as { account: string }).account === account),
  )
  if (found === undefined) throw new Error(`there is no ${type}`)
  return found
}

/** Every hash is right, whatever the bodies say. */
function sealed(bodies: readonly object[]): Uint8Array[] {
  let prev = EMPTY_ROOT
  return bodies.map(body => {
    const bytes = encodeUtf8(`{"body":${canonical(body)},"prev":"${prev}"}`)
    prev = leafHash(bytes)
    return bytes
  })
}

/** The verdicts on a trail and on the bundle of K, after somebody with the log's key has written anew what it says. */
function verdicts(bodies: Bodies): [Verdict, BundleVerdict] {
  const lines = sealed(bodies)
  return [verifyTrail([fileOf(lines)]), verifyBundle(bundleOf(lines, 'K'))]
}

async function bodiesIn(scenario: Scenario): Promise<Bodies> {
  const lines = await linesOf(scenario.store)
  for (const verdict of [verifyTrail([fileOf(lines)]), ...bundleVerdicts(lines)]) expect(verdict.findings).toEqual([])
  return bodiesOf(lines)
}

/** K, given to Alice, pulled, approved by Bob and Carol, pulled and released. */
async function pulled(): Promise<Bodies> {
  const scenario = await opened()
  await scenario.given('rita', 'submit', submission('K') as never)
  await scenario.given('rita', 'assign', { ...K, to: 'alice' })
  await scenario.given('rita', 'move', K)
  for (const account of ['bob', 'carol']) await scenario.given(account, 'approve', K)
  await scenario.given('rita', 'move', K)
  await scenario.given('paul', 'release', K)
  return bodiesIn(scenario)
}

/** K, of a category that triage gives to somebody, under a policy that asks for more than the one before. */
async function triaged(): Promise<{ bodies: Bodies; laxer: string }> {
  const scenario = await opened()
  await scenario.adopt(rules({ board: board(limits) }, 3))
  await scenario.given('rita', 'submit', submission('K', { category: 'given' }) as never)
  const bodies = await bodiesIn(scenario)
  const first = bodies.find(one => commandOf(one).type === 'adoptPolicy')
  return { bodies, laxer: String(commandOf(first).digest) }
}

describe('in a bundle an entry that hangs on the rest of the team is decided again without it', () => {
  it.each<[string, (bodies: Bodies) => Bodies]>([
    [
      'both approvals, and the entry that gives the work away',
      bodies => {
        const given = ['bob', 'carol'].map(account => find(bodies, 'approve', account))
        outcomeOf(find(bodies, 'assign')).accepted.push(...given.flatMap(one => outcomeOf(one).accepted))
        return renumber(bodies.filter(one => !given.includes(one)))
      },
    ],
    [
      'the release, without an approval',
      bodies => {
        outcomeOf(find(bodies, 'assign')).accepted.push(...outcomeOf(find(bodies, 'release')).accepted)
        return renumber(bodies.filter(one => !['approve', 'move', 'release'].includes(commandOf(one).type)))
      },
    ],
    [
      'an account of nobody',
      bodies => {
        find(bodies, 'assign').by = { account: 'nobody' }
        return bodies
      },
    ],
    [
      'another person than whoever gave it',
      bodies => {
        find(bodies, 'move').by = { account: 'rita', person: 'otto' }
        return bodies
      },
    ],
    [
      'other entries that were read',
      bodies => {
        find(bodies, 'move').reads = { '*': 4, governance: 3 }
        return bodies
      },
    ],
    [
      'another column',
      bodies => {
        Object.assign(outcomeOf(find(bodies, 'move')).accepted[0] ?? {}, { column: 'deciding' })
        return bodies
      },
    ],
    [
      'the lane, which its category has not',
      bodies => {
        const over = [{ limit: 'column releasing', most: 2, there: 2 }]
        Object.assign(outcomeOf(find(bodies, 'move')).accepted[0] ?? {}, { lane: 'expedite', over })
        return bodies
      },
    ],
    [
      'a refusal of something else than room',
      bodies => {
        const refused = { code: 'authority.not-participant', facts: { change: 'K', person: 'rita', participants: [] } }
        find(bodies, 'assign').outcome = { refused }
        return bodies
      },
    ],
    [
      'a refusal of something else than room with the facts of a limit',
      bodies => {
        const facts = { change: 'K', limit: 'column releasing', most: 2, there: ['L', 'M'] }
        find(bodies, 'move').outcome = { refused: { code: 'make.unknown', facts } }
        return renumber(bodies.filter(one => commandOf(one).type !== 'release'))
      },
    ],
    [
      'a refusal by a limit that the board has not',
      bodies => {
        const facts = { change: 'K', limit: 'column releasing', most: 1, there: ['L'] }
        find(bodies, 'move').outcome = { refused: { code: 'limit.reached', facts } }
        return renumber(bodies.filter(one => commandOf(one).type !== 'release'))
      },
    ],
    [
      'a refusal by a limit that the command does not ask for',
      bodies => {
        const facts = { change: 'K', limit: 'person alice', most: 2, there: ['L', 'M'] }
        find(bodies, 'move').outcome = { refused: { code: 'limit.reached', facts } }
        return renumber(bodies.filter(one => commandOf(one).type !== 'release'))
      },
    ],
    [
      'a refusal for want of room in which there is room',
      bodies => {
        const facts = { change: 'K', limit: 'column releasing', most: 2, there: [] }
        find(bodies, 'move').outcome = { refused: { code: 'limit.reached', facts } }
        return renumber(bodies.filter(one => commandOf(one).type !== 'release'))
      },
    ],
    [
      'a refusal for want of room in which it is in its own way',
      bodies => {
        const facts = { change: 'K', limit: 'column releasing', most: 2, there: ['K', 'L'] }
        find(bodies, 'move').outcome = { refused: { code: 'limit.reached', facts } }
        return renumber(bodies.filter(one => commandOf(one).type !== 'release'))
      },
    ],
    [
      'a refusal for want of room by which something could be put aside where the board has no column for that',
      bodies => {
        const facts = { change: 'K', limit: 'column releasing', most: 2, there: ['L', 'M'], aside: ['deciding'] }
        find(bodies, 'move').outcome = { refused: { code: 'limit.reached', facts } }
        return renumber(bodies.filter(one => commandOf(one).type !== 'release'))
      },
    ],
    [
      'a refusal of the lane, for which no assignment asks',
      bodies => {
        const facts = { change: 'K', limit: '', most: 1, there: ['L'] }
        find(bodies, 'assign').outcome = { refused: { code: 'limit.expedite', facts } }
        return renumber(bodies.filter(one => commandOf(one).type !== 'release'))
      },
    ],
  ])('so it is found there as in the trail that it says %s', async (_, forge) => {
    const [trail, bundle] = verdicts(forge(await pulled()))
    expect(trail.status).not.toBe('sound')
    expect([bundle.status, bundle.codes]).toEqual([trail.status, trail.codes])
  })

  it('so it is found that whoever made the change has recategorised it to one that asks for less', async () => {
    const scenario = await opened({ board: board({ columns, categories: { light: { max: 9 } } }) })
    await scenario.given('rita', 'submit', submission('K') as never)
    await scenario.given('rita', 'move', K)
    await scenario.given('dan', 'recategorise', { ...K, category: 'light', comment: 'smaller' })
    const bodies = await bodiesIn(scenario)
    const forged = bodies.map(one =>
      one === find(bodies, 'recategorise')
        ? (JSON.parse(JSON.stringify(one).replaceAll('"dan"', '"alice"')) as LooseBody)
        : one,
    )
    const [trail, bundle] = verdicts(forged)
    expect(trail.codes).toEqual({ 'decision.unjustified': 1 })
    expect([bundle.codes, bundle.leftOpen.length]).toEqual([trail.codes, 2])
  })

  it.each<[string, (body: LooseBody, laxer: string) => void]>([
    [
      'a policy that is not in force any more',
      (body, laxer) => {
        body.policy = laxer
        Object.assign(outcomeOf(body).accepted[0] ?? {}, { policy: laxer })
      },
    ],
    ['another form than that of its digest', body => Object.assign(commandOf(body).form as object, { risk: 'low' })],
    ['other makers', body => Object.assign(outcomeOf(body).accepted[0] ?? {}, { makers: ['rita'] })],
    ['a later stage', body => Object.assign(outcomeOf(body).accepted.at(-1) ?? {}, { stage: 'production' })],
    [
      'somebody else who asked for it',
      body => {
        body.by = { account: 'rita', person: 'otto' }
      },
    ],
    ['somebody to whom no rule gives it', body => Object.assign(triageIn(body), { to: 'bob' })],
    ['another rule', body => Object.assign(triageIn(body).triage, { rule: 1 })],
    ['more holders than there are', body => Object.assign(triageIn(body).triage, { of: 4 })],
    [
      'a candidate who has not the role',
      body => Object.assign(triageIn(body).triage.candidates[2] ?? {}, { person: 'bob' }),
    ],
    ['a candidate twice', body => Object.assign(triageIn(body).triage.candidates[2] ?? {}, { person: 'eve' })],
    [
      'an absence that nobody has recorded',
      body => Object.assign(triageIn(body).triage.candidates[2] ?? {}, { passedOver: 'absent' }),
    ],
    [
      'nobody, though nobody has too much on their hands',
      body => {
        const { accepted } = outcomeOf(body)
        const { triage: told } = triageIn(body)
        const candidates = told.candidates.map(one => ({ ...one, passedOver: 'limit' }))
        accepted[1] = { type: 'change.unassigned', why: 'passed-over', triage: { ...told, candidates } }
      },
    ],
  ])('so it is found there as in the trail that a submission names %s', async (_, forge) => {
    const { bodies, laxer } = await triaged()
    forge(find(bodies, 'submit'), laxer)
    const [trail, bundle] = verdicts(bodies)
    expect(trail.status).not.toBe('sound')
    expect([bundle.status, bundle.codes]).toEqual([trail.status, trail.codes])
  })

  it('and is open in whether there was room, and who had least on their hands, which it says', async () => {
    const scenario = await opened()
    for (const change of ['L', 'M', 'K']) {
      await scenario.given('rita', 'submit', submission(change, { category: 'urgent' }) as never)
      await scenario.given('rita', 'move', { change })
    }
    await scenario.given('rita', 'submit', submission('N', { category: 'normal' }) as never)
    expect(await scenario.refused('rita', 'move', { change: 'N' })).toBe('limit.reached')
    await scenario.given('rita', 'submit', submission('O', { category: 'urgent' }) as never)
    expect(await scenario.refused('rita', 'move', { change: 'O' })).toBe('limit.expedite')
    await scenario.given('rita', 'submit', submission('P', { category: 'given' }) as never)
    const bodies = await bodiesIn(scenario)
    expect(outcomeOf(bodies.find(one => one.stream === 'change/K' && one.streamSeq === 1)).accepted).toMatchObject([
      { lane: 'expedite', over: [{ limit: 'column deciding', most: 2, there: 2 }] },
    ])
    const lines = sealed(bodies)
    const room = 'whether the board had room for it hangs on changes that the bundle does not hold'
    const hands = 'who had least on their hands hangs on changes that the bundle does not hold'
    const open = (change: string) =>
      verifyBundle(bundleOf(lines, change)).leftOpen.map(({ isJudged, because }) => [isJudged, because])
    expect(open('K')).toEqual([[true, room]])
    for (const change of ['N', 'O']) expect(open(change)).toEqual([[false, room]])
    expect(open('P')).toEqual([[true, hands]])
  })

  it('and accuses nobody of a refusal for want of room of what lies with nobody, or with somebody who has left', async () => {
    const scenario = await opened({ board: board({ ...limits, owner: 'required' }) })
    for (const [change, category, owner] of [
      ['L', 'urgent', 'tom'],
      ['M', 'urgent', 'tom'],
      ['X', 'urgent', 'erin'],
    ] as const) {
      await scenario.given('rita', 'submit', submission(change, { category }) as never)
      await scenario.given('rita', 'move', { change, owner })
    }
    for (const [change, category, refusal] of [
      ['N', 'normal', 'limit.reached'],
      ['O', 'urgent', 'limit.expedite'],
      ['P', 'normal', 'limit.reached'],
    ] as const) {
      await scenario.given('rita', 'submit', submission(change, { category }) as never)
      if (change === 'P') {
        await scenario.given('rita', 'assign', { change, to: 'eve' })
        await scenario.given('ada', 'recordDeparture', { person: 'eve' })
      }
      expect(await scenario.refused('rita', 'move', { change })).toBe(refusal)
    }
    const bodies = await bodiesIn(scenario)
    const bundle = (change: string) => verifyBundle(bundleOf(sealed(bodies), change))
    for (const change of ['N', 'O', 'P'])
      expect([bundle(change).status, bundle(change).leftOpen.at(-1)?.isJudged]).toEqual(['sound', false])
    // A limit of somebody whom the command does not name is none for which it asks.
    const facts = { change: 'N', limit: 'person eve', most: 2, there: ['L', 'M'] }
    const move = bodies.find(one => one.stream === 'change/N' && commandOf(one).type === 'move') as LooseBody
    move.outcome = { refused: { code: 'limit.reached', facts } }
    expect(bundle('N').codes).toEqual({ 'decision.wrongly-refused': 1 })
  })

  it('and accuses nobody where more were passed over than an entry names, nor lets pass that nobody was', async () => {
    const many = (letter: string, count: number) =>
      Array.from({ length: count }, (_, at) => `${letter}${String(at).padStart(2, '0')}`)
    const [needed, free] = [many('z', 20), many('b', 25)]
    const sharing = policy(
      't',
      { complies: baseline, roles: { ...roles, sharer: 'shares the work' } },
      { easy: kind(1), given: kind(20, { triage: [{ to: role('sharer') }] }) },
    )
    const cast = Object.fromEntries([
      ...needed.map(one => [one, ['appr', 'sharer']]),
      ...free.map(one => [one, ['sharer']]),
    ])
    const scenario = await Scenario.open({
      controls: baseline,
      policies: [sharing],
      people: { rita: [], alice: [], paul: ['deployer'], ...cast },
    })
    for (const one of free) {
      scenario.at(60_000)
      await scenario.given('rita', 'submit', submission(`E${one}`, { category: 'easy' }) as never)
      await scenario.given('rita', 'assign', { change: `E${one}`, to: one })
    }
    scenario.at(60_000)
    await scenario.given('rita', 'submit', submission('K', { category: 'given' }) as never)
    const bodies = await bodiesIn(scenario)
    expect(outcomeOf(bodies.at(-1)).accepted).toContainEqual(
      expect.objectContaining({ type: 'change.unassigned', why: 'passed-over' }),
    )
    const { bodies: some } = await triaged()
    const accepted = outcomeOf(some.at(-1)).accepted
    const place = accepted.findIndex(one => 'triage' in one)
    const triageOf = accepted[place]?.triage as { candidates: { person: string }[] }
    const nobody = triageOf.candidates.map(one => ({ ...one, load: 0 }))
    accepted[place] = { type: 'change.unassigned', why: 'passed-over', triage: { ...triageOf, candidates: nobody } }
    const [trail, bundle] = verdicts(some)
    expect(trail.codes).toMatchObject({ 'decision.events-differ': 1 })
    expect(bundle.codes).toMatchObject({ 'decision.events-differ': 1 })
  })

  it('and accuses nobody of another category in which no place is left but what others exceed already', async () => {
    const kept = { debt: { reserve: 1 } }
    const tight = (capacity: number) =>
      policy(
        't',
        { complies: baseline, roles, board: board({ columns: [], capacity, categories: kept }) },
        { normal: kind(1), debt: kind(1) },
      )
    const scenario = await Scenario.open({ controls: baseline, policies: [tight(9)], people })
    for (const [change, category] of [
      ['L', 'normal'],
      ['K', 'debt'],
    ] as const) {
      await scenario.given('rita', 'submit', submission(change, { category }) as never)
      await scenario.given('rita', 'move', { change })
    }
    await scenario.adopt(tight(1))
    await scenario.given('rita', 'recategorise', { ...K, category: 'normal', comment: 'it is none' })
    const bodies = await bodiesIn(scenario)
    const forged = bodies.map(one => ({ ...one }))
    outcomeOf(forged.at(-1)).accepted.pop()
    const [trail, bundle] = verdicts(forged)
    expect(trail.codes).toEqual({ 'decision.events-differ': 1 })
    expect(bundle.codes).toEqual(trail.codes)
  })

  it('whatever is written anew in an entry is found there as in the trail, but for what is open', async () => {
    const scenario = await opened()
    for (const change of ['L', 'M']) {
      await scenario.given('rita', 'submit', submission(change, { category: 'urgent' }) as never)
      await scenario.given('rita', 'move', { change, owner: 'tom' })
    }
    await scenario.given('rita', 'submit', submission('K', { category: 'given' }) as never)
    expect(await scenario.refused('rita', 'assign', { ...K, to: 'tom' })).toBe('limit.reached')
    expect(await scenario.refused('rita', 'move', { ...K, owner: 'alice' })).toBe('limit.reached')
    await scenario.given('rita', 'assign', { ...K, to: 'alice' })
    await scenario.given('dan', 'recategorise', { ...K, category: 'urgent', comment: 'it cannot wait' })
    await scenario.given('rita', 'move', K)
    await scenario.given('bob', 'approve', K)
    await scenario.given('rita', 'move', K)
    await scenario.given('paul', 'release', K)
    const bodies = await bodiesIn(scenario)
    const own = bodies.flatMap((one, seq) => (one.stream === 'change/K' ? [seq] : []))
    const seen = { found: 0, open: 0 }
    fc.assert(
      fc.property(fc.constantFrom(...own), fc.nat(), fc.nat(), (seq, which, choice) => {
        const body = structuredClone(bodies[seq]) as LooseBody
        const leaves = leavesOf(body).filter(one => /^(by|outcome|reads|command|policy)/.test(one.path))
        const leaf = leaves[which % leaves.length]
        if (leaf === undefined) return
        leaf.write(otherThan(leaf.read(), choice))
        const [trail, bundle] = verdicts(bodies.with(seq, body))
        if (trail.status === 'sound') return
        const isOpen = /^outcome\.(accepted\.\d+\.(triage\.candidates|over)|refused\.facts\.(there|limit))\./.test(
          `${leaf.path}.`,
        )
        if (isOpen) seen.open += 1
        else {
          seen.found += 1
          expect(bundle.status, `${leaf.path} in ${JSON.stringify(body)}`).not.toBe('sound')
        }
      }),
      runs(300),
    )
    if (asWritten) for (const times of Object.values(seen)) expect(times).toBeGreaterThan(10)
  })
})

interface Triaged {
  to?: string
  triage: { candidates: Record<string, unknown>[]; [member: string]: unknown }
}
const triageIn = (body: LooseBody): Triaged =>
  outcomeOf(body).accepted.find(one => one.type === 'change.assigned') as unknown as Triaged

interface Leaf {
  readonly path: string
  readonly read: () => unknown
  readonly write: (value: unknown) => void
}

/** Everything in a value that holds nothing else. */
function leavesOf(value: object, path: readonly string[] = []): Leaf[] {
  const members = value as Record<string, unknown>
  return Object.keys(members).flatMap((name): Leaf[] => {
    const inner = members[name]
    const here = [...path, name]
    if (typeof inner === 'object' && inner !== null) return leavesOf(inner, here)
    if (inner === undefined) return []
    return [
      {
        path: here.join('.'),
        read: () => members[name],
        write: one => {
          members[name] = one
        },
      },
    ]
  })
}

function otherThan(value: unknown, which: number): unknown {
  if (typeof value === 'number') return value + 1
  if (typeof value === 'boolean') return !value
  const text = String(value)
  if (/^[0-9a-f]{64}$/.test(text)) return `0${text.slice(1, -1)}f`
  return ['bob', 'ada', 'alice', `${text}x`][which % 4]
}
