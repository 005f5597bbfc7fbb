import { type History, histories, type Move, settingOf } from '@countersign/testing'
import type { Change, Governance } from 'countersign'
import fc from 'fast-check'
import { parseEnvelope } from '../../packages/countersign/src/desk/envelope.ts'
import { type Decided, decide } from '../../packages/countersign/src/record/decide.ts'
import { type Command, governanceStream, type RecordBody } from '../../packages/countersign/src/record/record.ts'
import { snapshotOf } from '../../packages/countersign/src/record/snapshot.ts'
import { State } from '../../packages/countersign/src/record/state.ts'
import { nothing, Player } from '../../packages/testing/src/player.ts'
import { foundingOf } from '../../packages/testing/src/scenario.ts'

/** A command that was decided, and what was recorded of it. */
export interface Taken {
  readonly account: string
  readonly command: Command
  readonly decided: Decided
  readonly body: RecordBody
  /** What stood there before: a refused command leaves the very same. */
  readonly before: { readonly governance: Governance; readonly change: Change | undefined }
}

const first = Date.parse('2026-03-02T08:00:00.000Z')

/** Commands decided and folded one after the other, with no desk, no store and no hash: the library's heart alone. */
export class Pure {
  readonly state = new State()
  readonly bodies: RecordBody[] = []
  #clock = first
  #now = new Date(first).toISOString()

  /** Goes on from where another one stands whose changes are none. */
  static from({ state, bodies }: Pure): Pure {
    const pure = new Pure()
    pure.state.governance = state.governance
    pure.state.versions.set(governanceStream, state.version(governanceStream))
    pure.bodies.push(...bodies)
    // Roles that are given while a change is under way are another matter.
    pure.pass(3_600_000)
    return pure
  }

  now = (): string => this.#now
  pass = (milliseconds: number): void => {
    this.#clock += milliseconds
    this.#now = new Date(this.#clock).toISOString()
  }
  governance = () => this.state.governance
  changes = (): readonly Change[] => [...this.state.changes.values()]

  /** Decides a command and folds what comes of it. Nothing comes of what is malformed, and of what was done already. */
  take(envelope: unknown): Taken | undefined {
    const parsed = parseEnvelope(envelope)
    if ('refused' in parsed || parsed.id === undefined) return undefined
    const { account, command, id } = parsed
    const at = this.#now
    const decided = decide(this.state, { id, at, account, command })
    const { stream, streamSeq, by, outcome, policy } = decided
    if (this.state.entryOf(stream, id) !== undefined) return undefined
    const about = policy === undefined ? {} : { policy }
    const body: RecordBody = {
      v: 1,
      seq: this.bodies.length,
      id,
      at,
      stream,
      streamSeq,
      by,
      command,
      outcome,
      ...about,
    }
    const change = 'change' in command ? this.state.changes.get(command.change) : undefined
    const before = { governance: this.state.governance, change }
    this.state.fold(body, decided.next)
    this.bodies.push(body)
    return { account, command, decided, body, before }
  }
}

/** People and rules with which many histories begin, and the trail of their founding. */
export interface Beginning {
  readonly history: History
  readonly pure: Pure
}

/** By their seed: test files share this module, and what one of them lets happen hangs on no other. */
const bySeed = new Map<number, Beginning[]>()

/** One of some hundred beginnings: to write policies down and to adopt them costs more than what is done under them. */
export function beginning(number: number, seed: number): Beginning {
  const beginnings = bySeed.get(seed) ?? []
  bySeed.set(seed, beginnings)
  if (beginnings.length === 0)
    for (const history of fc.sample(histories({ least: 0, most: 0 }), { seed, numRuns: 80 })) {
      const pure = new Pure()
      let count = 0
      const setting = foundingOf(settingOf(history))
      for (const [account, type, command] of setting) {
        const taken = pure.take({ account, id: `setting-${count++}`, command: { ...command, type } })
        if (taken === undefined || 'refused' in taken.decided.outcome)
          throw new Error(`${type}: ${JSON.stringify(taken?.decided.outcome ?? 'malformed')}`)
      }
      for (const envelope of new Player(history, pure, 'prelude').prelude()) pure.take(envelope)
      beginnings.push({ history, pure })
    }
  const one = beginnings[number % beginnings.length]
  if (one === undefined) throw new Error('there is no beginning')
  return one
}

/** Somebody who looks on. What they find wrong they throw. */
export interface Onlooker {
  /** Before what was decided is folded: nothing has come of it yet. */
  readonly after: (pure: Pure, taken: Taken) => void
}

/** Lets moves happen. Where the onlooker throws, the failure tells what had happened until then. */
export function playPurely({ history, pure: founded }: Beginning, moves: readonly Move[], onlooker: Onlooker): Pure {
  const pure = Pure.from(founded)
  const player = new Player(history, pure)
  const told: { readonly now: string; readonly taken: Taken }[] = []
  for (const move of moves) {
    pure.pass(move.wait)
    const envelope = player.envelope(move)
    const taken = envelope === nothing ? undefined : pure.take(envelope)
    if (taken === undefined) continue
    told.push({ now: pure.now(), taken })
    try {
      onlooker.after(pure, taken)
    } catch (error) {
      if (error instanceof Error) error.message += `\n${told.map(retell).join('\n')}\n${JSON.stringify(history.policy)}`
      throw error
    }
  }
  return pure
}

function retell({ now, taken }: { readonly now: string; readonly taken: Taken }): string {
  const { account, command, decided } = taken
  return `${now} ${account} ${JSON.stringify(command)} → ${outcomeOf(decided)}`
}

function outcomeOf({ outcome }: Decided): string {
  if ('refused' in outcome) return `${outcome.refused.code} ${JSON.stringify(outcome.refused.facts)}`
  return outcome.accepted.map(({ type, ...facts }) => `${type} ${JSON.stringify(facts)}`).join(', ')
}

/** What a fold of the same entries comes to, on the state with which they began. */
export function replayed({ pure: founded }: Beginning, { bodies }: Pure): State {
  const { state } = Pure.from(founded)
  for (const body of bodies.slice(founded.bodies.length)) state.fold(body)
  return state
}

/** Whether two states have the same snapshot, to the letter. What is the very same value in both needs no writing down. */
export function areSame(one: State, other: State): boolean {
  const [a, b] = [snapshotOf(one), snapshotOf(other)]
  return (
    a.format === b.format &&
    areSameWithin(a.governance, b.governance) &&
    areSameWithin(a.changes, b.changes) &&
    areSameWithin(a.versions, b.versions)
  )
}

/** Whether two objects have the same members in the same order, each with the same text. */
function areSameWithin(one: object, other: object): boolean {
  const [some, others] = [Object.entries(one), Object.entries(other)]
  return (
    some.length === others.length &&
    some.every(([name, value], at) => {
      const [otherName, otherValue] = others[at] ?? []
      return name === otherName && (value === otherValue || JSON.stringify(value) === JSON.stringify(otherValue))
    })
  )
}
