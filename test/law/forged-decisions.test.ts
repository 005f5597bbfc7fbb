import {
  baseline,
  content,
  f0,
  f0Tested,
  fixtureForm,
  fixturePolicy,
  normalFlow,
  type Scenario,
  submitK,
} from '@countersign/testing'
import { bodiesOf, fileOf, type LooseBody, linesOf, renumber, reseal } from '@countersign/testing/tamper'
import {
  approval,
  approvals,
  approved,
  approvedTemplate,
  category,
  field,
  policy,
  release,
  role,
  type Stage,
} from 'countersign/policy'
import { type Verdict, verifyTrail } from 'countersign/verify'
import { describe, expect, it } from 'vitest'
import { day, delegated, discountOf, f0Approved, hour, K, people, restart, stageOf } from './setting.ts'

// Trails that were sealed anew after somebody changed in them what an approval rests on.

interface Loose {
  at: string
  by: { account: string; person?: string }
  command: { type: string; [member: string]: unknown }
  outcome: { accepted: { type: string; [member: string]: unknown }[] }
}

async function forged(scenario: Scenario, forge: (bodies: Loose[]) => void): Promise<Verdict> {
  const bodies = bodiesOf(await linesOf(scenario.store))
  expect(verifyTrail([fileOf(reseal(bodies))])).toMatchObject({ status: 'sound', findings: [] })
  forge(bodies as unknown as Loose[])
  return verifyTrail([fileOf(reseal(renumber(bodies as LooseBody[])))])
}

const every = (bodies: readonly Loose[], type: string, account?: string) =>
  bodies.filter(one => one.command.type === type && (account === undefined || one.by.account === account))

function entryOf(bodies: readonly Loose[], type: string, account?: string): Loose {
  const [found] = every(bodies, type, account)
  if (found === undefined) throw new Error(`there is no ${type} in the trail`)
  return found
}

/** Puts an entry before another one, at its instant. */
function move(bodies: Loose[], entry: Loose, before: Loose): void {
  bodies.splice(bodies.indexOf(entry), 1)
  bodies.splice(bodies.indexOf(before), 0, entry)
  entry.at = before.at
  for (const event of entry.outcome.accepted) if ('at' in event) event.at = before.at
}

/** Another maker of what an entry submits. */
function madeBy(entry: Loose, person: string): void {
  entry.command.content = { digest: content('r1'), makers: [person] }
  for (const event of entry.outcome.accepted) if ('makers' in event) event.makers = [person]
}

function unjustified(verdict: Verdict, ...codes: string[]): void {
  expect(verdict.status).toBe('unjustified')
  expect(verdict.findings.every(one => one.kind === 'decision')).toBe(true)
  expect(Object.keys(verdict.codes)).toEqual(expect.arrayContaining(codes))
}

const by = role('deployer')
const two = approvals(2).from(role('appr'))
const [verify] = normalFlow()
const flowOf = (...flow: (Stage | undefined)[]) => flow.filter(stage => stage !== undefined)

async function released(scenario: Scenario): Promise<Scenario> {
  await scenario.given('paul', 'release', K)
  return scenario
}

describe('what an approval was given for, in a trail that was sealed anew', () => {
  it('finds the edit that was material, and is told as if it had not been [LAW 43]', async () => {
    const scenario = await f0Approved()
    await scenario.given('alice', 'revise', { ...K, form: { note: 'see the minutes' }, comment: 'clearer' })
    await released(scenario)
    const verdict = await forged(scenario, bodies => {
      entryOf(bodies, 'revise').command.form = { risk: 'high' }
    })
    unjustified(verdict)
    expect(verdict.findings.map(one => `${one.code} ${one.seq}`)).toEqual(['decision.events-differ 25'])
  })

  it('finds the edit by which Alice asked for less, who made K [LAW 46]', async () => {
    const board = approval('board', approvals(1).from(role('head')), { when: field('risk').is('high') })
    const flow = [approval('approve', two), board, release('production', { by })]
    const scenario = await f0({
      policies: [fixturePolicy({ flow })],
      people: people({ hana: ['head'] }),
      submit: { form: { system: 'ledger', risk: 'high' } },
    })
    await scenario.given('hana', 'revise', { ...K, form: { risk: 'low' }, comment: 'not that bad' })
    const verdict = await forged(scenario, bodies => {
      const edited = entryOf(bodies, 'revise')
      Object.assign(edited.by, { account: 'alice', person: 'alice' })
      for (const event of edited.outcome.accepted) if ('editor' in event) event.editor = 'alice'
    })
    unjustified(verdict, 'decision.unjustified')
  })

  it('finds the release in production of what was approved for staging [LAW 47]', async () => {
    const stages = ['staging', 'production'].map(environment => release(environment, { by, environment }))
    const scenario = await f0Tested({
      policies: [fixturePolicy({ flow: flowOf(verify, approval('approve', two), ...stages) })],
    })
    for (const person of ['bob', 'carol'])
      await scenario.given(person, 'approve', { ...K, environments: ['staging', 'production'] })
    for (const environment of ['staging', 'production']) await scenario.given('paul', 'release', { ...K, environment })
    const verdict = await forged(scenario, bodies => {
      for (const one of every(bodies, 'approve')) {
        one.command.environments = ['staging']
        for (const event of one.outcome.accepted) if ('environments' in event) event.environments = ['staging']
      }
    })
    unjustified(verdict, 'decision.unjustified', 'release.unapproved')
  })

  const updates = (carriedFrom = approved('project').covers({ system: 'system' }).for('30d')) =>
    policy(
      't',
      { complies: baseline, roles: { appr: 'approves', deployer: 'releases' } },
      {
        project: category({ form: fixtureForm, flow: [approval('decide', two), release('kick-off', { by })] }),
        update: category({
          form: fixtureForm,
          flow: [approval('approve', two, { carriedFrom }), release('production', { by })],
        }),
      },
    )
  const carried = async () => {
    const scenario = await f0({ policies: [updates()], people: people({ petra: [] }), submit: null })
    const plan = { digest: content('r1'), makers: ['petra'] }
    await scenario.given('petra', 'submit', { ...submitK, change: 'P', category: 'project', content: plan })
    for (const person of ['bob', 'carol']) await scenario.given(person, 'approve', { change: 'P' })
    await scenario.given('rita', 'submit', { ...submitK, category: 'update', parent: 'P' })
    return released(scenario)
  }

  it('finds the approval that was carried beyond its 30 days, and the one that never was given on the parent [LAW 48]', async () => {
    const late = await forged(await carried(), bodies => {
      entryOf(bodies, 'release').at = '2026-04-01T08:00:00.000Z'
    })
    unjustified(late, 'decision.unjustified', 'release.unapproved')
    const never = await forged(await carried(), bodies => {
      bodies.splice(bodies.indexOf(entryOf(bodies, 'approve', 'bob')), 1)
    })
    unjustified(never, 'release.unapproved')
  })

  it('finds the approval that was carried to a change of which a field of the scope is empty, or is not there [LAW 48]', async () => {
    for (const system of [[], undefined]) {
      const verdict = await forged(await carried(), bodies => {
        const child = entryOf(bodies, 'submit', 'rita')
        Object.assign(child.command.form as object, { system })
        if (system === undefined) delete (child.command.form as { system?: string }).system
      })
      unjustified(verdict, 'release.unapproved')
    }
    const both = await forged(await carried(), bodies => {
      for (const { command } of every(bodies, 'submit')) delete (command.form as { system?: string }).system
    })
    unjustified(both, 'release.unapproved')
  })

  it('finds that Bob is counted twice, and counts what he gave on the child before what was carried to it, which fell away and came back [LAW 14]', async () => {
    const one = approvals(1).from(role('appr'))
    const carriedFrom = approved('project').covers({ system: 'system' }).for('30d')
    const child = [approval('a', one, { carriedFrom }), approval('b', one), release('production', { by })]
    const leaning = policy(
      't',
      { complies: baseline, roles: { appr: 'approves', deployer: 'releases' } },
      {
        project: category({ form: fixtureForm, flow: [approval('decide', two), release('begin', { by })] }),
        update: category({ form: fixtureForm, flow: child }),
      },
    )
    const P = { change: 'P' }
    const scenario = await f0({ policies: [leaning], people: people({ eve: ['appr'] }), submit: null })
    await scenario.given('rita', 'submit', { ...submitK, ...P, category: 'project' })
    for (const person of ['bob', 'carol']) await scenario.given(person, 'approve', P)
    await scenario.given('rita', 'submit', { ...submitK, category: 'update', parent: 'P' })
    await scenario.given('carol', 'withdraw', { ...P, comment: 'not yet' })
    await scenario.given('dan', 'approve', K)
    await scenario.given('bob', 'approve', K)
    await scenario.given('eve', 'approve', P)
    expect(discountOf(scenario, 'K', 'a', 'bob')).toEqual({ why: 'given-again', person: 'bob' })
    await released(scenario)
    const verdict = await forged(scenario, bodies => {
      bodies.splice(bodies.indexOf(entryOf(bodies, 'approve', 'dan')), 1)
      const { outcome } = entryOf(bodies, 'release', 'paul')
      outcome.accepted = outcome.accepted.filter(event => event.type !== 'approval.carried')
    })
    unjustified(verdict, 'release.unapproved')
  })

  it('finds what is carried from a parent on which another stage is unmet, and what was itself carried; not where a template or its own parent has met it [LAW 48]', async () => {
    const one = approvals(1).from(role('appr'))
    const leaning = (category_: string) => approved(category_).covers({ system: 'system' }).for('30d')
    const production = release('production', { by })
    const kinds = policy(
      't',
      { complies: baseline, roles: { appr: 'approves', deployer: 'releases' } },
      {
        programme: category({ form: fixtureForm, flow: [approval('decide', one), production] }),
        project: category({
          form: fixtureForm,
          flow: [approval('before', one, { carriedFrom: leaning('programme') }), approval('own', one), production],
        }),
        standard: category({
          form: fixtureForm,
          template: { otherwise: 'programme' },
          flow: [
            approval('before', one, { carriedFrom: approvedTemplate().for('30d') }),
            approval('own', one),
            production,
          ],
        }),
        update: category({
          form: fixtureForm,
          flow: [approval('approve', one, { carriedFrom: leaning('project') }), production],
        }),
        restart: category({
          form: fixtureForm,
          flow: [approval('approve', one, { carriedFrom: leaning('standard') }), production],
        }),
      },
    )
    const template = restart
    for (const [kind, child] of [
      ['project', 'update'],
      ['standard', 'restart'],
    ]) {
      const scenario = await f0({ policies: [kinds], people: people({ tom: [] }), submit: null })
      await scenario.given('tom', 'proposeTemplate', { template })
      await scenario.given('bob', 'approveTemplate', { team: 't', name: 'restart', version: 1 })
      await scenario.given('rita', 'submit', { ...submitK, change: 'G', category: 'programme' })
      await scenario.given('bob', 'approve', { change: 'G' })
      const above = kind === 'project' ? { parent: 'G' } : { template: { name: 'restart', version: 1 } }
      await scenario.given('rita', 'submit', { ...submitK, change: 'P', category: kind, ...above } as never)
      await scenario.given('carol', 'approve', { change: 'P' })
      await scenario.given('rita', 'submit', { ...submitK, category: child, parent: 'P' } as never)
      expect(stageOf(scenario, 'K', 'approve').acts.map(act => act.person)).toEqual(['carol'])
      await released(scenario)
      const carriedTo = (bodies: readonly Loose[], change: string) => {
        const told = every(bodies, 'submit').find(body => body.command.change === change)?.outcome
        const event = told?.accepted.find(({ type }) => type === 'approval.carried')
        if (told === undefined || event === undefined) throw new Error(`nothing was carried to ${change}`)
        return { told, event }
      }
      const unmet = await forged(scenario, bodies => {
        const { told, event } = carriedTo(bodies, 'P')
        told.accepted = told.accepted.filter(one => one !== event)
        Object.assign(carriedTo(bodies, 'K').event.from as object, { approval: 0 })
      })
      unjustified(unmet, 'release.unapproved')
      const carriedOn = await forged(scenario, bodies => {
        const { event } = carriedTo(bodies, 'K')
        Object.assign(event, { person: 'bob', chain: ['bob'], from: { change: 'P', approval: 0 } })
      })
      unjustified(carriedOn, 'release.unapproved')
    }
  })

  it('finds the carried approval of Bob, who made the child [LAW 50]', async () => {
    const verdict = await forged(await carried(), bodies => madeBy(entryOf(bodies, 'submit', 'rita'), 'bob'))
    unjustified(verdict, 'release.unapproved')
  })

  it('finds the release on approvals that were too old at its instant [LAW 52]', async () => {
    const approve = approval('approve', two, { validFor: '14d' })
    const flow = flowOf(verify, approve, release('production', { by }))
    const scenario = await released(await f0Approved({ policies: [fixturePolicy({ flow })] }))
    const verdict = await forged(scenario, bodies => {
      entryOf(bodies, 'release').at = '2026-03-16T08:00:00.000Z'
    })
    unjustified(verdict, 'decision.unjustified', 'release.unapproved')
  })
})

describe('a template in a trail that was sealed anew', () => {
  const standards = policy(
    't',
    { complies: baseline, roles: { appr: 'approves', deployer: 'releases' } },
    {
      standard: category({
        form: fixtureForm,
        template: { otherwise: 'normal' },
        flow: [
          approval('approve', two, { carriedFrom: approvedTemplate().for('365d') }),
          release('production', { by }),
        ],
      }),
      normal: category({ form: fixtureForm, flow: [approval('agree', two), release('production', { by })] }),
    },
  )
  const template = {
    format: 'countersign/template/v1',
    team: 't',
    name: 'restart',
    version: 1,
    category: 'standard',
    description: 'restart a service of the ledger',
    fixed: { system: 'ledger', risk: 'low' },
    editable: ['note', 'title', 'reason', 'content'],
  } as const
  const named = { team: 't', name: 'restart', version: 1 }
  const standard = async () => {
    const scenario = await f0({
      policies: [standards],
      people: people({ tom: ['appr'], zoe: ['appr'] }),
      submit: null,
    })
    await scenario.given('tom', 'proposeTemplate', { template } as never)
    for (const person of ['bob', 'carol']) await scenario.given(person, 'approveTemplate', named)
    await scenario.given('rita', 'submit', {
      ...submitK,
      category: 'standard',
      template: { name: 'restart', version: 1 },
    })
    return released(scenario)
  }

  it('finds the standard change that differs in a field which its template fixes [LAW 54]', async () => {
    const verdict = await forged(await standard(), bodies => {
      entryOf(bodies, 'submit').command.form = { system: 'billing', risk: 'low' }
    })
    unjustified(verdict, 'template.unjustified')
  })

  it('finds the standard change whose template was revoked before it [LAW 53]', async () => {
    const scenario = await standard()
    await scenario.given('tom', 'revokeTemplate', { ...named, comment: 'it is unsafe' })
    const verdict = await forged(scenario, bodies => {
      move(bodies, entryOf(bodies, 'revokeTemplate'), entryOf(bodies, 'submit'))
    })
    unjustified(verdict, 'decision.unjustified', 'template.unjustified')
  })

  it('finds the template that whoever proposed it has approved [LAW 56]', async () => {
    const verdict = await forged(await standard(), bodies => {
      const given = entryOf(bodies, 'approveTemplate', 'bob')
      Object.assign(given.by, { account: 'tom', person: 'tom' })
      for (const event of given.outcome.accepted) if ('person' in event) event.person = 'tom'
    })
    unjustified(verdict, 'decision.unjustified', 'template.unjustified')
  })

  it('finds the template that somebody approved whom only its proposer had let in since, and the ticket that follows it [LAW 56]', async () => {
    const scenario = await f0({ policies: [standards], people: people({ tom: [], nora: [] }), submit: null })
    for (const by of ['ada', 'otto']) await scenario.given(by, 'appointAdministrator', { person: 'tom' })
    await scenario.given('tom', 'proposeTemplate', { template } as never)
    await scenario.given('otto', 'grantRole', { role: 'appr', to: 'nora', team: '*' })
    for (const person of ['nora', 'carol']) await scenario.given(person, 'approveTemplate', named)
    const followed = { category: 'standard', template: { name: 'restart', version: 1 } }
    await scenario.given('rita', 'submit', { ...submitK, ...followed })
    await released(scenario)
    const byTom = (bodies: Loose[]) => {
      const granted = bodies.findLast(one => one.command.type === 'grantRole') as Loose
      Object.assign(granted.by, { account: 'tom', person: 'tom' })
      for (const event of granted.outcome.accepted) event.by = 'tom'
    }
    unjustified(await forged(scenario, byTom), 'decision.unjustified', 'template.unjustified', 'release.unapproved')
  })

  it('finds the release that rests on a template which somebody approved whose granter was known to be its proposer by then [LAW 106]', async () => {
    const scenario = await f0({ policies: [standards], people: people({ tom: [], nora: [] }), submit: null })
    await scenario.given('tom', 'proposeTemplate', { template } as never)
    await scenario.given('otto', 'grantRole', { role: 'appr', to: 'nora', team: '*' })
    for (const person of ['nora', 'carol']) await scenario.given(person, 'approveTemplate', named)
    const followed = { category: 'standard', template: { name: 'restart', version: 1 } }
    await scenario.given('rita', 'submit', { ...submitK, ...followed })
    await released(scenario)
    await scenario.given('ada', 'recordAlias', { person: 'otto', is: 'tom', comment: 'one and the same' })
    const verdict = await forged(scenario, bodies => {
      move(bodies, entryOf(bodies, 'recordAlias'), entryOf(bodies, 'release'))
    })
    unjustified(verdict, 'decision.unjustified', 'release.unapproved')
    expect(verdict.codes['template.unjustified']).toBeUndefined()
  })

  it('finds the approval of a template that Bob gave twice [LAW 56]', async () => {
    const verdict = await forged(await standard(), bodies => {
      const given = entryOf(bodies, 'approveTemplate', 'carol')
      Object.assign(given.by, { account: 'bob', person: 'bob' })
      for (const event of given.outcome.accepted) if ('person' in event) event.person = 'bob'
    })
    unjustified(verdict, 'decision.unjustified', 'template.unjustified', 'release.unapproved')
  })

  it('finds the approver of a template who made the ticket that follows it [LAW 56]', async () => {
    const verdict = await forged(await standard(), bodies => madeBy(entryOf(bodies, 'submit'), 'bob'))
    unjustified(verdict, 'release.unapproved')
  })
})

describe('who acted for whom, in a trail that was sealed anew', () => {
  const deep = fixturePolicy({ options: { delegation: { depth: 2 } } })
  const until = '2026-03-09T08:00:00.000Z'
  const byDora = async () => {
    const scenario = await f0Tested({ people: people({ dora: [] }) })
    await delegated(scenario, 'bob', 'dora')
    await scenario.given('dora', 'approve', { ...K, for: 'bob' })
    await scenario.given('carol', 'approve', K)
    return released(scenario)
  }
  const byEve = async () => {
    const scenario = await f0Tested({ policies: [deep], people: people({ dora: [], eve: [] }) })
    const of = await delegated(scenario, 'bob', 'dora')
    const on = { delegation: 'dora-to-eve', principal: 'dora', to: 'eve', of, from: scenario.now, until }
    await scenario.given('dora', 'delegate', on)
    await scenario.given('eve', 'approve', { ...K, for: 'bob' })
    await scenario.given('carol', 'approve', K)
    return released(scenario)
  }

  it('finds the delegate, and the principal, who made what was approved [LAW 58]', async () => {
    for (const person of ['dora', 'bob']) {
      const verdict = await forged(await byDora(), bodies => madeBy(entryOf(bodies, 'submit'), person))
      unjustified(verdict, 'duty.violated', 'release.unapproved')
    }
  })

  it('finds the maker in the middle of a delegation that was passed on [LAW 65]', async () => {
    const verdict = await forged(await byEve(), bodies => madeBy(entryOf(bodies, 'submit'), 'dora'))
    unjustified(verdict, 'duty.violated', 'release.unapproved')
  })

  it('finds the maker in the middle as well where the middle was left out of the record [LAW 65]', async () => {
    const verdict = await forged(await byEve(), bodies => {
      madeBy(entryOf(bodies, 'submit'), 'dora')
      const given = entryOf(bodies, 'approve', 'eve')
      for (const event of given.outcome.accepted) if ('chain' in event) event.chain = ['eve', 'bob']
    })
    unjustified(verdict, 'duty.violated', 'release.unapproved')
  })

  it('finds the approval of Eve where a link had been revoked before it [LAW 65]', async () => {
    const scenario = await byEve()
    await scenario.given('bob', 'revokeDelegation', { delegation: 'bob-to-dora' })
    const verdict = await forged(scenario, bodies => {
      move(bodies, entryOf(bodies, 'revokeDelegation'), entryOf(bodies, 'approve', 'eve'))
    })
    unjustified(verdict, 'decision.unjustified')
  })

  it('finds the approval of Dora at the instant at which her delegation ends [LAW 66]', async () => {
    const scenario = await byDora()
    const verdict = await forged(scenario, bodies => {
      const given = entryOf(bodies, 'approve', 'dora')
      for (const one of bodies.slice(bodies.indexOf(given))) one.at = until
    })
    unjustified(verdict, 'decision.unjustified')
  })

  it('finds the approval of Dora for Bob, where her delegation names another category [LAW 72]', async () => {
    const verdict = await forged(await byDora(), bodies => {
      const granted = entryOf(bodies, 'delegate')
      granted.command.scope = { categories: ['project'] }
      for (const event of granted.outcome.accepted) event.scope = { categories: ['project'] }
    })
    unjustified(verdict, 'decision.unjustified')
  })

  it('finds the delegation in the name of Bob that Alice made, who made K [LAW 74]', async () => {
    const verdict = await forged(await byDora(), bodies => {
      const granted = entryOf(bodies, 'delegate')
      Object.assign(granted.by, { account: 'alice', person: 'alice' })
      for (const event of granted.outcome.accepted) event.by = 'alice'
    })
    unjustified(verdict, 'decision.unjustified')
  })

  it('finds the delegate who was no longer in the pool [LAW 73]', async () => {
    const roles = {
      appr: { delegates: 'deputy' },
      tester: 'tests',
      deployer: 'releases',
      deputy: 'may be a delegate',
    }
    const scenario = await f0Tested({
      policies: [fixturePolicy({ options: { roles } })],
      people: people({ dora: ['deputy'] }),
    })
    await delegated(scenario, 'bob', 'dora')
    await scenario.given('dora', 'approve', { ...K, for: 'bob' })
    await scenario.given('carol', 'approve', K)
    await released(scenario)
    await scenario.given('ada', 'revokeRole', { role: 'deputy', from: 'dora', team: '*' })
    const verdict = await forged(scenario, bodies => {
      move(bodies, entryOf(bodies, 'revokeRole'), entryOf(bodies, 'approve', 'dora'))
    })
    unjustified(verdict, 'decision.unjustified')
  })

  it('finds the stand-in who decided before the hours were over [LAW 76]', async () => {
    const roles = {
      appr: { fallback: { role: 'head', when: ['unanswered' as const], after: '24h' } },
      tester: 'tests',
      deployer: 'releases',
      head: 'heads the department',
    }
    const scenario = await f0Tested({
      policies: [fixturePolicy({ options: { roles } })],
      people: people({ hana: ['head'] }),
    })
    scenario.at(day)
    await scenario.given('hana', 'approve', K)
    await scenario.given('carol', 'approve', K)
    await released(scenario)
    const verdict = await forged(scenario, bodies => {
      entryOf(bodies, 'approve', 'hana').at = new Date(Date.parse('2026-03-02T08:00:00Z') + 23 * hour).toISOString()
    })
    unjustified(verdict, 'decision.unjustified')
  })

  it('finds the approval of Bob while he was suspended as absent [LAW 78]', async () => {
    const roles = { appr: { whileAbsent: 'suspended' as const }, tester: 'tests', deployer: 'releases' }
    const scenario = await f0Approved({ policies: [fixturePolicy({ options: { roles } })] })
    await released(scenario)
    await scenario.given('ada', 'recordAbsence', { person: 'bob', from: scenario.now, until })
    const verdict = await forged(scenario, bodies => {
      move(bodies, entryOf(bodies, 'recordAbsence'), entryOf(bodies, 'approve', 'bob'))
    })
    unjustified(verdict, 'decision.unjustified')
  })
})
