import { memoryStore } from 'countersign'
import { verifyTrail } from 'countersign/verify'
import { beforeAll, describe, expect, it } from 'vitest'
import { changeOneByte, forgeApproval, linesOf } from './forge.ts'
import { play, storyOf } from './run.ts'

let trail: Buffer

beforeAll(async () => {
  const store = memoryStore()
  await play(store, storyOf())
  const lines: Buffer[] = []
  for await (const { bytes } of store.read()) lines.push(Buffer.concat([bytes, Buffer.from('\n')]))
  trail = Buffer.concat(lines)
})

describe('tampering with the demo trail', () => {
  it('has a sound trail to begin with', () => {
    expect(verifyTrail([trail])).toMatchObject({ status: 'sound', findings: [] })
  })

  it('changes one byte of the copy and none of the original', () => {
    const before = Buffer.from(trail)
    const { bytes } = changeOneByte(trail)
    expect(trail.equals(before)).toBe(true)
    expect(bytes.length).toBe(trail.length)
    expect([...bytes].filter((byte, index) => byte !== trail[index])).toEqual(['9'.charCodeAt(0)])
  })

  it('one changed byte breaks the chain at the entry that follows', () => {
    const { bytes, seq } = changeOneByte(trail)
    const verdict = verifyTrail([bytes])
    expect(verdict.status).toBe('broken')
    expect(verdict.findings.filter(one => one.kind === 'integrity')).toMatchObject([
      { code: 'chain.break', seq: seq + 1 },
    ])
  })

  it('a forged approval with all hashes made anew is found by the rules alone, and only there', () => {
    const { bytes, seq } = forgeApproval(trail)
    const verdict = verifyTrail([bytes])
    expect(verdict.status).toBe('unjustified')
    expect(verdict.codes['decision.unjustified']).toBe(1)
    expect(verdict.codes['duty.violated']).toBe(1)
    expect(verdict.findings.map(one => [one.kind, one.seq])).toEqual([
      ['decision', seq],
      ['decision', seq],
    ])
  })

  it('the forged copy differs from the trail in one outcome and in the hashes from there on', () => {
    const { bytes, seq } = forgeApproval(trail)
    const [before, after] = [linesOf(trail), linesOf(bytes)].map(lines =>
      lines.map(line => Buffer.from(line).toString()),
    )
    expect(after?.slice(0, seq)).toEqual(before?.slice(0, seq))
    const body = (line: string | undefined) => JSON.parse(line ?? '').body
    expect(after?.slice(seq + 1).map(body)).toEqual(before?.slice(seq + 1).map(body))
    expect(body(before?.[seq]).outcome.refused.code).toBe('duty.conflict')
    expect(body(after?.[seq]).outcome.accepted[0]).toMatchObject({ type: 'approval.granted', person: 'noor' })
  })
})
