import { type Finding, type FindingCode, isTorn } from './finding.ts'

/** Of each code so many are kept in any case, so that none is hidden by another one. */
const keptOfEach = 3

/** What is found while a trail is judged: all of it counted, the first so many kept. */
export class Findings {
  readonly #most: number
  readonly #kept: Finding[] = []
  readonly #codes: Partial<Record<FindingCode, number>> = {}
  #found = 0
  #decisions = 0
  #broken = 0

  constructor(most = 1_000) {
    this.#most = most
  }

  report(finding: Finding): void {
    const before = this.#codes[finding.code] ?? 0
    this.#found += 1
    this.#codes[finding.code] = before + 1
    if (finding.kind === 'decision') this.#decisions += 1
    else if (!isTorn(finding.code)) this.#broken += 1
    if (this.#kept.length < this.#most || (this.#most > 0 && before < keptOfEach)) this.#kept.push(finding)
  }

  /** Counts what breaks the integrity and was not kept by whoever found it. */
  unkept(code: FindingCode, count: number): void {
    this.#codes[code] = (this.#codes[code] ?? 0) + count
    this.#found += count
    this.#broken += count
  }

  /** Those that were kept, in the order of the trail. */
  get kept(): readonly Finding[] {
    return this.#kept.toSorted((a, b) => a.seq - b.seq)
  }

  get codes(): Readonly<Partial<Record<FindingCode, number>>> {
    return this.#codes
  }

  get found(): number {
    return this.#found
  }

  /** The gravest that was found. */
  get worst(): 'broken' | 'unjustified' | 'torn' | undefined {
    if (this.#broken > 0) return 'broken'
    if (this.#decisions > 0) return 'unjustified'
    return this.#found > 0 ? 'torn' : undefined
  }
}
