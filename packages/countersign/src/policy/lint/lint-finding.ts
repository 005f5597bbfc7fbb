/**
 * What can be said against a policy that may be used. A *warning* is most likely a slip; a *note* is what the policy says
 * aloud, and what whoever adopts it should know.
 */
const levels = {
  /** A way to production on which nobody approves, in some case. */
  'approval.skipped': 'warning',
  /** An alternative for which a weaker one is always there. */
  'alternative.shadowed': 'warning',
  /** A rule beside a stricter one on the same role. */
  'rule.absorbed': 'warning',
  /** A stage or a rule that is reached in no case. */
  'condition.never': 'warning',
  /** A case in which no rule applies, so that such changes are refused. */
  'category.blocked': 'warning',
  /** What is put into effect can be replaced after it was approved. */
  'content.unbound': 'warning',
  /** A clause of the controls that keeps a duty apart which nobody ever has. */
  'duty.nobody': 'warning',
  /** A pair that the policy lifts and keeps apart as well. */
  'permit.overruled': 'warning',
  /** Every place is kept for some categories, so that the others never come into progress. */
  'board.full': 'warning',
  /** Columns with limits in which changes can wait for each other's places, with nowhere to put one aside. */
  'board.ring': 'warning',
  /** A role that is asked for, without a holder and without anybody who stands in. */
  'role.vacant': 'warning',
  /** An approval for which there is nobody at all. */
  'approval.nobody': 'warning',
  /** More persons are asked for than there are. */
  'requirement.unmeetable': 'warning',
  /** Every stage can be met by itself, and not all of them by different persons. */
  'category.unmeetable': 'warning',
  /** A release in the windows of a calendar that nobody has declared. */
  'calendar.undeclared': 'warning',
  /** Nobody approves, and the policy says so. */
  'approval.none': 'note',
  /** A change may be put into effect first, and is approved afterwards. */
  'acts.first': 'note',
  /** Work after all that is approved and tested before a release. */
  'work.unseen': 'note',
  /** A condition that is met in every case. */
  'condition.always': 'note',
  /** A condition on a field that may be left out: such changes are refused. */
  'field.optional': 'note',
  /** What these people can take through only where somebody is excepted, as the policy says somebody can be. */
  'exception.needed': 'note',
  /** What some persons have made can be approved by nobody. */
  'maker.stuck': 'note',
  /** A role of which the policy says something and makes no use. */
  'role.unused': 'note',
  /** More cases than are tried. */
  'cases.untried': 'note',
  /** More ways through it than are tried: whether these people can take it through is not known. */
  'ways.untried': 'note',
} as const

export type LintCode = keyof typeof levels

export const lintCodes = Object.keys(levels) as readonly LintCode[]

/** Something about a policy that its author should look at. */
export interface LintFinding {
  readonly code: LintCode
  readonly level: 'warning' | 'note'
  /** The path in the policy. */
  readonly where: string
  readonly because: string
  readonly help: string
}

/** A finding of lint, at the level of its code. */
export const finding = (code: LintCode, where: string, because: string, help: string): LintFinding => ({
  code,
  level: levels[code],
  where,
  because,
  help,
})
