import { CountersignError, requireOptions } from '@countersign/trail'
import type { Change } from '../change/change.ts'
import { hasEnded, stagesIn } from '../change/world.ts'
import { LeadsNowhere } from '../decision/leads-nowhere.ts'
import type { Governance } from '../governance/governance.ts'
import type { SingleStage } from '../policy/stage.ts'
import { isGovernance, type RecordBody, readRecord } from '../record/record.ts'
import { State } from '../record/state.ts'
import { type Instant, instantAsked, laterOf } from '../values/instant.ts'
import { composeSheet } from './compose.ts'
import { Documents } from './documents.ts'
import { History } from './history.ts'
import type { Sheet } from './sheet.ts'
import { type Stood, stoodOn } from './stood.ts'

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
  readonly #history = new History()
  /** For each change the entries of its approvals, in their order: a change that depends on it may take them over. */
  readonly #approvedIn = new Map<string, number[]>()
  /** What first led nowhere when it was looked at what counts. */
  #nowhere: LeadsNowhere | undefined

  /** Throws `CountersignError` `input` where `at` is no instant, or another option is given. */
  constructor(change: string, asked: { readonly at?: Instant } = {}) {
    requireOptions('SampleSheet', asked, ['at'])
    const { at } = asked
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
    const was = this.#state.changes.get(this.#change)
    const isOwn = !isGovernance(command) && command.change === this.#change
    const stood = isOwn && was !== undefined ? this.#stoodOn(was, body.at) : undefined
    this.#state.fold(body)
    if (!isGovernance(command)) this.#approve(command.change, body)
    const is = this.#state.changes.get(this.#change)
    if (isOwn) this.#history.entry(body, is, stagesOf(this.#state.governance, is), this.#documents, stood)
    this.#count(body, was, is)
  }

  /** After a release looks at what counts still, until the life of the change ends. */
  #count({ seq, at, command, outcome }: RecordBody, was: Change | undefined, is: Change | undefined): void {
    if (is === undefined || this.#history.stood.length === 0 || 'refused' in outcome) return
    if (was !== undefined && hasEnded(was)) return
    // What is done on another change takes nothing from this one but where this one depends on it.
    const isOf = (one: Pick<Change, 'id'>) => isGovernance(command) || one.id === command.change
    if (!isOf(is) && !this.#state.ancestorsFrom(is.parent).some(isOf)) return
    const stood = this.#stoodOn(is, at)
    if (stood !== undefined) this.#history.count(stood, seq)
  }

  #stoodOn(change: Change, at: Instant): Stood | undefined {
    try {
      return stoodOn(this.#state.worldOf(change.id), change, at)
    } catch (error) {
      if (!(error instanceof LeadsNowhere)) throw error
      this.#nowhere ??= error
      return undefined
    }
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
   * last entry where it is earlier or nothing is said. Throws `CountersignError` `entry` where what is recorded leads nowhere,
   * such as to a policy that nobody has adopted.
   */
  sheet(at: Instant | undefined = this.#at): Sheet | undefined {
    const state = this.#state
    const folded = state.changes.get(this.#change)
    if (folded === undefined) return undefined
    const judgedAt = at === undefined ? state.lastAt : laterOf(instantAsked(at), state.lastAt)
    try {
      if (this.#nowhere !== undefined) throw this.#nowhere
      return composeSheet({
        state,
        folded,
        at: judgedAt,
        history: this.#history,
        documents: this.#documents,
        approvedIn: (change, approval) => this.#approvedIn.get(change)?.[approval],
      })
    } catch (error) {
      if (!(error instanceof LeadsNowhere)) throw error
      throw new CountersignError('entry', error.message, { cause: error })
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
