import { content, f0, f0Tested, type Scenario, submitK } from '@countersign/testing'
import { createDesk } from 'countersign'
import {
  approval,
  approvals,
  category,
  controls,
  permit,
  policy,
  policyDigest,
  release,
  role,
} from 'countersign/policy'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { refused } from './refusal.ts'
import { delegated, f0Approved, K, people, report, robot } from './setting.ts'
import { eventsOf, trailOf } from './trail.ts'

async function closed(): Promise<Scenario> {
  const scenario = await f0Approved()
  await scenario.given('paul', 'release', K)
  await scenario.given('rita', 'close', K)
  return scenario
}

/** Every command about a change, by somebody who could give it while it was open. */
const everything = [
  ['bob', 'withdraw', { ...K, comment: 'I was wrong' }],
  ['alice', 'revise', { ...K, title: 'Another title', comment: 'clearer' }],
  ['alice', 'revise', { ...K, form: { note: 'only a note' }, comment: 'clearer' }],
  ['rita', 'cancel', { ...K, comment: 'delete it' }],
  ['rita', 'assign', { ...K, to: 'dan' }],
  ['rita', 'resubmit', { ...K, comment: 'again' }],
  ['dan', 'approve', K],
  ['dan', 'reject', { ...K, comment: 'no' }],
  ['erin', 'signOff', { ...K, ...report }],
  ['paul', 'release', K],
  ['alice', 'complete', { ...K, stage: 'build' }],
] as const

describe('closed is closed', () => {
  it('refuses to withdraw an approval of a closed ticket, to edit it, to delete it, and everything else [LAW 116]', async () => {
    const scenario = await closed()
    for (const [account, type, command] of [...everything, ['rita', 'close', K] as const]) {
      await refused(scenario, [account, type, command], 'lifecycle.not-now', {
        change: 'K',
        state: 'closed',
        command: type,
        allowed: [],
      })
    }
  })

  it('refuses the same of a cancelled ticket [LAW 116]', async () => {
    const scenario = await f0Approved()
    await scenario.given('rita', 'cancel', { ...K, comment: 'not needed' })
    for (const [account, type, command] of [...everything, ['rita', 'close', K] as const]) {
      await refused(scenario, [account, type, command], 'lifecycle.not-now', { state: 'cancelled', allowed: [] })
    }
  })

  it('refuses to undo what is completed and not closed yet [LAW 116]', async () => {
    const scenario = await f0Approved()
    await scenario.given('paul', 'release', K)
    for (const [account, type, command] of everything) {
      await refused(scenario, [account, type, command], 'lifecycle.not-now', { state: 'completed', allowed: ['close'] })
    }
  })

  it('takes a correction as a new ticket that names the closed one, which stays as it is [LAW 116]', async () => {
    const scenario = await closed()
    const before = structuredClone(scenario.change('K'))
    await scenario.given('rita', 'submit', { ...submitK, change: 'K-2', parent: 'K', title: 'Correct the rounding' })
    expect(scenario.change('K-2')).toMatchObject({ parent: 'K', approvals: [] })
    expect(scenario.change('K')).toEqual(before)
  })

  it('refuses a new ticket under the name of a closed one [LAW 116]', async () => {
    const scenario = await closed()
    await refused(scenario, ['rita', 'submit', submitK], 'name.taken', { what: 'change', name: 'K' })
  })

  it('refuses to close what is not completed, and refuses the closing by somebody without part in it [LAW 116]', async () => {
    const scenario = await f0Approved()
    await refused(scenario, ['rita', 'close', K], 'lifecycle.not-now', { state: 'production', command: 'close' })
    await scenario.given('paul', 'release', K)
    await refused(scenario, ['dan', 'close', K], 'authority.not-participant', { person: 'dan' })
  })
})

describe('different contents never share a digest', () => {
  const form = z.object({
    a: z.string().optional(),
    b: z.string().optional(),
    n: z.int().optional(),
    l: z.array(z.string()).optional(),
    t: z.boolean().optional(),
  })
  const silent = controls('silent', {})
  const flow = [approval('approve', approvals(1).from(role('appr'))), release('production', { by: role('deployer') })]
  const roles = { appr: 'approves', deployer: 'releases' }
  const open = () => {
    const one = category({ form, flow, material: ['title', 'reason', 'content', 'a', 'b', 'n', 'l', 't'] })
    const team = (name: string) => policy(name, { complies: silent, roles }, { normal: one, normala: one })
    return f0({ controls: silent, policies: [team('t'), team('tn')], submit: null })
  }
  const { content: _, ...bare } = submitK
  const digests = async (variants: readonly object[]) => {
    const scenario = await open()
    const found: string[] = []
    for (const [index, variant] of variants.entries()) {
      const change = await scenario.given('rita', 'submit', { ...bare, form: {}, ...variant, change: `C${index}` })
      found.push(change.digest)
    }
    return found
  }

  it('tells apart what only runs together: fields, lists, types, absence, team and category, Unicode forms [LAW 119]', async () => {
    const variants = [
      {},
      { form: { a: 'xy', b: 'z' } },
      { form: { a: 'x', b: 'yz' } },
      { form: { a: 'xyz' } },
      { form: { b: 'xyz' } },
      { form: { a: '' } },
      { form: { a: 'null' } },
      { form: { a: '1' } },
      { form: { n: 1 } },
      { form: { n: 0 } },
      { form: { a: '","b":"' } },
      { form: { a: '', b: '' } },
      { form: { l: [] } },
      { form: { l: [''] } },
      { form: { l: ['x', 'y'] } },
      { form: { l: ['y', 'x'] } },
      { form: { l: ['xy'] } },
      { form: { l: ['x,y'] } },
      { form: { a: '["x","y"]' } },
      { form: { t: false } },
      { form: { t: true } },
      { form: { a: 'true' } },
      { form: { a: '\u00FC' } },
      { form: { a: 'u\u0308' } },
      { form: { a: ' ' } },
      { form: { a: 'x\n' } },
      { title: 'xyz', reason: 'a b' },
      { title: 'xyza', reason: ' b' },
      { title: 'a b', reason: 'xyz' },
      { category: 'normala' },
      { team: 'tn' },
      { team: 'tn', category: 'normala' },
      { content: { digest: content('r1'), makers: ['alice'] } },
      { content: { digest: content('r2'), makers: ['alice'] } },
      { form: { a: content('r1') } },
    ]
    const found = await digests(variants)
    expect(new Set(found).size).toBe(variants.length)
  })

  it('gives the same digest for another order of the members, and for numbers written as 1, 1.0 and 1e0 [LAW 119]', async () => {
    const found = await digests([
      { form: { a: 'x', n: 1 } },
      { form: { n: 1, a: 'x' } },
      { form: JSON.parse('{ "n": 1.0, "a": "x" }') as object },
      { form: JSON.parse('{"n":1e0,"a":"\\u0078"}') as object },
    ])
    expect(new Set(found).size).toBe(1)
  })

  it('does not tell makers apart by the digest, which is of the content, and holds them to their duty all the same [LAW 119]', async () => {
    const [one, other] = await digests([
      { content: { digest: content('r1'), makers: ['alice'] } },
      { content: { digest: content('r1'), makers: ['bob'] } },
    ])
    expect(one).toBe(other)
  })

  it('tells apart two policies that only run together [LAW 119]', () => {
    const one = category({ flow })
    const written = [
      policy('t', { complies: silent, roles }, { ab: one }),
      policy('t', { complies: silent, roles }, { a: one, b: one }),
      policy('ta', { complies: silent, roles }, { b: one }),
      policy('t', { complies: silent, roles }, { ab: { ...one, description: 'x' } }),
      policy('t', { complies: silent, roles, description: 'x' }, { ab: one }),
      policy('t', { complies: silent, roles, permit: [permit('request', 'approve').because('so')] }, { ab: one }),
      policy('t', { complies: silent, roles: { ...roles, x: 'y' } }, { ab: one }),
      policy('t', { complies: silent, roles: { ...roles, xy: {} } }, { ab: one }),
      policy('t', { complies: silent, roles }, { ab: category({ flow, material: ['content'] }) }),
      policy('t', { complies: silent, roles }, { ab: category({ flow, material: ['content', 'title'] }) }),
    ]
    expect(new Set(written.map(policyDigest)).size).toBe(written.length)
  })

  it('refuses a null where something is left out, so that the two are never mistaken [LAW 119]', async () => {
    const scenario = await open()
    for (const malformed of [{ form: { a: null } }, { content: null }, { parent: null }]) {
      const receipt = await scenario.desk.execute({
        account: 'rita',
        command: { ...bare, form: {}, ...malformed, type: 'submit' },
      })
      expect(receipt).toMatchObject({ outcome: 'refused', refusal: { code: 'command.malformed' } })
    }
  })

  const oddities: Record<string, object> = {
    'a negative zero': { form: JSON.parse('{"n":-0}') as object },
    'a fraction': { form: { n: 0.5 } },
    'an integer beyond what every reader holds': { form: { n: 2 ** 53 } },
    'no number at all': { form: { n: Number.NaN } },
    'half a character in a field': { form: { a: '\uD800' } },
    'half a character in a list': { form: { l: ['\uD800'] } },
    'half a character in the title': { title: '\uD800' },
    'a field by the name of an index': { form: { 0: 'x' } },
    'a field by the name of what every object has': { form: JSON.parse('{"__proto__":{"a":"x"}}') as object },
    'a field that the form does not have': { form: { zz: 'x' } },
  }

  it('refuses a form with a number that not every reader reads alike, half a character, or a field that it does not have, as a refusal and not as a fault of the desk [LAW 119]', async () => {
    for (const [what, odd] of Object.entries(oddities)) {
      const scenario = await open()
      const receipt = await scenario.desk.execute({
        account: 'rita',
        command: { ...bare, form: {}, ...odd, type: 'submit' },
      })
      expect([what, receipt.outcome]).toEqual([what, 'refused'])
      expect(scenario.desk.change('K')).toBeUndefined()
      await scenario.given('rita', 'submit', { ...bare, form: {} })
    }
  })

  it('takes a member that is there and undefined as a member that is left out [LAW 119]', async () => {
    const scenario = await f0Tested()
    const { revision, digest } = scenario.change('K')
    const receipt = await scenario.desk.execute({
      account: 'bob',
      command: { type: 'approve', ...K, revision, digest, comment: undefined, as: undefined, for: undefined },
    })
    expect(receipt.outcome).toBe('accepted')
  })

  it('takes a repeated command as the same with such a member and without [LAW 119]', async () => {
    const scenario = await f0Tested()
    const { revision, digest } = scenario.change('K')
    const approve = { type: 'approve', ...K, revision, digest }
    const first = await scenario.desk.execute({ account: 'bob', id: 'retry-01', command: approve })
    const again = await scenario.desk.execute({
      account: 'bob',
      id: 'retry-01',
      command: { ...approve, comment: undefined },
    })
    expect(again).toEqual(first)
  })

  it('refuses a policy with half a character in it, as a refusal and not as a fault of the desk [LAW 119]', async () => {
    const scenario = await open()
    const written = policy('t', { complies: silent, roles }, { normal: category({ form, flow }) })
    const properties = { ...written.categories.normal?.form.properties, a: { type: 'string', enum: ['\uD800'] } }
    const odd = {
      ...written,
      categories: {
        normal: { ...written.categories.normal, form: { ...written.categories.normal?.form, properties } },
      },
    }
    const receipt = await scenario.desk.execute({ account: 'ada', command: { type: 'proposePolicy', policy: odd } })
    expect(receipt).toMatchObject({ outcome: 'refused' })
  })

  it('refuses a ticket that would not fit into an entry, as a refusal and not as a fault of the desk [LAW 119]', async () => {
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`f${index}x`, z.string().optional()]))
    const wide = policy('t', { complies: silent, roles }, { normal: category({ form: z.object(many), flow }) })
    const scenario = await f0({ controls: silent, policies: [wide], submit: null })
    const filled = Object.fromEntries(Object.keys(many).map(name => [name, 'x'.repeat(4_000)]))
    const receipt = await scenario.when('rita', 'submit', { ...bare, form: filled })
    expect(receipt).toMatchObject({ outcome: 'refused' })
    expect(scenario.desk.change('K')).toBeUndefined()
  })
})

describe('refusals are evidence and nothing else', () => {
  it('leaves the approvals unchanged by a refused self-approval, and never counts it, however often the trail is read [LAW 120]', async () => {
    const scenario = await f0Tested({ people: people({ alice: ['appr'] }) })
    await scenario.given('bob', 'approve', K)
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await refused(scenario, ['alice', 'approve', K], 'duty.conflict', { person: 'alice' })
    }
    expect(scenario.approvals('K')).toBe(1)
    const again = await createDesk({ store: scenario.store })
    expect(again.change('K')).toEqual(scenario.change('K'))
    expect(again.change('K')?.approvals).toHaveLength(1)
    expect((await trailOf(scenario)).filter(({ outcome }) => 'refused' in outcome)).toHaveLength(3)
    expect((await eventsOf(scenario)).filter(event => event.type === 'approval.granted')).toHaveLength(1)
  })

  it('records the attempts of a robot, of a delegate without delegation and of a stranger, and counts none [LAW 120]', async () => {
    const scenario = await f0Tested({ people: people({ nora: [] }) })
    await robot(scenario, 'stray-bot', { role: 'appr' })
    await refused(scenario, ['stray-bot', 'approve', K], 'identity.no-controller')
    await refused(scenario, ['nora', 'approve', { ...K, for: 'bob' }], 'authority.no-role')
    await refused(scenario, ['nora', 'approve', K], 'authority.no-role')
    expect(scenario.approvals('K')).toBe(0)
  })

  it('does not hold a refused person to the duty that was refused: Alice, whose approval failed, goes on making [LAW 120]', async () => {
    const scenario = await f0Tested({ people: people({ alice: ['appr'], nora: [] }) })
    await refused(scenario, ['alice', 'approve', K], 'duty.conflict')
    await refused(scenario, ['nora', 'approve', K], 'authority.no-role')
    expect(scenario.change('K').held.filter(one => one.duty === 'approve')).toEqual([])
    await refused(scenario, ['nora', 'cancel', { ...K, comment: 'no' }], 'authority.not-participant', {
      person: 'nora',
    })
  })

  it('records nothing of an unknown account, nor of a command that is none [LAW 120]', async () => {
    const scenario = await f0Tested()
    await refused(scenario, ['nobody', 'approve', K], 'identity.unknown-account', { account: 'nobody' })
    const size = (await trailOf(scenario)).length
    for (const odd of [
      undefined,
      null,
      7,
      'approve',
      [],
      {},
      { account: 'bob' },
      { account: 'bob', command: { type: 'aprove' } },
    ]) {
      expect(await scenario.desk.execute(odd)).toMatchObject({
        outcome: 'refused',
        refusal: { code: 'command.malformed' },
      })
    }
    expect((await trailOf(scenario)).length).toBe(size)
  })

  it('counts no differently whether violations, all refusals or none are recorded [LAW 120]', async () => {
    for (const [recordRefusals, expected] of [
      ['violations', 1],
      ['all', 2],
      ['none', 0],
    ] as const) {
      const scenario = await f0Tested({ people: people({ alice: ['appr'] }), recordRefusals })
      await scenario.given('bob', 'approve', K)
      await scenario.when('alice', 'approve', K)
      await scenario.when('bob', 'approve', K)
      expect(scenario.approvals('K')).toBe(1)
      expect((await trailOf(scenario)).filter(({ outcome }) => 'refused' in outcome)).toHaveLength(expected)
    }
  })

  it('counts what Bob approved once, though refusals stand before and after it in the trail of K [LAW 120]', async () => {
    const scenario = await f0Tested({ people: people({ alice: ['appr'], dora: [] }), recordRefusals: 'all' })
    await scenario.when('alice', 'approve', K)
    await scenario.given('bob', 'approve', K)
    await delegated(scenario, 'bob', 'dora')
    await scenario.when('dora', 'approve', { ...K, for: 'bob' })
    await scenario.when('bob', 'approve', K)
    const again = await createDesk({ store: scenario.store })
    expect(again.change('K')?.approvals.map(one => one.person)).toEqual(['bob'])
  })
})
