import { decodeUtf8 } from '@countersign/trail'
import { changeStream } from '../record/record.ts'
import { ChangeIndex, type ChangeIndexData } from './change-index.ts'

// A large trail is judged by several at once, each of whom judges a share of its changes, and forgets those that no later
// entry asks for. What belongs together and what comes last is found from the bytes of the lines, which is quick. It need not
// be right: whoever reads an entry sees whether it was.

/** How the changes of a trail are shared out, and when each is over: plain data, which goes from thread to thread. */
export interface Sharing {
  readonly count: number
  /** Of each change that depends on another, or on which another depends, the name of them all. */
  readonly families: ReadonlyMap<string, string>
  /** Of each change, and each team, that is judged together with others the name of them all. */
  readonly groups: ReadonlyMap<string, string>
  /** The teams by number, and those whose changes are judged together, since decisions read all of them. */
  readonly teams: readonly string[]
  readonly together: ReadonlySet<string>
  /** Of each person who turns out to be another one the last entry that says so. */
  readonly aliases: ReadonlyMap<string, number>
  /** Of each change where its family ends, and its team. */
  readonly changes: ChangeIndexData
}

/** What one of those judges who share a trail. */
export interface Share {
  /** Judges what is recorded about people and rules, besides. */
  readonly isFirst: boolean
  /** Whether a line is theirs to read. One without a stream is everybody's. */
  has(line: Uint8Array): boolean
  hasChange(change: string): boolean
  /** Whether all changes of a team are judged together. */
  isTogether(team: string): boolean
  /** Whether it is judged with all others of a team. */
  hasTeam(change: string, team: string): boolean
  /** Whether one is known to depend on the other, so that both are over at once. */
  areKin(change: string, parent: string): boolean
  /** Whether neither the change nor its family has an entry from here on. */
  isOver(change: string, seq: number): boolean
  /** Whether an entry from here on says that a person is another one. */
  isLearned(person: string, seq: number): boolean
}

export function shareOf(sharing: Sharing, index: number): Share {
  const { count, families, groups, teams, together, aliases } = sharing
  const changes = new ChangeIndex(sharing.changes)
  const groupOfTeam = (team: string) => groups.get(asGroup(team)) ?? asGroup(team)
  const groupOf = (change: string) => {
    const known = groups.get(change)
    if (known !== undefined || together.size === 0) return known ?? change
    const team = teams[changes.teamOf(change) ?? -1]
    return team !== undefined && together.has(team) ? groupOfTeam(team) : change
  }
  const hasChange = (change: string) => count === 1 || numberOf(groupOf(change)) % count === index
  const prefix = changeStream('')
  return {
    isFirst: index === 0,
    has(line) {
      if (count === 1) return true
      const stream = streamIn(line)
      return stream?.startsWith(prefix) !== true || hasChange(stream.slice(prefix.length))
    },
    hasChange,
    isTogether: team => together.has(team),
    hasTeam: (change, team) => together.has(team) && groupOf(change) === groupOfTeam(team),
    areKin: (change, parent) => families.has(change) && families.get(change) === families.get(parent),
    isOver: (change, seq) => changes.endOf(change) <= seq,
    isLearned: (person, seq) => (aliases.get(person) ?? -1) >= seq,
  }
}

/** So a team stands among the changes that belong together. No change can be called so: no identifier has a blank in it. */
export const asGroup = (team: string): string => `team ${team}`

/** A number for a name, spread evenly (FNV-1a). */
function numberOf(name: string): number {
  let number = 0x811c9dc5
  for (let at = 0; at < name.length; at++) number = Math.imul(number ^ name.charCodeAt(at), 0x01000193) >>> 0
  return number
}

const QUOTE = 0x22
const ZERO = 0x30
const NINE = 0x39
/** `,"v":1},"prev":"`, 64 digits, `"}` */
const BEHIND = 7 + 9 + 64 + 2
/** `","streamSeq":` */
const BETWEEN = 14

/**
 * The stream of an entry, from where it stands near the end of a line: `"stream":"…","streamSeq":n,"v":1},"prev":"…"}`; out of
 * the line's text, where that is at hand and has a character for each byte.
 */
export function streamIn(line: Uint8Array, text?: string): string | undefined {
  let at = line.length - BEHIND - 1
  while (at > 0 && (line[at] as number) >= ZERO && (line[at] as number) <= NINE) at--
  const end = at - BETWEEN + 1
  for (at = end; at > 0 && line[at - 1] !== QUOTE; ) at--
  if (at <= 0 || at >= end) return undefined
  return text?.length === line.length ? text.slice(at, end) : decodeUtf8(line.subarray(at, end))
}
