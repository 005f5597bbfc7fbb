import type { Approval, Change, Given } from '../change/change.ts'
import { itemsOf } from '../change/checklist.ts'
import type { Act, StageNode } from '../change/explain/explanation.ts'
import { signOffsFor, tickDiscount } from '../change/standing.ts'
import { type Pinned, stageOf } from '../change/world.ts'
import { singlesOf } from '../policy/stage.ts'
import type { RecordBody } from '../record/record.ts'
import { commented, type History } from './history.ts'
import { type Places, signedIn } from './place.ts'
import type {
  ApprovalLine,
  FallenLine,
  RejectionLine,
  ReleaseLine,
  TaskLine,
  TestLine,
  TickLine,
  Uncounted,
} from './sheet.ts'

/** A change as it is judged at an instant, with the entries in which everything on it stands. */
export interface Judged {
  readonly pinned: Pinned
  /** With what has come about since its last entry. */
  readonly change: Change
  readonly stages: readonly StageNode[]
  readonly history: History
  /** The entry in which an approval of any change stands. */
  readonly approvedIn: (change: string, approval: number) => number | undefined
  /** The entry in which somebody approved the template of this change. */
  readonly templateIn: (person: string) => number | undefined
}

const notAsked = { why: 'not-asked' } as const

const counting = (why: Uncounted | undefined) => (why === undefined ? { counts: true } : { counts: false, why })

/** What an explanation says of something that was given: it has all of a stage in their order. */
function actOf({ stages }: Judged, list: readonly { readonly stage: string }[], place: number): Act | undefined {
  const stage = list[place]?.stage
  const nth = list.slice(0, place).filter(one => one.stage === stage).length
  return stages.find(one => one.stage === stage)?.acts[nth]
}

/** By which account somebody acted, and by which robot. */
function actorIn(body: RecordBody | undefined): { readonly account?: string; readonly bot?: string } {
  if (body === undefined) return {}
  const { account, bot } = body.by
  return bot === undefined ? { account } : { account, bot }
}

/** What is told of everything that was given. */
function givenLine(
  { history }: Judged,
  one: Given,
  places: Places<Given>,
  place: number,
  body: RecordBody | undefined,
) {
  const seq = places.cameIn(place)
  const [seat] = one.seats
  return {
    ...(seq === undefined ? {} : { seq }),
    at: one.at,
    stage: one.stage,
    person: one.person,
    ...actorIn(body),
    chain: one.chain,
    ...(seat === undefined ? {} : { capacity: seat.capacity }),
    seats: one.seats,
    revision: one.revision,
    round: one.round,
    ...commented(body),
    ...endedBy(history, one, places.markedIn(place)),
  }
}

function endedBy(history: History, { ended }: Given, seq: number | undefined) {
  if (ended === undefined) return {}
  const body = history.entryAt(seq)
  const { how, at } = ended
  return { ended: { how, ...(body === undefined ? { at } : { ...signedIn(body), ...commented(body) }) } }
}

/** The exceptions on which something rests: as it was recorded, and as it is explained. */
function exceptionsOf(type: string, body: RecordBody | undefined, act?: Act): { readonly exceptions?: string[] } {
  const events = body === undefined || 'refused' in body.outcome ? [] : body.outcome.accepted
  const recorded = events.flatMap(event =>
    event.type === type && 'exceptions' in event ? (event.exceptions ?? []) : [],
  )
  const all = [...new Set([...recorded, ...(act?.exceptions ?? [])])].toSorted()
  return all.length === 0 ? {} : { exceptions: all }
}

/** Marks what was given only after the change had taken effect, so that no release rests on it. */
function afterwards(
  { change, history }: Judged,
  { afterwards: isAfter }: Pick<Approval, 'afterwards'>,
  place: number,
  kind: 'approval' | 'signOff',
): { readonly afterwards?: true } {
  const isOfItself = isAfter === true || change.inEffectSince !== undefined
  const isAfterEffect = history[`${kind}Course`].afterwards.has(place)
  const isLeantOn = history.stood.some(one => one[`${kind}s`].has(place))
  return isOfItself || (isAfterEffect && !isLeantOn) ? { afterwards: true } : {}
}

const departed = (act: Act | undefined) => (act?.departed === undefined ? {} : { departed: act.departed })

/** The sign-offs of a change as its sheet tells them, and why one of them does not count. */
export const testLines = (judged: Judged): TestLine[] =>
  judged.change.signOffs.map((one, place, all) => {
    const { history, pinned, change } = judged
    const body = history.entryAt(history.signOffs.cameIn(place))
    const act = actOf(judged, all, place)
    const stage = stageOf(pinned, one.stage)
    const isCounted = stage?.kind === 'test' && signOffsFor(pinned, change, stage).includes(one)
    const why = (): Uncounted =>
      act?.discounted ??
      (one.result === 'failed'
        ? { why: 'failed' }
        : act === undefined
          ? notAsked
          : { why: 'given-again', person: one.person })
    return {
      ...givenLine(judged, one, history.signOffs, place, body),
      result: one.result,
      evidence: one.evidence,
      ...exceptionsOf('test.signed-off', body, act),
      ...departed(act),
      ...afterwards(judged, {}, place, 'signOff'),
      ...counting(isCounted && act !== undefined ? undefined : why()),
    }
  })

/** The approvals of a change as its sheet tells them, the carried ones with where they come from. */
export const approvalLines = (judged: Judged): ApprovalLine[] =>
  judged.change.approvals.map((one, place, all) => {
    const { history } = judged
    const body = one.carried === undefined ? history.entryAt(history.approvals.cameIn(place)) : undefined
    const act = actOf(judged, all, place)
    return {
      ...givenLine(judged, one, history.approvals, place, body),
      ...carriedFrom(judged, one),
      ...exceptionsOf('approval.granted', body, act),
      ...departed(act),
      ...(act?.countsFor === undefined ? {} : { countsFor: act.countsFor }),
      ...afterwards(judged, one, place, 'approval'),
      ...(one.environments === undefined ? {} : { environments: one.environments }),
      ...(one.retainedFrom === undefined ? {} : { retainedFrom: one.retainedFrom }),
      ...counting(act === undefined ? notAsked : act.discounted),
    }
  })

/** Where a carried approval was given, and in which entry. */
function carriedFrom(
  { approvedIn, templateIn }: Judged,
  { carried, person }: Approval,
): Pick<ApprovalLine, 'carried' | 'capacity'> {
  if (carried === undefined) return {}
  const { until } = carried
  const seq = 'change' in carried ? approvedIn(carried.change, carried.approval) : templateIn(person)
  const from = 'change' in carried ? { change: carried.change } : { template: carried.template }
  return { capacity: 'carried', carried: { from, until, ...(seq === undefined ? {} : { seq }) } }
}

/** The rejections of a change as its sheet tells them, with who has lifted a veto. */
export const rejectionLines = (judged: Judged): RejectionLine[] =>
  judged.change.rejections.map((one, place) => {
    const { history, change } = judged
    const body = history.entryAt(history.rejections.cameIn(place))
    const lifted = history.entryAt(history.rejections.markedIn(place))
    const { ended: _, ...line } = givenLine(judged, one, history.rejections as Places<Given>, place, body)
    const events = body === undefined || 'refused' in body.outcome ? [] : body.outcome.accepted
    const isAfterwards = events.some(event => event.type === 'change.rejected' && event.afterwards === true)
    return {
      ...line,
      ...(one.veto === undefined ? {} : { veto: one.veto }),
      ...(isAfterwards || change.inEffectSince !== undefined ? { afterwards: true } : {}),
      ...(lifted === undefined ? {} : { lifted: { ...signedIn(lifted), comment: commented(lifted).comment ?? '' } }),
    }
  })

/**
 * The releases of a change as its sheet tells them, each with the entries of the approvals and tests that counted then.
 */
export const releaseLines = (
  judged: Judged,
  approvals: readonly ApprovalLine[],
  tests: readonly TestLine[],
): ReleaseLine[] =>
  judged.change.releases.map((one, place, all) => {
    const { history } = judged
    const body = history.entryAt(history.releases.cameIn(place))
    const act = actOf(judged, all, place)
    const environment = environmentOf(judged, one.stage, body)
    const [approved, tested] = [
      stoodAmong(approvals, history, place, 'approval'),
      stoodAmong(tests, history, place, 'signOff'),
    ]
    const fellAway = [...approved, ...tested].flatMap(given => fallen(given) ?? [])
    const entries = (stood: readonly Stands[]) => [...new Set(stood.flatMap(given => given.line.seq ?? []))]
    return {
      ...givenLine(judged, one, history.releases, place, body),
      ...(environment === undefined ? {} : { environment }),
      ...(one.underGlass === undefined ? {} : { underGlass: one.underGlass }),
      approvedIn: entries(approved),
      testedIn: entries(tested),
      ...(fellAway.length === 0 ? {} : { fellAway }),
      ...exceptionsOf('change.released', body, act),
      ...departed(act),
      ...counting(act === undefined ? notAsked : act.discounted),
    }
  })

/** Something on which a release rests, and the entry by which it has ceased to count since, where it has. */
interface Stands {
  readonly line: ApprovalLine | TestLine
  readonly lostIn: number | undefined
}

/** What stood when a release took effect, and was given before. */
function stoodAmong(
  lines: readonly (ApprovalLine | TestLine)[],
  history: History,
  release: number,
  kind: 'approval' | 'signOff',
): Stands[] {
  const stood = history.stood[release]?.[`${kind}s`]
  return lines.flatMap((line, place) =>
    stood?.has(place) === true ? [{ line, lostIn: history[`${kind}Course`].lostIn.get(place) }] : [],
  )
}

/** What a release rests on and does not count any more: not as there was another round, or another place to put it into effect. */
function fallen({ line, lostIn }: Stands): FallenLine | undefined {
  const { seq, counts, why } = line
  if (seq === undefined || counts || why === undefined || why.why === 'earlier-round' || why.why === 'environment')
    return undefined
  return { seq, why, ...(lostIn === undefined || why.why === 'expired' ? {} : { lostIn }) }
}

/** Where a release put the change into effect: as whoever did it has said, or as the stage says. */
function environmentOf({ pinned, change }: Judged, name: string, body: RecordBody | undefined): string | undefined {
  if (body?.command.type === 'release' && body.command.environment !== undefined) return body.command.environment
  // By the policy of then, which may have become another one.
  const policy = pinned.governance.policies[body?.policy ?? '']?.document ?? pinned.policy
  const category = Object.hasOwn(policy.categories, change.category) ? policy.categories[change.category] : undefined
  const stage = singlesOf(category?.flow ?? []).find(one => one.name === name)
  return stage?.kind === 'release' ? stage.environment : undefined
}

/** The tasks that were done on a change, as its sheet tells them. */
export const taskLines = ({ history, stages }: Judged): TaskLine[] =>
  history.tasks.map(({ seq, ...one }) => {
    const body = history.entryAt(seq)
    const [seat] = one.seats
    const acts = stages.find(node => node.stage === one.stage)?.acts ?? []
    const act = acts.find(({ person, at }) => person === one.person && at === one.at)
    return {
      seq,
      ...one,
      ...actorIn(body),
      ...(seat === undefined ? {} : { capacity: seat.capacity }),
      ...commented(body),
      ...exceptionsOf('task.completed', body),
      ...counting(act === undefined ? notAsked : act.discounted),
    }
  })

/** The ticks of a change as its sheet tells them, the ended ones too. */
export const tickLines = (judged: Judged): TickLine[] =>
  judged.change.ticks.map((one, place) => {
    const { history, pinned, change } = judged
    const body = history.entryAt(history.ticks.cameIn(place))
    const stage = stageOf(pinned, one.stage)
    const item = stage === undefined ? undefined : itemsOf(pinned, change, stage).find(known => known.item === one.item)
    return {
      ...givenLine(judged, one, history.ticks, place, body),
      item: one.item,
      ...(item === undefined ? {} : { text: item.text }),
      ...exceptionsOf('items.ticked', body),
      ...counting(stage === undefined || item === undefined ? notAsked : tickDiscount(pinned, change, one, stage)),
    }
  })
