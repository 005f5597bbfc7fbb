import { baseline, content, Scenario } from '@countersign/testing'
import { fileOf, linesOf } from '@countersign/testing/tamper'
import { Metrics } from 'countersign/metrics'
import {
  approval,
  approvals,
  approvedBeforeRelease,
  category,
  controls,
  parallel,
  policy,
  release,
  role,
  separate,
  test,
} from 'countersign/policy'
import { verifyTrail } from 'countersign/verify'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { asWritten, runs } from './trial.ts'

const lenient = controls(baseline.name, {
  'CM-1': separate('make', 'approve').because('nobody approves what they made'),
  'CM-3': approvedBeforeRelease(1, { breakGlass: 'allowed' }).because('nothing unapproved reaches production'),
})
const form = z.object({ incident: z.string().min(1) })
const authorise = approval('authorise', approvals(1).from(role('appr')))
const production = release('production', { by: role('deployer') })
const review = approval('review', approvals(2).from(role('auditor')), { within: '24h', remedyWithin: '3d' })
const audit = approval('audit', approvals(3).from(role('auditor')), { within: '8h', onlyAfter: 'breakGlass' })
const anew = approval('review', approvals(2).from(role('auditor')), { within: '24h', leavers: 'reconfirm' })
const check = test('check', { by: role('tester'), evidence: 'optional', within: '12h' })
const common = { form, emergency: { incident: 'incident' }, breakGlass: { by: role('breakglass'), lasts: '1h' } }
const rules = policy(
  't',
  {
    complies: lenient,
    roles: { appr: 'approves', auditor: 'reviews', tester: 'tests', deployer: 'releases', breakglass: 'may break it' },
  },
  {
    serial: category({ ...common, flow: [authorise, production, audit, review, check] }),
    together: category({ ...common, flow: [authorise, production, audit, parallel('afterwards', review, check)] }),
    found: category({ form, retrospective: true, flow: [review] }),
    anew: category({ ...common, flow: [authorise, production, audit, parallel('afterwards', anew, check)] }),
  },
)
const people = {
  alice: ['appr'],
  bob: ['appr', 'auditor'],
  erin: ['tester', 'auditor'],
  gus: ['breakglass', 'auditor'],
  paul: ['deployer', 'auditor'],
  tess: ['tester'],
  vera: ['auditor'],
  viktor: ['auditor'],
  wanda: ['auditor', 'appr'],
}
const names = Object.keys(people)
const changes = ['E', 'F', 'R']

const who = fc.constantFrom(...names)
const change = fc.constantFrom(...changes)
const move = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('approve' as const), who, change }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('release' as const), who: fc.constantFrom('paul', 'gus'), change }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('signOff' as const),
      who: fc.constant('erin'),
      change,
      passed: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('breakGlass' as const), who: fc.constantFrom('gus', 'vera'), change }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('reject' as const, 'withdraw' as const), who, change }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('cancel' as const, 'close' as const, 'assign' as const),
      who: fc.constant('alice'),
      change,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom('revise' as const, 'resubmit' as const),
      who: fc.constant('alice'),
      change,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('remediate' as const), who: fc.constant('alice'), change, by: change }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('depart' as const),
      who: fc.constantFrom('vera', 'viktor'),
      compromised: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('makeGood' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), hours: fc.constantFrom(0.5, 1, 7, 12, 24) }) },
)

const afterEffect = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom('approve' as const, 'signOff' as const),
      who: fc.constantFrom('vera', 'viktor', 'wanda', 'gus', 'erin', 'tess'),
      change: fc.constantFrom('E', 'F'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('depart' as const),
      who: fc.constantFrom('vera', 'viktor', 'erin', 'tess'),
      compromised: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), hours: fc.constantFrom(0.5, 1, 7, 12) }) },
)

const hour = 3_600_000

describe('what is owed', () => {
  it('is never left behind: no change ends over it, late stays late, and the verifier finds the same in the record', async () => {
    const seen = { ended: 0, late: 0, remedied: 0, underGlass: 0, refused: 0 }
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('serial', 'together'),
        fc.array(move, { minLength: 20, maxLength: 60, size: 'max' }),
        async (kind, moves) => {
          const scenario = await Scenario.open({ controls: lenient, policies: [rules], people, recordRefusals: 'all' })
          const ask = (id: string, more: object) =>
            scenario.given('alice', 'submit', {
              change: id,
              team: 't',
              category: kind,
              title: 'a change in a hurry',
              reason: 'the ledger doubles every posting',
              form: { incident: 'INC-1' },
              content: { digest: content(id), makers: ['alice'] },
              ...more,
            } as never)
          await ask('E', {})
          await ask('F', { category: 'found', inEffectSince: '2026-02-01T00:00:00Z' })
          let isThere = false
          const known = new Map<string, boolean>()
          for (const [step, one] of moves.entries()) {
            if (one.do === 'wait') {
              scenario.at(one.hours * hour)
              continue
            }
            if (one.do === 'depart') {
              await scenario.when('ada', 'recordDeparture', { person: one.who, compromised: one.compromised })
              continue
            }
            if (one.do === 'makeGood') {
              const from = ['E', 'F'].find(id => scenario.change(id).state === 'remediation')
              const id = `G${step}`
              if (from === undefined) continue
              await ask(id, { parent: from })
              for (const by of ['bob', 'alice']) await scenario.when(by, 'approve', { change: id })
              await scenario.when('paul', 'release', { change: id })
              for (const by of ['vera', 'viktor', 'wanda', 'gus']) await scenario.when(by, 'approve', { change: id })
              await scenario.when('erin', 'signOff', { change: id, result: 'passed' })
              await scenario.when('alice', 'remediate', { change: from, by: id, comment: 'taken back' })
              continue
            }
            if (one.change === 'R' && !isThere) {
              await ask('R', { parent: scenario.change('E').state === 'remediation' ? 'E' : 'F' })
              isThere = true
            }
            const told = {
              change: one.change,
              comment: 'as it happened to be',
              reason: 'nobody of the approvers can be reached',
              to: 'alice',
              content: { digest: content(`r${step}`), makers: ['alice'] },
              by: 'by' in one ? one.by : undefined,
              result: 'passed' in one && !one.passed ? 'failed' : 'passed',
            }
            const takes: Readonly<Record<string, readonly (keyof typeof told)[]>> = {
              breakGlass: ['reason'],
              revise: ['content', 'comment'],
              assign: ['to'],
              signOff: ['result'],
              remediate: ['by', 'comment'],
              approve: [],
              release: [],
            }
            const members = takes[one.do] ?? ['comment']
            const command = Object.fromEntries(['change' as const, ...members].map(name => [name, told[name]]))
            const receipt = await scenario.when(one.who, one.do, command as never)
            if (receipt.outcome === 'refused') {
              expect(receipt.refusal.code).not.toBe('command.malformed')
              if (receipt.refusal.code === 'obligation.open') seen.refused += 1
            }
            for (const { id, state, obligations, releases } of scenario.desk.changes()) {
              if (releases.some(given => given.underGlass === true)) seen.underGlass += 1
              const open = obligations.filter(owed => owed.ended === undefined)
              if (['completed', 'closed', 'cancelled'].includes(state)) {
                expect(open).toEqual([])
                if (obligations.length > 0) seen.ended += 1
              }
              for (const [place, { kind: what, ended, since, due }] of obligations.entries()) {
                expect(due > since).toBe(true)
                if (ended === undefined) continue
                expect(ended.late).toBe(ended.at >= due)
                if (ended.late) seen.late += 1
                if (what === 'remedy') seen.remedied += 1
                const key = `${id} ${place}`
                if (known.get(key) === true) expect(ended.late).toBe(true)
                known.set(key, ended.late)
              }
            }
          }
          const verdict = verifyTrail([fileOf(await linesOf(scenario.store))])
          expect(verdict.findings).toEqual([])
          const owed = scenario.desk.changes().flatMap(({ obligations }) => obligations)
          const open = scenario.desk.obligations(verdict.until)
          expect(verdict.obligations).toMatchObject({
            opened: owed.length,
            fulfilled: owed.filter(({ ended }) => ended?.how === 'fulfilled').length,
            rejected: owed.filter(({ ended }) => ended?.how === 'rejected').length,
            late: owed.filter(({ ended, due }) => ended?.late ?? verdict.until >= due).length,
          })
          expect(verdict.obligations.open).toHaveLength(open.length)
        },
      ),
      runs(80),
    )
    // What never came about was not tried.
    if (asWritten) for (const [what, count] of Object.entries(seen)) expect([what, count > 0]).toEqual([what, true])
  })

  it('is at every instant as much by the metrics as by the desk, whatever has fallen away that was given', async () => {
    const seen = { owed: 0, late: 0, fallen: 0 }
    await fc.assert(
      fc.asyncProperty(fc.array(afterEffect, { minLength: 15, maxLength: 40, size: 'max' }), async moves => {
        const scenario = await Scenario.open({ controls: lenient, policies: [rules], people })
        for (const id of ['E', 'F']) {
          await scenario.given('alice', 'submit', {
            change: id,
            team: 't',
            category: 'anew',
            title: 'a change in a hurry',
            reason: 'the ledger doubles every posting',
            form: { incident: 'INC-1' },
            content: { digest: content(id), makers: ['alice'] },
          } as never)
          await scenario.given('bob', 'approve', { change: id })
          await scenario.given('paul', 'release', { change: id })
        }
        const owedAt = new Map<string, { readonly open: number; readonly overdue: number }>()
        for (const one of moves) {
          if (one.do === 'wait') {
            // Half-way, and at the end: what is done at that very instant is done after it was asked.
            for (const _ of ['half', 'whole']) {
              scenario.at((one.hours * hour) / 2)
              const all = scenario.desk.obligations(scenario.now)
              owedAt.set(scenario.now, { open: all.length, overdue: all.filter(owed => owed.late).length })
              const recorded = scenario.desk.changes().flatMap(({ obligations }) => obligations)
              if (all.length > recorded.filter(owed => owed.ended === undefined).length) seen.fallen += 1
            }
            continue
          }
          if (one.do === 'depart')
            await scenario.when('ada', 'recordDeparture', { person: one.who, compromised: one.compromised })
          else if (one.do === 'signOff')
            await scenario.when(one.who, 'signOff', { change: one.change, result: 'passed' } as never)
          else await scenario.when(one.who, 'approve', { change: one.change })
        }
        const metrics = new Metrics()
        for (const line of await linesOf(scenario.store)) metrics.line(line)
        for (const [until, told] of owedAt) {
          const { obligations } = metrics.report({ from: metrics.from, until })
          expect([until, obligations]).toMatchObject([until, told])
          expect(obligations.opened).toBe(obligations.fulfilled + obligations.open)
          seen.owed += told.open
          seen.late += told.overdue
        }
      }),
      runs(30),
    )
    if (asWritten) for (const [what, count] of Object.entries(seen)) expect([what, count > 0]).toEqual([what, true])
  })
})
