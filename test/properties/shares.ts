import { CountersignError, Integrity } from '@countersign/trail'
import {
  Families,
  joinShares,
  ShareVerifier,
  type Sharing,
  shareOptions,
  TrailVerifier,
  type Verdict,
  type VerifyOptions,
} from 'countersign/verify'

/**
 * The verdict of so many who share a trail, and forget what is over after every entry; `undefined` where it has to be judged in
 * one piece.
 */
export function verifyInShares(
  file: Uint8Array,
  count: number,
  options: VerifyOptions = {},
  doctor = (sharing: Sharing) => sharing,
): Verdict | undefined {
  const families = new Families()
  const lines: Uint8Array[] = []
  const taken = shareOptions(options)
  const integrity = new Integrity({
    sizes: taken.sizes,
    onLine: ({ bytes }) => {
      lines.push(bytes.slice())
      families.line(bytes)
    },
  })
  integrity.push(file)
  const report = integrity.finish()
  const sharing = doctor(families.sharing(count))
  const shares = Array.from({ length: count }, (_, index) => {
    const share = new ShareVerifier(sharing, index, { ...taken, forgetEvery: 1 })
    for (const [seq, line] of lines.entries()) if (!share.line(seq, line)) break
    return share.finish()
  })
  return joinShares(report, shares, options)
}

/**
 * The verdict of one who forgets what is over after every entry, and tells what is found; `undefined` where that asks for what was
 * forgotten.
 */
export function verifyForgetting(
  file: Uint8Array,
  options: VerifyOptions = {},
  doctor = (sharing: Sharing) => sharing,
): Verdict | undefined {
  const families = new Families()
  for (let start = 0, end = file.indexOf(0x0a); end >= 0; start = end + 1, end = file.indexOf(0x0a, start))
    families.line(file.subarray(start, end))
  const verifier = new TrailVerifier(options, { sharing: doctor(families.sharing(1)), forgetEvery: 1 })
  // In small blocks, so that some of it is judged before the end and some with it.
  for (let from = 0; from < file.length; from += 4_096) verifier.push(file.subarray(from, from + 4_096))
  try {
    return verifier.finish()
  } catch (error) {
    if (verifier.isMisled) return undefined
    throw error
  }
}

/** A sharing whose changes end so many entries sooner than they do, of which `isMeant` has the number. */
export const sooner = (sharing: Sharing, by: number, isMeant: (change: number) => boolean): Sharing => ({
  ...sharing,
  ends: sharing.ends.map((end, change) => (end > 0 && isMeant(change) ? Math.max(1, end - by) : end)),
})

/** How many changes each of so many would judge. */
export function spreadOf(file: Uint8Array, count: number): number[] {
  const families = new Families()
  const lines: Uint8Array[] = []
  const integrity = new Integrity({
    onLine: ({ bytes }) => {
      lines.push(bytes.slice())
      families.line(bytes)
    },
  })
  integrity.push(file)
  if (integrity.finish().found > 0) throw new CountersignError('input', 'a trail that is whole is asked for')
  const sharing = families.sharing(count)
  return Array.from({ length: count }, (_, index) => {
    const share = new ShareVerifier(sharing, index)
    for (const [seq, line] of lines.entries()) share.line(seq, line)
    return share.finish()?.changes ?? 0
  })
}
