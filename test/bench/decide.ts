import { baseline, f0, fixturePolicy } from '@countersign/testing'
import { all, approval, approvals, release, role, test } from 'countersign/policy'
import { decide } from '../../packages/countersign/src/record/decide.ts'
import { readRecord, type Stamped } from '../../packages/countersign/src/record/record.ts'
import { State } from '../../packages/countersign/src/record/state.ts'
import { median, type Row, timed } from './measure.ts'

const rounds = 15
const each = 4_000
const atMost = 40
const roles = ['appr', 'owner', 'head', 'security', 'finance']
const persons = Array.from({ length: 50 }, (_, index) => `p${String(index).padStart(2, '0')}`)

/** Deciding an approval and folding it: five requirements, fifty persons, ten delegations, three approvals given. */
export async function decideRow(): Promise<Row> {
  const policy = fixturePolicy({
    options: {
      roles: Object.fromEntries([...roles, 'tester', 'deployer'].map(name => [name, `the ${name}`])),
    },
    flow: [
      test('verify', { by: role('tester') }),
      approval('approve', all(...roles.map(name => approvals(2).from(role(name))))),
      release('production', { by: role('deployer') }),
    ],
  })
  const held = persons.map((person, index) => [
    person,
    [roles[index % roles.length] ?? '', roles[(index + 1) % roles.length] ?? ''],
  ])
  const people = { alice: [], rita: [], erin: ['tester'], paul: ['deployer'], ...Object.fromEntries(held) }
  const scenario = await f0({ controls: baseline, policies: [policy], people })
  for (let index = 0; index < 10; index++) {
    const [principal = '', to = ''] = [persons[index], persons[index + 20]]
    const window = { from: scenario.now, until: '2027-01-01T00:00:00Z' }
    await scenario.given(principal, 'delegate', { delegation: `d${index}`, principal, to, ...window })
  }
  await scenario.given('erin', 'signOff', { change: 'K', result: 'passed', evidence: [{ name: 'report' }] })
  for (const person of ['p41', 'p42', 'p43']) await scenario.given(person, 'approve', { change: 'K' })
  const state = new State()
  for await (const { bytes } of scenario.store.read()) state.fold(readRecord(bytes).body)
  const { revision, digest } = scenario.change('K')
  const stamped: Stamped = {
    id: 'bench-0001',
    at: scenario.now,
    account: 'p25',
    command: { type: 'approve', change: 'K', revision, digest },
  }
  const once = () => {
    const { next } = decide(state, stamped)
    if (next?.approvals.length !== 4) throw new Error('the approval was not taken')
  }
  const many = () =>
    timed(() => {
      for (let count = 0; count < each; count++) once()
    })
  for (let warm = 0; warm < 4; warm++) await many()
  const micros: number[] = []
  for (let round = 0; round < rounds; round++) micros.push(((await many()) / each) * 1_000)
  return {
    what: 'deciding and folding an approval: 5 requirements, 50 persons, 10 delegations',
    rival: 'µs',
    aim: `≤ ${atMost} µs`,
    ratios: micros,
    median: median(micros),
    holds: median(micros) <= atMost,
  }
}
