import { didYouMean } from '../../values/near.ts'
import { saysSomething } from '../../values/text.ts'
import { type Outcome, outcomesOf } from '../cases.ts'
import type { Category } from '../category.ts'
import type { Controls } from '../controls.ts'
import { choicesOf, personsIn, sharedRolesOf } from '../requirement.ts'
import { conditionsIn, isForBrokenGlass, isOwed, type SingleStage, singlesOf } from '../stage.ts'
import type { PolicyProblem } from './problem.ts'

/** What keeps a category from acting first: what is owed afterwards has to be owed, by somebody, and for something. */
export function owedProblems(name: string, category: Category): PolicyProblem[] {
  const at = `categories.${name}`
  const flow = singlesOf(category.flow)
  return [
    ...flow.flatMap((stage, place) => owedStageProblems(`${at}.flow.${stage.name}`, category, stage, place)),
    ...mixedProblems(at, category),
    ...emergencyProblems(at, category, flow),
    ...glassProblems(at, category, flow),
    ...retrospectiveProblems(at, category, flow),
  ]
}

function owedStageProblems(where: string, category: Category, stage: SingleStage, place: number): PolicyProblem[] {
  if (stage.kind !== 'approval' && stage.kind !== 'test') return []
  const problems: PolicyProblem[] = []
  const add = (problem: string) => problems.push({ where, problem })
  if (!isOwed(stage)) {
    if (stage.remedyWithin !== undefined) add('says how long a remedy may take, and not within what time it is owed')
    if (stage.onlyAfter !== undefined) add('is owed after the glass was broken, and does not say within what time')
    return problems
  }
  const before = singlesOf(category.flow).slice(0, place)
  if (category.retrospective === undefined && !before.some(one => one.kind === 'release'))
    add('is owed after a release (within), and no release stands before it')
  if (stage.onlyAfter !== undefined && category.breakGlass === undefined)
    add('is asked for where the glass was broken, and the category does not let anybody break it: breakGlass')
  if (stage.kind !== 'approval') return problems
  if (stage.veto !== undefined) add('a veto cannot stop what has taken effect; a rejection here asks for a remedy')
  if (stage.carriedFrom !== undefined) add('what was approved before cannot be the review of what was done since')
  if (stage.environments !== undefined) add('it looks back on all that was done, so it is for no environment')
  if (stage.validFor !== undefined) add('what was reviewed stays reviewed; leave validFor out')
  return problems
}

/** A rejection asks for a remedy of what has taken effect, and sends back what has not: it cannot do both. */
const mixedProblems = (at: string, category: Category): PolicyProblem[] =>
  category.flow
    .filter(stage => stage.kind === 'parallel' && stage.stages.some(isOwed) && !stage.stages.every(isOwed))
    .map(stage => ({
      where: `${at}.flow.${stage.name}`,
      problem: 'of stages that are open at the same time, either all are owed afterwards or none',
    }))

function emergencyProblems(at: string, category: Category, flow: readonly SingleStage[]): PolicyProblem[] {
  if (category.emergency === undefined) return []
  const where = `${at}.emergency`
  const problems: PolicyProblem[] = []
  const { incident } = category.emergency
  const field = category.form.properties[incident]
  if (field === undefined) {
    const near = didYouMean(incident, Object.keys(category.form.properties))
    problems.push({ where, problem: `there is no field ${incident} in the form to name the incident${near}` })
  } else {
    const isFilled = field.type === 'string' && ((field.minLength ?? 0) > 0 || field.enum !== undefined)
    const saysNothing = field.type === 'string' && field.enum?.some(one => !saysSomething(one)) === true
    if (!isFilled || saysNothing || !category.form.required.includes(incident))
      problems.push({ where, problem: `${incident} has to be a text that is filled in: required, and not empty` })
    if (!category.material.includes(incident))
      problems.push({ where, problem: `${incident} is not material, so it could be changed afterwards unseen` })
  }
  if (category.template !== undefined) problems.push({ where, problem: 'an emergency follows no template' })
  const last = flow.findLastIndex(stage => stage.kind === 'release')
  if (last < 0) problems.push({ where, problem: 'puts nothing into effect: its flow has no release' })
  else if (!flow.slice(last).some(stage => stage.kind === 'approval' && isOwed(stage) && !isForBrokenGlass(stage)))
    problems.push({ where, problem: 'nothing is owed afterwards: no approval with `within` after the last release' })
  return problems
}

function glassProblems(at: string, category: Category, flow: readonly SingleStage[]): PolicyProblem[] {
  if (category.breakGlass === undefined) return []
  const where = `${at}.breakGlass`
  const first = flow.findIndex(stage => stage.kind === 'release')
  if (first < 0) return [{ where, problem: 'there is nothing to break the glass for: its flow has no release' }]
  const outcomes = outcomesOf(category.form, flow.flatMap(conditionsIn))
  if (outcomes === undefined)
    return [
      {
        where,
        problem: 'its conditions tell more cases apart than are tried out; use fewer where the glass may be broken',
      },
    ]
  const others = flow.filter(stage => !isForBrokenGlass(stage))
  const reviews = flow.slice(first).filter(isForBrokenGlass)
  // Of how many a share is nobody knows yet: of a review it is one at least, of what was skipped it may be all.
  const looked = outcomes.map(outcome => ({
    where: outcome.where,
    asked: mostAsked(others, outcome, Number.POSITIVE_INFINITY),
    owed: mostAsked(reviews, outcome, 0),
  }))
  const [worst] = looked.filter(({ asked, owed }) => owed <= asked).toSorted((a, b) => b.asked - a.asked)
  if (worst === undefined) return []
  const isAlways = looked.every(one => one.owed <= one.asked && one.asked === worst.asked)
  const here = isAlways ? '' : worst.where
  const more = Number.isFinite(worst.asked)
    ? `${worst.asked + 1} or more${here}`
    : `no number is sure to be more than the share that is asked for${here}`
  const problem = `afterwards an approval has to be owed that asks for more persons than any other of its approvals (${more}): approval(…, { within, onlyAfter: 'breakGlass' })`
  return [{ where, problem }]
}

/** How many persons that approval of some stages asks for which asks for the most, where its shares are of so many. */
const mostAsked = (stages: readonly SingleStage[], { holds }: Outcome, electorate: number): number =>
  Math.max(
    0,
    ...stages.map(stage => {
      if (stage.kind !== 'approval' || (stage.when !== undefined && !holds(stage.when))) return 0
      const { requires } = stage
      const of = Object.fromEntries(sharedRolesOf(requires).map(role => [role, electorate]))
      const choices = choicesOf(requires, holds, of)
      return choices.length === 0 ? 0 : Math.min(...choices.map(personsIn))
    }),
  )

function retrospectiveProblems(at: string, category: Category, flow: readonly SingleStage[]): PolicyProblem[] {
  if (category.retrospective === undefined) return []
  const where = `${at}.retrospective`
  const problems: PolicyProblem[] = []
  if (flow.some(stage => stage.kind === 'release'))
    problems.push({ where, problem: 'what was found has taken effect already, so its flow has no release' })
  if (!flow.some(stage => stage.kind === 'approval' && isOwed(stage)))
    problems.push({ where, problem: 'nothing is owed: no approval with `within`' })
  for (const stage of flow) {
    if (stage.kind !== 'approval' || isOwed(stage)) continue
    const problem = 'everything about a change that was found is owed afterwards: within'
    problems.push({ where: `${at}.flow.${stage.name}`, problem })
  }
  if (category.emergency !== undefined || category.breakGlass !== undefined || category.template !== undefined)
    problems.push({ where, problem: 'what was found is neither an emergency nor a standard change' })
  return problems
}

/** The clauses of the controls on which a category lets the glass be broken, and which do not allow it. */
export function glassClauseProblems(name: string, category: Category, controls: Controls): PolicyProblem[] {
  if (category.breakGlass === undefined) return []
  return Object.entries(controls.clauses).flatMap(([clause, one]) =>
    one.rule === 'separate' || one.breakGlass === 'allowed'
      ? []
      : [
          {
            where: `categories.${name}.breakGlass`,
            problem: `${clause} (${one.because}) lets nobody break the glass`,
            clause,
          },
        ],
  )
}
