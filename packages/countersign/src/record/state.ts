import { boardFor, isCounted } from '../change/card.ts'
import { mayBeLeanedOn } from '../change/carry.ts'
import type { Change } from '../change/change.ts'
import type { ChangeCommand } from '../change/command.ts'
import { evolved, frozen } from '../change/evolve.ts'
import { openObligations } from '../change/obligation.ts'
import { hasEnded, type World } from '../change/world.ts'
import { evolveGovernance } from '../governance/evolve.ts'
import { noGovernance } from '../governance/folded.ts'
import type { Governance } from '../governance/governance.ts'
import { policyOf } from '../governance/in-force.ts'
import type { Instant } from '../values/instant.ts'
import { ShelfOver } from './branch.ts'
import { isGovernance, type RecordBody } from './record.ts'
import { type Ids, IdsInMemory, inMemory, type Shelf, type Shelves } from './shelves.ts'

/** Commands that may ask for limits of the team's board. */
const asksLimits: ReadonlySet<string> = new Set(['move', 'assign', 'recategorise', 'revise'])

/** Everything that a trail says, folded: who is who, which rules hold, where every change stands. */
export class State {
  governance: Governance = noGovernance
  readonly changes: Shelves['changes']
  readonly versions: Shelf<number>
  readonly instants: Shelf<Instant>
  readonly #ids: Ids
  readonly #children: Shelf<string[]>
  /** The team of each change that is not over: that has not ended, or on which something is owed still. Oldest first. */
  readonly open = new Map<string, string>()
  /** For each team who was given one of its changes, and when last, whether or not that is over. */
  readonly lastGiven = new Map<string, Map<string, Instant>>()
  /** How many entries were folded. */
  size = 0
  /** The latest instant of any entry. */
  lastAt: Instant = ''
  /** Whether others get to see the changes than whoever folds them, so that they are frozen. */
  isShared = true

  constructor({ changes, versions, instants, ids, children }: Shelves = inMemory()) {
    this.changes = changes
    this.versions = versions
    this.instants = instants
    this.#ids = ids
    this.#children = children
  }

  /** The same state, to go on with apart: what is folded into the one does not reach the other, as long as this one stays. */
  branch(): State {
    const ids = this.#ids
    const own = new IdsInMemory()
    const state = new State({
      changes: new ShelfOver(this.changes, this.changes.size),
      versions: new ShelfOver(this.versions),
      instants: new ShelfOver(this.instants),
      ids: { entryOf: (stream, id) => own.entryOf(stream, id) ?? ids.entryOf(stream, id), set: own.set.bind(own) },
      children: new ShelfOver(this.#children, 0, siblings => [...siblings]),
    })
    state.governance = this.governance
    for (const [change, team] of this.open) state.open.set(change, team)
    for (const [team, given] of this.lastGiven) state.lastGiven.set(team, new Map(given))
    state.size = this.size
    state.lastAt = this.lastAt
    return state
  }

  version(stream: string): number {
    return this.versions.get(stream) ?? 0
  }

  /**
   * The entry that a command became, found by its stream and its id. A command that is sent again goes to the same
   * stream, so an id has to be its own there, and nowhere else: that needs no lock over the whole trail.
   */
  entryOf(stream: string, id: string): number | undefined {
    return this.#ids.entryOf(stream, id)
  }

  /** Folds an entry as it is recorded. `next` is the change that the decision gave already, where it is at hand. */
  fold(
    body: Pick<RecordBody, 'seq' | 'id' | 'at' | 'stream' | 'streamSeq' | 'command' | 'outcome'>,
    next?: Change,
  ): void {
    this.versions.set(body.stream, body.streamSeq + 1)
    this.#ids.set(body.stream, body.id, body.seq)
    this.size += 1
    this.instants.set(body.stream, body.at)
    if (body.at > this.lastAt) this.lastAt = body.at
    if ('refused' in body.outcome) return
    const { command } = body
    // The schema of an entry admits only events of its command's kind.
    const events = body.outcome.accepted as never
    if (isGovernance(command)) {
      this.governance = evolveGovernance(this.governance, events, command)
      return
    }
    const before = this.changes.get(command.change)
    const change = next ?? evolved(before, events, { command, at: body.at, under: this.governance.entries })
    if (change !== undefined) this.#put(command.change, this.isShared ? frozen(change) : change, before)
    if (command.type === 'submit' && command.parent !== undefined) {
      const siblings = this.#children.get(command.parent) ?? []
      siblings.push(command.change)
      this.#children.set(command.parent, siblings)
    }
  }

  #put(id: string, change: Change, before: Change | undefined): void {
    this.changes.set(id, change)
    if (hasEnded(change) && openObligations(change).length === 0) this.open.delete(id)
    else if (!this.open.has(id)) this.open.set(id, change.team)
    if (change.held === before?.held) return
    for (const { how, person, at } of change.held) {
      if (how !== 'was assigned') continue
      const given = this.lastGiven.get(change.team) ?? new Map<string, Instant>()
      this.lastGiven.set(change.team, given)
      if (at > (given.get(person) ?? '')) given.set(person, at)
    }
  }

  /** The changes that are not over, of a team or of all, oldest first. */
  openChanges(team?: string): Change[] {
    const found: Change[] = []
    for (const [id, of] of this.open) {
      const change = team === undefined || of === team ? this.changes.get(id) : undefined
      if (change !== undefined) found.push(change)
    }
    return found
  }

  /** The change that a change depends on, the one that this depends on, and so on. */
  ancestorsFrom(parent: string | undefined): readonly Change[] {
    if (parent === undefined) return nobody
    const found: Change[] = []
    // A parent was there before its child, so there is no circle; but a trail may say so that nobody should believe.
    for (let id: string | undefined = parent; id !== undefined && found.length < longest; ) {
      const change: Change | undefined = this.changes.get(id)
      if (change === undefined) return found
      found.push(change)
      id = change.parent
    }
    return found
  }

  /** The changes that depend on a change, and those that depend on them. */
  descendantsOf(id: string): readonly Change[] {
    const children = this.#children.get(id)
    if (children === undefined) return nobody
    // Each once, and never the change itself: a forged trail can say that changes depend on each other in a circle.
    const ids = new Set(children)
    for (const child of ids) for (const one of this.#children.get(child) ?? []) ids.add(one)
    ids.delete(id)
    return [...ids].flatMap(child => this.changes.get(child) ?? [])
  }

  /**
   * Whether a decision rests on there being nothing that it has not read. Whoever makes something on a change that depends
   * on this one may not decide on this one, and such a change may be submitted at any time where there are others
   * (which `childless` leaves out), or where the approvals of this one may be taken over. And a place on a board that is
   * free, or somebody who has least on their hands, may be taken by any change.
   */
  restsOnAll(command: ChangeCommand, childless = false): boolean {
    if (this.hangsOnTeam(command)) return true
    const change = this.changes.get(command.change)
    if (change === undefined) return false
    if (!childless && this.#children.has(change.id)) return true
    return mayBeLeanedOn(this.governance, change)
  }

  /**
   * The team on whose other changes a decision hangs: where a command asks for limits of the team's board, or submits a
   * change that is given to whoever has least on their hands.
   */
  teamRead(command: ChangeCommand): string | undefined {
    const { governance } = this
    if (command.type === 'submit') {
      const { team, category } = command
      const categories = policyOf(governance, team)?.categories ?? {}
      const find = (name: string) => (Object.hasOwn(categories, name) ? categories[name] : undefined)
      const own = find(category)
      const other = own?.template === undefined ? undefined : find(own.template.otherwise)
      return own?.triage === undefined && other?.triage === undefined ? undefined : team
    }
    if (!asksLimits.has(command.type)) return undefined
    const change = this.changes.get(command.change)
    if (change === undefined || boardFor(governance, change.team) === undefined) return undefined
    if (command.type === 'move' || command.type === 'assign') return change.team
    // Another category takes another place; an edit gives one only to a change that follows a template.
    const mayBecomeAnother = command.type === 'recategorise' || change.template !== undefined
    return mayBecomeAnother && isCounted(governance, change) ? change.team : undefined
  }

  /** Whether a decision on a command hangs on what else its team has on its hands. */
  hangsOnTeam(command: ChangeCommand): boolean {
    return this.teamRead(command) !== undefined
  }

  /** What a decision on a command reads. */
  worldFor(command: ChangeCommand, onHands = this.onHands(command)): World {
    const world =
      command.type === 'submit' ? this.worldOf(command.change, command.parent) : this.worldOf(command.change)
    return onHands === undefined ? world : { ...world, ...onHands }
  }

  /** What the team has on its hands, where a decision on a command hangs on it. */
  onHands(command: ChangeCommand): OnHands | undefined {
    const team = this.teamRead(command)
    return team === undefined
      ? undefined
      : { team: this.openChanges(team), lastGiven: this.lastGiven.get(team) ?? noInstants }
  }

  /** What a decision on a change reads: the change, and those that it belongs with. */
  worldOf(id: string, parent = this.changes.get(id)?.parent): World {
    return {
      governance: this.governance,
      change: this.changes.get(id),
      ancestors: this.ancestorsFrom(parent),
      descendants: this.descendantsOf(id),
    }
  }
}

/** What a team has open, and to whom it was given when last. */
export type OnHands = Pick<World, 'team' | 'lastGiven'>

const nobody: readonly Change[] = []
const noInstants: ReadonlyMap<string, Instant> = new Map()

/** A row of changes that hang on each other is followed no further; it is refused long before. */
const longest = 64
