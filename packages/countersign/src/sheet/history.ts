import type { Change, Given, HeldDuty, Obligation, Rejection, TaskDone } from '../change/change.ts'
import type { ChangeEvent } from '../change/event.ts'
import type { SingleStage } from '../policy/stage.ts'
import type { RecordBody } from '../record/record.ts'
import type { Documents } from './documents.ts'
import { type Flag, flagged } from './flag.ts'
import { Places, signedIn } from './place.ts'
import type { PolicyLine } from './sheet.ts'
import type { Stood } from './stood.ts'

/** A task that somebody did, and in which entry. Unlike the fold of a change it is kept when it no longer counts. */
export interface TaskDoneIn extends TaskDone {
  readonly seq: number
  readonly revision: number
  readonly round: number
}

/** What was given of one kind: when it ceased to count, and whether it came only after the change had taken effect. */
class Course {
  /** For each place at which something no longer counts that once did, the entry by which that came about. */
  readonly lostIn = new Map<number, number>()
  /** The places of what was given after the change had taken effect. */
  readonly afterwards = new Set<number>()

  /** Looks at what counted before an entry, and what counts after it. */
  look(before: ReadonlySet<number>, after: ReadonlySet<number>, seq: number): void {
    for (const place of before) if (!after.has(place)) this.lostIn.set(place, seq)
    for (const place of after) this.lostIn.delete(place)
  }
}

const endOf = (one: Given) => one.ended

const nothing: Stood = { approvals: new Set(), signOffs: new Set(), afterwards: new Set() }

type PinnedTo = Omit<PolicyLine, 'team' | 'controls'>

/** What happened to one change, in which entries. */
export class History {
  readonly entries: RecordBody[] = []
  readonly flags = new Set<Flag>()
  readonly held = new Places<HeldDuty>()
  readonly approvals = new Places<Given>(endOf)
  readonly signOffs = new Places<Given>(endOf)
  readonly releases = new Places<Given>(endOf)
  readonly ticks = new Places<Given>(endOf)
  readonly rejections = new Places<Rejection>(one => one.lifted)
  readonly obligations = new Places<Obligation>(one => one.ended)
  readonly granted = new Places<Change['exceptions'][number]>(one => one.granted)
  readonly revoked = new Places<Change['exceptions'][number]>(one => one.revoked)
  /** For each release what counted just before it. */
  readonly stood: Stood[] = []
  readonly approvalCourse = new Course()
  readonly signOffCourse = new Course()
  readonly policies: PinnedTo[] = []
  readonly #byPlace = new Map<number, RecordBody>()
  /** What counts once something rests on it. */
  #counted: Stood | undefined
  tasks: TaskDoneIn[] = []

  /**
   * Takes in an entry about the change, which is `is` after it, with these stages in its flow. `stood` is what counted just
   * before it, where there was the change already.
   */
  entry(
    body: RecordBody,
    is: Change | undefined,
    stages: readonly SingleStage[],
    documents: Documents,
    stood: Stood | undefined,
  ): void {
    this.entries.push(body)
    this.#byPlace.set(body.seq, body)
    flagged(this.flags, body, stages)
    const { seq, outcome } = body
    if ('refused' in outcome || is === undefined) return
    this.held.look(is.held, seq)
    this.approvals.look(is.approvals, seq)
    this.signOffs.look(is.signOffs, seq)
    this.releases.look(is.releases, seq)
    this.ticks.look(is.ticks, seq)
    this.rejections.look(is.rejections, seq)
    this.obligations.look(is.obligations, seq)
    this.granted.look(is.exceptions, seq)
    this.revoked.look(is.exceptions, seq)
    this.#give(outcome.accepted as readonly ChangeEvent[], is, stood)
    for (const event of outcome.accepted as readonly ChangeEvent[]) this.#happen(event, body, is, documents)
  }

  /** What an entry gives comes last in the lists of the change. */
  #give(events: readonly ChangeEvent[], { approvals, signOffs }: Change, stood: Stood = nothing): void {
    const approved = events.filter(one => one.type === 'approval.granted' || one.type === 'approval.carried')
    const tested = events.filter(one => one.type === 'test.signed-off')
    for (const [place, { stage }] of approved.entries())
      if (stood.afterwards.has(stage)) this.approvalCourse.afterwards.add(approvals.length - approved.length + place)
    for (const [place, { stage }] of tested.entries())
      if (stood.afterwards.has(stage)) this.signOffCourse.afterwards.add(signOffs.length - tested.length + place)
    const releases = events.filter(one => one.type === 'change.released')
    if (releases.length > 0) this.#counted = stood
    for (const _ of releases) this.stood.push(stood)
  }

  /** Takes in what counts once an entry is there that may have taken something its force. */
  count(stood: Stood, seq: number): void {
    const before = this.#counted ?? stood
    this.approvalCourse.look(before.approvals, stood.approvals, seq)
    this.signOffCourse.look(before.signOffs, stood.signOffs, seq)
    this.#counted = stood
  }

  #happen(event: ChangeEvent, body: RecordBody, { revision, round }: Change, documents: Documents): void {
    if (event.type === 'task.completed') {
      const { stage, duty, person, chain, seats } = event
      this.tasks.push({ stage, duty, person, chain, seats, seq: body.seq, at: body.at, revision, round })
    }
    if (event.type === 'change.submitted') this.#pin(event.policy, 'submitted', body, documents)
    if (event.type !== 'change.migrated') return
    this.#pin(event.policy, 'migrated', body, documents)
    const { stages = {} } = event
    this.tasks = this.tasks.map(one =>
      Object.hasOwn(stages, one.stage) ? { ...one, stage: stages[one.stage] ?? one.stage } : one,
    )
  }

  /** By whom a policy was adopted is told as of then: it may be adopted again later. */
  #pin(digest: string, how: PolicyLine['how'], body: RecordBody, documents: Documents): void {
    const comment = commentIn(body)
    const line = { ...signedIn(body), ...documents.document(digest), digest, how }
    this.policies.push(comment === undefined ? line : { ...line, comment })
  }

  /** The entry of this place in the trail, if it is about the change. */
  entryAt(seq: number | undefined): RecordBody | undefined {
    return seq === undefined ? undefined : this.#byPlace.get(seq)
  }

  /** Every event of a type that was accepted, with its entry. */
  events<Type extends ChangeEvent['type']>(
    type: Type,
  ): { readonly event: Extract<ChangeEvent, { type: Type }>; readonly body: RecordBody }[] {
    return this.entries.flatMap(body =>
      'refused' in body.outcome
        ? []
        : body.outcome.accepted.flatMap(event =>
            event.type === type ? [{ event: event as Extract<ChangeEvent, { type: Type }>, body }] : [],
          ),
    )
  }
}

/** What whoever gave a command said about it. */
const commentIn = ({ command }: Pick<RecordBody, 'command'>): string | undefined =>
  'comment' in command ? command.comment : undefined

/** The same as a member, where something was said. */
export function commented(body: RecordBody | undefined): { readonly comment?: string } {
  const comment = body === undefined ? undefined : commentIn(body)
  return comment === undefined ? {} : { comment }
}
