import type { Form } from '../policy/form.ts'
import { changeStream, governanceStream, isGovernance, type RecordBody } from '../record/record.ts'
import { isCommitment } from '../values/commitment.ts'
import { type Finding, integrityFinding } from './finding.ts'

/** Where a commitment stands first: the stream, the id of the command in it, and the field, `name` for a person's. */
export interface OpeningPlace {
  readonly stream: string
  readonly id: string
  readonly field: string
}

/** What opens private values, as the auditor has it from whoever keeps it. No value is needed to judge it. */
export interface GivenOpenings {
  /** The commitments whose value and salt were found to be what they were made of, with the places that are told for them. */
  readonly opened: ReadonlyMap<string, readonly OpeningPlace[]>
  /** Those for which there is something else. */
  readonly mismatched: ReadonlySet<string>
  /** Of so many lines nobody can say what they open. */
  readonly unreadable: number
  /** Where some are, what shows that the file was rewritten on its way, if anything does. */
  readonly rewritten?: string
  /** So many bytes follow the last whole line: an opening that was never finished. */
  readonly torn: number
}

/** What has become of the private values of a trail: those of forms, and the names of persons. */
export interface PrivateValues {
  readonly values: number
  readonly redacted: number
  /**
   * Where openings were given: how many of the others are opened as they should be, for how many nothing is there, and how
   * many openings no entry asks for. The rest are found to be mismatched or misplaced.
   */
  readonly looked?: { readonly opened: number; readonly missing: number; readonly unused: number }
}

interface Value {
  readonly seq: number
  readonly place: OpeningPlace
  /** Whose it is: the stream of the change, or the person. */
  readonly of: string
  readonly what: string
  redacted?: number
}

/** The ids that are one person's, and the commitments to their names that nobody has erased, each with the id that it is under. */
interface Family {
  readonly ids: string[]
  readonly names: [id: string, commitment: string][]
}

/** Follows the private values through a trail, and compares them with what opens them. */
export class Disclosure {
  readonly #values = new Map<string, Value>()
  readonly #families = new Map<string, Family>()

  entry(seq: number, { id, command, outcome }: RecordBody): void {
    // What was refused changes nothing, and nobody keeps what opens it.
    if ('refused' in outcome) return
    if (!isGovernance(command)) {
      if ('form' in command) this.#ofForm(seq, id, command.change, command.form ?? {})
      for (const event of outcome.accepted)
        if (event.type === 'value.redacted')
          for (const one of event.commitments) this.#redact(one, changeStream(command.change), seq)
      return
    }
    for (const event of outcome.accepted) {
      if (event.type === 'person.registered' && isCommitment(event.name)) {
        const { commitment } = event.name
        const place = { stream: governanceStream, id, field: 'name' }
        this.#add(commitment, { seq, place, of: event.person, what: `the name of ${event.person}` })
        this.#familyOf(event.person).names.push([event.person, commitment])
      } else if (event.type === 'alias.recorded') {
        this.#join(this.#familyOf(event.person), this.#familyOf(event.is))
      } else if (event.type === 'person.erased') {
        // What is redacted stays so, and need not be looked at again.
        for (const [id, one] of this.#familyOf(event.person).names.splice(0)) this.#redact(one, id, seq)
      }
    }
  }

  #ofForm(seq: number, id: string, change: string, form: Form): void {
    for (const [field, value] of Object.entries(form)) {
      if (!isCommitment(value)) continue
      const stream = changeStream(change)
      const place = { stream, id, field }
      this.#add(value.commitment, { seq, place, of: stream, what: `${field} of ${change}` })
    }
  }

  #familyOf(person: string): Family {
    const known = this.#families.get(person)
    if (known !== undefined) return known
    const alone: Family = { ids: [person], names: [] }
    this.#families.set(person, alone)
    return alone
  }

  /** The smaller goes over to the greater, so that a long row of aliases costs little more than its length. */
  #join(first: Family, second: Family): void {
    if (first === second) return
    const size = ({ ids, names }: Family) => ids.length + names.length
    const [smaller, whole] = size(first) < size(second) ? [first, second] : [second, first]
    for (const id of smaller.ids) {
      whole.ids.push(id)
      this.#families.set(id, whole)
    }
    for (const name of smaller.names) whole.names.push(name)
  }

  #add(commitment: string, value: Value): void {
    if (!this.#values.has(commitment)) this.#values.set(commitment, value)
  }

  /** What stood elsewhere first is not taken out of reach by whoever may do so here. */
  #redact(commitment: string, of: string, seq: number): void {
    const value = this.#values.get(commitment)
    if (value?.of === of) value.redacted ??= seq
  }

  /** All commitments, each once. */
  get commitments(): readonly string[] {
    return [...this.#values.keys()]
  }

  /** How many there are, and, where openings are given, what became of each: opened, redacted by an entry, or missing. */
  judge(given: GivenOpenings | undefined, report: (finding: Finding) => void): PrivateValues {
    const all = [...this.#values]
    const counted = { values: all.length, redacted: all.filter(([, one]) => one.redacted !== undefined).length }
    if (given === undefined) return counted
    let opened = 0
    let missing = 0
    for (const [commitment, { seq, place, what, redacted }] of all) {
      const told = given.opened.get(commitment)
      const isThere = told !== undefined || given.mismatched.has(commitment)
      if (redacted !== undefined) {
        if (isThere)
          report(integrityFinding('opening.unexpected', redacted, `nothing that opens ${what}`, 'it is there'))
      } else if (given.mismatched.has(commitment)) {
        // Beside one that opens it, too: nobody could tell which of the two would be shown.
        report(integrityFinding('opening.mismatch', seq, `${what}: ${commitment}`, 'another value, or another salt'))
      } else if (told !== undefined) {
        // Of several places for one commitment all but one are wrong, and nobody could tell which would be believed.
        const others = [...new Set(told.flatMap(one => differing(one, place)))]
        if (others.length > 0) {
          const { stream, id, field } = place
          const expected = `${commitment} in the field ${field} of the command ${id} in ${stream}`
          report(integrityFinding('opening.misplaced', seq, expected, others.map(part => `another ${part}`).join(', ')))
        } else opened += 1
      } else {
        missing += 1
        report(integrityFinding('opening.missing', seq, `what opens ${what}, or its redaction`, 'neither'))
      }
    }
    const { unreadable, rewritten, torn } = given
    if (unreadable > 0) {
      const found = `${unreadable} ${unreadable === 1 ? 'line that is' : 'lines that are'} none`
      const told = rewritten === undefined ? found : `${found}; and the file was rewritten: ${rewritten}`
      report(integrityFinding('opening.unreadable', 0, 'openings', told))
    }
    if (torn > 0) report(integrityFinding('opening.torn', 0, 'a newline at the end', `${torn} bytes without one`))
    const unused = [...given.opened.keys(), ...given.mismatched].filter(one => !this.#values.has(one)).length
    return { ...counted, looked: { opened, missing, unused } }
  }
}

/** In which parts a place is another one. What the other one says is not told: it comes from where the values lie. */
const differing = (one: OpeningPlace, other: OpeningPlace): readonly string[] =>
  (['stream', 'id', 'field'] as const).flatMap(part =>
    one[part] === other[part] ? [] : [part === 'id' ? 'command' : part],
  )
