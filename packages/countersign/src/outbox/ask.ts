import type { Change } from '../change/change.ts'
import { actingAt } from '../change/eligibility.ts'
import { explain } from '../change/explain/explain.ts'
import type { StageNode } from '../change/explain/explanation.ts'
import { deeds } from '../change/lifecycle.ts'
import { hasEnded } from '../change/world.ts'
import { personOf } from '../governance/alias.ts'
import { controllerOf } from '../governance/identity.ts'
import type { State } from '../record/state.ts'
import { worldToExplain } from '../record/world.ts'
import type { Instant } from '../values/instant.ts'
import type { Deed } from './notice.ts'

/** Somebody for whom a change waits at a stage. */
export interface Ask {
  readonly person: string
  readonly do: Deed
  readonly stage: string
  readonly for?: string
  readonly robot?: string
  readonly due?: Instant
  /** What the stage waits for: `1 of tester`. */
  readonly waits: string
  /** The same as long as the same is asked of the same person: in the same round, of the same substance. */
  readonly identity: string
}

/** What a change waits for at an instant: whom it asks, and the stages that nobody, or too few, can meet. */
export interface Waiting {
  readonly asks: readonly Ask[]
  readonly blocked: readonly Pick<StageNode, 'stage' | 'status' | 'missing' | 'eligible'>[]
  /** What is owed and was not there in time. */
  readonly late: readonly Late[]
}

/** Something that is owed, and its place among what is owed on the change. */
export interface Late {
  readonly place: number
  readonly kind: 'review' | 'remedy'
  readonly stage: string
  readonly due: Instant
}

const nothing: Waiting = { asks: [], blocked: [], late: [] }

/**
 * Who is to be asked on a change at an instant; with what its `team` had open then, where that is not what it has now. Whoever is
 * absent is asked by way of those who may act for them.
 */
export function waitingOn(state: State, id: string, at: Instant, team?: readonly Change[]): Waiting {
  const change = state.changes.get(id)
  if (change === undefined || hasEnded(change)) return nothing
  const { governance } = state
  const told = explain({ ...worldToExplain(state, change), ...(team === undefined ? {} : { team }) }, at)
  const asks = new Map<string, Ask>()
  const ask = (one: Omit<Ask, 'identity'>) => {
    const identity = `${one.stage} ${one.do} ${one.person} ${change.round} ${change.digest}`
    // Whoever is asked in their own right is not asked for somebody else, or for a robot, as well.
    const isOwn = one.for === undefined && one.robot === undefined
    if (isOwn || !asks.has(identity)) asks.set(identity, { ...one, identity })
  }
  const isWay = (deed: Deed, stage: string) => told.waysOut.some(one => one.do === deed && one.stage === stage)
  // Whoever does the work ticks what is open on its list first, and is asked for the work itself once that is done.
  const isAfterTicks = ({ stage, status, eligible }: StageNode) =>
    status !== 'frozen' && isWay('tick', stage) && !isWay('revise', stage) && actingAt(eligible).length > 0
  const isDue = (node: StageNode) => isWay(deeds[node.kind], node.stage) || isAfterTicks(node)
  for (const node of told.stages) {
    const { stage, kind, here, status, missing, eligible } = node
    const waits = waitsFor(missing)
    if (!here || waits === '' || status === 'frozen' || status === 'vetoed') continue
    // Nobody is asked for what is no way on now: it is first to be pulled, or made, or ticked.
    if (!isDue(node)) continue
    const due = told.obligations.find(one => one.kind === 'review' && one.stage === stage && !one.ended)?.due
    const deed: Deed = isAfterTicks(node) ? 'tick' : deeds[kind]
    const shared = { do: deed, stage, waits, ...(due === undefined ? {} : { due }) }
    const able = eligible.filter(one => one.excluded === undefined)
    // Work lies with whoever it was given to, where they are one of those who can do it.
    const own = kind === 'task' ? able.filter(one => one.person === change.assignee) : []
    for (const one of own.length > 0 ? own : able) {
      const controller = controllerOf(governance, one.person)
      if (controller !== undefined) ask({ ...shared, person: controller, robot: one.person })
      else if (!one.absent || one.delegates.length === 0) ask({ ...shared, person: one.person })
    }
    for (const { person: principal, absent, delegates } of able)
      if (absent) for (const person of delegates) ask({ ...shared, person, for: principal })
  }
  for (const one of told.waysOut) {
    // Whoever has something to make good is asked for that once, and not for each step of it.
    const deed = one.do === 'submit' ? 'remediate' : one.do
    if (!isAskedBeside(deed)) continue
    // Those who do what the stage asks for are asked already to tick what is open before that.
    const node = told.stages.find(({ stage }) => stage === one.stage)
    if (deed === 'tick' && node !== undefined && isDue(node)) continue
    const shared = { do: deed, stage: one.stage, waits: waiting[deed] }
    for (const id of one.persons) {
      const controller = controllerOf(governance, id)
      if (controller === undefined) ask({ ...shared, person: personOf(governance, id) })
      else ask({ ...shared, person: controller, robot: id })
    }
  }
  const blocked = told.stages.filter(one => one.status === 'vacant' || one.status === 'unsatisfiable')
  const late = told.obligations.flatMap(({ kind, stage, due, ended }, place): Late[] =>
    ended === undefined && at >= due ? [{ place, kind, stage, due }] : [],
  )
  return { asks: [...asks.values()], blocked, late }
}

const waiting = {
  liftVeto: 'a veto to be lifted',
  remediate: 'a change that makes it good',
  revise: 'whoever made it to be named',
  move: 'the change to be pulled to where the work is done',
  assign: 'somebody to be named who has it, so that it can be pulled to where the work is done',
  tick: 'what is open on its checklist',
} as const

const isAskedBeside = (deed: string): deed is keyof typeof waiting => Object.hasOwn(waiting, deed)

/** What a stage waits for, as `2 of approver and 1 of head`. */
export const waitsFor = (missing: Readonly<Record<string, number>>): string =>
  Object.entries(missing)
    .map(([role, count]) => `${count} of ${role}`)
    .join(' and ')
