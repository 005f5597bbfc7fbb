import { describe, expect, it } from 'vitest'
import { prevOf, readEntry } from '../entry.ts'
import { EMPTY_ROOT, rootOf } from '../tree/tree.ts'
import { memoryStore } from './memory.ts'
import type { Draft, Range, Sealed, Store } from './store.ts'

function draft(stream: string, streamSeq: number, more: Partial<Draft> = {}): Draft {
  return { v: 1, id: `${stream}-${streamSeq}`, at: '2026-11-21T09:30:00.000Z', stream, streamSeq, ...more }
}

async function all(store: Store, range?: Range): Promise<Sealed[]> {
  const entries: Sealed[] = []
  for await (const entry of store.read(range)) entries.push(entry)
  return entries
}

describe('the memory store', () => {
  it('begins as the empty tree', async () => {
    expect(await memoryStore().head()).toEqual({ size: 0, leafHash: EMPTY_ROOT, root: EMPTY_ROOT })
  })

  it('gives each draft the next seq and chains it to the entry before', async () => {
    const store = memoryStore()
    await store.append([draft('a', 0), draft('b', 0), draft('a', 1)], { a: 0, b: 0 })
    await store.append([draft('b', 1)], { b: 1 })
    const entries = await all(store)
    expect(entries.map(entry => readEntry(entry.bytes).body.seq)).toEqual([0, 1, 2, 3])
    expect(entries.map(entry => prevOf(entry.bytes))).toEqual([EMPTY_ROOT, ...entries.slice(0, 3).map(e => e.leafHash)])
    const head = await store.head()
    expect(head).toEqual({ size: 4, leafHash: entries[3]?.leafHash, root: rootOf(entries.map(e => e.leafHash)) })
  })

  it('reads a range by seq, or one stream, oldest first', async () => {
    const store = memoryStore()
    await store.append([draft('a', 0), draft('b', 0), draft('a', 1), draft('b', 1)], {})
    expect((await all(store, { from: 1, to: 3 })).map(entry => entry.seq)).toEqual([1, 2])
    expect((await all(store, { from: 3, to: 99 })).map(entry => entry.seq)).toEqual([3])
    expect((await all(store, { from: 9 })).length).toBe(0)
    expect((await all(store, { stream: 'a' })).map(entry => entry.seq)).toEqual([0, 2])
    expect(await all(store, { stream: 'c' })).toEqual([])
    await expect(all(store, { from: -1 })).rejects.toThrow('from: expected an integer from 0, found -1')
  })

  it('Fork: two writers append to the same head, one append is refused [LAW 114]', async () => {
    const store = memoryStore()
    await store.append([draft('a', 0)], { a: 0 })
    const both = await Promise.allSettled([
      store.append([draft('a', 1, { id: 'first' })], { a: 1 }),
      store.append([draft('a', 1, { id: 'second' })], { a: 1 }),
    ])
    expect(both.map(result => result.status)).toEqual(['fulfilled', 'rejected'])
    expect(both[1]).toMatchObject({
      reason: { code: 'store.conflict', facts: { stream: 'a', expected: 1, actual: 2 } },
    })
    expect((await store.head()).size).toBe(2)
  })

  it('refuses when a stream that was only read has moved', async () => {
    const store = memoryStore()
    await store.append([draft('governance', 0)], { governance: 0 })
    const append = store.append([draft('a', 0)], { a: 0, governance: 0 })
    await expect(append).rejects.toMatchObject({ code: 'store.conflict', facts: { stream: 'governance' } })
  })

  it('writes all of a batch or nothing', async () => {
    const store = memoryStore()
    const gap = store.append([draft('a', 0), draft('a', 2)], { a: 0 })
    await expect(gap).rejects.toMatchObject({ code: 'store.conflict', facts: { expected: 2, actual: 1 } })
    const unwritable = store.append([draft('a', 0), draft('a', 1, { command: 0.5 })], { a: 0 })
    await expect(unwritable).rejects.toMatchObject({ code: 'canonical' })
    expect((await store.head()).size).toBe(0)
    expect(await all(store)).toEqual([])
  })

  it('lets no reader change what it holds', async () => {
    const store = memoryStore()
    const [returned] = await store.append([draft('a', 0)], {})
    returned?.bytes.fill(0)
    const [read] = await all(store)
    read?.bytes.fill(0)
    const [again] = await all(store)
    expect(readEntry(again?.bytes ?? new Uint8Array()).body.id).toBe('a-0')
  })

  it('refuses every call after it was closed', async () => {
    const store = memoryStore()
    await store.close()
    await expect(store.head()).rejects.toMatchObject({ code: 'store.closed' })
    await expect(store.append([], {})).rejects.toMatchObject({ code: 'store.closed' })
    await expect(all(store)).rejects.toMatchObject({ code: 'store.closed' })
    await store.close()
  })
})
