import { CountersignError, Integrity } from '@countersign/trail'
import {
  Families,
  joinShares,
  ShareVerifier,
  type Sharing,
  shareOptions,
  type Verdict,
  type VerifyOptions,
} from 'countersign/verify'

/** The verdict of so many who share a trail; `undefined` where it has to be judged in one piece. */
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
    const share = new ShareVerifier(sharing, index, taken)
    for (const [seq, line] of lines.entries()) if (!share.line(seq, line)) break
    return share.finish()
  })
  return joinShares(report, shares, options)
}

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
