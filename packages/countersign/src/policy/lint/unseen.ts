import { toldCase } from '../cases.ts'
import type { Category } from '../category.ts'
import type { Form } from '../form.ts'
import { coversRelease, isForBrokenGlass, type ReleaseStage, type SingleStage, singlesOf } from '../stage.ts'
import { finding, type LintFinding } from './lint-finding.ts'
import { fewestIn } from './shadow.ts'
import { isAsked } from './unapproved.ts'

/** A stage, and when its turn comes: those that are open at the same time have the same. */
interface Turn<Stage extends SingleStage = SingleStage> {
  readonly stage: Stage
  readonly turn: number
}

/**
 * Work that is done once all is approved and tested, and before the release. Whoever decides once for many changes, by a
 * template or on a parent, means work that comes after, as does an emergency.
 */
export function unseen(at: string, category: Category, cases: readonly Form[]): LintFinding[] {
  if (category.emergency !== undefined) return []
  const turns = category.flow.flatMap((stage, turn): Turn[] => singlesOf([stage]).map(one => ({ stage: one, turn })))
  const releases = turns.filter((one): one is Turn<ReleaseStage> => one.stage.kind === 'release')
  return turns.flatMap(work => {
    if (work.stage.kind !== 'task' || work.stage.duty !== 'make') return []
    for (const form of cases) {
      if (!isAsked(work.stage, form)) continue
      for (const to of releases) {
        if (to.turn < work.turn || !isAsked(to.stage, form)) continue
        const looks = turns.filter(one => one.turn < to.turn && looksAt(one.stage, form, to.stage))
        const last = looks.at(-1)
        if (last === undefined || last.turn >= work.turn || looks.every(isDecidedBefore)) continue
        return [told(at, category, { work, last, to, form })]
      }
    }
    return []
  })
}

/** Whether somebody approves or tests at a stage what is released. */
function looksAt(stage: SingleStage, form: Form, to: ReleaseStage): boolean {
  if (isForBrokenGlass(stage) || !isAsked(stage, form)) return false
  if (stage.kind === 'approval') return coversRelease(stage, to) && (fewestIn(stage.requires, form) ?? 0) > 0
  return stage.kind === 'test'
}

const isDecidedBefore = ({ stage }: Turn): boolean => stage.kind === 'approval' && stage.carriedFrom !== undefined

interface Unseen {
  readonly work: Turn
  readonly last: Turn
  readonly to: Turn
  readonly form: Form
}

function told(at: string, { material }: Category, { work, last, to, form }: Unseen): LintFinding {
  const { name } = work.stage
  const where = toldCase(form)
  const content = material.includes('content')
    ? 'the decisions before it go stale only where it is recorded as the content'
    : 'the decisions before it stand, whatever content is recorded'
  return finding(
    'work.unseen',
    `${at}.flow.${name}`,
    `what is made at ${name} comes after ${last.stage.name}, and nobody approves or tests it before ${to.stage.name}${where === '' ? '' : ` where ${where}`}; ${content}`,
    'Ask for an approval or a test after it, or see to it that what is made is recorded as the content; a task that makes nothing new has a duty of its own, such as deploy.',
  )
}
