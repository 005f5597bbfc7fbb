import { f0 } from '@countersign/testing'
import { fileOf, linesOf } from '@countersign/testing/tamper'
import {
  formatVerifierKey,
  leafHash,
  rootOf,
  type SignerKey,
  signCheckpoint,
  signerKey,
  verifierKeyOf,
} from '@countersign/trail'
import { verifyTrail } from 'countersign/verify'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const origin = 'trail.example/scenario'
const keyOf = (index: number): SignerKey => signerKey(origin, new Uint8Array(32).fill(index + 1))
const vkey = (index: number): string => formatVerifierKey(verifierKeyOf(keyOf(index)))

/** How many other entries come before each rotation, and after the last; and whether the founding names a key. */
const histories = fc.record({
  named: fc.boolean(),
  gaps: fc.array(fc.nat(3), { minLength: 1, maxLength: 5 }),
})

test('In every history of rotations a checkpoint by the key that was in force at its size is sound, and by any other it is found.', async () => {
  await fc.assert(
    fc.asyncProperty(histories, async ({ named, gaps }) => {
      const scenario = await f0({ submit: null, ...(named ? { key: vkey(0) } : {}) })
      const size = async () => (await scenario.store.head()).size
      let roles = 0
      const fill = async (count: number) => {
        for (let index = 0; index < count; index += 1) {
          roles += 1
          await scenario.given('ada', 'defineRole', { role: `r${roles}`, description: 'one more' })
        }
      }
      /** For each key the first tree that it may sign, as it is told in the format. */
      const first: number[] = named ? [0] : []
      for (const [index, gap] of gaps.entries()) {
        await fill(gap)
        if (index === gaps.length - 1) break
        for (const account of ['ada', 'otto'])
          await scenario.given(account, 'rotateKey', { key: vkey(first.length), comment: 'the next one' })
        first.push(await size())
      }
      const lines = await linesOf(scenario.store)
      const hashes = lines.map(leafHash)
      const begin = Math.max(1, lines.length - 20)
      const trials = Array.from({ length: lines.length - begin + 1 }, (_, at) => begin + at).flatMap(at =>
        [...first.keys(), first.length].map(key => ({ at, key })),
      )
      const { anchors, status } = verifyTrail([fileOf(lines)], {
        keys: [...first.keys(), first.length].map(vkey),
        checkpoints: trials.map(({ at, key }) => ({
          name: `${at} by ${key}`,
          note: signCheckpoint({ origin, size: at, root: rootOf(hashes.slice(0, at)) }, keyOf(key)),
        })),
      })
      const isRight = ({ at, key }: (typeof trials)[number]) => {
        // The last key is one that the trail never names; that is all right only where it has named none yet.
        if (key === first.length) return first[0] === undefined || at < first[0]
        const [from = 0, next = Number.POSITIVE_INFINITY] = [first[key], first[key + 1]]
        return at >= from && at <= next
      }
      expect(anchors.map(({ name, matches }) => [name, matches])).toEqual(
        trials.map(trial => [`${trial.at} by ${trial.key}`, isRight(trial)]),
      )
      expect(status).toBe(trials.every(isRight) ? 'sound' : 'broken')
    }),
    { numRuns: 12 },
  )
})
