import { histories, play } from '@countersign/testing'
import {
  type Entry,
  formatVerifierKey,
  readEntry,
  sealEntry,
  signCheckpoint,
  signerKey,
  verifierKeyOf,
} from '@countersign/trail'
import { verifyTrail } from 'countersign/verify'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fileOf, linesOf, runs, sealedIn } from './trial.ts'

const place = fc.nat({ max: 1_000_000 })

/** What can be done to a file of lines; numbers choose among what is there. */
const tampering = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('flip a bit'), at: place, bit: fc.nat({ max: 7 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('flip a bit of the last line'), at: place, bit: fc.nat({ max: 7 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove'), at: place }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cut the tail'), at: place }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('swap'), at: place, by: place }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('double'), at: place, to: place }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('insert'),
      at: place,
      what: fc.oneof(fc.constantFrom('', '{}', 'a sealed entry', 'a sealed entry'), fc.string({ maxLength: 30 })),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('write anew and seal again'), at: place }) },
)

type Tampering = typeof tampering extends fc.Arbitrary<infer One> ? One : never

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
const entryOf = (line: string): Entry => readEntry(new TextEncoder().encode(line))

/** Seals bodies onto a line, each onto the one before. */
function seal(bodies: readonly Entry['body'][], prev: string): string[] {
  let last = prev
  return bodies.map(body => {
    const sealed = sealEntry(body, last)
    last = sealed.leafHash
    return text(sealed.bytes)
  })
}

/** The file afterwards, and whether it can be told without a checkpoint that somebody was at it. */
function tamper(lines: readonly string[], how: Tampering): { file: Uint8Array; alone: boolean } {
  const { length } = lines
  const at = how.at % length
  const told = (changed: readonly string[], alone = true) => ({ file: fileOf(changed), alone })
  switch (how.do) {
    case 'flip a bit':
    case 'flip a bit of the last line': {
      const file = fileOf(lines)
      const ahead = fileOf(lines.slice(0, -1)).length
      const byte = how.do === 'flip a bit' ? how.at % ahead : ahead + (how.at % (file.length - ahead))
      file[byte] = (file[byte] ?? 0) ^ (1 << how.bit)
      return { file, alone: byte < ahead }
    }
    case 'remove':
      return told(lines.toSpliced(at, 1), at < length - 1)
    case 'cut the tail':
      return told(lines.slice(0, at), at === 0)
    case 'swap': {
      const other = (at + 1 + (how.by % (length - 1))) % length
      return told(lines.with(at, lines[other] ?? '').with(other, lines[at] ?? ''))
    }
    case 'double':
      return told(lines.toSpliced((how.to % length) + 1, 0, lines[at] ?? ''))
    case 'insert': {
      // Before a line; an entry put after the last is what everybody may do who may write.
      const [sealed = ''] = seal(
        [{ ...entryOf(lines[at] ?? '').body, id: 'inserted-1' }],
        entryOf(lines[at] ?? '').prev,
      )
      return told(lines.toSpliced(at, 0, how.what === 'a sealed entry' ? sealed : how.what.replaceAll('\n', ' ')))
    }
    case 'write anew and seal again': {
      const entries = lines.slice(at).map(entryOf)
      const bodies = entries.map(({ body }, index) => (index === 0 ? { ...body, id: 'rewritten-1' } : body))
      return told([...lines.slice(0, at), ...seal(bodies, entries[0]?.prev ?? '')], false)
    }
    default:
      throw new Error(`no such tampering: ${JSON.stringify(how)}`)
  }
}

describe('tampering', () => {
  it('any flipped bit, removed, swapped, doubled or inserted line is found', async () => {
    const signer = signerKey('trail.example/scenario', new Uint8Array(32).fill(7))
    const keys = [formatVerifierKey(verifierKeyOf(signer))]
    const found = { alone: 0, 'against a checkpoint': 0 }
    await fc.assert(
      fc.asyncProperty(
        histories({ most: 60, aliases: false }),
        fc.array(tampering, { minLength: 16, maxLength: 16 }),
        async (history, attempts) => {
          const { scenario } = await play(history)
          const lines = linesOf(await sealedIn(scenario.store))
          const { size, root } = await scenario.desk.head()
          const note = signCheckpoint({ origin: signer.name, size, root }, signer)
          const checkpoints = [{ name: 'kept elsewhere', note }]
          const whole = verifyTrail([fileOf(lines)], { checkpoints, keys })
          expect(whole).toMatchObject({ status: 'sound', anchoredSize: size, findings: [] })
          for (const attempt of attempts) {
            const { file, alone } = tamper(lines, attempt)
            if (alone) {
              expect(verifyTrail([file]).status, JSON.stringify(attempt)).not.toBe('sound')
              found.alone += 1
            }
            const anchored = verifyTrail([file], { checkpoints, keys })
            expect(anchored.status, JSON.stringify(attempt)).toBe('broken')
            expect(anchored.found).toBeGreaterThan(0)
            if (attempt.do === 'cut the tail') expect(Object.keys(anchored.codes)).toContain('checkpoint.truncated')
            found['against a checkpoint'] += 1
          }
        },
      ),
      runs(7),
    )
    expect(found.alone).toBeGreaterThan(0)
  })
})
