import { canonical, encodeUtf8, type Json, sameJson } from '@countersign/trail'
import { isOpeningOf, MAX_PRIVATE_BYTES, type Opening, type Openings, openingOf } from '@countersign/trail/store'
import type { Change } from '../change/change.ts'
import type { Refusal } from '../decision/facts.ts'
import { refuse } from '../decision/refusal.ts'
import { type Governance, tables } from '../governance/governance.ts'
import { policyOf } from '../governance/in-force.ts'
import { type FieldSchema, type FieldValue, type Form, privateProblems } from '../policy/form.ts'
import type { Policy } from '../policy/policy.ts'
import { type Command, isGovernance, type Outcome, streamOf } from '../record/record.ts'
import type { State } from '../record/state.ts'
import { isCommitment } from '../values/commitment.ts'

// Private values go no further than this file: what is decided and recorded has commitments in their place.

/** 32 random bytes, fresh for each value. */
export type NewSalt = () => Uint8Array

/** A command with commitments in the place of private values, and what opens those that are new. */
interface Committed {
  readonly command: Command
  readonly openings: readonly Opening[]
  /** What is wrong with a private value. Only this file sees the value, and the refusal does not tell it. */
  readonly refused?: Refusal
}

/** The openings that were made for one command, by field. When the command is decided anew, they are used again. */
export type Made = Map<string, Opening>

/**
 * Puts a commitment in the place of each private value of a form, and of each value whose field no form declares: nobody has said
 * that such a value may be read. A command with an undeclared field is refused, and the refusal may be recorded.
 */
export function commit(state: State, id: string, command: Command, newSalt: NewSalt, made: Made): Committed {
  const none = { command, openings: [] }
  if (isGovernance(command) || !('form' in command) || command.form === undefined) return none
  const change = state.changes.get(command.change)
  const policy = command.type === 'submit' ? policyOf(state.governance, command.team) : policyAt(state, change)
  const declared = fieldsOf(policy)
  const openings: Opening[] = []
  const values: Record<string, FieldValue> = {}
  const problems: { field: string; problem: string }[] = []
  const form = Object.fromEntries(
    Object.entries(command.form).map(([field, value]) => {
      if (isCommitment(value)) {
        // What stays as it is may be handed in as it was read.
        const isThere = change !== undefined && Object.hasOwn(change.form, field) && sameJson(change.form[field], value)
        if (!isThere) problems.push({ field, problem: 'a commitment stands only for the value that is there already' })
        return [field, value]
      }
      const rule = declared.get(field)
      if (rule !== undefined && rule['x-private'] !== true) return [field, value]
      const known = made.get(field)
      const place = { stream: streamOf(command), id, field }
      const opening = known !== undefined && isOpeningOf(known, value) ? known : openingOf(value, newSalt(), place)
      made.set(field, opening)
      openings.push(opening)
      values[field] = value
      if (encodeUtf8(canonical(value)).length > MAX_PRIVATE_BYTES)
        problems.push({ field, problem: `is longer than ${MAX_PRIVATE_BYTES} bytes` })
      return [field, { commitment: opening.commitment }]
    }),
  )
  if (openings.length === 0 && problems.length === 0) return none
  const properties = Object.fromEntries([...declared].filter(([field]) => Object.hasOwn(values, field)))
  problems.push(...privateProblems({ type: 'object', properties, required: [], additionalProperties: false }, values))
  const whole = { command: { ...command, form } as Command, openings }
  return problems.length === 0 ? whole : { ...whole, ...refuse('form.invalid', { problems }) }
}

const policyAt = ({ governance }: State, change: Change | undefined): Policy | undefined =>
  change === undefined ? undefined : governance.policies[change.policy]?.document

/** The fields of all forms of a policy; one that is private in one of them is that, and the same, in each. */
function fieldsOf(policy: Policy | undefined): ReadonlyMap<string, FieldSchema> {
  const fields = new Map<string, FieldSchema>()
  for (const { form } of Object.values(policy?.categories ?? {}))
    for (const [name, field] of Object.entries(form.properties)) fields.set(name, field)
  return fields
}

/** The commitments that stand in a command. */
export const commitmentsIn = (command: Command): string[] =>
  'form' in command ? Object.values(command.form ?? {}).flatMap(one => (isCommitment(one) ? one.commitment : [])) : []

/**
 * Whether a command that is sent again is the one that is recorded: with the same private values, as far as that can still
 * be told. Those of a command that was refused are kept by nobody, and nothing came of it.
 */
export async function isSameCommand(
  recorded: Command,
  outcome: Outcome,
  again: Command,
  openings: Openings | undefined,
): Promise<boolean> {
  if (!('form' in recorded) || !('form' in again) || recorded.form === undefined || again.form === undefined)
    return canonical(recorded) === canonical(again)
  const form: Record<string, FieldValue> = { ...again.form }
  for (const [field, value] of Object.entries(recorded.form)) {
    const given = Object.hasOwn(form, field) ? form[field] : undefined
    if (!isCommitment(value) || given === undefined || isCommitment(given)) continue
    const opening = 'refused' in outcome ? undefined : await openings?.get(value.commitment)
    if ('refused' in outcome || (opening !== undefined && isOpeningOf(opening, given as Json))) form[field] = value
  }
  return canonical(recorded) === canonical({ ...again, form })
}

/** A form with its private values, as far as they can be opened; in the place of the others stay the commitments. */
export async function openForm(form: Form, openings: Openings | undefined): Promise<Form> {
  const opened = await Promise.all(
    Object.entries(form).map(async ([field, value]): Promise<[string, FieldValue]> => {
      if (!isCommitment(value)) return [field, value]
      const opening = await openings?.get(value.commitment)
      const opens = opening !== undefined && isOpeningOf(opening, opening.value)
      return [field, opens ? (opening.value as FieldValue) : value]
    }),
  )
  return Object.fromEntries(opened)
}

/** The commitments that an entry takes out of reach: of values that it redacts, and of the names of whom it erases. */
export const outOfReach = ({ governance }: State, outcome: Outcome): readonly string[] =>
  'refused' in outcome
    ? []
    : outcome.accepted.flatMap(event =>
        event.type === 'value.redacted'
          ? event.commitments
          : event.type === 'person.erased'
            ? namesOf(governance, event.person)
            : [],
      )

/** The commitments to the names of a person, under every id that they had. */
function namesOf(governance: Governance, person: string): string[] {
  const { persons, mergedInto } = governance[tables]
  return [person, ...(mergedInto.get(person) ?? [])].flatMap(id => {
    const name = persons.get(id)?.name
    return name === undefined || typeof name === 'string' ? [] : [name.commitment]
  })
}
