import { CountersignError, decodeUtf8 } from '@countersign/trail'
import { changeStream, governanceStream, readRecord } from '../record/record.ts'

// A large trail is judged by several at once, each of whom judges a share of its changes. What belongs together is found
// from the bytes of the lines, which is quick. It need not be right: whoever reads an entry sees whether it was.

/** How the changes of a trail are shared out: plain data, which goes from thread to thread. */
export interface Sharing {
  readonly count: number
  /** Of each change that belongs with others the name of them all. */
  readonly groups: ReadonlyMap<string, string>
  /** The teams whose changes are judged together, since decisions read all of them. */
  readonly teams: ReadonlySet<string>
}

/** What one of those judges who share a trail. */
export interface Share {
  /** Judges what is recorded about people and rules, besides. */
  readonly isFirst: boolean
  /** Whether the entries of a stream are theirs to read. Those without a stream are everybody's. */
  has(stream: string | undefined): boolean
  hasChange(change: string): boolean
  hasTeam(team: string): boolean
}

export function shareOf({ count, groups, teams }: Sharing, index: number): Share {
  const hasChange = (change: string) => numberOf(groups.get(change) ?? change) % count === index
  const prefix = changeStream('')
  return {
    isFirst: index === 0,
    has: stream => stream?.startsWith(prefix) !== true || hasChange(stream.slice(prefix.length)),
    hasChange,
    hasTeam: team => teams.has(team),
  }
}

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

/** The stream of an entry, from where it stands near the end of a line: `"stream":"…","streamSeq":n,"v":1},"prev":"…"}`. */
export function streamIn(line: Uint8Array): string | undefined {
  let at = line.length - BEHIND - 1
  while (at > 0 && (line[at] as number) >= ZERO && (line[at] as number) <= NINE) at--
  const end = at - BETWEEN + 1
  for (at = end; at > 0 && line[at - 1] !== QUOTE; ) at--
  return at > 0 && at < end ? decodeUtf8(line.subarray(at, end)) : undefined
}

const parents = /,"parent":"([^"\\]+)"/g
const teams = /"team":"([^"\\]+)"/g

/** Finds out, line by line, which changes belong together. Joins more than it must where a form has such names as well. */
export class Families {
  /** From each change that was joined to another one to that one. */
  readonly #joined = new Map<string, string>()
  readonly #submitted: (readonly [change: string, team: string])[] = []
  readonly #teams = new Set<string>()

  /** Takes the next line of the trail, without its newline. */
  line(bytes: Uint8Array): void {
    const text = decodeUtf8(bytes)
    if (text === undefined) return
    if (text.includes('"type":"proposePolicy"')) this.#proposed(bytes)
    const isSubmission = text.includes('"type":"submit"')
    if (!isSubmission && !text.includes(',"parent":"')) return
    const stream = streamIn(bytes)
    if (stream === undefined || stream === governanceStream) return
    const change = stream.slice(changeStream('').length)
    for (const [, parent = ''] of text.matchAll(parents)) this.#join(change, parent)
    if (isSubmission) for (const [, team = ''] of text.matchAll(teams)) this.#submitted.push([change, team])
  }

  /** Whoever works by limits, or is given work by how much they have, is decided on by all that their team has. */
  #proposed(bytes: Uint8Array): void {
    try {
      const { command } = readRecord(bytes).body
      if (command.type !== 'proposePolicy') return
      const { team, board, categories } = command.policy
      const isTriaged = Object.values(categories).some(one => one.triage !== undefined)
      if (board !== undefined || isTriaged) this.#teams.add(team)
    } catch (error) {
      // Whoever judges the entry tells what is wrong with it.
      if (!(error instanceof CountersignError)) throw error
    }
  }

  #join(one: string, other: string): void {
    const [first, second] = [this.#rootOf(one), this.#rootOf(other)]
    if (first !== second) this.#joined.set(first, second)
  }

  #rootOf(change: string): string {
    let root = change
    for (let next = this.#joined.get(root); next !== undefined; next = this.#joined.get(root)) root = next
    // The way is shortened, so that a long row of changes is not walked over and over.
    for (let one = change; one !== root; ) {
      const next = this.#joined.get(one) ?? root
      this.#joined.set(one, root)
      one = next
    }
    return root
  }

  /** Shares the changes out among so many. */
  sharing(count: number): Sharing {
    // No change can be called so, since no identifier has a blank in it.
    for (const [change, team] of this.#submitted) if (this.#teams.has(team)) this.#join(change, `team ${team}`)
    const groups = new Map<string, string>()
    for (const change of this.#joined.keys()) groups.set(change, this.#rootOf(change))
    return { count, groups, teams: this.#teams }
  }
}
