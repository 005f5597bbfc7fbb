import { CountersignError, decodeUtf8 } from '@countersign/trail'
import { changeStream, governanceStream, readRecord } from '../record/record.ts'
import { ChangeIndex } from './change-index.ts'
import { asGroup, type Sharing, streamIn } from './share.ts'

const parents = /,"parent":"([^"\\]+)"/g
const teams = /"team":"([^"\\]+)"/g
const aliases = /"(?:is|person)":"([^"\\]+)"/g

/**
 * Finds out, line by line, which changes belong together, and until when each of them and their people are asked for. Joins
 * more than it must where a form has such names as well.
 */
export class Families {
  /** From each change that was joined to another one to that one. */
  readonly #joined = new Map<string, string>()
  readonly #changes: ChangeIndex
  readonly #numbers = new Map<string, number>()
  /** Changes of which not only one team is told. */
  readonly #between: (readonly [change: string, team: number])[] = []
  readonly #together = new Set<string>()
  readonly #aliases = new Map<string, number>()
  #seq = 0

  /** With a seed that nobody can foresee, nobody can choose names that make this slow. */
  constructor(seed = 0) {
    this.#changes = new ChangeIndex({ seed })
  }

  /** Takes the next line of the trail, without its newline. */
  line(bytes: Uint8Array): void {
    const seq = this.#seq++
    const text = decodeUtf8(bytes)
    const stream = text === undefined ? undefined : streamIn(bytes, text)
    if (stream === undefined || text === undefined) return
    if (stream === governanceStream) {
      if (text.includes('"type":"proposePolicy"')) this.#proposed(bytes)
      if (text.includes('"type":"alias.recorded"'))
        for (const [, person = ''] of text.matchAll(aliases)) this.#aliases.set(person, seq)
      return
    }
    const change = stream.slice(changeStream('').length)
    this.#changes.note(change, seq, text.includes('"type":"submit"') ? this.#teamIn(text, change) : undefined)
    // Most lines name none, and to look for one is quicker than to match.
    if (text.includes(',"parent":"')) for (const [, parent = ''] of text.matchAll(parents)) this.#join(change, parent)
  }

  /** The number of the team that a submission tells, where the change has none yet. */
  #teamIn(text: string, change: string): number | undefined {
    const told = new Set(Array.from(text.matchAll(teams), ([, team = '']) => this.#numberOf(team)))
    const known = this.#changes.teamOf(change)
    if (known !== undefined) told.add(known)
    if (told.size > 1) for (const team of told) this.#between.push([change, team])
    return known === undefined ? [...told][0] : undefined
  }

  #numberOf(team: string): number {
    const number = this.#numbers.get(team) ?? this.#numbers.size
    this.#numbers.set(team, number)
    return number
  }

  /** Whoever works by limits, or is given work by how much they have, is decided on by all that their team has. */
  #proposed(bytes: Uint8Array): void {
    try {
      const { command } = readRecord(bytes).body
      if (command.type !== 'proposePolicy') return
      const { team, board, categories } = command.policy
      const isTriaged = Object.values(categories).some(one => one.triage !== undefined)
      if (board !== undefined || isTriaged) this.#together.add(team)
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

  /** Shares the changes out among so many. It is asked for once, when all lines were taken. */
  sharing(count: number): Sharing {
    const families = this.#families()
    const teams = [...this.#numbers.keys()]
    const join = (change: string, number: number | undefined) => {
      const team = teams[number ?? -1]
      if (team !== undefined && this.#together.has(team)) this.#join(change, asGroup(team))
    }
    for (const [change, team] of this.#between) join(change, team)
    for (const change of families.keys()) join(change, this.#changes.teamOf(change))
    const groups = new Map<string, string>()
    for (const one of this.#joined.keys()) groups.set(one, this.#rootOf(one))
    const { data: changes } = this.#changes
    return { count, families, groups, teams, together: this.#together, aliases: this.#aliases, changes }
  }

  /** For each change that depends on another, or on which another depends, the name of them all, who end as one. */
  #families(): Map<string, string> {
    const families = new Map<string, string>()
    for (const change of this.#joined.keys()) {
      const root = this.#rootOf(change)
      families.set(change, root)
      families.set(root, root)
    }
    const ends = new Map<string, number>()
    for (const [change, root] of families) ends.set(root, Math.max(ends.get(root) ?? 0, this.#changes.endOf(change)))
    for (const [change, root] of families) this.#changes.note(change, (ends.get(root) ?? 0) - 1)
    return families
  }
}
