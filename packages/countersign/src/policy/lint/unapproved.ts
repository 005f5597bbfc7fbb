import { toldCase } from '../cases.ts'
import type { Category } from '../category.ts'
import { conditionHolds } from '../condition.ts'
import type { Form } from '../form.ts'
import { choicesOf } from '../requirement.ts'
import { type ApprovalStage, coversRelease, isForBrokenGlass, isOwed, type SingleStage, singlesOf } from '../stage.ts'
import { finding, type LintFinding } from './lint-finding.ts'
import { fewestIn } from './shadow.ts'

/** Whether a stage is asked for in a case. */
export const isAsked = ({ when }: SingleStage, one: Form): boolean =>
  when === undefined || conditionHolds(when, one) === true

/** The approvals of a flow that are asked for before something takes effect, in its order. */
const decidingIn = (flow: readonly SingleStage[]): ApprovalStage[] =>
  flow.filter(stage => stage.kind === 'approval').filter(stage => !isForBrokenGlass(stage))

/** Ways on which nobody approves, and cases in which nothing may be put into effect at all. */
export function unapproved(at: string, category: Category, cases: readonly Form[]): LintFinding[] {
  const flow = singlesOf(category.flow)
  const found: LintFinding[] = []
  const deciding = decidingIn(flow)
  const takesPersons = cases.some(one => deciding.some(stage => (fewestIn(stage.requires, one) ?? 0) > 0))
  if (!takesPersons) {
    const says = 'nobody approves such a change: every approval in it asks for nothing'
    const help = 'It is said aloud, so it may stand; whoever adopts the policy should know.'
    return [finding('approval.none', at, says, help)]
  }
  const blocked = cases.filter(one => endsIn(flow, one).some(end => isBlocked(flow, one, end)))
  const [first] = blocked
  const told = first === undefined ? '' : toldCase(first)
  if (first !== undefined)
    found.push(
      finding(
        'category.blocked',
        at,
        `no approval is asked for ${told === '' ? 'before it takes effect' : `where ${told}`}, and where no rule applies a change is refused${amount(blocked.length)}`,
        'Say what holds otherwise: another rule, or approvals(0) where none is meant.',
      ),
    )
  if (category.emergency === undefined && category.retrospective === undefined)
    found.push(
      ...skipping(
        at,
        flow,
        cases.filter(one => !blocked.includes(one)),
      ),
    )
  found.push(...firstActs(at, category, flow))
  if (flow.some(stage => stage.kind === 'release') && !category.material.includes('content'))
    found.push(
      finding(
        'content.unbound',
        `${at}.material`,
        'leaves the content out: what is put into effect can be replaced after it was approved, and the approval stands',
        "Add 'content' to it.",
      ),
    )
  return found
}

/** The releases that happen in a case, by their places; in a flow without one its end. */
function endsIn(flow: readonly SingleStage[], one: Form): number[] {
  const releases = flow.flatMap((stage, place) => (stage.kind === 'release' && isAsked(stage, one) ? [place] : []))
  return releases.length === 0 ? [flow.length] : releases
}

/** The approvals that are asked for before an end and cover it. */
function before(flow: readonly SingleStage[], one: Form, end: number): ApprovalStage[] {
  const to = flow[end]
  return decidingIn(flow.slice(0, end)).filter(
    stage =>
      isAsked(stage, one) &&
      coversRelease(stage, to?.kind === 'release' ? to : undefined) &&
      choicesOf(stage.requires, when => conditionHolds(when, one) === true).length > 0,
  )
}

const isBlocked = (flow: readonly SingleStage[], one: Form, end: number): boolean => before(flow, one, end).length === 0

function skipping(at: string, flow: readonly SingleStage[], cases: readonly Form[]): LintFinding[] {
  const ends = new Map<number, Form[]>()
  for (const one of cases) {
    for (const end of endsIn(flow, one)) {
      // What is owed for an earlier release has to be given before the next one, so it counts here like any other.
      if (before(flow, one, end).some(stage => (fewestIn(stage.requires, one) ?? 0) > 0)) continue
      ends.set(end, [...(ends.get(end) ?? []), one])
    }
  }
  return [...ends].map(([end, open]) => {
    const stage = flow[end]?.name
    const [first = {}] = open
    const where = toldCase(first)
    return finding(
      'approval.skipped',
      `${at}.flow${stage === undefined ? '' : `.${stage}`}`,
      `${stage ?? 'the end'} is reached without anybody's approval${where === '' ? '' : ` where ${where}`}${amount(open.length)}`,
      'Ask for an approval there as well, and let approvals(0) stand alone in a category of its own where none is meant.',
    )
  })
}

const amount = (cases: number): string =>
  cases < 2 ? '' : ` (and in ${cases - 1} more ${cases === 2 ? 'case' : 'cases'})`

/** What the policy lets be done before it is approved, in so many words. */
function firstActs(at: string, category: Category, flow: readonly SingleStage[]): LintFinding[] {
  const owing = (stages: readonly SingleStage[]) =>
    stages
      .filter(isOwed)
      .map(stage => `${stage.name} within ${stage.within}`)
      .join(' and ')
  const help = 'It is said aloud, so it may stand; whoever adopts the policy should know.'
  const found: LintFinding[] = []
  if (category.emergency !== undefined)
    found.push(
      finding(
        'acts.first',
        `${at}.emergency`,
        `is put into effect first and then owes ${owing(flow.filter(stage => !isForBrokenGlass(stage)))}`,
        help,
      ),
    )
  if (category.breakGlass !== undefined) {
    const { by, lasts } = category.breakGlass
    found.push(
      finding(
        'acts.first',
        `${at}.breakGlass`,
        `one of ${by} puts it into effect without the approvals and tests before, within ${lasts}, and then it owes ${owing(flow)}`,
        help,
      ),
    )
  }
  return found
}
