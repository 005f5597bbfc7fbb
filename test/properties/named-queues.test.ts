import { createHook } from 'node:async_hooks'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { NamedQueues } from '../../packages/countersign/src/desk/named-queues.ts'

/** How many promises come to be until so much exclusive work is done that is handed in at once, with other work between. */
async function promisesFor(count: number): Promise<number> {
  const lanes = new NamedQueues()
  let promises = 0
  const hook = createHook({
    init(_, type) {
      if (type === 'PROMISE') promises += 1
    },
  })
  hook.enable()
  try {
    await Promise.all(
      Array.from({ length: count }, (_, at) =>
        at % 10 === 9 ? lanes.on([`lane ${at % 3}`], async () => at) : lanes.alone(async () => at),
      ),
    )
  } finally {
    hook.disable()
  }
  return promises
}

describe('work that is handed in at once', () => {
  it('costs twice as much where there is twice as much of it, be it exclusive', async () => {
    const [few, many] = [await promisesFor(200), await promisesFor(400)]
    expect(few).toBeGreaterThan(200)
    expect(many / few).toBeLessThan(2.1)
  })

  it('runs in its order where it is exclusive, beside nothing, and after all that came before it', async () => {
    const lanes = new NamedQueues()
    const told: string[] = []
    const work = (name: string) => async () => {
      told.push(`${name} begins`)
      await setImmediate()
      told.push(`${name} ends`)
    }
    await Promise.all([
      lanes.on(['a'], work('first')),
      lanes.on(['b'], work('second')),
      lanes.alone(work('third')),
      lanes
        .alone(async () => {
          await work('fourth')()
          throw new Error('went wrong')
        })
        .catch(() => undefined),
      lanes.on(['a'], work('fifth')),
      lanes.alone(work('sixth')),
    ])
    const alone = ['third', 'fourth', 'fifth', 'sixth'].flatMap(one => [`${one} begins`, `${one} ends`])
    expect(told).toEqual(['first begins', 'second begins', 'first ends', 'second ends', ...alone])
  })
})
