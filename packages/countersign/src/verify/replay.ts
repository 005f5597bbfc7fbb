import { type Body, CountersignError, canonical, sameJson, wholeTrail } from '@countersign/trail'
import type { Change } from '../change/change.ts'
import { describeRefusal } from '../decision/describe.ts'
import type { Refusal } from '../decision/facts.ts'
import { LeadsNowhere } from '../decision/leads-nowhere.ts'
import { type Compared, comparedOf } from '../decision/refusal.ts'
import { type Decided, decide } from '../record/decide.ts'
import { readsOf, streamsRead } from '../record/reads.ts'
import { changeStream, isGovernance, type RecordBody, readRecord, type Stamped, streamOf } from '../record/record.ts'
import { State } from '../record/state.ts'
import { clockTolerance } from '../values/instant.ts'
import { decisionFinding, type Finding, integrityFinding } from './finding.ts'
import type { WorkingMemory } from './working-memory.ts'

/**
 * Replays a trail entry by entry: is each where it says that it is, and does each decision follow from what is recorded
 * before it? What was recorded is what counts from there on, so one unjustified decision is one finding and not a
 * hundred.
 */
export class Replay {
  readonly state: State
  readonly #report: (finding: Finding) => void

  constructor(report: (finding: Finding) => void, memory?: WorkingMemory) {
    this.#report = report
    this.state = new State(memory)
    this.state.isShared = false
  }

  /**
   * Reads and judges the next entry; gives what it says, where it can be read. An entry of which `decideAgain` makes nothing
   * is taken as it is recorded.
   */
  entry(
    seq: number,
    bytes: Uint8Array,
    decideAgain: DecideAgain = stamped => decide(this.state, stamped),
  ): RecordBody | undefined {
    const { size } = this.state
    // Entries that cannot be read are entries as well.
    this.state.size = seq
    let again: Again | undefined
    let body: RecordBody
    let expected: RecordBody | undefined
    try {
      body = readRecord(bytes, (stamped, written) => {
        again = againBy(() => decideAgain(stamped, written))
        expected = again?.decided === undefined ? undefined : bodyOf(seq, stamped, again.decided)
        return expected
      }).body
    } catch (error) {
      if (!(error instanceof CountersignError)) throw error
      this.state.size = size
      this.#report(integrityFinding('entry.unreadable', seq, 'an entry of this library', error.message))
      return undefined
    }
    const isAsExpected = body === expected
    const unread = isAsExpected ? none : this.#cameMeanwhile(body)
    if (!isAsExpected) this.#place(seq, body)
    this.#order(seq, body, unread)
    if (again?.decided !== undefined) this.#known(body, again.decided)
    const next = isAsExpected
      ? again?.decided?.next
      : again === undefined
        ? undefined
        : this.#judge(body, again, unread)
    this.state.fold(body, next)
    return body
  }

  #wrong(code: Parameters<typeof integrityFinding>[0], seq: number, expected: unknown, found: unknown): void {
    this.#report(integrityFinding(code, seq, String(expected), String(found)))
  }

  /** Whether the entry is where it says, in the trail and in its stream. */
  #place(seq: number, body: RecordBody): void {
    if (body.seq !== seq) this.#wrong('entry.seq', seq, seq, body.seq)
    const stream = streamOf(body.command)
    if (body.stream !== stream) this.#wrong('stream.gap', seq, stream, body.stream)
    const version = this.state.version(body.stream)
    if (body.streamSeq !== version)
      this.#wrong('stream.gap', seq, `${body.stream} ${version}`, `${body.stream} ${body.streamSeq}`)
  }

  /** Whether the trail begins with a founding, no command is there twice, and no entry is older than what it has read. */
  #order(seq: number, body: RecordBody, meanwhile: readonly Change[]): void {
    const { state } = this
    const founds = body.command.type === 'found' && 'accepted' in body.outcome
    if (seq === 0 && !founds)
      this.#wrong('founding.missing', seq, 'an accepted founding', `${body.command.type}, ${told(body)}`)
    const earlier = state.entryOf(body.stream, body.id)
    if (earlier !== undefined)
      this.#wrong('entry.id-reused', seq, 'an id of its own', `${body.id}, as in entry ${earlier}`)
    if (body.at >= state.lastAt) return
    const unread = meanwhile.map(one => changeStream(one.id))
    for (const read of streamsRead(state, body.command)) {
      const last = state.instants.get(read) ?? ''
      // What came about at the same moment was written by somebody else's clock.
      const isBefore = unread.includes(read) ? Date.parse(body.at) < Date.parse(last) - clockTolerance : body.at < last
      if (isBefore) this.#wrong('entry.back-dated', seq, `${last} or later (${read})`, body.at)
    }
  }

  /** A trail has nothing of an account that nobody knows, not even that it was refused: anybody could write anything there. */
  #known(body: RecordBody, { by }: Decided): void {
    if (by.person !== undefined || by.bot !== undefined) return
    const because = `${body.command.type} by ${body.by.account} was recorded, an account that nobody knows`
    this.#report(decisionFinding('decision.unjustified', body.seq, 'nothing', told(body), because))
  }

  /** Compares what was decided again with what is recorded. */
  #judge(body: RecordBody, { decided, because: failure = '' }: Again, meanwhile: readonly Change[]): Decided['next'] {
    const unlike = (code: Parameters<typeof decisionFinding>[0], expected: string, found: string, because: string) => {
      this.#report(decisionFinding(code, body.seq, expected, found, because))
      return undefined
    }
    const what = `${body.command.type} by ${body.by.account}`
    if (decided === undefined)
      return unlike('decision.unjustified', 'a decision', told(body), `${what} cannot be judged: ${failure}`)
    const { outcome } = decided
    if ('accepted' in body.outcome && 'refused' in outcome) {
      const { because } = describeRefusal(outcome.refused)
      return unlike(
        'decision.unjustified',
        `refused: ${outcome.refused.code}`,
        told(body),
        `${what} was accepted, but ${because}`,
      )
    }
    if ('refused' in body.outcome) {
      // Whom a refusal advises to ask hangs on what depends on the change, which may not have been read.
      const compared = (refusal: Refusal) =>
        canonical(meanwhile.length === 0 ? comparedOf(refusal) : unadvised(refusal))
      const found = compared(body.outcome.refused)
      const expected = 'refused' in outcome ? compared(outcome.refused) : 'accepted'
      if (found !== expected) {
        const because = `${what} was refused, which the rules do not bear out`
        return unlike('decision.wrongly-refused', expected, found, because)
      }
    } else if (!sameJson(body.outcome, outcome)) {
      return unlike(
        'decision.events-differ',
        canonical(outcome).slice(0, longest),
        canonical(body.outcome).slice(0, longest),
        `${what} has other consequences under the rules`,
      )
    }
    if (!sameJson(body.by, decided.by)) {
      return unlike(
        'decision.actor-differs',
        canonical(decided.by),
        canonical(body.by),
        `${what} is put down to somebody else`,
      )
    }
    if (body.policy !== decided.policy) {
      return unlike(
        'decision.policy-differs',
        decided.policy ?? 'none',
        body.policy ?? 'none',
        `${what} was not made under the policy that it names`,
      )
    }
    const childless = meanwhile.length > 0
    const reads = childless ? readsOf(this.state, body.command, childless) : decided.reads
    if (!sameJson(body.reads, reads)) {
      const [expected, found] = [canonical(reads ?? null), canonical(body.reads ?? null)]
      const because = `${what} says that it has read something else than the rules read`
      return unlike('decision.reads-differ', expected.slice(0, longest), found.slice(0, longest), because)
    }
    return decided.next
  }

  /**
   * What first came to depend on a change at the moment in which somebody else decided on it, who then cannot have read
   * it (and says so). The decision is judged with it all the same.
   */
  #cameMeanwhile({ at, command, reads }: RecordBody): readonly Change[] {
    if (isGovernance(command) || reads === undefined || Object.hasOwn(reads, wholeTrail)) return none
    const below = this.state.descendantsOf(command.change)
    const isOfThen = (one: Change) => Math.abs(Date.parse(one.submittedAt) - Date.parse(at)) <= clockTolerance
    return below.every(one => isOfThen(one) && !Object.hasOwn(reads, changeStream(one.id))) ? below : none
  }
}

/** Decides the command of an entry again under the rules in force there, or leaves it. */
export type DecideAgain = (stamped: Stamped, written: Body | undefined) => Decided | undefined

/** A command decided again, or why it cannot be. */
interface Again {
  readonly decided?: Decided
  readonly because?: string
}

function againBy(decideIt: () => Decided | undefined): Again | undefined {
  try {
    const decided = decideIt()
    return decided && { decided }
  } catch (error) {
    if (error instanceof LeadsNowhere) return { because: error.message }
    throw error
  }
}

/** What an entry says by which a command was decided so. */
const bodyOf = (seq: number, { id, at, command }: Stamped, decided: Decided): RecordBody => {
  const { stream, streamSeq, by, outcome, policy, reads } = decided
  // In the order in which the members are written.
  const body: { -readonly [Member in keyof RecordBody]?: RecordBody[Member] } = { at, by, command, id, outcome }
  if (policy !== undefined) body.policy = policy
  if (reads !== undefined) body.reads = reads
  body.seq = seq
  body.stream = stream
  body.streamSeq = streamSeq
  body.v = 1
  return body as RecordBody
}

/** What a refusal says without whom it advises to ask. */
const unadvised = (refusal: Refusal): Compared => {
  const { code, facts } = comparedOf(refusal)
  const { able: _, ...others } = facts
  return { code, facts: others }
}

const none: readonly Change[] = []

/** So much of a value is shown in a finding. */
const longest = 2_000

const told = ({ outcome }: RecordBody): string =>
  'refused' in outcome
    ? `refused: ${outcome.refused.code}`
    : `accepted: ${outcome.accepted.map(event => event.type).join(', ')}`
