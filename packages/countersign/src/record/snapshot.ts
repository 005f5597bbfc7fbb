import { stated } from '../change/stated.ts'
import { plainGovernance } from '../governance/folded.ts'
import type { State } from './state.ts'

/** The state as plain data, in an order that depends on nothing but itself. */
export function snapshotOf(state: State) {
  return {
    format: 'countersign/snapshot/v1',
    governance: plainGovernance(state.governance),
    changes: Object.fromEntries(inOrder(state.changes).map(([id, change]) => [id, stated(change)])),
    versions: Object.fromEntries(inOrder(state.versions)),
  }
}

const inOrder = <Value>(some: Iterable<readonly [string, Value]>) => [...some].toSorted(([a], [b]) => (a < b ? -1 : 1))

export type Snapshot = ReturnType<typeof snapshotOf>
