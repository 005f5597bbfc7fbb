import type { Change } from '../change/change.ts'
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

/** A change as it is written down: `undefined` has no canonical form. */
const stated = ([id, change]: [string, Change]): [string, Partial<Change>] => [
  id,
  Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)),
]

export type Snapshot = ReturnType<typeof snapshotOf>
