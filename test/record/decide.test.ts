import { baseline, content, fixtureForm, fixturePeople, fixturePolicy, submitK } from '@countersign/testing'
import { approval, approvals, category, policy, policyDigest, release, role } from 'countersign/policy'
import { describe, expect, it } from 'vitest'
import { decide } from '../../packages/countersign/src/record/decide.ts'
import { streamsRead } from '../../packages/countersign/src/record/reads.ts'
import { State } from '../../packages/countersign/src/record/state.ts'
import { foundingOf } from '../../packages/testing/src/scenario.ts'

const at = '2026-03-02T08:00:00.000Z'
const flow = [approval('agree', approvals(2).from(role('appr'))), release('go', { by: role('deployer') })]
const rules = fixturePolicy({ flow })

/** A state in which everybody is there and the rules are in force, and what is told it from then on. */
function founded(more: Parameters<typeof foundingOf>[0]['policies'] = []) {
  const state = new State()
  const told = (account: string, type: string, command: object = {}) => {
    const stamped = { id: `c${state.size}`, at, account, command: { type, ...command } } as never
    const decided = decide(state, stamped)
    return { decided, command: (stamped as { command: never }).command }
  }
  const given = (account: string, type: string, command: object = {}) => {
    const { decided, command: stamped } = told(account, type, command)
    if ('refused' in decided.outcome) throw new Error(`${type}: ${decided.outcome.refused.code}`)
    state.fold({ seq: state.size, id: `c${state.size}`, at, command: stamped, ...decided }, decided.next)
    return decided
  }
  const people = { ...fixturePeople, hana: ['head'] }
  const founding = foundingOf({ controls: baseline, policies: [rules, ...more], people })
  const [first] = founding.map(([account, type, command]) => given(account, type, command))
  return { first, state, given, told: (...one: Parameters<typeof told>) => told(...one).decided }
}
const K = { change: 'K' }
const seen = (state: State) => {
  const { revision = 0, digest = '' } = state.changes.get('K') ?? {}
  return { ...K, revision, digest }
}

describe('a decision', () => {
  it('is made of a trail that was founded, and of no other', () => {
    const nobody = {
      id: 'a',
      at,
      account: 'ada',
      command: { type: 'defineRole', role: 'x', description: 'x' },
    }
    const outcome = { refused: { code: 'trail.unfounded', facts: { first: 'found' } } }
    expect(decide(new State(), nobody as never)).toEqual({
      stream: 'governance',
      streamSeq: 0,
      by: { account: 'ada' },
      outcome,
    })
    const cancel = { ...nobody, command: { type: 'cancel', ...K, comment: 'never mind' } } as never
    expect(decide(new State(), cancel)).toMatchObject({ stream: 'change/K', by: { account: 'ada' }, outcome })
  })

  it('about people and rules reads nothing but its own stream, and names the person behind the account', () => {
    const { state, told, first } = founded()
    const before = state.size
    expect(first).toMatchObject({ by: { account: 'ada', person: 'ada' }, streamSeq: 0 })
    expect(told('ada', 'defineRole', { role: 'x', description: 'x' })).toEqual({
      stream: 'governance',
      streamSeq: before,
      by: { account: 'ada', person: 'ada' },
      outcome: { accepted: [{ type: 'role.defined', role: 'x', description: 'x' }] },
    })
  })

  it('about a change reads people and rules beside its own stream, and says under which policy and by what right', () => {
    const { state, given, told } = founded()
    const { size } = state
    const submitted = given('rita', 'submit', submitK)
    expect(submitted).toMatchObject({
      stream: 'change/K',
      streamSeq: 0,
      by: { account: 'rita', person: 'rita' },
      reads: { governance: size },
      policy: policyDigest(rules),
      next: { id: 'K', state: 'agree' },
    })
    expect('as' in submitted.by).toBe(false)
    const approved = told('bob', 'approve', seen(state))
    expect(approved).toMatchObject({
      streamSeq: 1,
      by: { account: 'bob', person: 'bob', as: { role: 'appr', capacity: 'own' } },
      reads: { governance: size },
      policy: policyDigest(rules),
      next: { approvals: [{ person: 'bob' }] },
    })
    expect(Object.keys(approved.reads ?? {})).toEqual(['governance'])
    const refused = told('alice', 'approve', seen(state))
    expect(refused).toMatchObject({ outcome: { refused: {} }, policy: policyDigest(rules) })
    expect('next' in refused).toBe(false)
    expect('as' in refused.by).toBe(false)
    const unknown = told('nobody', 'approve', { ...seen(state), change: 'Q' })
    expect(unknown).toMatchObject({
      by: { account: 'nobody' },
      outcome: { refused: { code: 'identity.unknown-account' } },
    })
    expect(['person' in unknown.by, 'policy' in unknown]).toEqual([false, false])
  })

  it('of a robot names it, and whoever answers for it', () => {
    const { given, told } = founded()
    given('ada', 'registerBot', { bot: 'deploy', accounts: ['deploy'], controller: 'paul' })
    given('ada', 'registerBot', { bot: 'stray', accounts: ['stray'] })
    expect(told('deploy', 'submit', submitK).by).toEqual({ account: 'deploy', person: 'paul', bot: 'deploy' })
    expect(told('stray', 'submit', submitK).by).toEqual({ account: 'stray', bot: 'stray' })
  })

  it('reads the family of a change, also of a parent that is not there, and then the whole trail', () => {
    const { state, given, told } = founded()
    const streams = (type: string, command: object) => streamsRead(state, { type, ...command } as never)
    expect(streams('submit', { ...submitK, parent: 'P' })).toEqual(['governance', 'change/K', 'change/P'])
    given('rita', 'submit', { ...submitK, change: 'P' })
    given('rita', 'submit', { ...submitK, parent: 'P' })
    given('rita', 'submit', { ...submitK, change: 'C', parent: 'K' })
    expect(streams('approve', K)).toEqual(['governance', 'change/K', 'change/P', 'change/C'])
    expect(streams('submit', { ...submitK, change: 'D', parent: 'C' })).toEqual([
      'governance',
      'change/D',
      'change/C',
      'change/K',
      'change/P',
    ])
    expect(streams('defineRole', {})).toEqual(['governance'])
    const { reads = {} } = told('bob', 'approve', seen(state))
    expect(reads['*']).toBe(state.size)
    expect(Object.keys(reads)).toEqual(['*', 'change/C', 'change/P', 'governance'])
    const child = told('bob', 'approve', { ...seen(state), change: 'C' }).reads
    expect(Object.keys(child ?? {})).toEqual(['change/K', 'change/P', 'governance'])
  })

  it('reads the whole trail where a place on a board is asked for, and where others may lean on the change at any time', () => {
    const board = { columns: [{ name: 'doing', stages: ['agree', 'go'], limit: 3 }] }
    const on = policy(
      'u',
      { complies: baseline, roles: { appr: 'a', deployer: 'd' }, board },
      {
        normal: category({ form: fixtureForm, flow }),
      },
    )
    const { state, given, told } = founded([on])
    given('rita', 'submit', { ...submitK, team: 'u' })
    given('rita', 'submit', { ...submitK, change: 'L' })
    const whole = (type: string, command: object) =>
      Object.entries(told('rita', type, command).reads ?? {}).filter(([, version]) => version === state.size).length
    expect(whole('move', K)).toBe(1)
    expect(whole('assign', { ...K, to: 'dan' })).toBe(1)
    expect(whole('assign', { change: 'L', to: 'dan' })).toBe(0)
    expect(whole('revise', { ...K, title: 'x', comment: 'x', content: { digest: content('r2'), makers: [] } })).toBe(0)
  })
})
