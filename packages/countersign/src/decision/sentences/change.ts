import type { RefusalFacts } from '../facts.ts'
import { able, counts, each, list, type SentencesOf, short, shown } from '../sentence.ts'
import { describeHindrance } from './hindrance.ts'

type Unmet = RefusalFacts['requirement.unmet']
type Open = RefusalFacts['obligation.open']

/** `, waiting for 1 of tester` */
const waiting = (waitsFor: RefusalFacts['lifecycle.not-now']['waitsFor']): string => {
  const missing = counts(waitsFor)
  return missing.length === 0 ? '' : `, waiting for ${missing.join(' and ')}`
}

/** `verify is pending and lacks 1 of tester` */
const stages = (list: Unmet['stages']): string =>
  each(list)
    .map(one => {
      const missing = counts(one.missing)
      return `${shown(one.stage)} is ${shown(one.status)}${missing.length === 0 ? '' : ` and lacks ${missing.join(', ')}`}`
    })
    .join('; ')

/** `a review at audit, due at 2026-…` */
const owed = (list: Open['owed']): string =>
  each(list)
    .map(one => `a ${shown(one.kind)} at ${shown(one.stage)}, due at ${shown(one.due)}`)
    .join(', and ')

const unfit = ({ problem, asked, since, state }: RefusalFacts['remedy.unfit']): string =>
  problem === 'older'
    ? `was asked for at ${shown(asked)}, and not after the rejection at ${shown(since)}`
    : problem === 'not completed'
      ? `is at ${shown(state)}, and not completed`
      : 'has put nothing into effect'

/** What is missing of a remedy, and how it comes to be there. */
const toBeFit = ({ problem, remedy, state }: RefusalFacts['remedy.unfit']): string =>
  problem === 'older' || state === 'cancelled'
    ? 'Submit one now that names this one as its parent, and have it put into effect and completed.'
    : problem === 'not completed'
      ? `It is one once it is completed: put into effect, and with all given that it owes itself, such as its own review. See \`explain\` of ${shown(remedy)} for who can.`
      : 'A remedy puts something into effect, which has not been taken back: see `explain` of it, or submit another one that names this one as its parent.'

const unusable = ({ problem, length, most }: RefusalFacts['carry.parent']): string =>
  problem === 'too deep'
    ? `it depends on ${shown(length)} changes in a row, and ${shown(most)} is the most`
    : 'there is no such change'

/** Whether it may happen to a change now. */
export const ofChange: SentencesOf<
  | 'lifecycle'
  | 'binding'
  | 'approval'
  | 'veto'
  | 'requirement'
  | 'checklist'
  | 'obligation'
  | 'remedy'
  | 'make'
  | 'evidence'
  | 'carry'
> = {
  'lifecycle.not-now': f => ({
    because: `${shown(f.change)} is at ${shown(f.state)}${waiting(f.waitsFor)}; ${shown(f.command)} has no place there`,
    help:
      list(f.allowed).length === 0
        ? 'Nothing more happens to it; a correction is a new change.'
        : `What can be done now: ${shown(f.allowed)}.`,
  }),
  'binding.revision': f => ({
    because: `this names revision ${shown(f.named)}, and the change is at ${shown(f.current)}`,
    help: `Look at revision ${shown(f.current)} (${short(f.digest)}) and decide about that.`,
  }),
  'binding.digest': f => ({
    because: `this names the content ${short(f.named)}, and the change has ${short(f.current)}`,
    help: 'Look at the current content and decide about that.',
  }),
  'binding.environment': f => ({
    because:
      f.named === null
        ? `the release does not say where it puts the change into effect, and this step is for ${shown(f.environment)}`
        : f.environment === null
          ? `this step is for no environment in particular, and the release names ${shown(f.named)}`
          : `this step puts the change into effect in ${shown(f.environment)}, and not in ${shown(f.named)}`,
    help:
      f.environment === null
        ? 'Leave the environment out.'
        : `Name ${shown(f.environment)}, if that is what is meant; anything else is a step of its own.`,
  }),
  'approval.already-given': f => ({
    because: `${shown(f.person)} has given theirs already, ${f.template === undefined ? `at ${shown(f.stage)}` : `on the template ${shown(f.template)}`}`,
    help: 'Another person has to do it: each counts once.',
  }),
  'approval.none-standing': f => ({
    because:
      f.parent === undefined && f.template === undefined
        ? `${shown(f.person)} has no approval here that counts`
        : `the approval of ${shown(f.person)} is carried from ${f.template === undefined ? shown(f.parent) : `the template ${shown(f.template)}`}`,
    help:
      f.parent === undefined && f.template === undefined
        ? 'There is nothing to withdraw.'
        : `Take it back where it was given (${f.template === undefined ? 'withdraw' : 'revokeTemplate'}), or reject this change, as far as it can be rejected where it is.`,
  }),
  'veto.standing': f => ({
    because: `the veto of ${shown(f.of)} stands`,
    help: 'Whoever placed it can lift it, with a reason, and approve then.',
  }),
  'requirement.unmet': f => ({
    because:
      f.why === undefined
        ? `not everything before it is met: ${stages(f.stages)}`
        : `${shown(f.person)} ${describeHindrance(f.why)}, so not everything before it would be met: ${stages(f.stages)}`,
    help: able(f, 'See `explain` for who can do what is missing.'),
  }),
  'checklist.open': f => ({
    because: `not everything on the checklist of ${shown(f.stage)} is ticked: ${list(f.items).join(', ')}`,
    help: 'Tick what is done (tick), for the change as it stands; an edit and a new round begin the list anew.',
  }),
  'obligation.open': f => ({
    because: `${shown(f.change)} has taken effect, and still owes ${owed(f.owed)}`,
    help: 'See `explain` for who can do what is owed; it goes on by itself then.',
  }),
  'remedy.unfit': f => ({
    because: `${shown(f.remedy)} ${unfit(f)}, so it is no remedy of ${shown(f.change)}`,
    help: toBeFit(f),
  }),
  'make.unknown': f => ({
    because: `nobody is known to have made ${shown(f.change)}, so nobody can tell whether others tested and approved it`,
    help: 'Record the content with those who made it (revise); to have been assigned the work is not to have done it.',
  }),
  'carry.parent': f => ({
    because: `${shown(f.parent)}: ${unusable(f)}`,
    help: 'Name the change that was approved before.',
  }),
  'evidence.missing': f => ({
    because: `${shown(f.stage)} asks for evidence of the test`,
    help: 'Name the report, and its digest where there is one.',
  }),
}
