import { type History, histories, type Played, play } from '@countersign/testing'
import { createDesk } from 'countersign'
import type { ChangeCommand, ChangeEvent } from 'countersign/change'
import type { Policy, Requirement } from 'countersign/policy'
import { verifyTrail } from 'countersign/verify'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { again, asWritten, bodyOf, fileOf, linesOf, runs, sealedIn, type TrialBody } from './trial.ts'

describe('over histories of fifty commands and more by six persons and more', () => {
  it('no authorised change was approved by one who made it, tested it, or stands in a chain with such a person', async () => {
    let released = 0
    await fc.assert(
      fc.asyncProperty(histories(), async history => {
        const { scenario } = await play(history)
        const told = restate((await sealedIn(scenario.store)).map(bodyOf))
        expect(told.problems).toEqual([])
        released += told.released
      }),
      runs(110),
    )
    if (asWritten) expect(released).toBeGreaterThan(80)
  })

  it('nobody acted in a role that they, or whoever they acted for, did not hold at that moment', async () => {
    let seats = 0
    await fc.assert(
      fc.asyncProperty(histories(), async history => {
        const { scenario } = await play(history)
        const told = authorities((await sealedIn(scenario.store)).map(bodyOf))
        expect(told.problems).toEqual([])
        seats += told.seats
      }),
      runs(60),
    )
    if (asWritten) expect(seats).toBeGreaterThan(500)
  })

  it('replay of the trail gives the same state, and the same bytes of every decision', async () => {
    await fc.assert(
      fc.asyncProperty(histories(), async history => {
        const { scenario } = await play(history)
        const entries = await sealedIn(scenario.store)
        const snapshot = scenario.desk.snapshot()
        const replayed = await createDesk({ store: scenario.store })
        expect(replayed.snapshot()).toEqual(snapshot)
        expect(verifyTrail([fileOf(linesOf(entries))], { snapshot })).toMatchObject({ status: 'sound', findings: [] })
        expect(await again(entries)).toEqual(linesOf(entries))
      }),
      runs(50),
    )
  })

  it('a refused command changes nothing, and a command that is handed in again changes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(histories(), async history => {
        let before = ''
        const done = new Set<number>()
        const told = ({ scenario }: Pick<Played, 'scenario'>) => {
          const { governance, changes } = scenario.desk.snapshot()
          return JSON.stringify({ governance, changes })
        }
        await play(history, {
          before: scenario => {
            before = told({ scenario })
          },
          after: (scenario, { receipt }) => {
            const anew = receipt.outcome === 'accepted' && !done.has(receipt.seq)
            if (receipt.outcome === 'accepted') done.add(receipt.seq)
            expect(told({ scenario }) === before).toBe(!anew)
          },
        })
      }),
      runs(50),
    )
  })

  it('the histories are worth it: they come to releases, by delegates, stand-ins and carried approvals', async () => {
    const seen = { histories: 0, commands: 0, accepted: 0 }
    const reached = new Map<string, number>()
    await fc.assert(
      fc.asyncProperty(histories(), async history => {
        const { steps } = await play(history)
        seen.histories += 1
        seen.commands += steps.length
        seen.accepted += steps.filter(({ receipt }) => receipt.outcome === 'accepted').length
        for (const one of marksOf(history, steps)) reached.set(one, (reached.get(one) ?? 0) + 1)
      }),
      runs(100),
    )
    const share = (mark: string) => (reached.get(mark) ?? 0) / seen.histories
    const table = [...reached].toSorted(([, a], [, b]) => b - a).map(([mark, count]) => `${mark} ${count}`)
    console.log(
      `${seen.histories} histories, ${seen.commands} commands, ${Math.round((100 * seen.accepted) / seen.commands)} % accepted; histories with: ${table.join(', ')}`,
    )
    expect(seen.accepted / seen.commands).toBeGreaterThan(0.4)
    expect(seen.accepted / seen.commands).toBeLessThan(0.8)
    const least = {
      'change.released': 0.5,
      'seat delegate': 0.2,
      'seat fallback': 0.1,
      'approval.carried': 0.3,
      'approval.staled': 0.15,
      'approval.retained': 0.15,
      'change.rejected': 0.15,
      'approval.withdrawn': 0.02,
      'change.blocked': 0.3,
      'person.departed': 0.15,
      'policy.adopted': 0.02,
      'role.revoked': 0.1,
      'duty.conflict': 0.5,
      'approval.already-given': 0.3,
      'delegation.principal-decided': 0.02,
      'delegation.cycle': 0.02,
      'command.malformed': 0.7,
      'command.id-reused': 0.2,
      'identity.unknown-account': 0.1,
      'identity.bot': 0.02,
      'binding.digest': 0.05,
      'binding.revision': 0.05,
      'lifecycle.not-now': 0.7,
      'six persons': 1,
      'fifty commands': 1,
    }
    const blind = Object.entries(least).filter(([mark, atLeast]) => share(mark) < atLeast)
    if (asWritten) expect(blind).toEqual([])
  })
})

/** What a history had in it. */
function marksOf(history: History, steps: Played['steps']): Set<string> {
  const marks = new Set<string>()
  if (Object.keys(history.people).length >= 6) marks.add('six persons')
  if (steps.length >= 50) marks.add('fifty commands')
  for (const { receipt } of steps) {
    if (receipt.outcome === 'refused') marks.add(receipt.refusal.code)
    else {
      for (const event of receipt.events) {
        marks.add(event.type)
        if ('seats' in event) for (const seat of event.seats) marks.add(`seat ${seat.capacity}`)
      }
    }
  }
  return marks
}

interface Told {
  readonly policy: string
  readonly category: string
  readonly risk: unknown
  readonly systems: readonly string[]
  readonly makers: Set<string>
  readonly testers: Set<string>
  readonly approvals: Approval[]
}

interface Approval {
  readonly stage: string
  readonly chain: readonly string[]
  /** Of a carried one: what was given, and on which change. */
  readonly of?: {
    readonly original: Approval | undefined
    readonly parent: Told | undefined
    readonly until: string
  }
  ended: boolean
}

/**
 * The whole claim once more, from the entries alone: who made, who tested, whose approvals were still good when a release
 * was accepted, and whether without every approval that one of the former had a hand in there are still as many persons
 * as the flow asks for at the least.
 */
function restate(bodies: readonly TrialBody[]): { problems: string[]; released: number } {
  const problems: string[] = []
  let released = 0
  const owners = new Map<string, string[]>()
  const bots = new Map<string, string[]>()
  const policies = new Map<string, Policy>()
  const changes = new Map<string, Told>()
  let testersNeverApprove = false
  const compromised = new Set<string>()
  for (const { seq, at, by, command, outcome, policy } of bodies) {
    if (!('accepted' in outcome)) continue
    const actor = [by.person, by.bot].filter(one => one !== undefined)
    for (const event of outcome.accepted) {
      if (!('change' in command)) {
        if (event.type === 'person.departed' && event.compromised) compromised.add(event.person)
        if (event.type === 'bot.registered')
          bots.set(event.bot, [event.bot, ...(event.controller === undefined ? [] : [event.controller])])
        if (event.type === 'account.linked')
          owners.set(event.account, event.person === undefined ? (bots.get(event.bot ?? '') ?? []) : [event.person])
        if (command.type === 'proposePolicy' && event.type === 'policy.proposed')
          policies.set(event.digest, command.policy)
        if (command.type === 'proposeControls')
          testersNeverApprove ||= Object.values(command.controls.clauses).some(
            one => one.rule === 'separate' && apart(one.duties, 'test', 'approve'),
          )
        continue
      }
      const told = changes.get(command.change) ?? begin(command, policy)
      changes.set(command.change, told)
      const rules = policies.get(told.policy)
      const testers = testersNeverApprove || rules?.separate.some(one => apart(one.duties, 'test', 'approve'))
      const unclean = (chain: readonly string[]) =>
        chain.some(one => compromised.has(one) || told.makers.has(one) || (testers === true && told.testers.has(one)))
      hear(event as ChangeEvent, command, actor, told, owners, changes)
      if (event.type === 'approval.granted' && unclean(told.approvals.at(-1)?.chain ?? [])) {
        problems.push(`${seq}: ${actor.join()} approved ${command.change} and had a hand in it`)
      }
      if (event.type !== 'change.released') continue
      released += 1
      const flow = rules?.categories[told.category]?.flow ?? []
      for (const stage of flow.slice(
        0,
        flow.findIndex(one => one.name === event.stage),
      )) {
        if (stage.kind !== 'approval' || (stage.when !== undefined && !isFor(stage.when, told))) continue
        const clean = told.approvals.filter(one => one.stage === stage.name && !isOver(one, at) && !unclean(one.chain))
        const persons = new Set(clean.map(one => one.chain[0])).size
        if (persons >= fewest(stage.requires, told)) continue
        problems.push(`${seq}: ${command.change} was released, and ${stage.name} has ${persons} approvals by others`)
      }
    }
  }
  return { problems, released }
}

const begin = (command: ChangeCommand, policy = ''): Told => ({
  policy,
  category: command.type === 'submit' ? command.category : '',
  risk: undefined,
  systems: [],
  makers: new Set(),
  testers: new Set(),
  approvals: [],
})

/** Takes an event into what is told of its change. */
function hear(
  event: ChangeEvent,
  command: ChangeCommand,
  actor: readonly string[],
  told: Told,
  owners: ReadonlyMap<string, string[]>,
  changes: ReadonlyMap<string, Told>,
): void {
  const chain = [
    ...actor,
    ...('seats' in event ? event.seats.flatMap(one => ('principal' in one ? [one.principal] : [])) : []),
  ]
  const make = (persons: readonly string[]) => {
    for (const one of persons) told.makers.add(one)
  }
  if (event.type === 'change.submitted' || event.type === 'change.revised') {
    if ('content' in command) make((command.content?.makers ?? []).flatMap(one => owners.get(one) ?? [one]))
    if ('form' in command) {
      const { risk = told.risk, systems = told.systems } = command.form ?? {}
      Object.assign(told, { risk, systems })
    }
    if (event.type === 'change.revised' && event.material) {
      make(actor)
      // What was given for a scope holds within the scope.
      for (const one of told.approvals)
        one.ended ||= !told.systems.every(system => one.of?.parent?.systems.includes(system))
    }
  }
  if (event.type === 'change.assigned') make([event.to])
  if (event.type === 'task.completed' && event.duty === 'make') make(chain)
  if (event.type === 'test.signed-off') for (const one of chain) told.testers.add(one)
  if (event.type === 'approval.granted') told.approvals.push({ stage: event.stage, chain, ended: false })
  if (event.type === 'approval.carried') {
    const parent = changes.get(event.from)
    const original = parent?.approvals[event.approval]
    told.approvals.push({
      stage: event.stage,
      chain: original?.chain ?? [],
      of: { original, parent, until: event.until },
      ended: false,
    })
  }
  for (const [index, one] of told.approvals.entries()) {
    const withdrawn = event.type === 'approval.withdrawn' && event.approval === index
    const rejected = event.type === 'change.rejected' && one.chain.some(person => chain.includes(person))
    if (withdrawn || rejected || event.type === 'change.resubmitted') one.ended = true
  }
}

const apart = (pair: readonly string[], one: string, other: string) => pair.includes(one) && pair.includes(other)

/** A carried approval is over when the one that was given is, or when it is too old. */
const isOver = (one: Approval, at: string): boolean =>
  one.ended || (one.of !== undefined && (one.of.original?.ended !== false || at >= one.of.until))

/** The only conditions in these histories ask about the risk. */
const isFor = (condition: object, { risk }: Told) => !('is' in condition) || condition.is === risk

/** The fewest persons with whom a requirement can be met. */
function fewest(one: Requirement, told: Told): number {
  if (one.when !== undefined && !isFor(one.when, told)) return 0
  if ('approvals' in one) return one.approvals
  const parts = ('all' in one ? one.all : one.any).filter(part => part.when === undefined || isFor(part.when, told))
  const counts = parts.map(part => fewest(part, told))
  return counts.length === 0 ? 0 : 'all' in one ? Math.max(...counts) : Math.min(...counts)
}

interface Held {
  readonly role: string
  readonly team: string
  readonly from: string
  until?: string
}

interface Lent {
  readonly principal: string
  readonly to: string
  readonly from: string
  until: string
  readonly scope: { readonly roles?: readonly string[] | undefined; readonly teams?: readonly string[] | undefined }
}

/** The right to every act, found again in the entries before it: who held what, who lent it to whom, who had left. */
function authorities(bodies: readonly TrialBody[]): { problems: string[]; seats: number } {
  const problems: string[] = []
  let seats = 0
  const held = new Map<string, Held[]>()
  const lent = new Map<string, Lent>()
  const gone = new Set<string>()
  const bots = new Set<string>()
  const absences: { readonly person: string; readonly from: string; readonly until: string }[] = []
  for (const { seq, at, by, command, outcome } of bodies) {
    if (!('accepted' in outcome)) continue
    const within = (one: { readonly from: string; readonly until?: string }) =>
      one.from <= at && (one.until === undefined || at < one.until)
    const holds = (who: string, role: string) =>
      !gone.has(who) &&
      (held.get(who) ?? []).some(one => one.role === role && (one.team === '*' || one.team === 't') && within(one))
    // While somebody holds the role who is not away, nobody stands in for it.
    const isThere = (one: string, role: string) =>
      !bots.has(one) && holds(one, role) && !absences.some(away => away.person === one && within(away))
    const who = by.bot ?? by.person ?? ''
    for (const event of outcome.accepted) {
      if (event.type === 'role.granted') {
        const { role, to, team, from, until } = event
        held.set(to, [...(held.get(to) ?? []), { role, team, from, ...(until === undefined ? {} : { until }) }])
      }
      if (event.type === 'role.revoked')
        for (const one of held.get(event.from) ?? [])
          if (one.role === event.role && one.team === event.team && (one.until ?? '9') > at) one.until = at
      if (event.type === 'delegation.granted') lent.set(event.delegation, { ...event })
      const ended = event.type === 'delegation.revoked' ? lent.get(event.delegation) : undefined
      if (ended !== undefined && ended.until > at) ended.until = at
      if (event.type === 'person.departed') gone.add(event.person)
      if (event.type === 'bot.registered') bots.add(event.bot)
      if (event.type === 'absence.recorded') absences.push(event)
      // A carried approval was given elsewhere, in an entry of its own.
      if (!('seats' in event) || event.type === 'approval.carried') continue
      if (event.seats.length === 0) problems.push(`${seq}: ${who} had no right to ${command.type}`)
      for (const seat of event.seats) {
        seats += 1
        const by = seat.capacity === 'delegate' ? lent.get(seat.delegation) : undefined
        const right =
          seat.capacity === 'own'
            ? holds(who, seat.role)
            : seat.capacity === 'fallback'
              ? holds(who, seat.via) && ![...held.keys()].some(one => isThere(one, seat.role))
              : by !== undefined &&
                by.to === who &&
                by.principal === seat.principal &&
                within(by) &&
                (by.scope.roles?.includes(seat.role) ?? true) &&
                (by.scope.teams?.includes('t') ?? true) &&
                !gone.has(by.principal) &&
                holds(by.principal, seat.role)
        if (!right) problems.push(`${seq}: ${who} did not hold ${seat.role} by ${JSON.stringify(seat)} at ${at}`)
      }
    }
  }
  return { problems, seats }
}
