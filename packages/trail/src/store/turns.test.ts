import { describe, expect, it } from 'vitest'
import { Turns } from './turns.ts'

/** Work that is done when it is told to be. */
function gate() {
  let open: (value: string) => void = () => {}
  const work = new Promise<string>(resolve => {
    open = resolve
  })
  return { open: (value = 'done') => open(value), work: () => work }
}

describe('turns', () => {
  it('go one after the other on one key, in the order in which they came', async () => {
    const turns = new Turns<string>()
    const begun: number[] = []
    const gates = [gate(), gate(), gate()]
    const given = gates.map((one, at) =>
      turns.take('a', () => {
        begun.push(at)
        return one.work()
      }),
    )
    gates[2]?.open('third')
    await Promise.resolve()
    expect(begun).toEqual([0])
    gates[0]?.open('first')
    expect(await given[0]).toBe('first')
    gates[1]?.open('second')
    expect(await Promise.all(given)).toEqual(['first', 'second', 'third'])
    expect(begun).toEqual([0, 1, 2])
  })

  it('go side by side on different keys', async () => {
    const turns = new Turns<object>()
    const waiting = gate()
    const slow = turns.take({}, waiting.work)
    expect(await turns.take({}, async () => 'quick')).toBe('quick')
    waiting.open()
    expect(await slow).toBe('done')
  })

  it('are not stopped by work that fails, at once or later, which is told to whoever gave it', async () => {
    const turns = new Turns<string>()
    const later = turns.take('a', async () => Promise.reject(new Error('later')))
    const atOnce = turns.take('a', () => {
      throw new Error('at once')
    })
    const after = turns.take('a', async () => 'after')
    await expect(later).rejects.toThrow('later')
    await expect(atOnce).rejects.toThrow('at once')
    expect(await after).toBe('after')
  })

  it('never begin before the caller goes on', async () => {
    const turns = new Turns<string>()
    let begun = false
    const done = turns.take('a', async () => {
      begun = true
    })
    expect(begun).toBe(false)
    await done
    expect(begun).toBe(true)
  })

  it('keep no key on which nothing is left to do', async () => {
    const turns = new Turns<string>()
    const first = turns.take('a', async () => 'first')
    const second = turns.take('a', async () => Promise.reject(new Error('second')))
    await first
    expect(turns.has('a')).toBe(true)
    await expect(second).rejects.toThrow('second')
    await Promise.resolve()
    expect(turns.has('a')).toBe(false)
  })
})
