import { content, Scenario } from '@countersign/testing'
import { linesOf } from '@countersign/testing/tamper'
import { formatVerifierKey, type SignerKey, signerKey, verifierKeyOf } from '@countersign/trail'
import { memoryOpenings } from '@countersign/trail/store'
import {
  approval,
  approvals,
  approvedBeforeRelease,
  approvedTemplate,
  category,
  controls,
  exception,
  field,
  policy,
  release,
  role,
  separate,
  share,
  test,
} from 'countersign/policy'
import * as z from 'zod'

const hour = 3_600_000
const rules = controls('faults', {
  'CM-1': separate('make', 'approve', { exceptions: 'allowed' }).because('nobody approves what they made'),
  'CM-2': separate('make', 'test').because('nobody signs off the test of what they made'),
  'CM-3': approvedBeforeRelease(1).because('nothing unapproved reaches production'),
})
const roles = { appr: 'approves', head: 'heads', tester: 'tests', deployer: 'releases' }
const form = z.object({ risk: z.enum(['low', 'high']) })
const secret = z.object({ ...form.shape, iban: z.string().min(5).max(60).meta({ private: true }).optional() })
const production = release('production', { by: role('deployer') })
const one = approvals(1).from(role('appr'))

const team = policy(
  't',
  {
    complies: rules,
    roles,
    exceptions: [
      exception('make', 'approve')
        .grantedBy(role('head'))
        .atMost('7d')
        .compensatedBy('the controller reviews it within a week')
        .because('two people cannot fill three duties'),
    ],
  },
  {
    normal: category({
      form,
      material: ['risk', 'content'],
      flow: [
        test('verify', { by: role('tester'), evidence: 'optional', checklist: { ledger: 'the ledger adds up' } }),
        approval('agree', approvals(2).from(role('appr')), { veto: { liftedBy: role('head') } }),
        approval('board', share(1, 2).of(role('head')), { when: field('risk').is('high') }),
        production,
      ],
    }),
    small: category({ form: secret, flow: [approval('agree', one), production] }),
    standard: category({
      form,
      template: { otherwise: 'normal' },
      flow: [approval('agree', one, { carriedFrom: approvedTemplate().for('365d') }), production],
    }),
    emergency: category({
      form: z.object({ incident: z.string().min(3).max(100) }),
      emergency: { incident: 'incident' },
      flow: [
        approval('authorise', one),
        production,
        approval('review', approvals(1).from(role('head')), { within: '24h' }),
      ],
    }),
  },
)

const people = {
  rita: [],
  alice: [],
  bob: ['appr'],
  carol: ['appr'],
  dan: ['appr'],
  erin: ['tester'],
  paul: ['deployer'],
  hana: ['head'],
  hugo: ['head'],
  gwen: [],
}

const asked = (change: string, kind: string, more: object = {}) => ({
  change,
  team: 't',
  category: kind,
  title: `Change ${change}`,
  reason: 'the ledger and the bank differ by a cent',
  form: { risk: 'low' },
  content: { digest: content(change), makers: ['alice'] },
  ...more,
})

/** The key that its founding names. */
export const signer: SignerKey = signerKey('trail.example/scenario', new Uint8Array(32).fill(7))

/** A trail in which everything has happened that a fault could be done to: vetoes, templates, reviews, redactions, leavers. */
export async function everything(): Promise<{ readonly scenario: Scenario; readonly lines: Uint8Array[] }> {
  const key = formatVerifierKey(verifierKeyOf(signer))
  const openings = memoryOpenings()
  const scenario = await Scenario.open({ controls: rules, policies: [team], people, key, openings })
  const given = (account: string, type: string, command: object) => {
    scenario.at(60_000)
    return scenario.given(account, type as 'approve', command as never)
  }
  const K = { change: 'K' }
  await given('rita', 'submit', asked('K', 'normal', { form: { risk: 'high' } }))
  await given('erin', 'tick', { ...K, stage: 'verify', items: ['ledger'] })
  await given('erin', 'signOff', { ...K, result: 'passed' })
  await scenario.refused('alice', 'approve', K)
  await given('bob', 'reject', { ...K, comment: 'not before the audit' })
  await given('hana', 'liftVeto', { ...K, of: 'bob', comment: 'the audit is over' })
  await given('carol', 'approve', K)
  await given('ada', 'recordDeparture', { person: 'gwen' })
  await given('dan', 'approve', K)
  await given('hana', 'approve', K)
  await given('paul', 'release', K)
  await given('rita', 'close', K)

  const template = {
    format: 'countersign/template/v1',
    team: 't',
    name: 'restart',
    version: 1,
    category: 'standard',
    description: 'restart a service of the ledger',
    fixed: { risk: 'low' },
    editable: ['title', 'reason', 'content'],
  }
  await given('rita', 'proposeTemplate', { template })
  await given('bob', 'approveTemplate', { team: 't', name: 'restart', version: 1 })
  await given('rita', 'submit', asked('S', 'standard', { form: {}, template: { name: 'restart', version: 1 } }))
  await given('paul', 'release', { change: 'S' })

  const until = new Date(Date.parse(scenario.now) + 48 * hour).toISOString()
  const E = { change: 'E' }
  await given('rita', 'submit', asked('E', 'small', { content: { digest: content('E'), makers: ['bob'] } }))
  const why = { duties: ['make', 'approve'], reason: 'Carol is in hospital' }
  await given('rita', 'requestException', { ...E, exception: 'x1', person: 'bob', until, ...why })
  await given('hana', 'grantException', { ...E, exception: 'x1', comment: 'seen' })
  await given('bob', 'approve', E)

  for (const change of ['P', 'Q'])
    await given(
      'rita',
      'submit',
      asked(change, 'small', { form: { risk: 'low', iban: `DE0212030000000020205${change}` } }),
    )
  await given('ada', 'redact', { change: 'Q', fields: ['iban'], comment: 'the customer has asked for it' })

  const M = { change: 'M' }
  await given('rita', 'submit', asked('M', 'emergency', { form: { incident: 'INC-17' } }))
  await given('carol', 'approve', M)
  await given('paul', 'release', M)
  scenario.at(hour)
  await given('hugo', 'approve', M)
  await given('rita', 'close', M)
  return { scenario, lines: await linesOf(scenario.store) }
}
