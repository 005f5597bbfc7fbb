import { content, f0, submitK } from '@countersign/testing'
import { describe, expect, it } from 'vitest'
import { readsOf } from '../../packages/countersign/src/record/reads.ts'
import { type RecordBody, readRecord } from '../../packages/countersign/src/record/record.ts'
import { snapshotOf } from '../../packages/countersign/src/record/snapshot.ts'
import { State } from '../../packages/countersign/src/record/state.ts'

async function bodies(): Promise<RecordBody[]> {
  const scenario = await f0()
  for (const change of ['L', 'M']) {
    await scenario.given('rita', 'submit', {
      ...submitK,
      change,
      parent: 'K',
      content: { digest: content(change), makers: ['alice'] },
    } as never)
  }
  const read: RecordBody[] = []
  for await (const { bytes } of scenario.store.read()) read.push(readRecord(bytes).body)
  return read
}

const folded = (of: readonly RecordBody[], state = new State()): State => {
  for (const body of of) state.fold(body)
  return state
}

describe('a branch of a state', () => {
  it('comes to what a state comes to that has folded all of it, wherever it begins', async () => {
    const all = await bodies()
    for (let at = 0; at <= all.length; at++) {
      const branch = folded(all.slice(at), folded(all.slice(0, at)).branch())
      const whole = folded(all)
      expect(snapshotOf(branch)).toEqual(snapshotOf(whole))
      expect([branch.size, branch.lastAt, branch.changes.size, [...branch.open]]).toEqual([
        whole.size,
        whole.lastAt,
        whole.changes.size,
        [...whole.open],
      ])
      expect(branch.descendantsOf('K')).toEqual(whole.descendantsOf('K'))
      expect(all.map(({ stream, id }) => branch.entryOf(stream, id))).toEqual(all.map(({ seq }) => seq))
    }
  })

  it('leaves the state that it began with as it was', async () => {
    const all = await bodies()
    const children = new Map<string, string[]>()
    const ids = new Map<string, number>()
    const state = folded(
      all.slice(0, -1),
      new State({
        changes: new Map(),
        versions: new Map(),
        instants: new Map(),
        ids: {
          entryOf: (stream, id) => ids.get(`${stream} ${id}`),
          set: (stream, id, at) => ids.set(`${stream} ${id}`, at),
        },
        children,
      }),
    )
    const before = { snapshot: snapshotOf(state), open: [...state.open], size: state.size, lastAt: state.lastAt }
    const [first, second] = [state.branch(), state.branch()]
    folded(all.slice(-1), first)
    expect({ snapshot: snapshotOf(state), open: [...state.open], size: state.size, lastAt: state.lastAt }).toEqual(
      before,
    )
    expect([...children]).toEqual([['K', ['L']]])
    const cancel = { type: 'cancel', change: 'K', comment: 'no' } as const
    expect(Object.keys(readsOf(first, cancel) ?? {})).toContain('change/M')
    for (const other of [second, state]) {
      expect(Object.keys(readsOf(other, cancel) ?? {})).not.toContain('change/M')
      expect(other.entryOf('change/M', all.at(-1)?.id ?? '')).toBeUndefined()
      // Folded here as well, it stands among the children once.
      expect(
        folded(all.slice(-1), other)
          .descendantsOf('K')
          .map(({ id }) => id),
      ).toEqual(['L', 'M'])
    }
  })
})
