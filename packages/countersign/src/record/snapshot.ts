import { type Change, unsaid } from '../change/change.ts'
import { plainGovernance } from '../governance/folded.ts'
import type { State } from './state.ts'

/** The state as plain data, in an order that depends on nothing but itself. */
export function snapshotOf(state: State) {
  return {
    format: 'countersign/snapshot/v1',
    governance: plainGovernance(state.governance),
    changes: Object.fromEntries([...state.changes].map(stated).toSorted(([a], [b]) => (a < b ? -1 : 1))),
    versions: Object.fromEntries([...state.versions].toSorted(([a], [b]) => (a < b ? -1 : 1))),
  }
}

export type Snapshot = ReturnType<typeof snapshotOf>

type Unsaid = keyof typeof unsaid

/** A change as it is written down: without the members of which there is nothing to say, as `undefined` has no canonical form. */
type Stated = Omit<Change, Unsaid> & Partial<Pick<Change, Unsaid>>

function stated([id, change]: [string, Change]): [string, Stated] {
  const told: Stated = { ...change }
  for (const name of Object.keys(unsaid) as Unsaid[]) if (told[name] === undefined) delete told[name]
  return [id, told]
}
