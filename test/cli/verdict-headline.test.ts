import type { Anchor, FindingCode } from 'countersign/verify'
import { describe, expect, it } from 'vitest'
import { brokenHead, notBorneOut } from '../../packages/cli/src/pages/broken-words.ts'

const anchor = (more: Partial<Anchor> = {}): Anchor => ({
  name: 'cp',
  size: 7,
  matches: false,
  agrees: true,
  signedBy: 'nobody known',
  ...more,
})
const found = (...codes: FindingCode[]) => Object.fromEntries(codes.map(code => [code, 1]))
const headed = (codes: Readonly<Partial<Record<FindingCode, number>>>, anchors = [anchor()]) =>
  brokenHead({ anchors, codes } as Parameters<typeof brokenHead>[0])

describe('the head of a verdict on a trail that is broken', () => {
  it('tells of a signature or a time stamp where nothing else is at fault', () => {
    const signature = 'BROKEN: A SIGNATURE THAT IS NOT BORNE OUT'
    for (const code of ['checkpoint.signature', 'checkpoint.key-out-of-range', 'checkpoint.cosignature'] as const)
      expect([code, headed(found(code))]).toEqual([code, signature])
    const stamp = 'BROKEN: A TIME STAMP THAT IS NOT BORNE OUT'
    for (const code of ['timestamp.unsound', 'timestamp.imprint'] as const)
      expect([code, headed(found(code))]).toEqual([code, stamp])
    const both = headed(found('checkpoint.signature', 'timestamp.unsound'))
    expect(both).toBe('BROKEN: A SIGNATURE AND A TIME STAMP THAT ARE NOT BORNE OUT')
  })

  it('is the same where decisions do not follow, besides, or the end is torn', () => {
    for (const besides of [
      'decision.unjustified',
      'duty.violated',
      'policy.supplied-differs',
      'tail.torn',
      'opening.torn',
    ] as const)
      expect([
        besides,
        notBorneOut({ anchors: [anchor()], codes: found('checkpoint.signature', besides) } as never),
      ]).toEqual([besides, ['signature']])
  })

  it('blames no signature where anything else of the record is at fault', () => {
    for (const besides of [
      'snapshot.differs',
      'chain.break',
      'entry.post-dated',
      'opening.mismatch',
      'checkpoint.root',
    ] as const)
      expect([besides, headed(found('checkpoint.signature', besides))]).toEqual([besides, 'BROKEN'])
  })

  it('blames none where the trail has not the fingerprint of each checkpoint, as far as that could be compared', () => {
    const codes = found('checkpoint.signature')
    const { agrees: _, ...other } = anchor({ signedBy: 'given key' })
    expect(headed(codes, [anchor(), other])).toBe('BROKEN')
    // What nobody known has signed is not held against it.
    expect(headed(codes, [anchor(), { ...other, signedBy: 'nobody known' }])).not.toBe('BROKEN')
    expect(headed(codes, [anchor(), { ...other, matches: true }])).not.toBe('BROKEN')
    expect(headed(codes, [anchor(), { ...other, uncompared: 'at fault' }])).not.toBe('BROKEN')
  })
})
