import { content, f0, f0Tested, fixturePolicy, normalFlow, type Scenario, submitK } from '@countersign/testing'
import { bodiesOf, fileOf, type LooseBody, linesOf, renumber, reseal } from '@countersign/testing/tamper'
import { approval, approvals, controls, exception, release, role, separate } from 'countersign/policy'
import { type Verdict, verifyTrail } from 'countersign/verify'
import { describe, expect, it } from 'vitest'
import { f0Approved, hour, K, people, report, robot } from './setting.ts'

// Trails that a forger with the whole file has changed and sealed anew: every hash is right, and the content is not.

interface Loose {
  seq: number
  at: string
  by: { account: string; person?: string; bot?: string }
  command: { type: string; [member: string]: unknown }
  outcome: { accepted: { type: string; [member: string]: unknown }[] }
}

async function forged(scenario: Scenario, forge: (bodies: Loose[]) => void): Promise<Verdict> {
  const bodies = bodiesOf(await linesOf(scenario.store))
  expect(verifyTrail([fileOf(reseal(bodies))])).toMatchObject({ status: 'sound' })
  forge(bodies as unknown as Loose[])
  return verifyTrail([fileOf(reseal(renumber(bodies as LooseBody[])))])
}

function entryOf(bodies: readonly Loose[], type: string, account?: string): Loose {
  const found = bodies.find(one => one.command.type === type && (account === undefined || one.by.account === account))
  if (found === undefined) throw new Error(`there is no ${type} in the trail`)
  return found
}

/** Somebody else's hand. */
const by = (entry: Loose, person: string) => Object.assign(entry.by, { account: person, person })

/** Puts an entry before another one, at its instant. */
function move(bodies: Loose[], entry: Loose, before: Loose): void {
  bodies.splice(bodies.indexOf(entry), 1)
  bodies.splice(bodies.indexOf(before), 0, entry)
  entry.at = before.at
}

async function released(scenario: Scenario): Promise<Scenario> {
  await scenario.given('paul', 'release', K)
  return scenario
}

const unjustified = (verdict: Verdict, ...codes: string[]) => {
  expect(verdict.status).toBe('unjustified')
  expect(verdict.findings.every(one => one.kind === 'decision')).toBe(true)
  expect(Object.keys(verdict.codes)).toEqual(expect.arrayContaining(codes))
}

describe('an exception in a trail that was sealed anew', () => {
  const lenient = controls('lenient', {
    'CM-1': separate('make', 'approve', { exceptions: 'allowed' }).because('nobody approves what they made'),
  })
  const exceptions = [
    exception('make', 'approve')
      .grantedBy(role('head'))
      .atMost('7d')
      .compensatedBy('the controller reviews it within a week')
      .because('two people cannot fill three duties'),
  ]
  const flow = [approval('approve', approvals(1).from(role('appr'))), release('production', { by: role('deployer') })]

  async function granted(): Promise<Scenario> {
    const scenario = await f0({
      controls: lenient,
      policies: [fixturePolicy({ options: { complies: lenient, exceptions }, flow })],
      people: people({ alice: ['appr', 'head'], carol: ['head'] }),
    })
    await ask(scenario, 'x1')
    await scenario.given('carol', 'grantException', { ...K, exception: 'x1' })
    return scenario
  }

  const ask = (scenario: Scenario, exception: string) =>
    scenario.given('alice', 'requestException', {
      ...K,
      exception,
      person: 'alice',
      duties: ['make', 'approve'],
      until: '2026-03-05T00:00:00.000Z',
      reason: 'there is nobody else',
    })

  async function excepted(): Promise<Scenario> {
    const scenario = await granted()
    await scenario.given('alice', 'approve', K)
    return released(scenario)
  }

  it('finds in a trail sealed anew the exception that Alice granted herself [LAW 19]', async () => {
    const verdict = await forged(await excepted(), bodies => {
      const granted = entryOf(bodies, 'grantException')
      by(granted, 'alice')
      for (const event of granted.outcome.accepted) if ('by' in event) event.by = 'alice'
    })
    unjustified(verdict, 'decision.unjustified', 'exception.unjustified', 'duty.violated', 'release.unapproved')
  })

  it('finds in a trail sealed anew the approval under an exception that was never granted, or only after it [LAW 19]', async () => {
    const without = await forged(await excepted(), bodies => {
      bodies.splice(bodies.indexOf(entryOf(bodies, 'grantException')), 1)
    })
    unjustified(without, 'duty.violated', 'release.unapproved')
    const late = await forged(await excepted(), bodies => {
      move(bodies, entryOf(bodies, 'approve'), entryOf(bodies, 'grantException'))
    })
    unjustified(late, 'duty.violated', 'release.unapproved')
  })

  it('finds in a trail sealed anew the release on what was approved before the exception was granted that is in force [LAW 19]', async () => {
    const scenario = await granted()
    await scenario.given('alice', 'approve', K)
    await scenario.given('carol', 'revokeException', { ...K, exception: 'x1', comment: 'over' })
    await ask(scenario, 'x2')
    await scenario.given('carol', 'grantException', { ...K, exception: 'x2' })
    await scenario.given('alice', 'approve', K)
    const verdict = await forged(await released(scenario), bodies => {
      bodies.splice(
        bodies.findLastIndex(one => one.command.type === 'approve'),
        1,
      )
    })
    unjustified(verdict, 'release.unapproved')
  })

  it('finds in a trail sealed anew the exception that lasts longer than the policy allows [LAW 19]', async () => {
    const verdict = await forged(await excepted(), bodies => {
      const asked = entryOf(bodies, 'requestException')
      asked.command.until = '2027-03-05T00:00:00.000Z'
      for (const event of asked.outcome.accepted) if ('until' in event) event.until = asked.command.until
    })
    unjustified(verdict, 'decision.unjustified', 'exception.unjustified')
  })

  it('finds in a trail sealed anew the approval that hides the exception on which it rests [LAW 19]', async () => {
    const verdict = await forged(await excepted(), bodies => {
      for (const event of entryOf(bodies, 'approve').outcome.accepted) delete event.exceptions
    })
    unjustified(verdict, 'decision.events-differ')
    expect(verdict).toMatchObject({ exceptions: [{ change: 'K', exception: 'x1' }] })
  })
})

describe('people in a trail that was sealed anew', () => {
  it('finds in a trail sealed anew the approval of Bob, who made the parent of K [LAW 1]', async () => {
    const flow = normalFlow().slice(1)
    const scenario = await f0({ policies: [fixturePolicy({ flow })], people: people({ petra: [] }), submit: null })
    const made = { content: { digest: content('r1'), makers: ['petra'] } }
    await scenario.given('rita', 'submit', { ...submitK, ...made, change: 'P' })
    await scenario.given('rita', 'submit', { ...submitK, parent: 'P' })
    await scenario.given('bob', 'approve', K)
    await scenario.given('carol', 'approve', K)
    await released(scenario)
    const verdict = await forged(scenario, bodies => {
      const submitted = entryOf(bodies, 'submit')
      submitted.command.content = { digest: content('r1'), makers: ['bob'] }
      for (const event of submitted.outcome.accepted) if ('makers' in event) event.makers = ['bob']
    })
    unjustified(verdict, 'duty.violated', 'release.unapproved')
  })

  it('finds in a trail sealed anew the approval of Alix where it was known before it that she is Alice, who made K [LAW 5]', async () => {
    const scenario = await f0Tested({ people: people({ alix: ['appr'] }) })
    await scenario.given('alix', 'approve', K)
    await scenario.given('carol', 'approve', K)
    await scenario.given('ada', 'registerPerson', { person: 'zoe', name: 'Zoe', accounts: ['zoe'] })
    await scenario.given('ada', 'registerPerson', { person: 'zora', name: 'Zora', accounts: ['zora'] })
    await scenario.given('ada', 'recordAlias', { person: 'zora', is: 'zoe', comment: 'one file' })
    await released(scenario)
    const verdict = await forged(scenario, bodies => {
      const learned = entryOf(bodies, 'recordAlias')
      Object.assign(learned.command, { person: 'alix', is: 'alice' })
      for (const event of learned.outcome.accepted) Object.assign(event, { person: 'alix', is: 'alice' })
      move(bodies, learned, entryOf(bodies, 'approve', 'alix'))
    })
    unjustified(verdict, 'duty.violated', 'release.unapproved')
  })

  it('finds in a trail sealed anew the second approval of Bob by another id, where it was known before the release that both are his [LAW 6]', async () => {
    const scenario = await f0Tested({ people: people({ bobby: ['appr'], zora: [] }) })
    await scenario.given('bob', 'approve', K)
    await scenario.given('bobby', 'approve', K)
    await scenario.given('ada', 'recordAlias', { person: 'zora', is: 'carol', comment: 'one file' })
    await released(scenario)
    const verdict = await forged(scenario, bodies => {
      const learned = entryOf(bodies, 'recordAlias')
      Object.assign(learned.command, { person: 'bobby', is: 'bob' })
      for (const event of learned.outcome.accepted) Object.assign(event, { person: 'bobby', is: 'bob' })
    })
    unjustified(verdict, 'decision.unjustified', 'release.unapproved')
  })

  it('finds in a trail sealed anew the approval that a robot has given [LAW 9]', async () => {
    const scenario = await f0Tested()
    await robot(scenario, 'bob-bot', { controller: 'bob', role: 'appr' })
    await scenario.given('bob', 'approve', K)
    await scenario.given('carol', 'approve', K)
    await released(scenario)
    const verdict = await forged(scenario, bodies => {
      const approved = entryOf(bodies, 'approve', 'bob')
      Object.assign(approved.by, { account: 'bob-bot', bot: 'bob-bot' })
      for (const event of approved.outcome.accepted) if ('chain' in event) event.chain = ['bob', 'bob-bot']
    })
    unjustified(verdict, 'decision.unjustified')
  })

  it('finds in a trail sealed anew the grant that puts two roles which exclude each other into one hand [LAW 16]', async () => {
    const scenario = await f0({ people: people({ zoe: [] }) })
    const because = 'whoever tests approves nothing'
    await scenario.given('ada', 'excludeRoles', { roles: ['appr', 'tester'], team: '*', because })
    await scenario.given('otto', 'grantRole', { role: 'tester', to: 'zoe', team: '*' })
    const verdict = await forged(scenario, bodies => {
      const granted = entryOf(bodies, 'grantRole', 'otto')
      granted.command.to = 'bob'
      for (const event of granted.outcome.accepted) event.to = 'bob'
    })
    unjustified(verdict, 'decision.unjustified')
  })

  it('finds in a trail sealed anew the approval of Bob, who had left before it [LAW 101]', async () => {
    const scenario = await f0Approved()
    await scenario.given('ada', 'recordDeparture', { person: 'bob' })
    await released(scenario)
    const verdict = await forged(scenario, bodies => {
      move(bodies, entryOf(bodies, 'recordDeparture'), entryOf(bodies, 'approve', 'bob'))
    })
    unjustified(verdict, 'decision.unjustified')
  })

  it('finds in a trail sealed anew the release that rests on the approval of Bob, who was removed as compromised before it [LAW 102]', async () => {
    const scenario = await f0Approved()
    await scenario.given('ada', 'recordDeparture', { person: 'bob' })
    await released(scenario)
    const verdict = await forged(scenario, bodies => {
      const departed = entryOf(bodies, 'recordDeparture')
      departed.command.compromised = true
      for (const event of departed.outcome.accepted) event.compromised = true
    })
    unjustified(verdict, 'decision.unjustified', 'release.unapproved')
  })

  it('finds in a trail sealed anew the approval of Jane by the login jsmith, where she had it already when K was made by it [LAW 103]', async () => {
    const scenario = await f0({ submit: null })
    await scenario.given('ada', 'registerPerson', { person: 'jay', name: 'Jay', accounts: ['jsmith'] })
    await scenario.given('ada', 'registerPerson', { person: 'jane', name: 'Jane', accounts: ['jane'] })
    await scenario.given('ada', 'grantRole', { role: 'appr', to: 'jane', team: '*' })
    const made = { digest: content('r1'), makers: ['jsmith'] }
    await scenario.given('rita', 'submit', { ...submitK, content: made })
    await scenario.given('ada', 'unlinkAccount', { account: 'jsmith' })
    await scenario.given('ada', 'linkAccount', { account: 'jsmith', person: 'jane' })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('jsmith', 'approve', K)
    await scenario.given('bob', 'approve', K)
    await released(scenario)
    const verdict = await forged(scenario, bodies => {
      const submitted = entryOf(bodies, 'submit')
      move(bodies, entryOf(bodies, 'unlinkAccount'), submitted)
      move(bodies, entryOf(bodies, 'linkAccount'), submitted)
    })
    unjustified(verdict, 'duty.violated')
  })

  it('finds in a trail sealed anew the approval of Bob, whose role came from Alice, who made K, after it was submitted [LAW 106]', async () => {
    const scenario = await f0({ people: people({ bob: [] }), submit: null })
    await scenario.given('ada', 'appointAdministrator', { person: 'alice' })
    await scenario.given('otto', 'appointAdministrator', { person: 'alice' })
    scenario.at(hour)
    await scenario.given('rita', 'submit', submitK)
    scenario.at(hour)
    await scenario.given('otto', 'grantRole', { role: 'appr', to: 'bob', team: '*' })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('bob', 'approve', K)
    await scenario.given('carol', 'approve', K)
    await released(scenario)
    const verdict = await forged(scenario, bodies => {
      const granted = entryOf(bodies, 'grantRole', 'otto')
      by(granted, 'alice')
      for (const event of granted.outcome.accepted) event.by = 'alice'
    })
    unjustified(verdict, 'decision.unjustified', 'release.unapproved')
  })

  it('finds in a trail sealed anew the release of Ada, by whose grant alone Bob approved [LAW 106]', async () => {
    const scenario = await f0({ people: people({ bob: [] }), submit: null })
    await scenario.given('otto', 'grantRole', { role: 'deployer', to: 'ada', team: '*' })
    scenario.at(hour)
    await scenario.given('rita', 'submit', submitK)
    scenario.at(hour)
    await scenario.given('ada', 'grantRole', { role: 'appr', to: 'bob', team: '*' })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('bob', 'approve', K)
    await scenario.given('carol', 'approve', K)
    await released(scenario)
    const verdict = await forged(scenario, bodies => {
      const put = entryOf(bodies, 'release', 'paul')
      by(put, 'ada')
      for (const event of put.outcome.accepted)
        if ('chain' in event) Object.assign(event, { person: 'ada', chain: ['ada'] })
    })
    unjustified(verdict, 'decision.unjustified', 'release.unapproved')
  })

  it('finds in a trail sealed anew the erasure of somebody who is still here [LAW 107]', async () => {
    const scenario = await f0()
    const name = { commitment: 'ab'.repeat(32) }
    for (const person of ['nina', 'nora'])
      await scenario.given('ada', 'registerPerson', { person, name, accounts: [person] })
    await scenario.given('ada', 'recordDeparture', { person: 'nina' })
    await scenario.given('ada', 'erasePerson', { person: 'nina', reason: 'asked for' })
    const verdict = await forged(scenario, bodies => {
      const erased = entryOf(bodies, 'erasePerson')
      erased.command.person = 'nora'
      for (const event of erased.outcome.accepted) event.person = 'nora'
    })
    unjustified(verdict, 'decision.unjustified')
  })
})
