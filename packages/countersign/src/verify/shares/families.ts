import { CountersignError, decodeUtf8, requireOptions } from '@countersign/trail'
import { changeStream, governanceStream, readRecord } from '../../record/record.ts'
import { Column } from './integer-column.ts'
import { NameIndex } from './name-index.ts'
import { EVERYBODY, type Sharing, streamIn } from './share.ts'
import { shareableMemory } from './shareable-memory.ts'

const parents = /,"parent":"([^"\\]+)"/g
const teams = /"team":"([^"\\]+)"/g
const aliases = /"(?:is|person)":"([^"\\]+)"/g

/**
 * Finds out, line by line, which changes belong together, and until when each of them and their people are asked for. Reads
 * the text of a line and not what it says, and so joins more than it must: a change in whose form a field is called `parent`
 * (`"form":{"goal":"…","parent":"PAY-2"}`) is judged together with PAY-2, as if it depended on it.
 *
 * @example
 * ```ts
 * import { f0 } from '@countersign/testing'
 * import { linesOf } from '@countersign/testing/tamper'
 * import { Families, TrailVerifier } from 'countersign/verify'
 * const lines = await linesOf((await f0()).store)
 * const families = new Families()
 * for (const line of lines) families.line(line)
 * const verifier = new TrailVerifier({}, { sharing: families.sharing(1) })
 * for (const line of lines) verifier.push(Uint8Array.of(...line, 10))
 * verifier.finish().status // → 'sound'
 * ```
 */
export class Families {
  /** The changes by number, and the teams that submissions tell among them. */
  readonly #names: NameIndex
  /**
   * Of each entry the change that it is about, where several judge. Here and below each number is one more than it is: 0 is
   * none.
   */
  readonly #lines: Column | undefined
  /** Of each change its last entry. */
  readonly #ends = new Column()
  /** Of each change a team of which its submission tells. */
  readonly #teamOf = new Column()
  /** The changes that were submitted and not refused then. */
  readonly #submitted = new Column()
  /** From each change that was joined to another one to that one. */
  readonly #joined = new Column()
  /** Changes of which not only one team is told. */
  readonly #between: (readonly [change: number, team: number])[] = []
  /** The teams whose changes are judged together. */
  readonly #together = new Map<string, number>()
  readonly #aliases = new Map<string, number>()
  #seq = 0

  /**
   * With a seed that nobody can foresee, nobody can choose names that make this slow. Where one judges all (`alone`), nothing is
   * kept of entries.
   */
  constructor(seed = 0, options: { readonly alone?: boolean } = {}) {
    requireOptions('Families', options, ['alone'])
    this.#names = new NameIndex({ seed })
    this.#lines = options.alone === true ? undefined : new Column()
  }

  /** Takes note of an entry that is too long to be one. */
  skip(): void {
    this.#seq += 1
  }

  /** Takes the next line of the trail, without its newline. */
  line(bytes: Uint8Array): void {
    const seq = this.#seq++
    const stream = streamIn(bytes)
    if (stream?.startsWith(prefix) === true) this.#ofChange(seq, stream.slice(prefix.length), bytes)
    else if (stream === governanceStream) this.#ofGovernance(seq, bytes)
  }

  #ofGovernance(seq: number, bytes: Uint8Array): void {
    const text = decodeUtf8(bytes) ?? ''
    if (text.includes('"type":"proposePolicy"')) this.#proposed(bytes)
    if (text.includes('"type":"alias.recorded"'))
      for (const [, person = ''] of text.matchAll(aliases)) this.#aliases.set(person, seq)
  }

  #ofChange(seq: number, name: string, bytes: Uint8Array): void {
    const change = this.#names.add(name)
    this.#lines?.set(seq, change + 1)
    this.#ends.set(change, seq + 1)
    // Whose change it is, and on which it depends, stands in its submission, and nothing of it in what comes later.
    if (this.#submitted.get(change) !== 0) return
    const text = decodeUtf8(bytes) ?? ''
    if (text.includes('"type":"submit"')) this.#asked(change, text)
    if (text.includes('"type":"change.submitted"')) this.#submitted.set(change, 1)
  }

  /** It was asked for, be it that it was refused then. */
  #asked(change: number, text: string): void {
    for (const [, parent = ''] of text.matchAll(parents)) this.#join(change, this.#names.add(parent))
    for (const [, name = ''] of text.matchAll(teams)) {
      const team = this.#names.add(asName(name))
      const known = this.#teamOf.get(change) - 1
      if (known < 0) this.#teamOf.set(change, team + 1)
      else if (known !== team) this.#between.push([change, team])
    }
  }

  /** Whoever works by limits, or is given work by how much they have, is decided on by all that their team has. */
  #proposed(bytes: Uint8Array): void {
    try {
      const { command } = readRecord(bytes).body
      if (command.type !== 'proposePolicy') return
      const { team, board, categories } = command.policy
      const isTriaged = Object.values(categories).some(one => one.triage !== undefined)
      if (board !== undefined || isTriaged) this.#together.set(team, this.#names.add(asName(team)))
    } catch (error) {
      // Whoever judges the entry tells what is wrong with it.
      if (!(error instanceof CountersignError)) throw error
    }
  }

  #join(one: number, other: number): void {
    const [first, second] = [this.#rootOf(one), this.#rootOf(other)]
    if (first !== second) this.#joined.set(first, second + 1)
  }

  #rootOf(change: number): number {
    let root = change
    for (let next = this.#joined.get(root); next !== 0; next = this.#joined.get(root)) root = next - 1
    // The way is shortened, so that a long row of changes is not walked over and over.
    for (let one = change; one !== root; ) {
      const next = this.#joined.get(one) - 1
      this.#joined.set(one, root + 1)
      one = next
    }
    return root
  }

  /**
   * Shares the changes out among so many, at most 254; for one where it judges `alone`. It is asked for once, when all lines were
   * taken.
   */
  sharing(count: number): Sharing {
    const { size } = this.#names
    const families = this.#roots(size)
    const ends = this.#endsOf(families)
    const together = new Set(this.#together.values())
    for (let change = 0; change < size; change += 1) {
      const team = this.#teamOf.get(change) - 1
      if (together.has(team)) this.#join(change, team)
    }
    for (const [change, team] of this.#between) if (together.has(team)) this.#join(change, team)
    const lines = this.#lines?.first(this.#seq) ?? new Int32Array(0)
    const judges = judgesOf(this.#roots(size), lines, count)
    return {
      readers: shared(lines.map(line => (line === 0 ? EVERYBODY : (judges[line - 1] as number) + 1))),
      changes: this.#names.data,
      judges,
      families,
      ends,
      teams: new Map(Array.from(this.#together, ([team, name]) => [team, judges[name] as number])),
      aliases: this.#aliases,
    }
  }

  /** For each of so many who stands for all that it belongs together with. */
  #roots(size: number): Int32Array {
    const roots = new Column()
    for (let one = 0; one < size; one += 1) roots.set(one, this.#rootOf(one))
    return roots.first(size)
  }

  /** Changes that depend on each other end as one. */
  #endsOf(families: Int32Array): Int32Array {
    const last = new Int32Array(families.length)
    const ends = this.#ends.first(families.length)
    for (const [change, family] of families.entries())
      last[family] = Math.max(last[family] as number, ends[change] as number)
    for (const [change, family] of families.entries()) ends[change] = last[family] as number
    return ends
  }
}

const prefix = changeStream('')

/** So a team stands among the changes. No change can be called so: no identifier has a blank in it. */
const asName = (team: string): string => `team ${team}`

/** Who judges each change: the largest groups are given away first, each to whoever has the least to read until then. */
function judgesOf(groups: Int32Array, lines: Int32Array, count: number): Uint8Array {
  const weights = new Int32Array(groups.length)
  for (const line of lines)
    if (line !== 0) weights[groups[line - 1] as number] = (weights[groups[line - 1] as number] as number) + 1
  const largestFirst = Uint32Array.from(groups.keys()).sort((a, b) => (weights[b] as number) - (weights[a] as number))
  const loads = Array.from({ length: count }, () => 0)
  const judgeOf = new Uint8Array(groups.length)
  for (const group of largestFirst) {
    const least = loads.indexOf(Math.min(...loads))
    judgeOf[group] = least
    loads[least] = (loads[least] as number) + (weights[group] as number)
  }
  return shared(groups.map(group => judgeOf[group] as number))
}

/** Small numbers in memory that threads can share. */
function shared(numbers: Int32Array): Uint8Array {
  const bytes = new Uint8Array(shareableMemory(numbers.length))
  bytes.set(numbers)
  return bytes
}
