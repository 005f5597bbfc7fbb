import type { Change } from '../change/change.ts'
import type { ChangeEvent } from '../change/event.ts'
import { evolved, immutable } from '../change/evolve.ts'
import { openObligations } from '../change/obligation.ts'
import { hasEnded, type World } from '../change/world.ts'
import type { GovernanceEvent } from '../governance/event.ts'
import { evolveGovernance } from '../governance/evolve.ts'
import { noGovernance } from '../governance/folded.ts'
import type { Governance } from '../governance/governance.ts'
import type { Instant } from '../values/instant.ts'
import { ShelfOver } from './branch.ts'
import { isGovernance, type RecordBody } from './record.ts'
import { type Ids, IdsInMemory, inMemory, type Shelf, type Shelves } from './shelves.ts'

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
  /** Whether changes are handed out to a host, which must not alter them: then they are frozen. */
  isShared = true

  constructor({ changes, versions, instants, ids, children }: Shelves = inMemory()) {
    this.changes = changes
    this.versions = versions
    this.instants = instants
    this.#ids = ids
    this.#children = children
  }

  /**
   * Another state that begins where this one is, without copying it. What is folded into the branch does not reach this state; and
   * the branch is right only as long as nothing more is folded into this one.
   */
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
    const { accepted } = body.outcome
    // The schema of an entry admits only events of its command's kind.
    if (isGovernance(command)) {
      this.governance = evolveGovernance(this.governance, accepted as readonly GovernanceEvent[], command)
      return
    }
    const before = this.changes.get(command.change)
    const change =
      next ??
      evolved(before, accepted as readonly ChangeEvent[], { command, at: body.at, under: this.governance.entries })
    if (change !== undefined) this.#put(command.change, this.isShared ? immutable(change) : change, before)
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

  /** Whether a change depends on this one. */
  hasChildren(id: string): boolean {
    return this.#children.has(id)
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

const nobody: readonly Change[] = []

/** A row of changes that hang on each other is followed no further; it is refused long before. */
const longest = 64
