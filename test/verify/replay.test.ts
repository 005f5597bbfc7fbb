import { f0 } from '@countersign/testing'
import { linesOf } from '@countersign/testing/tamper'
import type { Finding } from 'countersign/verify'
import { describe, expect, it } from 'vitest'
import { LeadsNowhere } from '../../packages/countersign/src/decision/leads-nowhere.ts'
import { Replay } from '../../packages/countersign/src/verify/replay.ts'

/** Replays a trail whose last command nobody can decide again, as that ends so; gives what is found. */
async function replayed(fault: Error): Promise<Finding[]> {
  const lines = await linesOf((await f0()).store)
  const found: Finding[] = []
  const replay = new Replay(finding => found.push(finding))
  for (const [seq, bytes] of lines.slice(0, -1).entries()) replay.entry(seq, bytes)
  replay.entry(lines.length - 1, lines.at(-1) ?? new Uint8Array(), () => {
    throw fault
  })
  return found
}

describe('a command that cannot be decided again', () => {
  it('is not justified where what is recorded leads nowhere', async () => {
    expect(await replayed(new LeadsNowhere('no policy was ever adopted'))).toMatchObject([
      { code: 'decision.unjustified', because: 'submit by rita cannot be judged: no policy was ever adopted' },
    ])
  })

  it('is nobody’s fault but that of whoever decides, where it ends otherwise', async () => {
    for (const fault of [new TypeError('x is not a function'), new RangeError('Maximum call stack size exceeded')])
      await expect(replayed(fault)).rejects.toBe(fault)
  })
})
