import { type Desk, memoryStore } from 'countersign'
import { problemsOf } from 'countersign/policy'
import { beforeAll, describe, expect, it } from 'vitest'
import { sox } from './controls.ts'
import { type Played, play, storyOf, theEnd } from './run.ts'
import { fails, type Step, ticket } from './step.ts'
import { data } from './teams/data.ts'
import { financeSystems } from './teams/finance-systems.ts'
import { platform } from './teams/platform.ts'

let desk: Desk
let played: Played[]

beforeAll(async () => {
  const run = await play(memoryStore(), storyOf())
  desk = run.desk
  played = run.played
})

const change = (id: string) => {
  const found = desk.change(id)
  if (found === undefined) throw new Error(`there is no ${id}`)
  return found
}

const stage = (id: string, name: string) => {
  const found = desk.explain(id, theEnd)?.stages.find(one => one.stage === name)
  if (found === undefined) throw new Error(`${id} has no ${name}`)
  return found
}

const idOf = ({ command }: Step) => (typeof command.change === 'string' ? command.change : '-')

const board = (team: string) =>
  Object.fromEntries(
    (desk.board(team, theEnd)?.columns ?? [])
      .filter(column => column.cards.length > 0)
      .map(column => [column.name, column.cards.map(card => card.change).toSorted()]),
  )

describe('the story of the three teams', () => {
  it('has policies that satisfy the same controls and are unlike each other', () => {
    for (const policy of [financeSystems, platform, data]) expect(problemsOf(policy, sox)).toEqual([])
    const names = [financeSystems, platform, data].flatMap(policy => Object.keys(policy.categories))
    expect(new Set(names).size).toBe(names.length)
  })

  it('has some thirty tickets, and exactly these attempts are refused', () => {
    expect(desk.changes().length).toBe(31)
    const refused = played.flatMap(({ step, receipt }) =>
      receipt.outcome === 'refused' ? [`${step.account} ${step.type} ${idOf(step)}: ${receipt.refusal.code}`] : [],
    )
    expect(refused).toEqual([
      'margit approve FIN-102: binding.revision',
      'elif-admin approve PLT-201: approval.already-given',
      'tomas grantRole -: duty.second-person',
      'mika approve PLT-208: duty.conflict',
      'noor approve FIN-104: duty.conflict',
      'selma approve FIN-107: duty.conflict',
      'hana approve FIN-108: duty.conflict',
      'jonah proposePolicy -: policy.invalid',
      'selma approve FIN-106: authority.no-role',
      'jonah release PLT-204: requirement.unmet',
      'viktor approve DAT-304: identity.departed',
      'clement approve DAT-308: authority.no-role',
      'kofi approve FIN-109: duty.conflict',
      'lucia submit FIN-111: command.malformed',
      'jenkins approve PLT-210: identity.unknown-account',
      'rollout-bot approve PLT-210: identity.bot',
      'leo submit DAT-309: policy.no-category',
      'hana signOff FIN-110: evidence.missing',
      'otis release FIN-110: requirement.unmet',
    ])
  })

  it('keeps in the trail what breaks a duty, an authority, a delegation, or a release that nothing justifies yet', () => {
    for (const { receipt } of played) {
      if (receipt.outcome !== 'refused') continue
      const breach =
        /^(duty|authority|delegation)\.|^identity\.(bot|no-controller|departed)$|^requirement\.unmet$/.test(
          receipt.refusal.code,
        )
      expect([receipt.refusal.code, receipt.recorded !== undefined]).toEqual([receipt.refusal.code, breach])
    }
  })

  it('refuses the conflicts for the duty that is meant, and names the link', () => {
    const facts = (id: string) => {
      const found = played.find(
        ({ step, receipt }) => step.command.change === id && receipt.outcome === 'refused',
      )?.receipt
      return found?.outcome === 'refused' ? found.refusal.facts : undefined
    }
    expect(facts('FIN-104')).toMatchObject({ clause: 'SOX-CM-1', person: 'noor', held: 'make', link: 'self' })
    expect(facts('FIN-107')).toMatchObject({ clause: 'SOX-CM-1', person: 'selma', held: 'make', link: 'self' })
    expect(facts('FIN-108')).toMatchObject({ clause: 'SOX-CM-1', person: 'ines', held: 'make', link: 'principal' })
    expect(facts('FIN-109')).toMatchObject({ person: 'kofi', held: 'test', link: 'self' })
    expect(facts('PLT-208')).toMatchObject({ person: 'mika', held: 'request', link: 'self' })
  })

  it('leaves the boards as they are told', () => {
    expect(board('finance-systems')).toEqual({
      amount: ['FIN-111'],
      recalculate: ['FIN-107'],
      verify: ['FIN-110'],
      peer: ['FIN-104'],
      finance: ['FIN-109'],
      production: ['FIN-108'],
      returned: ['FIN-112'],
      completed: ['FIN-102', 'FIN-103', 'FIN-105', 'FIN-106'],
      closed: ['FIN-101'],
    })
    expect(board('platform')).toEqual({
      hindsight: ['PLT-209'],
      review: ['PLT-210'],
      staging: ['PLT-203'],
      board: ['PLT-204', 'PLT-205'],
      completed: ['PLT-201', 'PLT-206', 'PLT-207', 'PLT-208'],
      closed: ['PLT-202'],
    })
    expect(board('data')).toEqual({
      count: ['DAT-307'],
      council: ['DAT-308'],
      review: ['DAT-304'],
      colleague: ['DAT-309'],
      completed: ['DAT-302', 'DAT-303', 'DAT-305'],
      closed: ['DAT-301', 'DAT-306'],
    })
  })

  it('comes out the same a second time', async () => {
    const again = await play(memoryStore(), storyOf())
    expect(await again.desk.head()).toEqual(await desk.head())
  })

  it('is not told where something else comes of a step than the script says', async () => {
    const step = ticket('FIN-1', ['03-02 09:00', 'ines', 'cancel', { comment: 'no' }, fails('duty.conflict', 'never')])
    await expect(play(memoryStore(), step)).rejects.toThrow('expected duty.conflict')
  })
})

describe('the four questions', () => {
  it('1: every team has categories with flows of their own', () => {
    const flows = [financeSystems, platform, data].flatMap(policy =>
      Object.values(policy.categories).map(({ flow }) => flow.map(one => one.name).join(' ')),
    )
    expect(new Set(flows).size).toBe(flows.length)
  })

  it('2: a reason is part of what is approved where the policy says so, and else may be reworded', () => {
    expect(financeSystems.categories.closing?.material).toContain('reason')
    expect(stage('FIN-111', 'amount').acts).toMatchObject([
      { person: 'margit', discounted: { why: 'ended', ended: { how: 'stale', revision: 2 } } },
    ])
    expect(data.categories.dashboard?.material).not.toContain('reason')
    expect(change('DAT-301').revision).toBe(2)
    expect(stage('DAT-301', 'colleague').acts).toMatchObject([{ person: 'amara', countsFor: 'analyst' }])
  })

  it('3: a delegate acts during an absence, and a fallback role while a role is absent or vacant', () => {
    expect(stage('FIN-105', 'finance').acts[0]).toMatchObject({
      person: 'selma',
      countsFor: 'finance-owner',
      seats: [{ role: 'finance-owner', capacity: 'delegate', principal: 'margit', delegation: 'margit-leave' }],
    })
    expect(stage('FIN-106', 'figure').acts[0]).toMatchObject({
      person: 'ragnar',
      seats: [{ role: 'finance-owner', capacity: 'fallback', via: 'head-of-finance' }],
    })
    expect(stage('DAT-305', 'council').acts[1]).toMatchObject({
      person: 'clement',
      seats: [{ role: 'privacy-officer', capacity: 'fallback', via: 'legal-counsel' }],
    })
  })

  it('4: an approval of an earlier step is carried over with its persons and times, for what it covered', () => {
    expect(stage('PLT-202', 'board')).toMatchObject({
      status: 'satisfied',
      acts: [
        { person: 'elif', at: '2026-03-03T14:00:00.000Z', carried: { change: 'PLT-201' } },
        { person: 'tariq', at: '2026-03-04T09:30:00.000Z', carried: { change: 'PLT-201' } },
      ],
    })
    expect(stage('DAT-306', 'council').acts).toMatchObject([
      { carried: { change: 'DAT-305' } },
      { carried: { change: 'DAT-305' } },
    ])
    expect(stage('PLT-204', 'board')).toMatchObject({ status: 'pending', acts: [], missing: { 'change-advisor': 2 } })
  })

  it('4: whoever made the update does not count among those who approved it earlier', () => {
    expect(stage('PLT-205', 'board')).toMatchObject({
      missing: { 'change-advisor': 1 },
      acts: [
        { person: 'elif', countsFor: 'change-advisor' },
        { person: 'tariq', discounted: { why: 'conflict', duty: 'make' } },
      ],
    })
  })
})
