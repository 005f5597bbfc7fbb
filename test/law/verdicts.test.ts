import { exitCodeOf } from '@countersign/cli'
import { type Scenario, submitK } from '@countersign/testing'
import {
  bodiesOf,
  doubleLine,
  dropLine,
  editLine,
  fileOf,
  insertLine,
  type Lines,
  type LooseBody,
  linesOf,
  renumber,
  reseal,
  swapLines,
} from '@countersign/testing/tamper'
import { createDesk } from 'countersign'
import type { Policy } from 'countersign/policy'
import { type Verdict, type VerifyOptions, verifyTrail } from 'countersign/verify'
import { beforeAll, describe, expect, it } from 'vitest'
import { turnBits } from '../bits.ts'
import { f0Approved, K } from './setting.ts'

let scenario: Scenario
let lines: Uint8Array[]
beforeAll(async () => {
  scenario = await f0Approved()
  await scenario.given('ada', 'linkAccount', { account: 'alice-at-night', person: 'alice' })
  await scenario.given('paul', 'release', K)
  await scenario.given('rita', 'close', K)
  lines = await linesOf(scenario.store)
})

const judged = (of: Lines, options: VerifyOptions = {}): Verdict => verifyTrail([fileOf(of)], options)
const forged = (edit: (bodies: LooseBody[]) => readonly LooseBody[]): Verdict =>
  judged(reseal(renumber(edit(bodiesOf(lines)))))

/** The place of a command by an account. */
const placeOf = (type: string, account?: string): number => {
  const at = bodiesOf(lines).findIndex(
    ({ command, by }) =>
      (command as { type: string }).type === type &&
      (account === undefined || (by as { account: string }).account === account),
  )
  if (at < 0) throw new Error(`there is no ${type}`)
  return at
}

/** Bob’s approval, given by another account in the name of somebody. */
const approvedBy = (account: string, person: string) => (bodies: LooseBody[]) =>
  bodies.map((body, seq) => (seq === placeOf('approve', 'bob') ? { ...body, by: { account, person } } : body))

/** An entry moved to another place, each with the instant of its place. */
function moved(bodies: readonly LooseBody[], from: number, to: number): LooseBody[] {
  const body = bodies[from] as LooseBody
  const instants = bodies.map(one => one.at)
  return bodies
    .toSpliced(from, 1)
    .toSpliced(to, 0, body)
    .map((one, seq) => ({ ...one, at: instants[seq] ?? one.at }))
}

describe('an edit, a deletion, an insertion, a swap and a doubling', () => {
  const faults: Record<string, (at: number) => readonly Uint8Array[]> = {
    edit: at => editLine(lines, at - 1, text => text.replace('"v":1', '"v":2')),
    delete: at => dropLine(lines, at),
    insert: at => insertLine(lines, at, lines[2] as Uint8Array),
    swap: at => swapLines(lines, at, at + 1),
    double: at => doubleLine(lines, at - 1),
  }

  it('are found each in a copy of a sound trail, by the first place that is wrong, with another exit code than 0 [LAW 108]', () => {
    const at = lines.length >> 1
    for (const [what, make] of Object.entries(faults)) {
      const verdict = judged(make(at))
      const chain = verdict.findings.filter(one => one.code.startsWith('chain.'))
      expect([what, chain[0]?.seq, exitCodeOf(verdict)]).toEqual([what, at, 1])
    }
  })

  it('are found in a trail of two hundred entries down to every bit of an entry and its newline, held against its root [LAW 108]', async () => {
    const many = await f0Approved()
    for (let count = 0; (await many.store.head()).size < 200; count++)
      await many.given('rita', 'submit', { ...submitK, change: `K-${count}` } as never)
    const all = await linesOf(many.store)
    const which = (index: number) => index === 0 || index === all.length - 1 || index % 40 === 20
    const bits = all.filter((_, index) => which(index)).reduce((sum, line) => sum + (line.length + 1) * 8, 0)
    expect([all.length, bits > 20_000]).toEqual([200, true])
    expect(turnBits(all, which)).toEqual({ turned: bits, found: bits })
  })

  it('are found all, where there is more than one of them [LAW 108]', () => {
    const twice = dropLine(
      editLine(lines, 3, text => text.replace('"v":1', '"v":2')),
      12,
    )
    const chain = judged(twice).findings.filter(one => one.code === 'chain.break')
    expect(chain.map(one => one.seq)).toEqual([4, 12])
  })
})

describe('legal hashes and illegal content', () => {
  it('are told apart: the record is whole, and Alice, who made K, has approved it at this entry [LAW 111]', () => {
    const verdict = forged(approvedBy('alice', 'alice'))
    expect([verdict.status, exitCodeOf(verdict)]).toEqual(['unjustified', 3])
    expect(verdict.findings.every(one => one.kind === 'decision')).toBe(true)
    const found = verdict.findings.filter(one => one.seq === placeOf('approve', 'bob')).map(one => one.code)
    expect(found).toContain('decision.unjustified')
    expect(found).toContain('duty.violated')
  })

  it('are told apart where Alice has approved by another login of hers [LAW 111]', () => {
    // The login is linked after the approval; the forger puts it before.
    const verdict = forged(bodies => {
      const early = moved(bodies, placeOf('linkAccount'), placeOf('approve', 'bob'))
      const at = placeOf('approve', 'bob') + 1
      return early.map((body, seq) =>
        seq === at ? { ...body, by: { account: 'alice-at-night', person: 'alice' } } : body,
      )
    })
    expect(Object.keys(verdict.codes)).toContain('duty.violated')
    expect(verdict.status).toBe('unjustified')
  })

  it('are told apart where somebody without the role has approved, or nobody whom the trail knows [LAW 111]', () => {
    for (const [account, person] of [
      ['paul', 'paul'],
      ['mallory', 'mallory'],
    ] as const) {
      const verdict = forged(approvedBy(account, person))
      expect(verdict.status).toBe('unjustified')
      const found = verdict.findings.find(one => one.seq === placeOf('approve', 'bob'))
      expect(found?.code).toBe('decision.unjustified')
    }
  })
})

describe('an approval after the fact', () => {
  const at = () => [placeOf('release'), placeOf('approve', 'carol'), placeOf('approve', 'bob')] as const

  it('is found where the release stands before the second approval [LAW 112]', () => {
    const [release, second] = at()
    const verdict = forged(bodies => moved(bodies, release, second))
    const found = verdict.findings.find(one => one.code === 'release.unapproved')
    expect([verdict.status, found?.seq]).toEqual(['unjustified', second])
    expect(found?.because).toBe('it was implemented before it was approved')
  })

  it('is found where the release stands before all of them, and before the test [LAW 112]', () => {
    const [release, , first] = at()
    expect(Object.keys(forged(bodies => moved(bodies, release, first)).codes)).toContain('release.unapproved')
    const untested = forged(bodies => moved(bodies, release, placeOf('signOff')))
    expect(Object.keys(untested.codes)).toEqual(expect.arrayContaining(['release.unapproved', 'release.untested']))
  })

  it('is found where the approval that was there before was withdrawn, or is left out [LAW 112]', () => {
    const [, second] = at()
    const verdict = forged(bodies => bodies.toSpliced(second, 1))
    expect([verdict.status, Object.keys(verdict.codes)]).toEqual([
      'unjustified',
      expect.arrayContaining(['release.unapproved']),
    ])
  })
})

describe('a policy that is handed in', () => {
  const inForce = () => {
    const { command } = bodiesOf(lines)[placeOf('proposePolicy')] as LooseBody
    return (command as { policy: Policy }).policy
  }

  it('is a finding where it is not the one in force, and is not used in silence [LAW 113]', () => {
    const laxer = { ...inForce(), separate: [] }
    const verdict = judged(lines, { policies: [laxer] })
    expect([verdict.status, verdict.codes]).toEqual(['unjustified', { 'policy.supplied-differs': 1 }])
    const [found] = verdict.findings
    expect(found?.expected).toBe(verdict.policies.find(one => one.team === 't')?.digest)
    // What was decided is judged by the policy of the trail all the same.
    const forgery = verifyTrail([fileOf(reseal(renumber(approvedBy('alice', 'alice')(bodiesOf(lines)))))], {
      policies: [laxer],
    })
    expect(Object.keys(forgery.codes)).toContain('duty.violated')
  })

  it('is none where it is the one in force [LAW 113]', () => {
    expect(judged(lines, { policies: [inForce()] })).toMatchObject({ status: 'sound', found: 0 })
  })

  it('is a finding where the team has none [LAW 113]', () => {
    const verdict = judged(lines, { policies: [{ ...inForce(), team: 'u' }] })
    expect(verdict.findings.map(one => [one.code, one.expected])).toEqual([['policy.supplied-differs', 'none']])
  })
})

describe('the state', () => {
  it('that a trail gives is the one that the desk tells, and the one of whoever reads it anew [LAW 117]', async () => {
    const again = await createDesk({ store: scenario.store })
    expect(again.snapshot()).toEqual(scenario.desk.snapshot())
    expect(judged(lines, { snapshot: again.snapshot() })).toMatchObject({ status: 'sound', found: 0 })
  })

  it('is told where a snapshot of it was doctored: an approval, a person, the length of a history [LAW 117]', () => {
    type Doctor = (snapshot: ReturnType<Scenario['desk']['snapshot']>) => void
    const doctored: readonly [Doctor, where: string, expected: RegExp, found: string][] = [
      [
        ({ changes }) => Object.assign(changes.K as object, { approvals: [] }),
        'changes.K.approvals.0',
        /^\{.*…$/,
        'nothing',
      ],
      [({ changes }) => Object.assign(changes.K as object, { state: 'x' }), 'changes.K.state', /^"closed"$/, '"x"'],
      [
        ({ governance }) => Object.assign(governance.persons, { mallory: { name: 'Mallory' } }),
        'governance.persons.mallory',
        /^nothing$/,
        '{"name":"Mallory"}',
      ],
      [({ versions }) => Object.assign(versions, { governance: 1 }), 'versions.governance', /^\d+$/, '1'],
    ]
    for (const [change, where, expected, found] of doctored) {
      const snapshot = structuredClone(scenario.desk.snapshot())
      change(snapshot)
      const verdict = judged(lines, { snapshot })
      expect([exitCodeOf(verdict), verdict.codes]).toEqual([1, { 'snapshot.differs': 1 }])
      const told = (text = '') => /^(.*) at (\S+) \(digest [0-9a-f]{64}\)$/.exec(text)?.slice(1)
      expect(told(verdict.findings[0]?.expected)).toEqual([expect.stringMatching(expected), where])
      expect(told(verdict.findings[0]?.found)).toEqual([found, where])
    }
  })
})
