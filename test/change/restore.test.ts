import { f0Tested } from '@countersign/testing'
import { expect, test } from 'vitest'
import { restoredChange } from '../../packages/countersign/src/change/restore.ts'
import { readRecord } from '../../packages/countersign/src/record/record.ts'
import { State } from '../../packages/countersign/src/record/state.ts'

test('A change is had again as it was kept, and not where a member is there that no change has, however deep.', async () => {
  const scenario = await f0Tested()
  const state = new State()
  for await (const { bytes } of scenario.store.read()) state.fold(readRecord(bytes).body)
  const restored = (change: unknown) => restoredChange(JSON.parse(JSON.stringify(change)), state.governance)
  const at = '2026-03-02T09:00:00.000Z'
  const exception = { id: 'x', person: 'bob', duties: ['make', 'approve'], until: at, reason: 'r', requestedBy: 'bob' }
  const revoked = { by: 'ann', at }
  const after = { approvals: 0, signOffs: 1, releases: 0, tasks: 0, ticks: 0, held: 2 }
  const granted = { ...revoked, under: 1, after }
  const plain = { ...scenario.change('K'), exceptions: [{ ...exception, granted, revoked }] }
  expect(restored(plain)).toEqual(plain)
  expect(restored({ ...plain, more: 1 })).toBeUndefined()
  expect(restored({ ...plain, exceptions: [{ ...exception, revoked: { ...revoked, under: 1 } }] })).toBeUndefined()
})
