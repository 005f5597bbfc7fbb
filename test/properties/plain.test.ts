import { content, histories, historyControls, Scenario, type Step } from '@countersign/testing'
import { approval, approvals, approved, category, policy, release, role } from 'countersign/policy'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { overdue } from '../../packages/countersign/src/change/progress.ts'
import { applies, choicesFor, isMet } from '../../packages/countersign/src/change/standing.ts'
import { pin } from '../../packages/countersign/src/change/world.ts'
import { Plain } from '../../packages/testing/src/plain.ts'
import { asWritten, bodyOf, runs, sealedIn, watched } from './trial.ts'

interface Attempt {
  readonly account: string
  readonly command: { readonly type: string; readonly change: string }
}

/** What the desk made of an approval or a sign-off, next to what the plain implementation makes of it. */
function judged(
  plain: Plain,
  { at, envelope, receipt }: Step,
  isNew: boolean,
): { quick: string; plain: string } | undefined {
  if (receipt.outcome === 'refused' && receipt.refusal.code === 'command.malformed') return undefined
  const { account, command } = envelope as Attempt
  const duty = command.type === 'approve' ? 'approve' : command.type === 'signOff' ? 'test' : undefined
  if (duty === undefined) return undefined
  const kind = duty === 'approve' ? 'approvals' : 'tests'
  const self = plain.behind(account)
  const mine = plain.conflicts(command.change, duty, self)
  // A person counts once on a change, at whatever stage; a test is signed off once per stage.
  const stands = (stage: string, chain: readonly string[]) =>
    plain
      .standing(command.change, kind === 'approvals' ? undefined : stage, at, kind)
      .some(vote => vote.chain.some(one => chain.includes(one)))
  if (receipt.outcome === 'accepted') {
    const given = receipt.events.find(event => event.type === 'approval.granted' || event.type === 'test.signed-off')
    if (!isNew || given === undefined) return undefined
    const verdict = plain.conflicts(command.change, duty, given.chain)
      ? 'conflict'
      : stands(given.stage, given.chain)
        ? 'again'
        : 'fine'
    return { quick: 'fine', plain: verdict }
  }
  const { code, facts } = receipt.refusal
  const someone = [...self, ...self.flatMap(one => plain.principalsOf(one))]
  if (code === 'duty.conflict') {
    const named = told(facts.person)
    const verdict =
      someone.includes(named) && plain.conflicts(command.change, duty, [named]) ? 'conflict' : `${named} is free`
    return { quick: 'conflict', plain: verdict }
  }
  if (code === 'approval.already-given' || code === 'delegation.principal-decided') {
    const named = told(code === 'approval.already-given' ? facts.person : facts.principal)
    // Of an approval the refusal names whose it was; of a sign-off it is enough that one of them has given theirs.
    const whose = duty === 'approve' ? someone.filter(one => one === named) : someone
    const again = !mine && stands(told(facts.stage), whose)
    return { quick: 'again', plain: again ? 'again' : mine ? 'conflict' : `${named} has given none` }
  }
  return undefined
}

const idOf = ({ envelope }: Parameters<typeof judged>[1]): string =>
  (envelope as { command?: { change?: string } } | undefined)?.command?.change ?? ''

const told = (fact: unknown): string => (typeof fact === 'string' ? fact : 'nobody')

/** Whether something has come about on a change that no entry tells yet: the plain one knows only what entries tell. */
function isBehind({ desk, now }: Scenario, id: string): boolean {
  const change = desk.change(id)
  if (change === undefined) return false
  const parent = change.parent === undefined ? undefined : desk.change(change.parent)
  return overdue(pin({ governance: desk.governance(), parent }, change, now), change).events.length > 0
}

/**
 * Which stages are met, in the words of both. Both judge what is recorded: what has come about since the last entry, and
 * `explain` tells already, the plain one does not work out.
 */
function met(plain: Plain, { desk, now }: Scenario): { quick: string[]; plain: string[] } {
  const both = { quick: [] as string[], plain: [] as string[] }
  for (const change of desk.changes()) {
    const parent = change.parent === undefined ? undefined : desk.change(change.parent)
    const pinned = pin({ governance: desk.governance(), parent }, change, now)
    for (const stage of pinned.category.flow) {
      if (stage.kind !== 'approval' && stage.kind !== 'test') continue
      const asked = applies(change, stage.when) && (stage.kind === 'test' || choicesFor(change, stage).length > 0)
      both.quick.push(`${change.id} ${stage.name} ${asked ? isMet(pinned, change, stage) : undefined}`)
      both.plain.push(`${change.id} ${stage.name} ${plain.isMet(change.id, stage.name, now)}`)
    }
  }
  return both
}

describe('the quick agrees with the plain', () => {
  it('on whose duties meet, who has approved already, and whether a stage is met', async () => {
    const agreed = new Map<string, number>()
    const note = (what: string) => agreed.set(what, (agreed.get(what) ?? 0) + 1)
    await fc.assert(
      fc.asyncProperty(histories(), async history => {
        const plain = new Plain()
        let size = 0
        await watched(history, {
          after: async (scenario, step) => {
            const fresh = await sealedIn(scenario.store, size)
            const { receipt } = step
            const seq =
              receipt.outcome === 'accepted' ? receipt.seq : (receipt.recorded?.seq ?? Number.POSITIVE_INFINITY)
            for (const entry of fresh.filter(one => one.seq < seq)) plain.fold(bodyOf(entry))
            const caughtUp = receipt.outcome === 'accepted' && receipt.events[0]?.type === 'approval.carried'
            const behind = caughtUp || isBehind(scenario, idOf(step))
            const verdict = behind ? undefined : judged(plain, step, seq >= size)
            if (verdict !== undefined) {
              expect(verdict.plain, JSON.stringify(step)).toBe(verdict.quick)
              note(verdict.quick)
            }
            for (const entry of fresh.filter(one => one.seq >= seq)) plain.fold(bodyOf(entry))
            size += fresh.length
            const stages = met(plain, scenario)
            expect(stages.plain, JSON.stringify(step)).toEqual(stages.quick)
            for (const one of stages.quick) note(one.endsWith('true') ? 'met' : 'not met')
          },
        })
      }),
      runs(60),
    )
    console.log([...agreed].map(([what, count]) => `${what} ${count}`).join(', '))
    if (!asWritten) return
    expect([...agreed.keys()].toSorted()).toEqual(['again', 'conflict', 'fine', 'met', 'not met'])
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
