import { createMachine, initialTransition, transition } from 'xstate'
import type { Category } from '../policy/category.ts'
import { isOwed, type SingleStage } from '../policy/stage.ts'
import type { ChangeCommand } from './command.ts'
import { partsOf, stagesIn } from './world.ts'

/** What moves a change from state to state: a command about it, or what the decision finds about its stages. */
export type LifeEvent = Exclude<ChangeCommand['type'], 'submit' | 'redact'> | 'met' | 'reopened'

/** The life of a change as plain data: what `createMachine` takes, and what the Stately tools draw. */
export interface LifeConfig {
  readonly id: string
  readonly initial: string
  readonly states: Record<string, { type?: 'final'; on?: Record<string, string> }>
}

/** The command by which each kind of stage is taken on. */
export const deeds = { task: 'complete', test: 'signOff', approval: 'approve', release: 'release' } as const

/**
 * The life cycle of a category. Each stage of the flow is a state, and so are stages that are open at the same time:
 * one state for all of them. `met` leads on to the next; `reopened` leads back to the first, from where a change walks on
 * past every stage that is still met.
 *
 * @example
 * ```ts
 * import { fixturePolicy } from '@countersign/testing'
 * import { lifeConfig } from 'countersign/change'
 * const { normal } = fixturePolicy().categories
 * lifeConfig('normal', normal).initial // → 'verify'
 * ```
 */
export function lifeConfig(name: string, category: Category): LifeConfig {
  const stages = category.flow.map(stage => stage.name)
  const first = stages[0] ?? 'completed'
  // What was approved can be taken back while an earlier stage is open again, so all of it is legal at every stage.
  const decides = stagesIn(category).some(stage => stage.kind === 'approval')
  const last = category.flow.findLastIndex(stage => stage.kind === 'release')
  const states: LifeConfig['states'] = {}
  for (const [index, stage] of category.flow.entries()) {
    const { name: state } = stage
    states[state] = {
      on: {
        ...Object.fromEntries(partsOf(stage).map(one => [deeds[one.kind], state])),
        revise: state,
        recategorise: first,
        migrate: first,
        assign: state,
        schedule: state,
        move: state,
        overrideFreeze: state,
        // What has taken effect cannot be sent back: a rejection of it asks for a remedy.
        ...(decides
          ? { reject: partsOf(stage).some(isOwed) ? 'remediation' : 'returned', withdraw: state, liftVeto: state }
          : {}),
        ...(partsOf(stage).some(one => mayHaveItems(category, one)) ? { tick: state, untick: state } : {}),
        ...(category.breakGlass !== undefined && index <= last ? { breakGlass: state } : {}),
        requestException: state,
        grantException: state,
        revokeException: state,
        cancel: 'cancelled',
        met: stages[index + 1] ?? 'completed',
        reopened: first,
      },
    }
  }
  states.returned = {
    on: {
      revise: 'returned',
      assign: 'returned',
      move: 'returned',
      resubmit: first,
      cancel: 'cancelled',
    },
  }
  if (stagesIn(category).some(isOwed)) {
    states.remediation = { on: { assign: 'remediation', move: 'remediation', remediate: 'completed' } }
  }
  states.completed = { on: { close: 'closed' } }
  states.closed = { type: 'final' }
  states.cancelled = { type: 'final' }
  return { id: name, initial: first, states }
}

/** A category's life cycle, compiled. */
export interface Lifecycle {
  readonly initial: string
  /** The state to which an event leads, or `undefined` where it may not happen. */
  next(state: string, event: LifeEvent): string | undefined
  /** The commands that may be given in a state. */
  commands(state: string): string[]
}

/** Whether there can be something to tick at a stage: a template brings items of its own. */
const mayHaveItems = ({ template }: Category, stage: SingleStage): boolean =>
  stage.kind !== 'approval' && (stage.checklist !== undefined || template !== undefined)

const compiled = new WeakMap<Category, Lifecycle>()

/**
 * Compiles a category to an XState machine, once. The machine decides what is legal; as it has neither guards nor
 * context, an answer holds for good and is asked for once per state and event.
 *
 * @example
 * ```ts
 * import { fixturePolicy } from '@countersign/testing'
 * import { lifecycle } from 'countersign/change'
 * const { normal } = fixturePolicy().categories
 * const life = lifecycle('normal', normal)
 * life.next('verify', 'met') // → 'approve'
 * life.next('verify', 'release') // → undefined
 * ```
 */
export function lifecycle(name: string, category: Category): Lifecycle {
  const known = compiled.get(category)
  if (known !== undefined) return known
  const config = lifeConfig(name, category)
  const machine = createMachine(config)
  const answers = new Map<string, Map<LifeEvent, string | undefined>>()
  const ask = (state: string, event: LifeEvent): string | undefined => {
    const snapshot = machine.resolveState({ value: state })
    // A transition to the same state gives the same snapshot as an unknown event does, so `can` is asked first.
    if (!snapshot.can({ type: event })) return undefined
    return transition(machine, snapshot, { type: event })[0].value as string
  }
  const life: Lifecycle = {
    initial: initialTransition(machine)[0].value as string,
    next(state, event) {
      let known = answers.get(state)
      if (known === undefined) {
        known = new Map()
        answers.set(state, known)
      }
      if (!known.has(event)) known.set(event, Object.hasOwn(config.states, state) ? ask(state, event) : undefined)
      return known.get(event)
    },
    commands: state =>
      Object.keys(config.states[state]?.on ?? {}).filter(event => event !== 'met' && event !== 'reopened'),
  }
  compiled.set(category, life)
  return life
}
