import { content, histories, historyControls, Scenario } from '@countersign/testing'
import { approval, approvals, approved, category, policy, release, role } from 'countersign/policy'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { asWritten, bodyOf, runs, sealedIn, watched } from './trial.ts'
import { Tally, Witness } from './witness.ts'

describe('whoever reads a trail and nothing else', () => {
  it('finds a right to every act, no decision by one who made what it is about, and no release that lacks anything', async () => {
    const tally = new Tally()
    await fc.assert(
      fc.asyncProperty(histories(), async history => {
        const witness = new Witness(tally)
        let size = 0
        await watched(history, {
          after: async scenario => {
            for (const entry of await sealedIn(scenario.store, size)) {
              witness.hear(bodyOf(entry))
              size += 1
            }
          },
        })
      }),
      runs(115),
    )
    if (asWritten)
      expect(tally.lacks({ 'change.released': 80, 'approval.granted': 500, 'seat delegate': 100 })).toEqual([])
  })
})

describe('an approval that is carried', () => {
  it('reaches no change of which an edit leaves a field of the scope empty, or takes it away', async () => {
    const form = z.object({ system: z.enum(['ledger', 'billing']) })
    const scope = approved('project').covers({ system: 'system' }).for('30d')
    const one = approvals(1).from(role('appr'))
    const rules = policy(
      't',
      { complies: historyControls, roles: { appr: 'approves', deployer: 'releases' } },
      {
        project: category({ form, flow: [approval('decide', one), release('rollout', { by: role('deployer') })] }),
        patch: category({
          form,
          flow: [approval('agree', one, { carriedFrom: scope }), release('production', { by: role('deployer') })],
        }),
      },
    )
    const people = { alice: [], bob: ['appr'], rita: [], paul: ['deployer'] }
    const scenario = await Scenario.open({ controls: historyControls, policies: [rules], people })
    const ticket = { team: 't', title: 'Rates', reason: 'the rates have changed', form: { system: 'ledger' } }
    const made = { digest: content('r1'), makers: ['alice'] }
    await scenario.given('rita', 'submit', { ...ticket, change: 'P', category: 'project', content: made })
    await scenario.given('bob', 'approve', { change: 'P' })
    await scenario.given('rita', 'submit', { ...ticket, change: 'K', category: 'patch', parent: 'P', content: made })
    const more = { content: { digest: content('e2'), makers: ['alice'] }, comment: 'more' }
    await scenario.given('alice', 'revise', { change: 'K', form: { system: 'ledger' }, ...more })
    await scenario.given('paul', 'release', { change: 'K' })
    const bodies = (await sealedIn(scenario.store, 0)).map(bodyOf)
    const heard = (forms: Readonly<Record<string, object>>) => () => {
      const witness = new Witness(new Tally())
      for (const { command, ...body } of bodies) {
        const forged = 'form' in command ? forms[command.type === 'revise' ? 'K' : command.change] : undefined
        witness.hear({ ...body, command: forged === undefined ? command : ({ ...command, form: forged } as never) })
      }
    }
    expect(heard({})).not.toThrow()
    for (const K of [{ system: [] }, { system: undefined }]) {
      expect(heard({ K })).toThrow('released without')
      expect(heard({ K, P: {} })).toThrow('released without')
    }
  })
})

describe('an approval that is carried and comes back', () => {
  it('a principal and a delegate of theirs count once, though the one was carried, fell away meanwhile, and came back', async () => {
    const form = z.object({ system: z.enum(['ledger', 'billing']) })
    const two = approvals(2).from(role('appr'))
    const scope = approved('project').covers({ system: 'system' }).for('30d')
    const rules = policy(
      't',
      { complies: historyControls, roles: { appr: 'approves', deployer: 'releases' } },
      {
        project: category({ form, flow: [approval('decide', two), release('rollout', { by: role('deployer') })] }),
        patch: category({
          form,
          flow: [approval('agree', two, { carriedFrom: scope }), release('production', { by: role('deployer') })],
        }),
      },
    )
    const people = { alice: [], bob: ['appr'], carol: ['appr'], dan: ['appr'], dora: [], rita: [], paul: ['deployer'] }
    const scenario = await Scenario.open({ controls: historyControls, policies: [rules], people })
    const ticket = { team: 't', title: 'Rates', reason: 'the rates have changed', form: { system: 'ledger' } }
    const made = { digest: content('r1'), makers: ['alice'] }
    const until = '2026-06-01T00:00:00Z'
    await scenario.given('bob', 'delegate', {
      delegation: 'd1',
      principal: 'bob',
      to: 'dora',
      from: scenario.now,
      until,
    })
    await scenario.given('rita', 'submit', { ...ticket, change: 'P', category: 'project' })
    await scenario.given('dora', 'approve', { change: 'P' })
    await scenario.given('carol', 'approve', { change: 'P' })
    await scenario.given('rita', 'submit', { ...ticket, change: 'K', category: 'patch', parent: 'P', content: made })
    await scenario.given('carol', 'withdraw', { change: 'P', comment: 'a second thought' })
    await scenario.given('rita', 'assign', { change: 'K', to: 'alice' })
    await scenario.when('bob', 'approve', { change: 'K' })
    await scenario.given('dan', 'approve', { change: 'P' })
    // Bob himself and Dan, whose approval of the parent came over meanwhile; Dora's for Bob is the same Bob again.
    const [agree] = scenario.explain('K').stages
    expect(
      agree?.acts
        .filter(act => act.countsFor !== undefined)
        .map(act => act.person)
        .toSorted(),
    ).toEqual(['bob', 'dan'])
    expect(agree?.acts.find(act => act.person === 'dora')?.discounted).toEqual({ why: 'given-again', person: 'bob' })
    await scenario.given('dan', 'withdraw', { change: 'P', comment: 'a second thought of mine' })
    expect((await scenario.when('paul', 'release', { change: 'K' })).outcome).toBe('refused')
  })
})
