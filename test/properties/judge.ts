import type { Change, Governance } from 'countersign'
import type { SingleStage } from 'countersign/policy'
import { overdue } from '../../packages/countersign/src/change/progress.ts'
import { discountOf, isMet } from '../../packages/countersign/src/change/standing.ts'
import { hasEnded, type Pinned, pin } from '../../packages/countersign/src/change/world.ts'
import { sharedRolesOf } from '../../packages/countersign/src/policy/requirement.ts'
import type { ApprovalStage } from '../../packages/testing/src/plain/duties.ts'
import type { Plain, PlainBody } from '../../packages/testing/src/plain.ts'
import type { Pure, Taken } from './pure.ts'
import { fault, same, type Tally, Witness } from './witness.ts'

/** What counts of a change in the plain count. */
type Standing = Readonly<Record<'approvals' | 'tests', ReturnType<Plain['standing']>>>

/** What the library has said, and what the plain implementation says to that. Throws where they differ. */
export class Judge {
  readonly #witness: Witness
  /** The number of approvals that counted on each change, as it was before what happened last. */
  #counted = new Map<string, number>()
  #at = ''

  constructor(founded: Pure, tally: Tally) {
    this.#witness = new Witness(tally)
    for (const body of founded.bodies) this.#witness.plain.fold(body as PlainBody)
  }

  after = (pure: Pure, taken: Taken): void => {
    const { command, decided, body, before } = taken
    this.#witness.tally.note('commands')
    if ('refused' in decided.outcome) {
      this.#witness.tally.note(`refused ${decided.outcome.refused.code}`)
      this.#refused(pure, taken, decided.outcome.refused)
      same('a refused command has changed the people', pure.state.governance, before.governance)
      if ('change' in command)
        same('a refused command has changed something', pure.state.changes.get(command.change), before.change)
    } else {
      this.#witness.tally.note('accepted')
      this.#witness.hear(body as PlainBody)
    }
    this.#compare(pure, taken)
  }

  /** A refusal for a duty or for a decision given already has its reason in the plain count. */
  #refused(
    pure: Pure,
    { account, command, body: { at } }: Taken,
    { code, facts }: { code: string; facts: object },
  ): void {
    const kind = command.type === 'approve' ? 'approvals' : command.type === 'signOff' ? 'tests' : undefined
    if (kind === undefined || !('change' in command)) return
    const change = pure.state.changes.get(command.change)
    // What has come about and is not recorded yet the plain count does not know.
    if (change === undefined || overdue(pin(pure.state.worldOf(change.id), change, at), change).events.length > 0)
      return
    const plain = this.#witness.plain
    const self = plain.people.behind(account)
    const someone = [...self, ...self.flatMap(one => plain.people.principalsOf(one))]
    const { person, by, principal } = facts as { person?: string; by?: string; principal?: string | null }
    const named = [person, by, principal].filter(one => typeof one === 'string')
    if (!['duty.conflict', 'approval.already-given', 'delegation.principal-decided'].includes(code)) return
    if (!plain.people.meet(someone, named)) fault('refused for somebody else', { code, facts, someone })
    if (code === 'duty.conflict') {
      if (
        !plain.conflicts(command.change, kind === 'tests' ? 'test' : 'approve', named, at, {
          isNew: true,
          chain: someone,
        })
      )
        fault('refused though nothing keeps them apart', { code, facts })
      return
    }
    // Be it that what they gave does not count for another reason: it is still theirs, until it is taken back.
    const given = plain.tickets.get(command.change)?.[kind] ?? []
    if (given.some(one => one.ended !== true && plain.people.meet(one.chain, named))) return
    fault('refused though they have given nothing', { code, facts })
  }

  /** Holds what the library makes of every change against what the plain count makes of it. */
  #compare(pure: Pure, { command, decided, before, body: { at } }: Taken): void {
    const plain = this.#witness.plain
    const counted = new Map(this.#counted)
    for (const change of this.#touched(pure, command, at)) {
      if (change.state === 'cancelled') continue
      const pinned = pin(pure.state.worldOf(change.id), change, at)
      if (change.rests !== undefined) {
        this.#rests(change, at)
        continue
      }
      const standing = {
        approvals: plain.standing(change.id, at),
        tests: plain.standing(change.id, at, 'tests'),
      }
      this.#standing(pinned, change, standing)
      counted.set(change.id, standing.approvals.length)
      if (!hasEnded(change)) once(plain, standing.approvals)
      for (const stage of pinned.stages) this.#stage(pinned, change, stage, standing)
    }
    if (command.type === 'recordAlias' && 'accepted' in decided.outcome)
      this.#alias(pure, command, counted, before.governance.persons)
    this.#counted = counted
  }

  /** What may stand otherwise than before: all, where people or time have changed, or else a change and what leans on it. */
  #touched({ state }: Pure, command: Taken['command'], at: string): Iterable<Change> {
    const isLater = at !== this.#at
    this.#at = at
    if (isLater || !('change' in command)) return state.changes.values()
    const change = state.changes.get(command.change)
    return change === undefined ? [] : [change, ...state.descendantsOf(change.id)]
  }

  /** Two ids that turn out to be one person make no approval count that did not; but by their exceptions, or by being here. */
  #alias(
    pure: Pure,
    { person, is }: { person: string; is: string },
    counted: ReadonlyMap<string, number>,
    persons: Governance['persons'],
  ): void {
    const isHereAfterAll = [person, is].some(one => persons[one]?.departed !== undefined)
    for (const [id, before] of this.#counted) {
      const now = counted.get(id) ?? 0
      const isExcepted = (pure.state.changes.get(id)?.exceptions ?? []).length > 0
      if (now > before && !isHereAfterAll && !isExcepted)
        fault('an alias made more approvals count', { id, before, now })
    }
  }

  /** What a completed change rests on is what counted then, whatever is learned later. */
  #rests({ id, rests }: Change, at: string): void {
    const numbers = (kind: 'approvals' | 'tests') =>
      this.#witness.plain
        .standing(id, at, kind)
        .map(one => one.number)
        .toSorted((a, b) => a - b)
    same(`${id} rests on other approvals`, JSON.stringify(rests?.approvals), JSON.stringify(numbers('approvals')))
  }

  #standing(pinned: Pinned, change: Change, standing: Standing): void {
    for (const [kind, duty, all] of [
      ['approvals', 'approve', change.approvals],
      ['tests', 'test', change.signOffs],
    ] as const) {
      const plain = standing[kind].map(one => one.number)
      for (const [number, given] of all.entries()) {
        const discount = discountOf(pinned, change, given, duty)
        if (discount !== undefined) this.#witness.tally.note(`discount ${discount.why}`)
        if ((discount === undefined) === plain.includes(number)) continue
        if (kind === 'tests' && discount === undefined) continue
        fault(
          `${duty} ${discount === undefined ? 'counts' : `does not count (${discount.why})`}, and not so in the plain count`,
          { change: change.id, number, given, discount, plain },
        )
      }
    }
  }

  #stage(pinned: Pinned, change: Change, stage: SingleStage, standing: Standing): void {
    if (stage.kind !== 'approval' && stage.kind !== 'test') return
    const plain = this.#witness.plain.isMet(change.id, stage.name, pinned.at, standing)
    const quick = isMet(pinned, change, stage)
    if (plain !== undefined) this.#witness.tally.note(quick ? 'met' : 'not met')
    if (plain !== undefined && stage.kind === 'approval') {
      const asked = askedBy(stage)
      if (quick && asked.shares) this.#witness.tally.note('shares met')
      if (asked.groups) this.#witness.tally.note('groups asked')
    }
    if (quick === (plain ?? true)) return
    // Of how many persons a share is one is settled when the stage opens.
    if (
      stage.kind === 'approval' &&
      sharedRolesOf(stage.requires).length > 0 &&
      change.electorates[stage.name] === undefined
    )
      return
    fault(`a stage is ${quick ? 'met' : 'not met'}, and not so in the plain count`, {
      change: change.id,
      stage: stage.name,
      requires: stage,
    })
  }
}

/** Whether a stage asks for shares and for groups: it is read once, as one stage is looked at after every command. */
function askedBy(stage: ApprovalStage): Asked {
  const known = asked.get(stage)
  if (known !== undefined) return known
  const text = JSON.stringify(stage.requires)
  const found = { shares: text.includes('"share"'), groups: text.includes('"groups"') }
  asked.set(stage, found)
  return found
}

interface Asked {
  readonly shares: boolean
  readonly groups: boolean
}

const asked = new WeakMap<ApprovalStage, Asked>()

function once(plain: Plain, standing: ReturnType<Plain['standing']>): void {
  for (const [index, one] of standing.entries())
    for (const other of standing.slice(index + 1))
      if (plain.people.meet(one.chain, other.chain)) fault('a person counts twice', { one, other })
}
