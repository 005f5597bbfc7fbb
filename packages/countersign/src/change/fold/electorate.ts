import type { Change } from '../change.ts'

/** The electorates of the stages at which somebody has approved. */
export function inUse({ approvals, electorates, round }: Change): Change['electorates'] {
  const given = approvals.filter(one => one.ended === undefined && one.round === round)
  return Object.fromEntries(Object.entries(electorates).filter(([stage]) => given.some(one => one.stage === stage)))
}

/** The electorates but for that of a stage, which is counted anew. */
export function without(electorates: Change['electorates'], stage = ''): Change['electorates'] {
  if (!Object.hasOwn(electorates, stage)) return electorates
  const { [stage]: _, ...others } = electorates
  return others
}
