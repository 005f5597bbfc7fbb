import { CountersignError, formatVerifierKey, openNote, parseNote, type VerifierKey } from '@countersign/trail'
import { type Finding, integrityFinding } from '../finding.ts'
import type { Examined, Measure, ParsedCheckpoint } from './checkpoint.ts'
import { type ForkFound, forksAmong } from './fork.ts'
import type { KeyRange, KeyRanges } from './key-ranges.ts'

/** What a checkpoint comes to. */
export interface Anchor {
  readonly name: string
  /** It is the one that lies in the bundle which is judged, and was not handed in beside it. */
  readonly inBundle?: true
  readonly size: number
  /** The trail had this root at this size, and the signature is none that the trail or the auditor would not bear out. */
  readonly matches: boolean
  /**
   * Only where it does not match: nothing but who has signed it keeps it from that. The trail has its origin, and its root at
   * its size.
   */
  readonly agrees?: true
  /**
   * Only where the root could not be compared, as a bundle proves no root but that of its own checkpoint, and a copy that
   * lacks files none beyond them: whether anything else was found wrong: the origin, a signature, or that it contradicts
   * another of its size. It matches nothing, and so it holds nothing.
   */
  readonly uncompared?: 'no fault seen' | 'at fault'
  /**
   * Whose signature holds:
   *
   * - a key that the auditor gave;
   * - an earlier key: one that a key of the auditor's has replaced since. A matching checkpoint of theirs holds the entry that
   *   names it;
   * - a key that was handed on: it has replaced one of the auditor's, and a matching checkpoint of theirs holds the entry that
   *   names it;
   * - a key that the trail itself names, which proves little: whoever rewrites the trail can name another;
   * - nobody who is known.
   */
  readonly signedBy: 'given key' | 'earlier key' | 'key handed on' | "trail's own key" | 'nobody known'
  /** That key, by its name and key id. */
  readonly key?: string
}

/**
 * Whether a checkpoint holds what it matches: a key has signed it that the auditor gave, or one to which such a key leads,
 * or the one that the trail names for its size. What nobody known has signed can be written by anybody.
 */
export const isHold = ({ matches, signedBy }: Anchor): boolean => matches && signedBy !== 'nobody known'

/**
 * Whether the key that signed it is the auditor's, or one to which such a key leads.
 *
 * @example
 * ```ts
 * import { isRelied } from 'countersign/verify'
 * isRelied({ signedBy: 'earlier key' }) // → true
 * isRelied({ signedBy: "trail's own key" }) // → false
 * ```
 */
export const isRelied = ({ signedBy }: Pick<Anchor, 'signedBy'>): boolean =>
  signedBy === 'given key' || signedBy === 'earlier key' || signedBy === 'key handed on'

/**
 * Compares checkpoints, any number of them, with the trail and with each other: the origin, the signature, whether its key
 * was in force at this size, the size, the root at that size; and which of them contradict each other.
 */
export function compareCheckpoints(
  checkpoints: readonly ParsedCheckpoint[],
  measure: Measure,
  report: (finding: Finding) => void,
): { readonly anchors: readonly Anchor[]; readonly forks: readonly ForkFound[] } {
  const examined = checkpoints.map(one => examine(one, measure))
  const trusted = trustedKeys(examined, measure)
  const anchors = examined.map(one => judge(one, measure, trusted, report))
  const signed = examined.filter((_, index) => anchors[index]?.signedBy !== 'nobody known')
  const forks = forksAmong(signed, measure, report)
  const isContradicted = (one: Examined) => signed.includes(one) && signed.some(other => contradicts(one, other))
  return {
    anchors: anchors.map((anchor, index) => {
      const one = examined[index]
      const isAtFault = anchor.uncompared !== undefined && one !== undefined && isContradicted(one)
      return isAtFault ? { ...anchor, uncompared: 'at fault' } : anchor
    }),
    forks,
  }
}

const contradicts = ({ checkpoint: one }: Examined, { checkpoint: other }: Examined): boolean =>
  one.origin === other.origin && one.size === other.size && one.root !== other.root

const identity = ({ name, keyId }: VerifierKey): string => `${name}+${keyId}`

function examine(one: ParsedCheckpoint, { origin, size, rootAt, given, own, witnesses = [] }: Measure): Examined {
  const { checkpoint, note } = one
  const taken = new Set(given.map(identity))
  const known = [...given, ...own.verifiers.filter(key => !taken.has(identity(key)))]
  const claimed = new Set(parseNote(note).signatures.map(({ name, keyId }) => `${name}+${keyId}`))
  const signers: VerifierKey[] = []
  const bad: string[] = []
  for (const key of known.filter(candidate => claimed.has(identity(candidate)))) {
    try {
      openNote(note, [key])
      if (key.algorithm === 'ed25519' && key.name === checkpoint.origin) signers.push(key)
    } catch (error) {
      if (!(error instanceof CountersignError)) throw error
      bad.push(error.message)
    }
  }
  const isOurs = origin === undefined || checkpoint.origin === origin
  const agrees = isOurs && checkpoint.size <= size && rootAt(checkpoint.size) === checkpoint.root
  const isFalselyWitnessed = witnesses.some(key => claimed.has(identity(key)) && !isOpenedBy(key, note))
  const refused = isFalselyWitnessed ? ({ isFalselyWitnessed } as const) : {}
  return { ...one, agrees, signers, ...refused, ...(bad.length === 0 ? {} : { bad: bad.join('; ') }) }
}

/** Whether a key has signed a note, and each signature that claims to be of it holds. */
function isOpenedBy(key: VerifierKey, note: string): boolean {
  try {
    openNote(note, [key])
    return true
  } catch (error) {
    if (error instanceof CountersignError) return false
    throw error
  }
}

/**
 * The keys that the auditor may rely on: those that were given, and those whose naming lies under a matching checkpoint of
 * one that is relied on already. A key that only the trail names could have been put there by whoever writes the trail.
 */
function trustedKeys(examined: readonly Examined[], { given, own, size }: Measure): ReadonlySet<string> {
  const trusted = new Set(given.map(formatVerifierKey))
  for (let before = -1; before < trusted.size; ) {
    before = trusted.size
    const held = Math.max(
      0,
      ...examined
        .filter(({ agrees, bad, isFalselyWitnessed }) => agrees && bad === undefined && isFalselyWitnessed !== true)
        .filter(({ signers, checkpoint }) =>
          signers.some(key => trusted.has(formatVerifierKey(key)) && inForce(own, key, checkpoint.size, size)),
        )
        .map(({ checkpoint }) => checkpoint.size),
    )
    for (const { key, seq } of own.ranges) if (seq < held) trusted.add(key)
  }
  return trusted
}

/**
 * What lies beyond the end of the trail may have named a key that the trail does not, so nothing is said of such a one. But
 * a key that was replaced never comes back.
 */
const inForce = (own: KeyRanges, key: VerifierKey, at: number, size: number): boolean =>
  own.maySign(key, at) || (at > size && own.of(key).length === 0)

const nameless = 'the name of this trail, whose founding is missing or cannot be read'

function judge(
  one: Examined,
  { origin, size, rootAt, isPart = false, given, own }: Measure,
  trusted: ReadonlySet<string>,
  report: (finding: Finding) => void,
): Anchor {
  const { checkpoint, name, inBundle, signers, bad, agrees, isFalselyWitnessed } = one
  // A note is refused in which a signature of anybody known does not hold, whatever the others are.
  let matches = isFalselyWitnessed !== true
  const wrong = (code: Parameters<typeof integrityFinding>[0], expected: string, found: string, because?: string) => {
    const finding = integrityFinding(code, checkpoint.size, expected, found)
    report(because === undefined ? finding : { ...finding, because })
    matches = false
  }
  const counting = given.length === 0 ? signers : signers.filter(key => trusted.has(formatVerifierKey(key)))
  const key = counting.find(candidate => inForce(own, candidate, checkpoint.size, size)) ?? counting[0]
  // What is no part of a trail may name other keys behind the part. Of a trail that ends before this size its last one is asked.
  const isBehind = isPart && checkpoint.size > size
  const named = isBehind ? [] : own.at(Math.min(checkpoint.size, size)).map(({ id }) => id)
  const asked = given.length > 0 ? given.map(identity) : named
  const isForeign = origin !== undefined && checkpoint.origin !== origin
  // Where nobody is known who could have signed it, it is the word of whoever gave it; and so where an entry that is missing may have
  // named the key: else a trail that is cut off before its key was rotated would not be told as cut off.
  const isUnasked = signers.length === 0 && given.length === 0 && (named.length === 0 || checkpoint.size > size)
  const counts = bad === undefined && !isForeign && (signers.length > 0 || isUnasked)
  const right = rootAt(checkpoint.size)
  const isCompared = !isPart || right !== undefined
  const isOther = isCompared && (checkpoint.size > size || right !== checkpoint.root)
  const aside = isOther && !counts ? `; so what it says of ${entries(checkpoint.size)} counts for nothing here` : ''
  if (bad !== undefined) wrong('checkpoint.signature', 'signatures that hold', `${bad}${aside}`)
  else if (key === undefined && asked.length > 0)
    wrong(
      'checkpoint.signature',
      `a signature by ${asked.join(given.length > 0 ? ', ' : ' or ')}`,
      `${unsigned(one, own)}${isUnasked ? '; an entry that is missing here may have named its key' : aside}`,
    )
  else if (key !== undefined && !inForce(own, key, checkpoint.size, size)) {
    const expected = own.at(checkpoint.size).map(range => ranged(range))
    const found = own.of(key).map(range => ranged(range))
    wrong(
      'checkpoint.key-out-of-range',
      expected.join(' or ') || 'no key that the trail names',
      found.join(' and ') || `${identity(key)}, which the trail never names`,
      found.length > 0
        ? undefined
        : 'the key that signed it is not the one for a trail of this size: the trail never names it',
    )
  }
  if (isForeign) wrong('checkpoint.origin', origin || nameless, checkpoint.origin)
  if (isOther && counts) {
    const isCut = checkpoint.size > size
    const because = isUnasked ? unasked[isCut ? 'truncated' : 'root'] : undefined
    if (isCut) wrong('checkpoint.truncated', entries(checkpoint.size), entries(size), because)
    else wrong('checkpoint.root', checkpoint.root, right ?? 'unknown', because)
  }
  const which = { name, ...(inBundle === undefined ? {} : { inBundle }), size: checkpoint.size }
  const told = isCompared
    ? { ...which, matches, ...(agrees && !matches ? ({ agrees } as const) : {}) }
    : ({ ...which, matches: false, uncompared: matches ? 'no fault seen' : 'at fault' } as const)
  if (key === undefined || bad !== undefined) return { ...told, signedBy: 'nobody known' }
  return { ...told, signedBy: signerOf(key, given, own), key: identity(key) }
}

/** Whose a key is that counts. */
function signerOf(key: VerifierKey, given: readonly VerifierKey[], own: KeyRanges): Anchor['signedBy'] {
  if (given.length === 0) return "trail's own key"
  if (given.some(one => formatVerifierKey(one) === formatVerifierKey(key))) return 'given key'
  const named = (one: VerifierKey) => own.of(one).map(({ seq }) => seq)
  const isEarlier = Math.max(-1, ...given.flatMap(named)) > Math.max(...named(key))
  return isEarlier ? 'earlier key' : 'key handed on'
}

const entries = (size: number): string => `${size} ${size === 1 ? 'entry' : 'entries'}`

/** Why it matters what a checkpoint says of which nobody could know who has signed it. */
const unasked = {
  truncated:
    'the checkpoint counts more entries than there are; no key is known that could have signed it, so that the end was cut off rests on the word of whoever gave it',
  root: 'the trail is not the one that the checkpoint was made of; no key is known that could have signed it, so that it was rewritten rests on the word of whoever gave it',
}

/** Who has signed instead of a key that the auditor relies on. */
function unsigned({ note, signers }: Examined, own: KeyRanges): string {
  const [key] = signers
  const named = key === undefined ? undefined : own.of(key)[0]
  if (key !== undefined && named !== undefined)
    return `one by ${identity(key)}, which entry ${named.seq} of the trail names; no checkpoint that a key of yours has signed holds that entry`
  const claimed = parseNote(note).signatures.map(({ name, keyId }) => `${name}+${keyId}`)
  return `none of the known keys has signed it, but ${[...new Set(claimed)].join(', ')}`
}

/** `trail.example+6f7d4fe5 for the sizes 13 to 40` */
function ranged({ id, from, upTo }: KeyRange): string {
  return `${id} for ${upTo === undefined ? `sizes from ${from}` : `the sizes ${from} to ${upTo}`}`
}
