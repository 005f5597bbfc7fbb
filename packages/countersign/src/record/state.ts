import type { Change } from '../change/change.ts'
import { decideChange } from '../change/decide.ts'
import { evolveChange } from '../change/evolve.ts'
import { type Refusal, refuse } from '../decision/refusal.ts'
import { decideGovernance } from '../governance/decide.ts'
import { evolveGovernance } from '../governance/evolve.ts'
import { type Governance, noGovernance } from '../governance/governance.ts'
import { type Digest, digestOf } from '../values/digest.ts'
import type { Instant } from '../values/instant.ts'
import {
  type By,
  type Command,
  changeStream,
  governanceStream,
  isGovernance,
  type Outcome,
  type RecordBody,
  type Stamped,
  streamOf,
} from './record.ts'

/** Everything that a trail says, folded: who is who, which rules hold, where every change stands. */
export class State {
  governance: Governance = noGovernance
  readonly changes = new Map<string, Change>()
  /** For each stream the number of its entries, and the instant of the last of them. */
  readonly versions = new Map<string, number>()
  readonly instants = new Map<string, Instant>()
  /** How many entries were folded. */
  size = 0
  /** For each stream and command id the entry that it became. */
  readonly #ids = new Map<string, number>()
  /** The latest instant of any entry. */
  lastAt: Instant = ''

  version(stream: string): number {
    return this.versions.get(stream) ?? 0
  }

  /**
   * The entry that a command became, found by its stream and its id. A command that is sent again goes to the same
   * stream, so an id has to be its own there, and nowhere else: that needs no lock over the whole trail.
   */
  entryOf(stream: string, id: string): number | undefined {
    return this.#ids.get(`${stream} ${id}`)
  }

  /** Folds an entry as it is recorded. `next` is the change that the decision gave already, where it is at hand. */
  fold(
    body: Pick<RecordBody, 'seq' | 'id' | 'at' | 'stream' | 'streamSeq' | 'command' | 'outcome'>,
    next?: Change,
  ): void {
    this.versions.set(body.stream, body.streamSeq + 1)
    this.#ids.set(`${body.stream} ${body.id}`, body.seq)
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
    const change = next ?? evolveChange(this.changes.get(command.change), events, { command, at: body.at })
    if (change !== undefined) this.changes.set(command.change, change)
  }
}

/** A decision with all that is recorded of it, and the streams that it has read, each with its version. */
export interface Decided {
  readonly stream: string
  readonly streamSeq: number
  readonly by: By
  readonly outcome: Outcome
  readonly policy?: Digest
  readonly reads: Readonly<Record<string, number>>
  readonly next?: Change
}

/** The streams that a decision on a command reads. */
export function streamsRead(state: State, command: Command): string[] {
  if (isGovernance(command)) return [governanceStream]
  const parent = command.type === 'submit' ? command.parent : state.changes.get(command.change)?.parent
  return [governanceStream, changeStream(command.change), ...(parent === undefined ? [] : [changeStream(parent)])]
}

/** Decides a stamped command against a state. The same state and command give the same answer, on every machine. */
export function decide(state: State, { at, account, command }: Stamped): Decided {
  const stream = streamOf(command)
  const reads = Object.fromEntries(streamsRead(state, command).map(name => [name, state.version(name)]))
  const { governance } = state
  if (isGovernance(command)) {
    const outcome = founded(governance, command.type) ?? decideGovernance(governance, command, account, at)
    // The founder is known only by what the founding says.
    const told = 'accepted' in outcome ? evolveGovernance(governance, outcome.accepted, command) : governance
    return { stream, streamSeq: state.version(stream), by: byOf(told, account), outcome, reads }
  }
  const change = state.changes.get(command.change)
  const parentId = command.type === 'submit' ? command.parent : change?.parent
  const parent = parentId === undefined ? undefined : state.changes.get(parentId)
  const ruling = decideChange({ governance, change, parent }, command, account, at)
  const policy = ruling.next?.policy ?? change?.policy
  return {
    stream,
    streamSeq: reads[stream] ?? 0,
    by: { ...byOf(governance, account), ...(ruling.as === undefined ? {} : { as: ruling.as }) },
    outcome: ruling.decision,
    reads,
    ...(policy === undefined ? {} : { policy }),
    ...(ruling.next === undefined ? {} : { next: ruling.next }),
  }
}

function founded(governance: Governance, type: string): { refused: Refusal } | undefined {
  if (governance.origin !== '' || type === 'found') return undefined
  return refuse('name.unknown', { what: 'trail', name: 'here; found it first', near: '' })
}

function byOf(governance: Governance, account: string): By {
  const owner = governance.accounts[account]
  if (owner === undefined) return { account }
  if ('person' in owner) return { account, person: owner.person }
  const controller = governance.bots[owner.bot]?.controller
  return { account, ...(controller === undefined ? {} : { person: controller }), bot: owner.bot }
}

/** The state as plain data, in an order that depends on nothing but itself. */
export function snapshotOf(state: State) {
  return {
    format: 'countersign/snapshot/v1',
    governance: state.governance,
    changes: Object.fromEntries([...state.changes].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    versions: Object.fromEntries([...state.versions].toSorted(([a], [b]) => (a < b ? -1 : 1))),
  }
}

export type Snapshot = ReturnType<typeof snapshotOf>

/** The digest of a snapshot: equal states have equal digests. */
export const snapshotDigest = (snapshot: Snapshot): Digest => digestOf('snapshot', snapshot)
