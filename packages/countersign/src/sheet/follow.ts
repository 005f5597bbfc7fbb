import type { Change, Given, HeldDuty, Obligation, Rejection, TaskDone } from '../change/change.ts'
import type { ChangeEvent } from '../change/event.ts'
import type { SingleStage } from '../policy/stage.ts'
import type { RecordBody } from '../record/record.ts'
import type { Documents } from './documents.ts'
import { type Flag, flagged } from './flag.ts'
import { Places, signedIn } from './place.ts'
import type { PolicyLine } from './sheet.ts'

/** A task that somebody did, and in which entry. Unlike the fold of a change it is kept when it no longer counts. */
export interface TaskFollowed extends TaskDone {
  readonly seq: number
  readonly revision: number
  readonly round: number
}

/** How much had been given when a change was put into effect. */
interface Before {
  readonly approvals: number
  readonly signOffs: number
}

const endOf = (one: Given) => one.ended

type PinnedTo = Omit<PolicyLine, 'team' | 'controls'>

/** What happened to one change, in which entries. */
export class Follow {
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
  readonly before: Before[] = []
  readonly policies: PinnedTo[] = []
  readonly #byPlace = new Map<number, RecordBody>()
  tasks: TaskFollowed[] = []

  /** Takes in an entry about the change, which was `was` before it and is `is` after it, with these stages in its flow. */
  entry(
    body: RecordBody,
    was: Change | undefined,
    is: Change | undefined,
    stages: readonly SingleStage[],
    documents: Documents,
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
    let { length: approvals } = was?.approvals ?? []
    for (const event of outcome.accepted as readonly ChangeEvent[]) {
      if (event.type === 'approval.granted' || event.type === 'approval.carried') approvals += 1
      if (event.type === 'change.released') this.before.push({ approvals, signOffs: is.signOffs.length })
      this.#happen(event, body, is, documents)
    }
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
