import { decide } from '../record/decide.ts'
import { isGovernance, type RecordBody, type Stamped, streamOf } from '../record/record.ts'
import type { State } from '../record/state.ts'
import { teamRead } from '../record/team-read.ts'
import type { Interval, Scheduled, WrittenSchedule } from '../values/schedule.ts'
import type { NamedKey } from './anchors/key-ranges.ts'
import { foundedAs, keysNamed } from './anchors/keys.ts'
import { Duties } from './duties/duties.ts'
import type { RestedOn } from './duties/judge.ts'
import type { OwedOn } from './duties/owed.ts'
import type { Finding } from './finding.ts'
import { originIn } from './founding.ts'
import { Disclosure } from './openings.ts'
import { type DecideAgain, Replay } from './replay.ts'
import type { Share } from './shares/share.ts'
import { WorkingMemory } from './working-memory.ts'

/** A freeze or a window that was declared by a schedule, as it was written down and as the instants that count. */
export interface DeclaredSchedule {
  readonly seq: number
  readonly kind: Scheduled
  readonly id: string
  readonly schedule: WrittenSchedule
  readonly intervals: readonly Interval[]
}

/** An entry, and the date that it bears. */
interface Dated {
  readonly seq: number
  readonly at: string
}

/** What the entries of a trail come to, or those of a share of it: plain data, which goes from thread to thread. */
export interface Judgement {
  readonly origin: string
  /** How many entries there were up to the last one that could be read. */
  readonly size: number
  readonly accepted: number
  readonly refused: Readonly<Record<string, number>>
  readonly changes: number
  readonly exceptions: readonly RestedOn[]
  readonly owed: readonly OwedOn[]
  readonly unauthorised: readonly { readonly change: string; readonly seq: number }[]
  readonly policies: readonly { readonly team: string; readonly digest: string }[]
  /** How many private values there are, and how many of them are redacted by an entry. */
  readonly privateValues: { readonly values: number; readonly redacted: number }
  readonly commitments: readonly string[]
  /** What entry 0 calls the trail where nothing else of it can be read. */
  readonly called?: string
  /** The keys that entries name, whatever the name in them. */
  readonly keys: readonly NamedKey[]
  readonly first: Dated | undefined
  readonly until: string
  /** At each size that was asked for, the entry with the latest date so far. */
  readonly latest: ReadonlyMap<number, Dated | undefined>
}

interface JudgingOptions {
  readonly report: (finding: Finding) => void
  /** The sizes at which the latest date is wanted. */
  readonly sizes?: ReadonlySet<number>
  readonly onSchedule?: ((declared: DeclaredSchedule) => void) | undefined
  /** Only these changes are judged, and all that is recorded about people and rules. */
  readonly share?: Share
  /** The first entry whose decision is judged; those before are taken as they are recorded. */
  readonly since?: number
  /** Decides the command of an entry again, where not all is there that decisions rest on. */
  readonly decideAgain?: (seq: number, ...asked: Parameters<DecideAgain>) => ReturnType<DecideAgain>
  /** Of a share: after so many entries what is over is forgotten. */
  readonly forgetEvery?: number
}

/** Seldom enough for forgetting to cost next to nothing, and often enough for what is held to be little. */
const usually = 2_048

/** Judges what entries say, one after the other: each decision made again, and the duties restated. */
export class Judging {
  readonly #options: JudgingOptions
  /** What can be forgotten, where it is known until when each change is asked for. */
  readonly #memory: WorkingMemory | undefined
  #forgetsAt: number
  readonly #replay: Replay
  readonly #duties: Duties
  readonly #keys: NamedKey[] = []
  readonly disclosure = new Disclosure()
  readonly #refused: Record<string, number> = {}
  readonly #latest = new Map<number, Dated | undefined>()
  #latestSoFar: Dated | undefined
  #origin = ''
  #accepted = 0
  #first: Dated | undefined
  #called: string | undefined

  constructor(options: JudgingOptions) {
    this.#options = options
    const { report, since = 0, share, forgetEvery = usually } = options
    this.#memory = share === undefined ? undefined : new WorkingMemory()
    this.#forgetsAt = forgetEvery - 1
    this.#replay = new Replay(report, this.#memory)
    // What was decided before is somebody else's verdict; duties that are known now count as they did then.
    this.#duties = new Duties(finding => {
      if (finding.seq >= since) report(finding)
    })
  }

  get state(): State {
    return this.#replay.state
  }

  /** The entry with the latest date so far. */
  get latest(): Dated | undefined {
    return this.#latestSoFar
  }

  /** Takes the next entry. `false` where it shows that the changes were not shared out rightly. */
  entry(seq: number, bytes: Uint8Array): boolean {
    const { share, sizes } = this.#options
    const isOurs = share === undefined || share.has(seq)
    const body = isOurs ? this.#read(seq, bytes) : undefined
    if (sizes?.has(seq + 1) === true) this.#latest.set(seq + 1, this.#latestSoFar)
    if (share === undefined) return true
    const fits = body === undefined || isKnown(seq, body, share, this.state)
    if (seq >= this.#forgetsAt) this.#forget(seq + 1, share)
    return fits && !this.#duties.lacks
  }

  /** Forgets what no entry from here on asks for. */
  #forget(seq: number, share: Share): void {
    this.#forgetsAt = seq + (this.#options.forgetEvery ?? usually) - 1
    const isOver = (change: string) => share.isOver(change, seq)
    this.#memory?.forget(isOver, this.state.open)
    this.#duties.forget(isOver, person => share.isLearned(person, seq))
  }

  #read(seq: number, bytes: Uint8Array): RecordBody | undefined {
    const { share, onSchedule, since = 0 } = this.#options
    const { decideAgain = (_, stamped) => decide(this.state, stamped) } = this.#options
    // What is recorded about people and rules is judged once, and known to everybody.
    const isCounted = ({ command }: Pick<Stamped, 'command'>) =>
      share === undefined || share.isFirst || !isGovernance(command)
    const body = this.#replay.entry(seq, bytes, (stamped, written) =>
      seq >= since && isCounted(stamped) ? decideAgain(seq, stamped, written) : undefined,
    )
    if (body === undefined) {
      if (seq === 0) this.#called = originIn(bytes)
      return undefined
    }
    if (body.at > (this.#latestSoFar?.at ?? '')) this.#latestSoFar = { seq, at: body.at }
    this.#duties.entry(seq, body)
    // No entry about a change can name one.
    if (isGovernance(body.command)) this.#keys.push(...keysNamed(seq, body))
    // A later founding is found to be unjustified, and gives the trail no other name.
    this.#origin ||= foundedAs(body)
    this.#first ??= { seq, at: body.at }
    if (!isCounted(body)) return body
    this.disclosure.entry(seq, body)
    if (onSchedule !== undefined) tellSchedule(seq, body, onSchedule)
    if ('accepted' in body.outcome) this.#accepted += 1
    else this.#refused[body.outcome.refused.code] = (this.#refused[body.outcome.refused.code] ?? 0) + 1
    return body
  }

  get judgement(): Judgement {
    const { state } = this
    return {
      origin: this.#origin,
      size: state.size,
      accepted: this.#accepted,
      refused: this.#refused,
      changes: state.changes.size + (this.#memory?.forgotten ?? 0),
      exceptions: this.#duties.exceptions,
      owed: this.#duties.owed,
      unauthorised: this.#duties.unauthorised,
      privateValues: this.disclosure.judge(undefined, this.#options.report),
      commitments: this.disclosure.commitments,
      policies: Object.entries(state.governance.policyInForce).map(([team, digest]) => ({ team, digest })),
      ...(this.#called === undefined ? {} : { called: this.#called }),
      keys: this.#keys,
      first: this.#first,
      until: this.#latestSoFar?.at ?? '',
      latest: this.#latest,
    }
  }
}

/** Whether all that a decision reads is of the same share, and was not forgotten, nor will be before it should. */
function isKnown(seq: number, { command, outcome, stream }: RecordBody, share: Share, state: State): boolean {
  // When a stream is over is found by its name as it is written.
  if (stream !== streamOf(command)) return false
  if (isGovernance(command)) return true
  const { change } = command
  if (!share.hasChange(change) || share.isOver(change, seq)) return false
  const isKin = (other: string) => share.hasChange(other) && share.areKin(change, other)
  if (command.type === 'submit') {
    const { parent, team } = command
    if (parent !== undefined && !isKin(parent)) return false
    if (share.isTogether(team) && !share.hasTeam(change, team)) return false
  }
  // What made it good has to be a child of it, which can only be told of what is not forgotten.
  if (command.type === 'remediate' && 'accepted' in outcome && !isKin(command.by)) return false
  const team = teamRead(state, command)
  return team === undefined || share.hasTeam(change, team)
}

function tellSchedule(
  seq: number,
  { command, outcome }: RecordBody,
  onSchedule: (declared: DeclaredSchedule) => void,
): void {
  if (command.type !== 'declareFreeze' && command.type !== 'declareWindow') return
  const { schedule, intervals } = command
  if ('refused' in outcome || 'calendar' in schedule) return
  const named =
    command.type === 'declareFreeze'
      ? ({ kind: 'freeze', id: command.freeze } as const)
      : ({ kind: 'window', id: command.window } as const)
  onSchedule({ seq, ...named, schedule, intervals })
}

/**
 * The judgement of a whole trail of those of its shares; `undefined` where they do not make up all of its entries, so that it must
 * be judged in one piece. People and rules are the same in all of them; of what is told in the order of the trail, the order
 * is restored.
 */
export function joinJudgements(shares: readonly Judgement[], size: number): Judgement | undefined {
  const [one] = shares
  if (one === undefined) return undefined
  const sum = (of: (share: Judgement) => number) => shares.reduce((total, share) => total + of(share), 0)
  const bySeq = <Of extends { readonly seq: number }>(of: (share: Judgement) => readonly Of[]) =>
    shares.flatMap(of).toSorted((a, b) => a.seq - b.seq)
  const refused: Record<string, number> = {}
  for (const share of shares)
    for (const [code, count] of Object.entries(share.refused)) refused[code] = (refused[code] ?? 0) + count
  const accepted = sum(share => share.accepted)
  if (accepted + Object.values(refused).reduce((total, count) => total + count, 0) !== size) return undefined
  // A commitment that was copied from one change into another counts where it stood first, which no share can tell.
  const commitments = shares.flatMap(share => share.commitments)
  if (new Set(commitments).size < commitments.length) return undefined
  const latest = new Map<number, Dated | undefined>()
  for (const at of one.latest.keys()) latest.set(at, latestOf(shares.map(share => share.latest.get(at))))
  return {
    ...one,
    size,
    accepted,
    refused,
    changes: sum(share => share.changes),
    exceptions: bySeq(share => share.exceptions),
    owed: bySeq(share => share.owed),
    unauthorised: bySeq(share => share.unauthorised),
    commitments,
    privateValues: {
      values: sum(share => share.privateValues.values),
      redacted: sum(share => share.privateValues.redacted),
    },
    first: shares.flatMap(share => share.first ?? []).toSorted((a, b) => a.seq - b.seq)[0],
    until:
      shares
        .map(share => share.until)
        .toSorted()
        .at(-1) ?? '',
    latest,
  }
}

/** The latest date, and the first entry that bears it. */
const latestOf = (some: readonly (Dated | undefined)[]): Dated | undefined =>
  some.flatMap(one => one ?? []).toSorted((a, b) => (a.at === b.at ? a.seq - b.seq : a.at < b.at ? 1 : -1))[0]
