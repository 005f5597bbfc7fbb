import { describe, expect, it } from 'vitest'
import { type Batching, BatchQueue } from './batch-queue.ts'

const nextTurn = () => new Promise<void>(resolve => setTimeout(resolve))

/** A queue of numbers that weigh what they are, and the batches in which it asks for them. */
function trial(batching: Partial<Batching<number, string>> = {}) {
  const batches: number[][] = []
  const queue = new BatchQueue<number, string>({
    weigh: asked => asked,
    most: 10,
    endOfTurn: nextTurn,
    flush: async batch => {
      batches.push(batch.map(call => call.asked))
      await nextTurn()
      for (const call of batch) call.resolve(`did ${call.asked}`)
    },
    ...batching,
  })
  return { queue, batches }
}

describe('a queue of batches', () => {
  it('puts all who ask in one turn into one batch, and gives each its own answer', async () => {
    const { queue, batches } = trial()
    expect(await Promise.all([1, 2, 3].map(one => queue.ask(one)))).toEqual(['did 1', 'did 2', 'did 3'])
    expect(batches).toEqual([[1, 2, 3]])
  })

  it('fills a batch up to the most that it holds, and lets nobody overtake', async () => {
    const { queue, batches } = trial()
    await Promise.all([4, 6, 5, 6, 1, 99, 1, 0].map(one => queue.ask(one)))
    expect(batches).toEqual([[4, 6], [5], [6, 1], [99], [1, 0]])
  })

  it('flushes one batch at a time, and the next with those who came meanwhile', async () => {
    let running = 0
    const flushed: number[][] = []
    const { queue } = trial({
      flush: async batch => {
        running += 1
        expect(running).toBe(1)
        flushed.push(batch.map(call => call.asked))
        if (flushed.length === 1) for (const one of [2, 3]) late.push(queue.ask(one))
        expect(queue.length).toBe(flushed.length === 1 ? 2 : 0)
        await nextTurn()
        running -= 1
        for (const call of batch) call.resolve('done')
      },
    })
    const late: Promise<string>[] = []
    await queue.ask(1)
    await Promise.all(late)
    expect(flushed).toEqual([[1], [2, 3]])
  })

  it('rejects those of a batch that fails who have no answer yet, and goes on with the next', async () => {
    const { queue } = trial({
      most: 2,
      flush: async ([first, ...more]) => {
        first?.resolve('first')
        if (more.length > 0) throw new Error('broken')
      },
    })
    const given = await Promise.allSettled([1, 1, 1].map(one => queue.ask(one)))
    expect(given.map(one => (one.status === 'fulfilled' ? one.value : (one.reason as Error).message))).toEqual([
      'first',
      'broken',
      'first',
    ])
  })

  it('rejects all who still wait where a flush says so, and takes calls again', async () => {
    let isBroken = true
    const { queue } = trial({
      most: 1,
      flush: async batch => {
        if (isBroken) queue.rejectWaiting(new Error('no more'))
        isBroken = false
        for (const call of batch) call.resolve('done')
      },
    })
    const given = await Promise.allSettled([1, 1, 1].map(one => queue.ask(one)))
    expect(given.map(one => one.status)).toEqual(['fulfilled', 'rejected', 'rejected'])
    expect(await queue.ask(1)).toBe('done')
  })

  it('is settled when every call has its answer, also those that came while that was waited for', async () => {
    const { queue } = trial()
    await queue.settled()
    const answers: string[] = []
    void queue.ask(1).then(async answer => {
      answers.push(answer)
      answers.push(await queue.ask(2))
    })
    await queue.settled()
    await queue.settled()
    expect(answers.length).toBeGreaterThanOrEqual(1)
    await nextTurn()
    await queue.settled()
    expect(answers).toEqual(['did 1', 'did 2'])
  })
})
