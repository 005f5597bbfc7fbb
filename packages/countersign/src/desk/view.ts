import { CountersignError, unexpected } from '@countersign/trail'
import { requireOptions, type Store } from '@countersign/trail/store'
import { type Board, boardOf } from '../board/board.ts'
import { type Collision, collisionsOf } from '../board/collisions.ts'
import { type Owed, obligationsOf } from '../board/obligations.ts'
import type { Change } from '../change/change.ts'
import { explain } from '../change/explain/explain.ts'
import type { Explanation } from '../change/explain/explanation.ts'
import { openGovernance } from '../governance/folded.ts'
import { type FormInForce, formInForce } from '../governance/form.ts'
import type { Governance } from '../governance/governance.ts'
import { type Snapshot, snapshotOf } from '../record/snapshot.ts'
import { State } from '../record/state.ts'
import { worldToExplain } from '../record/world.ts'
import { clockTolerance, type Instant, instantAsked } from '../values/instant.ts'
import { inOrder, recordOf } from './stored.ts'

/**
 * What a trail says, as of an instant. Where a method takes `at`, what was recorded is judged at that instant, which is
 * none before the view's own: by then more approvals may have grown old and more be late. Throws `CountersignError`
 * `input` for an earlier one, or for a text that is no instant.
 */
export interface View {
  /** The instant of the last entry that is told of; `''` where there is none. */
  until(): Instant
  /** A change as it stands, or `undefined`. Its `revision` and `digest` are what an approval names. */
  change(id: string): Change | undefined
  /** Every change, oldest first. */
  changes(): Change[]
  /** What is satisfied, pending, stale or vacant about a change, and who could take it on. */
  explain(id: string, at?: Instant): Explanation | undefined
  /** What is owed on changes that have taken effect, by whom and since when; what is due first at the top. */
  obligations(at?: Instant): Owed[]
  /** Changes that are planned for the same time and touch the same thing. */
  collisions(): Collision[]
  /**
   * What the team has on its hands, in columns; `undefined` where no policy was adopted for a team of this name. Of what is over
   * and owes nothing, each column has the latest `finished` ones, 20 unless told otherwise (`Infinity` for all), and the `count`
   * of all.
   */
  board(team: string, at?: Instant, options?: BoardAsked): Board | undefined
  /** The form of a category under the policy in force for a team, for a form generator; `undefined` where there is none. */
  form(team: string, category: string): FormInForce | undefined
  /** People and rules as they stand. */
  governance(): Governance
  /** The whole state as plain data; `verify-trail` can hold it against the trail. */
  snapshot(): Snapshot
}

/** How much of a board is asked for. */
export interface BoardAsked {
  readonly finished?: number
}

function finishedIn(asked: BoardAsked = {}): number | undefined {
  requireOptions('board', asked, ['finished'])
  const { finished } = asked
  if (finished === undefined || finished === Number.POSITIVE_INFINITY) return finished
  if (Number.isSafeInteger(finished) && finished >= 0) return finished
  throw new CountersignError('input', 'board: `finished` is a number of changes, from 0, or Infinity')
}

/** What a state says, whichever it is by then; without an instant of its own as of its last entry. */
export function viewOf(current: () => State, own?: Instant): View {
  const judged = (at: string | undefined): Instant => {
    const floor = own ?? current().lastAt
    if (at === undefined) return floor
    const asked = instantAsked(at)
    if (asked >= floor) return asked
    // The clock of whoever asks may stand a little behind that of another machine which has written.
    if (Date.parse(floor) - Date.parse(asked) <= clockTolerance) return floor
    throw new CountersignError(
      'input',
      `${asked} lies before ${floor}, as of which this is told; the desk tells what was by then: (await desk.at('${asked}'))`,
      { facts: { at: asked, told: floor } },
    )
  }
  return {
    until: () => current().lastAt,
    change: id => current().changes.get(id),
    changes: () => [...current().changes.values()],
    explain(id, at) {
      const state = current()
      const change = state.changes.get(id)
      return change === undefined ? undefined : explain(worldToExplain(state, change), judged(at))
    },
    obligations: at => obligationsOf(current(), judged(at)),
    collisions: () => collisionsOf(current()),
    board: (team, at, asked) => boardOf(current(), team, judged(at), finishedIn(asked)),
    form: (team, category) => formInForce(current().governance, team, category),
    governance: () => openGovernance(current().governance),
    snapshot: () => snapshotOf(current()),
  }
}

/**
 * Reads what a trail says, without a desk and without writing: all of it, or what it said by an instant. That is every
 * entry which is dated no later. In each stream instants only grow, and no entry is older than what its decision has read,
 * so this is the beginning of each stream, and nothing in it rests on what is left out.
 *
 * Throws `CountersignError`: `input` where there is no store or `at` is no instant, `store.damaged` where the store holds
 * something else than a trail.
 *
 * @example
 * ```ts
 * import { memoryStore, openView } from 'countersign'
 * const view = await openView(memoryStore(), '2026-03-02T10:00Z')
 * view.board('payments') // → undefined
 * ```
 */
export async function openView(store: Pick<Store, 'read'>, at?: Instant): Promise<View> {
  if (typeof store?.read !== 'function') throw unexpected('input', 'openView', 'a store', { given: store })
  const asked = at === undefined ? undefined : instantAsked(at)
  const state = new State()
  for await (const sealed of inOrder(store)) {
    const body = recordOf(sealed)
    if (asked === undefined || body.at <= asked) state.fold(body)
  }
  return viewOf(() => state, asked)
}
