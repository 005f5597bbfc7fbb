import { accept, type Decision, refuse } from '../../decision/refusal.ts'
import type { Of } from '../command.ts'
import type { GovernanceEvent } from '../event.ts'
import { type Governance, tables } from '../governance.ts'
import { activePerson } from '../unknown.ts'

type Outcome = Decision<GovernanceEvent>

/** Records an absence, or cancels one: by the person, or by an administrator. */
export function absence(
  governance: Governance,
  command: Of<'recordAbsence'> | Of<'cancelAbsence'>,
  me: string,
): Outcome {
  const { from, until } = command
  const known = activePerson(governance, command.person)
  if ('refused' in known) return known
  const { person } = known
  if (person !== me && !governance.administrators.includes(me)) {
    return refuse('authority.not-principal', {
      person: me,
      principal: person,
      administrators: [...governance.administrators],
    })
  }
  if (until <= from) return refuse('interval.invalid', { from, until })
  if (command.type === 'recordAbsence') return accept({ type: 'absence.recorded', person, from, until })
  const recorded = governance[tables].absences.get(person)?.some(one => one.from === from && one.until === until)
  return recorded
    ? accept({ type: 'absence.cancelled', person, from, until })
    : refuse('nothing-to-do', { person, state: 'without absence', from, until })
}
