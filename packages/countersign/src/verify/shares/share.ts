import { decodeUtf8 } from '@countersign/trail'
import { NameIndex, type NameIndexData } from './name-index.ts'

// A large trail is judged by several at once, each of whom judges a share of its changes, and forgets those that no later
// entry asks for. What belongs together and what comes last is found from the bytes of the lines, which is quick. It need not
// be right: whoever reads an entry sees whether it was.

/** Whoever reads what is not about one change. */
export const EVERYBODY = 0

/** How the changes of a trail are shared out, and when each is over: plain data, which goes from thread to thread. */
export interface Sharing {
  /** Of each entry whose it is to read: everybody's is 0, and that of the first who judge is 1. */
  readonly readers: Uint8Array
  /** Of each change its number, by which is told of it: */
  readonly changes: NameIndexData
  /** by whom it is judged; */
  readonly judges: Uint8Array
  /** which of those that depend on each other stands for them all; */
  readonly families: Int32Array
  /** how many entries there are up to the last one of its family. */
  readonly ends: Int32Array
  /** Of each team whose changes are judged together, since decisions read all of them, by whom. */
  readonly teams: ReadonlyMap<string, number>
  /** Of each person who turns out to be another one the last entry that says so. */
  readonly aliases: ReadonlyMap<string, number>
}

/** What one of those judges who share a trail. */
export interface Share {
  /** Judges what is recorded about people and rules, besides. */
  readonly isFirst: boolean
  /** Whether an entry is theirs to read. One without a stream is everybody's. */
  has(seq: number): boolean
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

/** The share of one judge: which entries are theirs to read, and which changes theirs to judge. */
export function shareOf(
  { readers, judges, families, ends, teams, aliases, ...sharing }: Sharing,
  index: number,
): Share {
  const changes = new NameIndex(sharing.changes)
  const numberOf = (change: string) => changes.numberOf(change) ?? -1
  const hasChange = (change: string) => judges[numberOf(change)] === index
  return {
    isFirst: index === 0,
    has(seq) {
      const reader = readers[seq] ?? EVERYBODY
      return reader === EVERYBODY || reader === index + 1
    },
    hasChange,
    isTogether: team => teams.has(team),
    hasTeam: (change, team) => teams.get(team) === index && hasChange(change),
    areKin: (change, parent) => {
      const family = families[numberOf(change)]
      return family !== undefined && family === families[numberOf(parent)]
    },
    isOver: (change, seq) => (ends[numberOf(change)] ?? 0) <= seq,
    isLearned: (person, seq) => (aliases.get(person) ?? -1) >= seq,
  }
}

const QUOTE = 0x22
const ZERO = 0x30
const NINE = 0x39
/** `,"v":1},"prev":"`, 64 digits, `"}` */
const BEHIND = 7 + 9 + 64 + 2
/** `","streamSeq":` */
const BETWEEN = 14

/** The stream of an entry, from where it stands near the end of a line: `"stream":"…","streamSeq":n,"v":1},"prev":"…"}`. */
export function streamIn(line: Uint8Array): string | undefined {
  let at = line.length - BEHIND - 1
  while (at > 0 && (line[at] as number) >= ZERO && (line[at] as number) <= NINE) at--
  const end = at - BETWEEN + 1
  for (at = end; at > 0 && line[at - 1] !== QUOTE; ) at--
  return at <= 0 || at >= end ? undefined : decodeUtf8(line.subarray(at, end))
}
