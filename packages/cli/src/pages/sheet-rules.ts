import type { PolicyLine, Sheet, TemplateLine } from 'countersign/sheet'
import { terminalText } from '../shell/terminal-text.ts'
import type { Section } from './section.ts'
import { inEntries, placed, signer, stamp } from './sheet-words.ts'

type Adopted = Pick<PolicyLine, 'proposed' | 'adopted'>
type DelegationLine = Sheet['delegations'][number]

/** The rules by which a change was judged, and what was done outside of them. */
export const ruleSections = ({ glass, overrides, delegations, policies, template }: Sheet): Section[] => [
  {
    title: 'Broken glass',
    rows: glass.map(one => [
      '!',
      `${signer(one)}, ${placed(one)}, until ${stamp(one.until)}: “${terminalText(one.reason)}”; ${
        one.usedIn.length === 0 ? 'not put into effect on it' : `put into effect on it in ${inEntries(one.usedIn)}`
      }`,
    ]),
  },
  {
    title: 'Freezes overridden',
    rows: overrides.map(one => {
      const { declared } = one
      const what =
        declared === undefined
          ? ''
          : `; declared by ${declared.by} (${placed(declared)}): “${terminalText(declared.because)}”`
      const until = `until ${stamp(one.until)}: “${terminalText(one.reason)}”`
      return [`! ${one.freeze}`, `${signer(one)}, ${placed(one)}, ${until}${what}`]
    }),
  },
  { title: 'Delegations', rows: delegations.map(delegationRow) },
  { title: 'Policy', rows: policies.map(policyRow) },
  { title: 'Controls', rows: policies.flatMap(controlRows) },
  { title: 'Template', rows: template === undefined ? [] : templateRows(template) },
]

function delegationRow(line: DelegationLine): readonly [string, string] {
  const { delegation, principal, to, by, from, until, scope, of, revoked } = line
  const within = Object.entries(scope).flatMap(([what, names]) =>
    names === undefined ? [] : `${what} ${names.join(', ')}`,
  )
  const parts = [
    `${principal} to ${to}, arranged by ${by} (${placed(line)})`,
    `from ${stamp(from)} until ${stamp(until)}`,
    within.length === 0 ? 'for everything' : `for ${within.join('; ')}`,
    ...(of === undefined ? [] : [`passing on ${of}`]),
    ...(revoked === undefined ? [] : [`revoked (${placed(revoked)})`]),
  ]
  return [delegation, parts.join(', ')]
}

const agreed = ({ proposed, adopted }: Adopted): string =>
  [
    ...(proposed === undefined ? [] : [`proposed by ${proposed.by} (${placed(proposed)})`]),
    ...(adopted === undefined ? [] : [`adopted by ${adopted.by} (${placed(adopted)})`]),
  ].join(', ')

function policyRow(line: PolicyLine): readonly [string, string] {
  const { digest, team, how, comment } = line
  const moved = how === 'submitted' ? 'submitted under it' : `moved to it by ${signer(line)}`
  const why = comment === undefined || how === 'submitted' ? '' : `; “${terminalText(comment)}”`
  const whose = team === undefined ? '' : `of team ${team}, `
  return [how, `${digest}, ${whose}${agreed(line)}; ${moved} (${placed(line)})${why}`]
}

/** The controls of a policy, and what each clause asks for. */
function controlRows({ controls }: PolicyLine): (readonly [string, string])[] {
  if (controls === undefined) return []
  const { name, digest, clauses } = controls
  return [
    [name, `${digest}, ${agreed(controls)}`],
    ...clauses.map(({ clause, rule, because }) => [clause, `${rule}: ${terminalText(because)}`] as const),
  ]
}

function templateRows(line: TemplateLine): (readonly [string, string])[] {
  const { name, version, digest, proposed, approvals, revoked, left } = line
  return [
    [`${name} ${version}`, `${digest}, followed since ${placed(line)}`],
    ...(proposed === undefined ? [] : [['proposed', `by ${proposed.by}, ${placed(proposed)}`] as const]),
    ...approvals.map(one => ['approved', `by ${one.by} as ${one.roles.join(', ')}, ${placed(one)}`] as const),
    ...(revoked === undefined ? [] : [['revoked', `by ${revoked.by}, ${placed(revoked)}`] as const]),
    ...(left === undefined
      ? []
      : [['left', `for ${left.category}, ${placed(left)}, in ${left.fields.join(', ')}`] as const]),
  ]
}
