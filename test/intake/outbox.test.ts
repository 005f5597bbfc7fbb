import { baseline, content, Scenario, type Setting } from '@countersign/testing'
import { memoryStore, type Store } from '@countersign/trail/store'
import { createDesk, drainOf, type Notice } from 'countersign'
import {
  approval,
  approvals,
  board,
  category,
  exception,
  type PolicyOptions,
  policy,
  release,
  role,
  type Stage,
  separate,
  task,
  test,
} from 'countersign/policy'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { day, hour, robot } from '../law/setting.ts'

const roles = { engineer: 'builds', appr: 'approves', tester: 'tests', deployer: 'releases', head: 'heads' }
const form = z.object({ risk: z.enum(['low', 'high']), note: z.string().optional() })
const flow = (): Stage[] => [
  test('verify', { by: role('tester'), evidence: 'optional' }),
  approval('agree', approvals(1).from(role('appr'))),
  release('production', { by: role('deployer') }),
]
const written = (stages = flow(), options: Partial<PolicyOptions> = {}, vary = {}) =>
  policy(
    't',
    { complies: baseline, roles, ...options },
    { normal: category({ form, material: ['risk', 'content'], flow: stages, ...vary }) },
  )
const people = { rita: [], mia: ['appr'], erin: ['tester'], bob: ['appr'], carol: ['appr'], paul: ['deployer'] }
const K = { change: 'K' }
const submission = {
  ...K,
  team: 't',
  category: 'normal',
  title: 'a title that is nobody else’s business',
  reason: 'a reason that is nobody else’s business',
  form: { risk: 'low', note: 'a note that is nobody else’s business' },
  content: { digest: content('r1'), makers: ['mia'] },
}
const asked = (person: string, stage: string, more: object = {}) => ({ kind: 'asked', person, stage, ...more })

/** A scenario and a host that drains its outbox and keeps the cursor. */
async function hosted(rules = written(), vary: Partial<Setting> = {}, submits = true) {
  const scenario = await Scenario.open({ controls: baseline, policies: [rules], people, ...vary })
  let after = (await scenario.desk.outbox()).cursor
  const drain = async (): Promise<readonly Notice[]> => {
    const { notices, cursor, more } = await scenario.desk.outbox({ after })
    expect(more).toBe(false)
    after = cursor
    return notices
  }
  if (submits) {
    await scenario.given('rita', 'submit', submission)
    await drain()
  }
  return { scenario, drain }
}
/** What a notice says, as far as a case is about it. */
const brief = (notices: readonly Notice[]) =>
  notices.map(({ key: _key, change: _change, team: _team, since: _since, because: _because, ...rest }) => rest)

describe('who is told', () => {
  it('is nobody that a change is blocked whose only tester has found it wanting: she tests it once more when it is mended', async () => {
    const { scenario, drain } = await hosted()
    await scenario.given('erin', 'signOff', { ...K, result: 'failed' })
    expect(brief(await drain())).toEqual([expect.objectContaining({ kind: 'returned', person: 'rita' })])
    expect(scenario.explain('K').stages[0]).toMatchObject({ status: 'pending', missing: { tester: 1 } })
    await scenario.given('rita', 'resubmit', { ...K, comment: 'it is mended' })
    expect(brief(await drain())).toEqual([asked('erin', 'verify', { do: 'signOff' })])
  })

  it('is whoever can take the stage on that has opened, once, with the reason and a key', async () => {
    const { scenario, drain } = await hosted()
    await scenario.given('erin', 'signOff', { ...K, result: 'passed' })
    const seq = (await scenario.desk.head()).size - 1
    const notices = await drain()
    // Mia holds the role as well, and has made it.
    expect(notices).toEqual(
      ['bob', 'carol'].map(person => ({
        key: `${seq}/asked/K/agree-approve/${person}`,
        kind: 'asked',
        person,
        change: 'K',
        team: 't',
        since: scenario.now,
        do: 'approve',
        stage: 'agree',
        because: 'agree waits for 1 of appr',
      })),
    )
    await scenario.given('bob', 'approve', K)
    expect(brief(await drain())).toEqual([asked('paul', 'production', { do: 'release' })])
    await scenario.given('paul', 'release', K)
    expect(await drain()).toEqual([])
  })

  it('is the delegate of whoever is absent, and the absent person where there is none', async () => {
    const { scenario, drain } = await hosted(written(), {
      people: { ...people, dora: [] },
      absent: ['bob', 'carol'],
      delegations: { bob: 'dora' },
    })
    await scenario.given('erin', 'signOff', { ...K, result: 'passed' })
    const notices = await drain()
    expect(brief(notices)).toEqual([
      asked('carol', 'agree', { do: 'approve' }),
      asked('dora', 'agree', { do: 'approve', for: 'bob' }),
    ])
    expect(notices[1]?.because).toBe('agree waits for 1 of appr; bob is absent, and they may act for bob')
    await scenario.given('dora', 'approve', { ...K, for: 'bob' })
    expect(brief(await drain())).toContainEqual({ kind: 'actedFor', person: 'bob', by: 'dora', stage: 'agree' })
  })

  it('is the delegate as soon as an absence begins that was announced, and the person when it is over', async () => {
    const { scenario, drain } = await hosted(written(), {
      people: { ...people, dora: [] },
      delegations: { bob: 'dora' },
    })
    const from = new Date(Date.parse(scenario.now) + day).toISOString()
    const until = new Date(Date.parse(scenario.now) + 3 * day).toISOString()
    await scenario.given('bob', 'recordAbsence', { person: 'bob', from, until })
    await scenario.given('erin', 'signOff', { ...K, result: 'passed' })
    expect(brief(await drain()).map(one => one.person)).toEqual(['bob', 'carol'])
    scenario.at(day)
    const begun = await drain()
    expect(begun).toMatchObject([
      { person: 'dora', for: 'bob', since: from, key: `${from}/asked/K/agree-approve/dora` },
    ])
    scenario.at(2 * day)
    expect(await drain()).toMatchObject([{ person: 'bob', since: until }])
  })

  it('is whoever answers for a robot that could do it', async () => {
    const { scenario, drain } = await hosted(written(), { people: { ...people, paul: [] } })
    await robot(scenario, 'ci', { controller: 'paul', role: 'deployer' })
    await scenario.given('erin', 'signOff', { ...K, result: 'passed' })
    await scenario.given('bob', 'approve', K)
    expect(brief(await drain())).toContainEqual(asked('paul', 'production', { do: 'release', robot: 'ci' }))
  })

  it('is told that a robot could pull it, for whoever answers for the robot and cannot do it themselves', async () => {
    const limited = written(flow(), { board: board({ columns: [{ name: 'doing', stages: ['verify'], limit: 3 }] }) })
    const askedOf = async (dora: string[], rules = limited) => {
      const { scenario, drain } = await hosted(rules, { people: { ...people, erin: [], dora } }, false)
      await robot(scenario, 'ci', { controller: 'dora', role: 'tester' })
      await scenario.given('rita', 'submit', submission)
      return (await drain()).filter(one => one.person === 'dora')
    }
    const forRobot = await askedOf([])
    expect(brief(forRobot)).toEqual([asked('dora', 'verify', { do: 'move', robot: 'ci' })])
    expect(forRobot[0]?.because).toMatch(/; ci could do it, for which they answer$/)
    expect(brief(await askedOf(['tester']))).toEqual([asked('dora', 'verify', { do: 'move' })])
    expect(brief(await askedOf(['tester'], written()))).toEqual([asked('dora', 'verify', { do: 'signOff' })])
  })

  it('is, once a policy is adopted that has another board, whoever can act on what had to be pulled, and the other way round', async () => {
    const limited = (limit?: number, name = 'doing') =>
      written(flow(), {
        board: board({ columns: [{ name, stages: ['verify'], ...(limit === undefined ? {} : { limit }) }] }),
      })
    for (const open of [written(), limited(undefined)]) {
      const { scenario, drain } = await hosted(limited(3))
      await scenario.adopt(open)
      expect(brief(await drain())).toEqual([asked('erin', 'verify', { do: 'signOff' })])
      await scenario.adopt(limited(2))
      expect(brief(await drain()).map(one => [one.person, one.do])).toContainEqual(['erin', 'move'])
      await scenario.given('erin', 'move', K)
      await drain()
      await scenario.adopt(limited(3))
      expect(await drain()).toEqual([])
    }
  })

  it('is whoever stands in once a role has not answered for as long as the policy says, with no entry in between', async () => {
    const waiting = { ...roles, appr: { fallback: { role: 'head', when: ['unanswered' as const], after: '24h' } } }
    const { scenario, drain } = await hosted(written(flow(), { roles: waiting }), {
      people: { ...people, hana: ['head'] },
    })
    await scenario.given('erin', 'signOff', { ...K, result: 'passed' })
    await drain()
    scenario.at(24 * hour - 1)
    expect(await drain()).toEqual([])
    scenario.at(1)
    expect(brief(await drain())).toEqual([asked('hana', 'agree', { do: 'approve' })])
    expect(await drain()).toEqual([])
  })

  it('is whoever stands in also where the stage has opened again by nothing but the time that has passed', async () => {
    const waiting = { ...roles, appr: { fallback: { role: 'head', when: ['unanswered' as const], after: '24h' } } }
    const aging = [
      approval('agree', approvals(1).from(role('appr')), { validFor: '1d' }),
      release('production', { by: role('deployer') }),
    ]
    const { scenario, drain } = await hosted(written(aging, { roles: waiting }), {
      people: { ...people, mia: [], carol: [], hana: ['head'] },
    })
    await scenario.given('bob', 'approve', K)
    await drain()
    scenario.at(day)
    expect(brief(await drain())).toEqual([asked('bob', 'agree', { do: 'approve' })])
    scenario.at(24 * hour - 1)
    expect(await drain()).toEqual([])
    scenario.at(1)
    expect(brief(await drain())).toEqual([asked('hana', 'agree', { do: 'approve' })])
    await scenario.given('hana', 'approve', K)
  })

  it('is, of what nobody is known to have made, whoever can say who made it, and nobody who would put it into effect', async () => {
    const { scenario, drain } = await hosted(
      written([approval('agree', approvals(1).from(role('appr'))), release('production', { by: role('deployer') })]),
      {},
      false,
    )
    const { content: _, ...without } = submission
    await scenario.given('rita', 'submit', without)
    await drain()
    await scenario.given('bob', 'approve', K)
    expect(brief(await drain())).toEqual(['bob', 'rita'].map(person => asked(person, 'production', { do: 'revise' })))
    await scenario.given('rita', 'revise', {
      ...K,
      content: { digest: content('r1'), makers: ['mia'] },
      comment: 'mia made it',
    })
    await scenario.given('bob', 'approve', K)
    expect(brief(await drain())).toContainEqual(asked('paul', 'production', { do: 'release' }))
  })

  it('is, of a change on which another one comes to depend, whoever has to act now that its makers may not', async () => {
    const flow = [approval('agree', approvals(1).from(role('appr'))), release('production', { by: role('deployer') })]
    const staff = { people: { ...people, mia: [], carol: [] } }
    const { scenario, drain } = await hosted(written(flow), staff)
    const content2 = { digest: content('c'), makers: ['bob'] }
    await scenario.given('rita', 'submit', { ...submission, change: 'C', parent: 'K', content: content2 })
    const told = (await drain()).filter(one => one.change === 'K').map(one => [one.kind, one.person])
    expect(told).toEqual([
      ['blocked', 'ada'],
      ['blocked', 'otto'],
      ['blocked', 'rita'],
    ])
    await scenario.given('ada', 'grantRole', { role: 'appr', to: 'carol', team: '*' })
    expect((await drain()).filter(one => one.change === 'K').map(one => one.person)).toEqual(['carol'])
  })

  it('is whoever is given the role, and nobody who was told already', async () => {
    const { scenario, drain } = await hosted()
    await scenario.given('ada', 'grantRole', { role: 'tester', to: 'carol', team: '*' })
    expect(brief(await drain())).toEqual([asked('carol', 'verify', { do: 'signOff' })])
  })

  it('is of a task whoever it lies with, where they can do it, and all who can where it lies with nobody', async () => {
    const engineers = { ...people, alice: ['engineer'], amir: ['engineer'] }
    const rules = written([task('build', { by: role('engineer') }), ...flow()])
    const { scenario, drain } = await hosted(rules, { people: engineers }, false)
    await scenario.given('rita', 'submit', submission)
    expect(brief(await drain()).map(one => one.person)).toEqual(['alice', 'amir'])
    const given = await hosted(
      written(rules.categories.normal?.flow, {}, { triage: [{ to: role('engineer') }] }),
      {
        people: engineers,
      },
      false,
    )
    await given.scenario.given('rita', 'submit', submission)
    expect(brief(await given.drain())).toEqual([
      { kind: 'assigned', person: 'alice' },
      asked('alice', 'build', { do: 'complete' }),
    ])
  })

  it('is, of what was given and no longer counts, whoever gave it, and everybody again for what it is now', async () => {
    const { scenario, drain } = await hosted(
      written([approval('agree', approvals(2).from(role('appr'))), release('production', { by: role('deployer') })]),
    )
    await scenario.given('bob', 'approve', K)
    await drain()
    await scenario.given('rita', 'revise', { ...K, form: { note: 'reworded' }, comment: 'only a word' })
    expect(await drain()).toEqual([])
    await scenario.given('rita', 'revise', { ...K, form: { risk: 'high' }, comment: 'it is riskier' })
    const notices = await drain()
    expect(brief(notices)).toEqual([
      { kind: 'stale', person: 'bob', stage: 'agree' },
      asked('bob', 'agree', { do: 'approve' }),
      asked('carol', 'agree', { do: 'approve' }),
    ])
    expect(notices[0]?.because).toBe('the approval at agree was for what it was before revision 3')
  })

  it('is whoever asked for it and has it on their hands, when it is sent back or stopped, but for who did it', async () => {
    const veto = approval('agree', approvals(1).from(role('appr')), { veto: { liftedBy: role('head') } })
    for (const [stages, kind] of [
      [
        [approval('agree', approvals(1).from(role('appr'))), release('production', { by: role('deployer') })],
        'returned',
      ],
      [[veto, release('production', { by: role('deployer') })], 'vetoed'],
    ] as const) {
      const { scenario, drain } = await hosted(written([...stages]))
      await scenario.given('rita', 'assign', { ...K, to: 'erin' })
      expect(brief(await drain())).toEqual([{ kind: 'assigned', person: 'erin' }])
      await scenario.given('bob', 'reject', { ...K, comment: 'not like this' })
      const told = (await drain()).filter(one => one.kind === kind)
      expect(told.map(one => one.person)).toEqual(['rita', 'erin'])
    }
  })

  it('is whoever asked for it where triage has found nobody', async () => {
    const { scenario, drain } = await hosted(written(flow(), {}, { triage: [{ to: role('engineer') }] }), {}, false)
    await scenario.given('rita', 'submit', submission)
    expect((await drain()).filter(one => one.kind === 'unassigned')).toMatchObject([
      { person: 'rita', because: 'triage has found nobody to give it to (vacant)' },
    ])
  })

  it('is, of a freeze that is declared over a plan, whoever has the change on their hands', async () => {
    const { scenario, drain } = await hosted()
    const at = (days: number) => new Date(Date.parse(scenario.now) + days * day).toISOString()
    await scenario.given('rita', 'schedule', { ...K, from: at(2), until: at(3) })
    await drain()
    const freeze = (name: string, from: string, until: string) =>
      scenario.given('ada', 'declareFreeze', {
        freeze: name,
        because: 'the quarter closes',
        schedule: { zone: 'UTC', from: '2026-03-04T00:00', until: '2026-03-05T00:00' },
        intervals: [{ from, until }],
      } as never)
    await freeze('other', at(5), at(6))
    expect(await drain()).toEqual([])
    await freeze('close', at(1), at(4))
    expect(brief(await drain())).toEqual([{ kind: 'frozen', person: 'rita', freeze: 'close' }])
  })

  it('is, of a stage that nobody can meet any more, the administrators and whoever asked for it', async () => {
    const { scenario, drain } = await hosted()
    await scenario.given('ada', 'recordDeparture', { person: 'erin' })
    const notices = await drain()
    expect(brief(notices)).toEqual(
      ['ada', 'otto', 'rita'].map(person => ({ kind: 'blocked', person, stage: 'verify' })),
    )
    expect(notices[0]?.because).toBe('verify is vacant: it lacks 1 of tester, and nobody else may act')
    expect(await drain()).toEqual([])
  })

  it('is, of an exception that is asked for, whoever could grant it', async () => {
    const excepts = exception('test', 'approve')
      .grantedBy(role('head'))
      .atMost('7d')
      .compensatedBy('another team looks at it')
      .because('two people cannot fill three duties')
    const separated = {
      separate: [separate('test', 'approve', { exceptions: 'allowed' }).because('two pairs of eyes')],
      exceptions: [excepts],
    }
    const { scenario, drain } = await hosted(written(flow(), separated), {
      people: { ...people, hana: ['head'], hugo: [] },
    })
    // Hugo owes the role to somebody who takes part in the change.
    await scenario.given('rita', 'assign', { ...K, to: 'ada' })
    await scenario.given('ada', 'grantRole', { role: 'head', to: 'hugo', team: '*' })
    await drain()
    await scenario.given('rita', 'requestException', {
      ...K,
      exception: 'e1',
      person: 'erin',
      duties: ['test', 'approve'],
      until: new Date(Date.parse(scenario.now) + day).toISOString(),
      reason: 'nobody else is there',
    })
    expect(brief(await drain())).toEqual([{ kind: 'asked', person: 'hana', do: 'grantException' }])
  })

  it('is nobody who has left, and the administrators where everybody has who would have been told', async () => {
    const { scenario, drain } = await hosted(written([flow()[1]!, flow()[2]!]))
    await scenario.given('bob', 'approve', K)
    for (const person of ['bob', 'rita']) await scenario.given('ada', 'recordDeparture', { person })
    await drain()
    await scenario.given('mia', 'revise', { ...K, form: { risk: 'high' }, comment: 'it is riskier' })
    expect((await drain()).filter(one => one.kind === 'stale')).toEqual([])
    await scenario.given('carol', 'reject', { ...K, comment: 'not like this' })
    expect(brief(await drain())).toEqual(['ada', 'otto'].map(person => ({ kind: 'returned', person })))
  })

  it('is told in ids, stages and instants, and in nothing that anybody wrote', async () => {
    const { scenario } = await hosted()
    await scenario.given('erin', 'signOff', { ...K, result: 'failed', comment: 'nobody else’s business' })
    await scenario.given('rita', 'resubmit', { ...K, comment: 'nobody else’s business' })
    const { notices } = await scenario.desk.outbox()
    expect(notices.length).toBeGreaterThan(2)
    expect(JSON.stringify(notices)).not.toContain('business')
  })
})

describe('what is owed', () => {
  const stages = [
    approval('authorise', approvals(1).from(role('appr'))),
    release('production', { by: role('deployer') }),
    approval('review', approvals(1).from(role('head')), { within: '24h' }),
  ]
  const emergency = () =>
    policy(
      't',
      { complies: baseline, roles },
      {
        normal: category({
          form: z.object({ risk: z.string().min(1) }),
          emergency: { incident: 'risk' },
          flow: stages,
        }),
      },
    )
  const released = async () => {
    const { scenario, drain } = await hosted(
      emergency(),
      { people: { ...people, hana: ['head'], hugo: ['head'] } },
      false,
    )
    await scenario.given('rita', 'submit', { ...submission, form: { risk: 'INC-1' } })
    await scenario.given('bob', 'approve', K)
    await scenario.given('paul', 'release', K)
    const due = new Date(Date.parse(scenario.now) + day).toISOString()
    return { scenario, drain, due }
  }

  it('is asked for with the instant by which it is due, and told as late at that instant, with no entry, once', async () => {
    const { scenario, drain, due } = await released()
    const asks = (await drain()).filter(one => one.stage === 'review')
    expect(brief(asks)).toEqual(['hana', 'hugo'].map(person => asked(person, 'review', { do: 'approve', due })))
    scenario.at(day - 1)
    expect(await drain()).toEqual([])
    scenario.at(1)
    const late = await drain()
    expect(late.map(one => one.key)).toEqual(['hana', 'hugo', 'rita'].map(one => `${due}/late/K/review-0/${one}`))
    expect(late[0]).toMatchObject({ kind: 'late', stage: 'review', due, since: due })
    expect(await drain()).toEqual([])
    scenario.at(day)
    await scenario.given('hana', 'approve', K)
    expect(await drain()).toEqual([])
  })

  it('is told as late to whoever drains later, too, in the order of time, and not where it was there in time', async () => {
    const { scenario, due } = await released()
    scenario.at(2 * day)
    await scenario.given('hana', 'approve', K)
    const { notices } = await scenario.desk.outbox()
    expect(notices.filter(one => one.kind === 'late').map(one => one.since)).toEqual([due, due, due])
    const intime = await released()
    intime.scenario.at(hour)
    await intime.scenario.given('hana', 'approve', K)
    intime.scenario.at(2 * day)
    expect((await intime.scenario.desk.outbox()).notices.filter(one => one.kind === 'late')).toEqual([])
  })

  it('is owed again, and told as late, where the review fell away without an entry on the change', async () => {
    const more = test('check', { by: role('tester'), evidence: 'optional', within: '48h' })
    const rules = policy(
      't',
      { complies: baseline, roles },
      {
        normal: category({
          form: z.object({ risk: z.string().min(1) }),
          emergency: { incident: 'risk' },
          flow: [...stages, more],
        }),
      },
    )
    const staff = { ...people, hana: ['head'], hugo: ['head'] }
    const { scenario, drain } = await hosted(rules, { people: staff }, false)
    await scenario.given('rita', 'submit', { ...submission, change: 'P', form: { risk: 'INC-0' } })
    await scenario.given('rita', 'submit', { ...submission, parent: 'P', form: { risk: 'INC-1' } })
    await scenario.given('bob', 'approve', K)
    await scenario.given('paul', 'release', K)
    const due = new Date(Date.parse(scenario.now) + day).toISOString()
    await scenario.given('hana', 'approve', K)
    await drain()
    await scenario.given('rita', 'assign', { change: 'P', to: 'hana' })
    expect(brief(await drain())).toContainEqual(asked('hugo', 'review', { do: 'approve', due }))
    const owed = () => scenario.desk.obligations(scenario.now).map(({ stage, late, by }) => ({ stage, late, by }))
    const open = [
      { stage: 'review', late: false, by: ['hugo'] },
      { stage: 'check', late: false, by: [] },
    ]
    expect(owed()).toEqual(open)
    scenario.at(day)
    expect(owed()).toEqual([{ ...open[0], late: true }, open[1]])
    expect((await drain()).map(one => [one.kind, one.stage, one.person])).toEqual([
      ['late', 'review', 'hugo'],
      ['late', 'review', 'rita'],
    ])
    await scenario.given('hugo', 'approve', K)
    expect(scenario.change('K').obligations[0]).toMatchObject({ ended: { late: true } })
  })

  it('is told to the administrators where nobody can do it', async () => {
    const { scenario, drain } = await released()
    for (const person of ['hana', 'hugo']) await scenario.given('ada', 'recordDeparture', { person })
    await drain()
    scenario.at(day)
    expect((await drain()).map(one => [one.kind, one.person])).toEqual([
      ['late', 'rita'],
      ['late', 'ada'],
      ['late', 'otto'],
    ])
  })

  it('is asked of whoever has it to make good, where it was rejected', async () => {
    const { scenario, drain } = await released()
    await drain()
    await scenario.given('hana', 'reject', { ...K, comment: 'it should not have been done' })
    const told = brief(await drain())
    expect(told).toContainEqual(asked('rita', 'review', { do: 'remediate' }))
  })
})

describe('draining', () => {
  const keys = (notices: readonly Notice[]) => notices.map(one => one.key)

  it('gives the same keys to whoever drains twice, to whoever crashed before the cursor was kept, and to another desk', async () => {
    const store = memoryStore()
    const { scenario } = await hosted(written(), { store })
    await scenario.given('erin', 'signOff', { ...K, result: 'passed' })
    const first = await scenario.desk.outbox()
    expect(keys((await scenario.desk.outbox()).notices)).toEqual(keys(first.notices))
    await scenario.given('bob', 'approve', K)
    const lost = await scenario.desk.outbox({ after: first.cursor })
    expect(lost.notices).not.toEqual([])
    expect((await scenario.desk.outbox({ after: first.cursor })).notices).toEqual(lost.notices)
    const other = await createDesk({ store, clock: () => new Date(scenario.now) })
    expect(await other.outbox({ after: first.cursor })).toEqual(lost)
    expect((await other.outbox({ after: lost.cursor })).notices).toEqual([])
  })

  it('goes on from page to page, the notices of an entry together, and says whether there is more', async () => {
    const { scenario } = await hosted()
    await scenario.given('erin', 'signOff', { ...K, result: 'passed' })
    const whole = await scenario.desk.outbox()
    const pages: Notice[] = []
    let after = '0'
    let more = true
    let count = 0
    while (more) {
      const page = await scenario.desk.outbox({ after, limit: 1 })
      pages.push(...page.notices)
      ;({ cursor: after, more } = page)
      count += 1
    }
    expect(pages).toEqual(whole.notices)
    expect(count).toBeGreaterThan(1)
  })

  it('stores nothing, and takes no lock: the trail is as before', async () => {
    const { scenario, drain } = await hosted()
    const before = await scenario.desk.head()
    await Promise.all([drain(), scenario.desk.outbox(), scenario.desk.outbox({ limit: 1 })])
    expect(await scenario.desk.head()).toEqual(before)
  })

  it('sees what another process has written', async () => {
    const store: Store = memoryStore()
    const { scenario } = await hosted(written(), { store })
    const other = await createDesk({ store, clock: () => new Date(scenario.now) })
    const { cursor } = await other.outbox()
    await scenario.given('erin', 'signOff', { ...K, result: 'passed' })
    expect((await other.outbox({ after: cursor })).notices.map(one => one.person)).toEqual(['bob', 'carol'])
  })

  it('reads on for a few who drain it in turn, whether or not they are as far as each other', async () => {
    const { scenario } = await hosted()
    let entries = 0
    const read: Store['read'] = async function* (range) {
      for await (const sealed of scenario.store.read(range)) {
        entries += 1
        yield sealed
      }
    }
    const drain = drainOf({ read }, () => new Date(scenario.now))
    const cursors = ['0', '0', '0', '0']
    const told: string[][] = [[], [], [], []]
    const turn = async (who: number) => {
      const { notices, cursor } = await drain({ after: cursors[who] ?? '0' })
      cursors[who] = cursor
      told[who]?.push(...notices.map(one => one.key))
    }
    for (const who of [0, 1, 2, 3]) await turn(who)
    for (const title of ['another', 'yet another', 'the last one']) {
      await scenario.given('rita', 'revise', { ...K, title, comment: 'it says more' })
      // The last of them comes at the end only, and is behind the others until then.
      for (const who of [0, 1, 2]) {
        entries = 0
        await turn(who)
        expect(entries).toBe(2)
      }
    }
    entries = 0
    await turn(3)
    expect(entries).toBe(4)
    expect(new Set(cursors).size).toBe(1)
    expect(new Set(told.map(one => one.join())).size).toBe(1)
    expect(told[0]).toEqual((await scenario.desk.outbox()).notices.map(one => one.key))
  })

  it('refuses a cursor that is none, or lies behind the end, and options that are none', async () => {
    const { scenario } = await hosted()
    const { size } = await scenario.desk.head()
    const wrong: [object, RegExp][] = [
      [{ after: 'x' }, /cursor/],
      [{ after: '-1' }, /cursor/],
      [{ after: '01' }, /cursor/],
      [{ after: '1@yesterday' }, /cursor/],
      [{ after: '1@2026-03-02' }, /cursor/],
      [{ after: `1@${'9'.repeat(10_000)}` }, /cursor/],
      [{ after: 7 }, /cursor/],
      [{ after: `${size + 1}` }, new RegExp(`behind the end of this trail, which has ${size} entries`)],
      [{ limit: 0 }, /limit/],
      [{ limit: 1.5 }, /limit/],
      [{ limit: 10_001 }, /limit/],
      [{ at: 'now' }, /instant/],
      [{ limt: 1 }, /did you mean limit/],
      [null as unknown as object, /is an object/],
    ]
    for (const [asked, said] of wrong)
      await expect(scenario.desk.outbox(asked as never)).rejects.toMatchObject({
        code: 'input',
        message: expect.stringMatching(said),
      })
    await expect(scenario.desk.outbox({ after: `${size}` })).resolves.toMatchObject({ notices: [], more: false })
  })
})
