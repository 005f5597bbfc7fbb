import {
  approval,
  approvals,
  category,
  parallel,
  release,
  role,
  type Stage,
  task,
  test as tested,
} from 'countersign/policy'
import { expect, it } from 'vitest'
import * as z from 'zod'
import { evened } from '../../packages/countersign/src/policy/even.ts'
import type { Policy } from '../../packages/countersign/src/policy/policy.ts'

const tester = role('tester')
const agree = approval('agree', approvals(1).from(role('appr')), { validFor: '30d', environments: ['live'] })
const flow = [
  task('draw', { by: role('dev') }),
  parallel('check', tested('verify', { by: tester, evidence: 'required' }), agree),
  release('go', { by: role('deployer'), environment: 'live' }),
  tested('look', { by: tester, within: '1d' }),
]
const normal = category({ form: z.object({ note: z.string() }), flow })
const categories = { normal, small: { ...normal, flow: [agree] } }
const policy = { team: 't', categories } as unknown as Policy

const membersOf = (stages: readonly Stage[]): string[] =>
  stages.flatMap(one => [Object.keys(one).join(), ...(one.kind === 'parallel' ? membersOf(one.stages) : [])])

it('A policy that is read in one way says what it said, and each of its stages has the same members.', () => {
  const even = evened(policy)
  expect(even).toEqual(policy)
  const told = Object.values(even.categories).flatMap(one => membersOf(one.flow))
  expect(told).toHaveLength(7)
  expect(new Set(told).size).toBe(1)
  expect(evened(policy)).toBe(even)
})
