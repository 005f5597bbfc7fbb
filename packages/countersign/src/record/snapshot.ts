import { plainGovernance } from '../governance/folded.ts'
import type { State } from './state.ts'

/** The state as plain data, in an order that depends on nothing but itself. */
export function snapshotOf(state: State) {
  return {
    format: 'countersign/snapshot/v1',
    governance: plainGovernance(state.governance),
    changes: Object.fromEntries([...state.changes].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    versions: Object.fromEntries([...state.versions].toSorted(([a], [b]) => (a < b ? -1 : 1))),
  }
}

export type Snapshot = ReturnType<typeof snapshotOf>
