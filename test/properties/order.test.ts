import { historyControls, requirements, Scenario } from '@countersign/testing'
import { approval, category, policy, release, role } from 'countersign/policy'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { canFill, placesOf, waysToMeet } from '../../packages/testing/src/plain/requirement.ts'
import { asWritten, runs } from './trial.ts'

const approvers = ['bob', 'carol', 'dan', 'erin', 'fay'] as const
const roles = ['appr', 'owner', 'head'] as const
/** One house, two houses, none. */
const houses = ['north', ['north', 'south'], []] as const

/** Each approver's roles. */
const staff = fc.tuple(...approvers.map(() => fc.subarray([...roles], { minLength: 1 })))

const order = fc.shuffledSubarray([...approvers], { minLength: approvers.length })

describe('the order of approvals', () => {
  it('the order in which the same persons approve does not change whether it is enough', async () => {
    const answers = { enough: 0, 'not enough': 0 }
    await fc.assert(
      fc.asyncProperty(
        requirements(),
        staff,
        fc.constantFrom('low', 'high'),
        order,
        order,
        fc.integer({ min: 1, max: approvers.length }),
        async (requirement, held, risk, first, second, count) => {
          const chosen = new Set(first.slice(0, count))
          const rules = policy(
            't',
            {
              complies: historyControls,
              roles: { appr: 'approves', owner: 'owns', head: 'heads', deployer: 'releases' },
            },
            {
              normal: category({
                form: z.object({ risk: z.enum(['low', 'high']) }),
                flow: [approval('agree', requirement), release('production', { by: role('deployer') })],
              }),
            },
          )
          const people = {
            alice: ['deployer'],
            ...Object.fromEntries(approvers.map((name, index) => [name, held[index] ?? []])),
          }
          // Everybody who holds a role may be one of those of whom a share is asked.
          const electorate = Object.fromEntries(roles.map(one => [one, held.filter(some => some.includes(one)).length]))
          const ways = waysToMeet(requirement.data, { risk }, electorate)
          if (ways.length === 0) return
          const groups = Object.fromEntries(approvers.map((name, index) => [name, [houses[index % 3] ?? []].flat()]))
          const votes = approvers.flatMap((name, index) =>
            chosen.has(name) ? [{ chain: [name], roles: held[index] ?? [], groups: groups[name] ?? [] }] : [],
          )
          const expected = ways.some(way => canFill(placesOf(way), votes))
          for (const sequence of [first, second]) {
            const scenario = await Scenario.open({ controls: historyControls, policies: [rules], people, groups })
            await scenario.given('alice', 'submit', {
              change: 'K',
              team: 't',
              category: 'normal',
              title: 'Round half a cent to even',
              reason: 'the ledger and the bank differ by a cent',
              form: { risk },
            })
            for (const name of sequence.filter(one => chosen.has(one)))
              await scenario.when(name, 'approve', { change: 'K' })
            expect(scenario.change('K').state !== 'agree', sequence.join(', ')).toBe(expected)
            expect(scenario.isApprovable('K')).toBe(expected)
          }
          answers[expected ? 'enough' : 'not enough'] += 1
        },
      ),
      runs(150),
    )
    if (!asWritten) return
    expect(answers.enough).toBeGreaterThan(20)
    expect(answers['not enough']).toBeGreaterThan(20)
  })
})
