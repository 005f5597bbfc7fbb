import type { Change, Seat } from '../change/change.ts'
import { explain } from '../change/explain/explain.ts'
import type { Explanation } from '../change/explain/explanation.ts'
import { overdue } from '../change/progress.ts'
import { type Pinned, pin, stageOf } from '../change/world.ts'
import type { RecordBody } from '../record/record.ts'
import type { State } from '../record/state.ts'
import { worldToExplain } from '../record/world.ts'
import { isCommitment } from '../values/commitment.ts'
import type { Instant } from '../values/instant.ts'
import type { DelegationUsed, Documents } from './documents.ts'
import { inOrder, isAfterwards } from './flag.ts'
import { commented, type History } from './history.ts'
import { approvalLines, type Judged, rejectionLines, releaseLines, taskLines, testLines, tickLines } from './lines.ts'
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

/** A change as it is folded, and what is known of the entries in which everything on it stands. */
interface Known {
  readonly state: State
  readonly folded: Change
  readonly at: Instant
  readonly history: History
  readonly documents: Documents
  readonly approvedIn: Judged['approvedIn']
}

/** What is told of a change. */
export function composeSheet(known: Known): Sheet {
  const { state, folded, at, history, documents, approvedIn } = known
  const explanation = explain(worldToExplain(state, folded), at)
  const pinned = pin(state.worldOf(folded.id), folded, at)
  const { change } = overdue(pinned, folded)
  const template = templateLine(history, change, documents)
  const templateIn: Judged['templateIn'] = person => template?.approvals.findLast(one => one.by === person)?.seq
  const given = givenOn({ pinned, change, stages: explanation.stages, history, approvedIn, templateIn })
  const obligations = obligationLines(folded, explanation, history)
  const isLate = obligations.some(one => one.late)
  return {
    ...subjectOf(change, at),
    flags: inOrder(isLate ? new Set([...history.flags, 'late']) : history.flags),
    ...requestOf(change, known),
    ...makersOf(change, history, pinned),
    ...given,
    ...courseOf(history),
    stages: explanation.stages.map(node => stageLine(node, pinned)),
    obligations,
    policies: policyLines(history, state.governance, documents),
    exceptions: exceptionLines(history, change, pinned.policy, restingOf(given)),
    glass: glassLines(history, given.releases),
    overrides: overrideLines(history, documents),
    ...(template === undefined ? {} : { template }),
    delegations: delegationsIn([...restingOf(given), ...given.rejections], documents),
    entries: history.entries.map(one => one.seq),
  }
}

/** What the change is, as of when. */
const subjectOf = (change: Change, at: Instant) => ({
  change: change.id,
  at,
  team: change.team,
  category: change.category,
  title: change.title,
  reason: change.reason,
  state: change.state,
  since: change.since,
  revision: change.revision,
  round: change.round,
  digest: change.digest,
})

/** Who asked for it, what was filled in, and what it belongs with. */
function requestOf(
  change: Change,
  { state, history }: Known,
): Pick<Sheet, 'requested' | 'parent' | 'children' | 'found' | 'form' | 'plan'> {
  const plan = history.events('change.scheduled').at(-1)
  return {
    requested: { ...signedIn(submission(history)), requester: change.requestedBy },
    ...(change.parent === undefined ? {} : { parent: change.parent }),
    children: state.descendantsOf(change.id).flatMap(one => (one.parent === change.id ? one.id : [])),
    ...found(history),
    form: fieldLines(change, history),
    ...(plan === undefined
      ? {}
      : { plan: { seq: plan.body.seq, at: plan.body.at, from: plan.event.from, until: plan.event.until } }),
  }
}

/** What was edited, who made it, and who has which duty. */
function makersOf(
  change: Change,
  history: History,
  pinned: Pinned,
): Pick<Sheet, 'revisions' | 'implementers' | 'duties'> {
  const revisions = revisionLines(history)
  return { revisions, implementers: makerLines(change, history, revisions), duties: dutyLines(change, history, pinned) }
}

type GivenLines = Pick<Sheet, 'tasks' | 'ticks' | 'tests' | 'approvals' | 'rejections' | 'releases'>

function givenOn(judged: Judged): GivenLines {
  const [tests, approvals] = [testLines(judged), approvalLines(judged)]
  return {
    tasks: taskLines(judged),
    ticks: tickLines(judged),
    tests,
    approvals,
    rejections: rejectionLines(judged),
    releases: releaseLines(judged, approvals, tests),
  }
}

/** Everything that was given and can rest on an exception. */
const restingOf = ({ tasks, ticks, tests, approvals, releases }: GivenLines) => [
  ...tasks,
  ...ticks,
  ...tests,
  ...approvals,
  ...releases,
]

/** When it was sent back and submitted again, what was refused, and how it ended. */
function courseOf(history: History): Pick<Sheet, 'returned' | 'resubmitted' | 'refusals' | 'cancelled' | 'closed'> {
  return {
    returned: history.events('change.returned').map(({ body }) => stepLine(body)),
    resubmitted: history
      .events('change.resubmitted')
      .map(({ event, body }) => ({ ...stepLine(body), round: event.round })),
    refusals: history.entries.flatMap(body =>
      'refused' in body.outcome
        ? [{ ...signedIn(body), command: body.command.type, refused: body.outcome.refused }]
        : [],
    ),
    ...ended('cancelled', history),
    ...ended('closed', history),
  }
}

/** The entry in which the change was submitted; there is a change only where there is one. */
const submission = (history: History): RecordBody => history.events('change.submitted')[0]?.body as RecordBody

const stepLine = (body: RecordBody): StepLine => ({ ...signedIn(body), ...commented(body) })

function ended(how: 'cancelled' | 'closed', history: History): Pick<Sheet, 'cancelled' | 'closed'> {
  const [end] = history.events(`change.${how}`)
  return end === undefined ? {} : { [how]: stepLine(end.body) }
}

function found(history: History): Pick<Sheet, 'found'> {
  const [first] = history.events('change.found')
  if (first === undefined) return {}
  const { seq, at } = first.body
  return { found: { seq, at, inEffectSince: first.event.inEffectSince } }
}

/** The form as it is now. What a private field holds is not in the trail, and whether it can be opened is. */
const fieldLines = ({ form, committed = [] }: Change, history: History): FieldLine[] =>
  Object.entries(form).map(([field, value]) => {
    if (!isCommitment(value)) return { field, value }
    const { commitment } = value
    const gone = committed.find(one => one.commitment === commitment)?.redacted
    const entry = history.events('value.redacted').find(({ event }) => event.commitments.includes(commitment))
    if (gone === undefined || entry === undefined) return { field, commitment }
    const { by, reason } = gone
    return { field, commitment, redacted: { seq: entry.body.seq, at: entry.body.at, by, reason } }
  })

const revisionLines = (history: History): RevisionLine[] =>
  history.entries.flatMap(body => {
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

const makerLines = ({ held }: Change, history: History, revisions: readonly RevisionLine[]): MakerLine[] =>
  held.flatMap(({ duty, person, how, revision, at }, place): MakerLine[] => {
    const seq = history.held.cameIn(place)
    if (duty !== 'make' || seq === undefined) return []
    const content = revisions.findLast(one => one.revision <= revision && one.content !== undefined)?.content
    return [{ seq, at, person, how, revision, ...(content === undefined ? {} : { content }) }]
  })

/** Who has which duty on the change, by all that makes them have it. */
const dutyLines = ({ held }: Change, history: History, { person: known }: Pinned): DutyLine[] =>
  held.map(({ duty, person, how, at }, place) => {
    const seq = history.held.cameIn(place)
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

const obligationLines = (folded: Change, told: Explanation, history: History): ObligationLine[] =>
  told.obligations.map(({ kind, stage, since, due, late, ended: end }, place) => {
    const seq = history.obligations.cameIn(place)
    const line = { ...(seq === undefined ? {} : { seq }), kind, stage, since, due, late }
    if (end === undefined) return line
    // What ended it may have come about by itself since the last entry.
    const isRecorded = folded.obligations[place]?.ended === end
    const endedIn = isRecorded ? history.obligations.markedIn(place) : undefined
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
