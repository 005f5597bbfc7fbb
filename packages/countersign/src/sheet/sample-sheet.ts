import type { Change, Seat } from '../change/change.ts'
import { explain } from '../change/explain.ts'
import type { Explanation } from '../change/explanation.ts'
import { overdue } from '../change/progress.ts'
import { type Pinned, pin, stageOf, stagesIn } from '../change/world.ts'
import type { Governance } from '../governance/governance.ts'
import type { SingleStage } from '../policy/stage.ts'
import { isGovernance, type RecordBody, readRecord } from '../record/record.ts'
import { State } from '../record/state.ts'
import { isCommitment } from '../values/commitment.ts'
import { type Instant, instantAsked, laterOf } from '../values/instant.ts'
import { type DelegationUsed, Documents } from './documents.ts'
import { inOrder, isAfterwards } from './flag.ts'
import { commented, Follow } from './follow.ts'
import { approvalLines, type Judged, rejectionLines, releaseLines, taskLines, testLines, tickLines } from './given.ts'
import { signedIn } from './place.ts'
import { exceptionLines, glassLines, overrideLines, policyLines, templateLine } from './rules.ts'
import type {
  DutyLine,
  FieldLine,
  MakerLine,
  ObligationLine,
  RevisionLine,
  Sheet,
  StageLine,
  StepLine,
} from './sheet.ts'

/**
 * Makes the sheet of one change, from the entries of a trail in their order: everything that an auditor needs who tests it
 * as a sample, and in which entries it stands. With `at` it is told as of that instant, without what is dated later. It
 * verifies nothing.
 *
 * @example
 * ```ts
 * import { f0Tested } from '@countersign/testing'
 * import { SampleSheet } from 'countersign/sheet'
 * const { store } = await f0Tested()
 * const sample = new SampleSheet('K')
 * for await (const { bytes } of store.read()) sample.line(bytes)
 * sample.sheet()?.tests.map(one => one.person) // → ['erin']
 * ```
 */
export class SampleSheet {
  readonly #change: string
  readonly #at: Instant | undefined
  readonly #state = new State()
  readonly #documents = new Documents()
  readonly #follow = new Follow()
  /** For each change the entries of its approvals, in their order: a change that depends on it may take them over. */
  readonly #approvedIn = new Map<string, number[]>()

  /** Throws `CountersignError` `input` where `at` is no instant. */
  constructor(change: string, { at }: { readonly at?: Instant } = {}) {
    this.#change = change
    this.#at = at === undefined ? undefined : instantAsked(at)
  }

  /** Every change that there is, oldest first. */
  get changes(): string[] {
    return Array.from(this.#state.changes, ([id]) => id)
  }

  /** Takes in the next line of a trail file. Throws `CountersignError` `entry` where it is no entry. */
  line(bytes: Uint8Array): void {
    this.entry(readRecord(bytes).body)
  }

  /** Takes in the next entry. */
  entry(body: RecordBody): void {
    if (this.#at !== undefined && body.at > this.#at) return
    const { command } = body
    this.#documents.entry(body)
    if (isGovernance(command)) {
      this.#state.fold(body)
      return
    }
    const was = this.#state.changes.get(command.change)
    this.#state.fold(body)
    this.#approve(command.change, body)
    if (command.change !== this.#change) return
    const is = this.#state.changes.get(command.change)
    this.#follow.entry(body, was, is, stagesOf(this.#state.governance, is), this.#documents)
  }

  #approve(change: string, { seq, outcome }: RecordBody): void {
    if ('refused' in outcome) return
    for (const { type } of outcome.accepted) {
      if (type !== 'approval.granted' && type !== 'approval.carried') continue
      const known = this.#approvedIn.get(change)
      if (known === undefined) this.#approvedIn.set(change, [seq])
      else known.push(seq)
    }
  }

  /**
   * The sheet; `undefined` where there is no such change. What is not over is judged at this instant, or at that of the
   * last entry where it is earlier or nothing is said.
   */
  sheet(at: Instant | undefined = this.#at): Sheet | undefined {
    const state = this.#state
    const folded = state.changes.get(this.#change)
    if (folded === undefined) return undefined
    const instant = at === undefined ? state.lastAt : laterOf(instantAsked(at), state.lastAt)
    const world = { ...state.worldOf(folded.id), change: folded }
    const told = explain(world, instant)
    const pinned = pin(world, folded, instant)
    const { change } = overdue(pinned, folded)
    const [follow, documents] = [this.#follow, this.#documents]
    const template = templateLine(follow, change, documents)
    const judged: Judged = {
      pinned,
      change,
      stages: told.stages,
      follow,
      approvedIn: (id, approval) => this.#approvedIn.get(id)?.[approval],
      templateIn: person => template?.approvals.findLast(one => one.by === person)?.seq,
    }
    const [tasks, ticks, tests, approvals] = [
      taskLines(judged),
      tickLines(judged),
      testLines(judged),
      approvalLines(judged),
    ]
    const releases = releaseLines(judged, approvals, tests)
    const rejections = rejectionLines(judged)
    const given = [...tasks, ...ticks, ...tests, ...approvals, ...releases]
    const revisions = revisionLines(follow)
    const obligations = obligationLines(folded, told, follow)
    const plan = follow.events('change.scheduled').at(-1)
    return {
      change: change.id,
      at: instant,
      team: change.team,
      category: change.category,
      title: change.title,
      reason: change.reason,
      state: change.state,
      since: change.since,
      revision: change.revision,
      round: change.round,
      digest: change.digest,
      flags: inOrder(obligations.some(one => one.late) ? new Set([...follow.flags, 'late']) : follow.flags),
      requested: { ...signedIn(submission(follow)), requester: change.requestedBy },
      ...(change.parent === undefined ? {} : { parent: change.parent }),
      children: state.descendantsOf(change.id).flatMap(one => (one.parent === change.id ? one.id : [])),
      ...found(follow),
      form: fieldLines(change, follow),
      revisions,
      implementers: makerLines(change, follow, revisions),
      duties: dutyLines(change, follow, pinned),
      tasks,
      ticks,
      tests,
      approvals,
      rejections,
      returned: follow.events('change.returned').map(({ body }) => stepLine(body)),
      resubmitted: follow
        .events('change.resubmitted')
        .map(({ event, body }) => ({ ...stepLine(body), round: event.round })),
      stages: told.stages.map(node => stageLine(node, pinned)),
      ...(plan === undefined
        ? {}
        : { plan: { seq: plan.body.seq, at: plan.body.at, from: plan.event.from, until: plan.event.until } }),
      releases,
      obligations,
      policies: policyLines(follow, state.governance, documents),
      exceptions: exceptionLines(follow, change, pinned.policy, given),
      glass: glassLines(follow, releases),
      overrides: overrideLines(follow, documents),
      ...(template === undefined ? {} : { template }),
      delegations: delegationsIn([...given, ...rejections], documents),
      refusals: follow.entries.flatMap(body =>
        'refused' in body.outcome
          ? [{ ...signedIn(body), command: body.command.type, refused: body.outcome.refused }]
          : [],
      ),
      ...ended('cancelled', follow),
      ...ended('closed', follow),
      entries: follow.entries.map(one => one.seq),
    }
  }
}

/** The stages of a change, where its policy is known. */
function stagesOf({ policies }: Governance, change: Change | undefined): readonly SingleStage[] {
  const categories = policies[change?.policy ?? '']?.document.categories ?? {}
  const name = change?.category ?? ''
  const category = Object.hasOwn(categories, name) ? categories[name] : undefined
  return category === undefined ? [] : stagesIn(category)
}

/** The entry in which the change was submitted; there is a change only where there is one. */
const submission = (follow: Follow): RecordBody => follow.events('change.submitted')[0]?.body as RecordBody

const stepLine = (body: RecordBody): StepLine => ({ ...signedIn(body), ...commented(body) })

function ended(how: 'cancelled' | 'closed', follow: Follow): Pick<Sheet, 'cancelled' | 'closed'> {
  const [end] = follow.events(`change.${how}`)
  return end === undefined ? {} : { [how]: stepLine(end.body) }
}

function found(follow: Follow): Pick<Sheet, 'found'> {
  const [first] = follow.events('change.found')
  if (first === undefined) return {}
  const { seq, at } = first.body
  return { found: { seq, at, inEffectSince: first.event.inEffectSince } }
}

/** The form as it is now. What a private field holds is not in the trail, and whether it can be opened is. */
const fieldLines = ({ form, committed = [] }: Change, follow: Follow): FieldLine[] =>
  Object.entries(form).map(([field, value]) => {
    if (!isCommitment(value)) return { field, value }
    const { commitment } = value
    const gone = committed.find(one => one.commitment === commitment)?.redacted
    const entry = follow.events('value.redacted').find(({ event }) => event.commitments.includes(commitment))
    if (gone === undefined || entry === undefined) return { field, commitment }
    const { by, reason } = gone
    return { field, commitment, redacted: { seq: entry.body.seq, at: entry.body.at, by, reason } }
  })

const revisionLines = (follow: Follow): RevisionLine[] =>
  follow.entries.flatMap(body => {
    if ('refused' in body.outcome) return []
    const { command } = body
    return body.outcome.accepted.flatMap((event): RevisionLine[] => {
      if (event.type === 'change.submitted' && command.type === 'submit') {
        const { digest, makers } = event
        const first = { revision: 1, digest, material: true, edited: [], makers, category: command.category }
        return [{ ...signedIn(body), ...first, ...contentOf(command.content) }]
      }
      if (event.type === 'change.revised' && command.type === 'revise') {
        const { revision, digest, material, makers } = event
        const { title, reason, content, form = {} } = command
        const named = Object.entries({ title, reason, content }).filter(([, value]) => value !== undefined)
        const edited = [...named.map(([name]) => name), ...Object.keys(form)]
        const line = { revision, digest, material, edited, makers }
        return [{ ...signedIn(body), ...line, ...contentOf(content), ...commented(body) }]
      }
      if (event.type === 'change.recategorised' && command.type === 'recategorise') {
        const { revision, digest, category } = event
        const edited = ['category', ...Object.keys(command.form ?? {})]
        const line = { revision, digest, material: true, edited, makers: [], category }
        return [{ ...signedIn(body), ...line, ...commented(body) }]
      }
      return []
    })
  })

const contentOf = (content: { readonly digest: string } | undefined) =>
  content === undefined ? {} : { content: content.digest }

const makerLines = ({ held }: Change, follow: Follow, revisions: readonly RevisionLine[]): MakerLine[] =>
  held.flatMap(({ duty, person, how, revision, at }, place): MakerLine[] => {
    const seq = follow.held.cameIn(place)
    if (duty !== 'make' || seq === undefined) return []
    const content = revisions.findLast(one => one.revision <= revision && one.content !== undefined)?.content
    return [{ seq, at, person, how, revision, ...(content === undefined ? {} : { content }) }]
  })

/** Who has which duty on the change, by all that makes them have it. */
const dutyLines = ({ held }: Change, follow: Follow, { person: known }: Pinned): DutyLine[] =>
  held.map(({ duty, person, how, at }, place) => {
    const seq = follow.held.cameIn(place)
    const is = known(person)
    return { ...(seq === undefined ? {} : { seq }), at, person, ...(is === person ? {} : { is }), duty, how }
  })

function stageLine(node: Explanation['stages'][number], pinned: Pinned): StageLine {
  const { stage: name, kind, status, missing, requirement } = node
  const stage = stageOf(pinned, name)
  return {
    stage: name,
    kind,
    status,
    ...(isAfterwards(pinned.stages, name) ? { afterwards: true } : {}),
    ...(stage === undefined || stage.kind === 'approval' ? {} : { by: stage.by }),
    ...(stage?.kind === 'test' ? { signOffs: stage.signOffs, evidence: stage.evidence } : {}),
    ...(requirement === undefined ? {} : { requirement }),
    missing: Object.entries(missing).map(([role, persons]) => ({ role, persons })),
  }
}

const obligationLines = (folded: Change, told: Explanation, follow: Follow): ObligationLine[] =>
  told.obligations.map(({ kind, stage, since, due, late, ended: end }, place) => {
    const seq = follow.obligations.cameIn(place)
    const line = { ...(seq === undefined ? {} : { seq }), kind, stage, since, due, late }
    if (end === undefined) return line
    // What ended it may have come about by itself since the last entry.
    const isRecorded = folded.obligations[place]?.ended === end
    const endedIn = isRecorded ? follow.obligations.markedIn(place) : undefined
    const { how, at, remedy } = end
    return {
      ...line,
      ended: {
        ...(endedIn === undefined ? {} : { seq: endedIn }),
        at,
        how,
        late: end.late,
        ...(remedy === undefined ? {} : { remedy }),
      },
    }
  })

/** The delegations by which somebody acted, each once, and those through which they were passed on. */
function delegationsIn(given: readonly { readonly seats: readonly Seat[] }[], documents: Documents): DelegationUsed[] {
  const seats = given.flatMap(one => one.seats)
  const ids = seats.flatMap(seat => (seat.capacity === 'delegate' ? [seat.delegation, ...(seat.through ?? [])] : []))
  return [...new Set(ids)].flatMap(id => documents.delegation(id) ?? [])
}
