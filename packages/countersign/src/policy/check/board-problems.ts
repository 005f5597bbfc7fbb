import { didYouMean } from '../../values/near.ts'
import type { Policy } from '../policy.ts'
import { singlesOf, statesBeside } from '../stage.ts'
import type { PolicyProblem } from './problem.ts'

/** What every board has beside its own columns: what was not pulled yet, and the states that are no stage. */
const queue = 'queue'
const ownColumns: ReadonlySet<string> = new Set([queue, ...statesBeside])

/** What keeps a board from being used. */
export function boardProblems(policy: Policy, known: (role: string, where: string) => void): PolicyProblem[] {
  const { board: rules } = policy
  if (rules === undefined) return []
  const problems: PolicyProblem[] = []
  const flows = Object.values(policy.categories).flatMap(category => category.flow)
  const stages = new Set(flows.map(stage => stage.name))
  // What is open at the same time lies together, in the column of the stage that it is part of.
  const within = new Map(flows.flatMap(stage => singlesOf([stage]).map(part => [part.name, stage.name])))
  const columns = new Set<string>()
  const placed = new Map<string, string>()
  for (const [place, { name, stages: own }] of rules.columns.entries()) {
    const where = `board.columns.${place}`
    if (columns.has(name)) problems.push({ where, problem: `two columns are called ${name}` })
    columns.add(name)
    for (const stage of own) {
      const other = placed.get(stage)
      if (other !== undefined) problems.push({ where, problem: `${stage} lies in ${other} already` })
      placed.set(stage, name)
      if (stages.has(stage)) continue
      const parallel = within.get(stage)
      problems.push({
        where,
        problem:
          parallel === undefined
            ? `there is no stage ${stage} in any flow${didYouMean(stage, stages)}`
            : `${stage} lies in the parallel stage ${parallel}: name ${parallel}`,
      })
    }
  }
  for (const name of columns) {
    if (ownColumns.has(name))
      problems.push({ where: 'board.columns', problem: `${name} is a column of every board; name it otherwise` })
    if (stages.has(name) && placed.get(name) !== name)
      problems.push({
        where: 'board.columns',
        problem: `${name} is a stage that does not lie in the column of its name`,
      })
  }
  for (const [name, { flow }] of Object.entries(policy.categories)) {
    for (const stage of flow) {
      if (stage.name !== queue || placed.has(queue)) continue
      const problem = `${queue} is a column of every board, where what was not pulled yet lies; name the stage otherwise`
      problems.push({ where: `categories.${name}.flow.${queue}`, problem })
    }
  }
  const categories = Object.keys(policy.categories)
  const knownCategory = (name: string, where: string) => {
    if (!categories.includes(name))
      problems.push({ where, problem: `there is no category ${name}${didYouMean(name, categories)}` })
  }
  let reserved = 0
  for (const [name, { max, reserve = 0 }] of Object.entries(rules.categories ?? {})) {
    const where = `board.categories.${name}`
    knownCategory(name, where)
    if (max !== undefined && reserve > max)
      problems.push({ where, problem: `keeps ${reserve} places for ${name}, of which at most ${max} are used` })
    reserved += reserve
  }
  if (reserved > 0 && rules.capacity === undefined)
    problems.push({ where: 'board.capacity', problem: 'places are reserved, and nothing says of how many' })
  if (rules.capacity !== undefined && reserved > rules.capacity)
    problems.push({
      where: 'board.capacity',
      problem: `${reserved} places are reserved, and there are ${rules.capacity}`,
    })
  for (const name of rules.expedite?.categories ?? []) knownCategory(name, 'board.expedite')
  if (rules.planning !== undefined) {
    known(rules.planning.by, 'board.planning.by')
    known(rules.planning.present, 'board.planning.present')
  }
  return problems
}
