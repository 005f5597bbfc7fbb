import {
  approval,
  approvals,
  approvedBeforeRelease,
  type BoardOptions,
  board,
  category,
  controls,
  type Policy,
  policy,
  release,
  role,
  separate,
  task,
  test,
} from 'countersign/policy'
import * as z from 'zod'

export const team = 'finance-systems'

/** The four categories of the team's work, the one that is asked after loudest first. */
export const kinds = ['incident', 'audit', 'business', 'debt'] as const
export type Kind = (typeof kinds)[number]

export const sox = controls('sox', {
  'SOX-CM-1': separate('make', 'approve').because('nobody approves what they made'),
  'SOX-CM-2': separate('make', 'test').because('nobody signs off the test of what they made'),
  'SOX-CM-3': approvedBeforeRelease().because('nothing unapproved reaches production'),
})

export const roles = {
  'team-lead': 'looks at what is asked for, and writes down what the advisers decide',
  engineer: 'builds, and checks what others have built',
  'finance-owner': 'answers for the figures, and has time on two afternoons a week',
  'release-manager': 'puts changes into production at the end of the day',
  adviser: 'sits on the board that decides weekly what comes first',
}

const columns: NonNullable<BoardOptions['columns']> = [
  { name: 'asked', stages: ['intake'], wip: false },
  { name: 'building', stages: ['build'] },
  { name: 'checking', stages: ['check'] },
  { name: 'deciding', stages: ['approve', 'production'] },
]

const flow = () => [
  approval('intake', approvals(1).from(role('team-lead'))),
  task('build', { by: role('engineer') }),
  test('check', { by: role('engineer'), evidence: 'optional' }),
  approval('approve', approvals(1).from(role('finance-owner'))),
  release('production', { by: role('release-manager') }),
]

const form = z.object({ system: z.enum(['ledger', 'invoicing', 'payments']) })
const describe: Readonly<Record<Kind, string>> = {
  incident: 'Something that worked does not. One at a time may pass the limits.',
  audit: 'What the auditors have asked for.',
  business: 'What other departments want to be able to do.',
  debt: 'What only the engineers see: old parts that slow down everything else.',
}

const withBoard = (description: string, options: BoardOptions): Policy =>
  policy(
    team,
    { complies: sox, description, roles, board: board(options) },
    Object.fromEntries(kinds.map(kind => [kind, category({ description: describe[kind], form, flow: flow() })])),
  )

/** The team as it was: a board with columns and nothing else. What is asked for is begun. */
export const withoutLimits = withBoard('Everything is begun when it is asked for.', { columns })

const limits: BoardOptions = {
  columns: columns.map(one => (one.wip === false ? one : { ...one, limit: 3 })),
  perPerson: 2,
  // Three engineers with two cards each. Two of the six places are kept for what nobody asks after.
  capacity: 6,
  categories: { debt: { reserve: 2 } },
  expedite: { categories: ['incident'], size: 1 },
  planning: { by: role('team-lead'), present: role('adviser'), quorum: 3 },
}

/** The same flow with limits, and a board of advisers who say every Monday what comes first. */
export const withLimits = withBoard(
  'Three in a column, two with a person, two of six places kept for technical debt.',
  limits,
)

/** The same without a place that is kept, to see what the reserve does and what the limits do. */
export const withoutReserve = withBoard('Three in a column, two with a person.', { ...limits, categories: {} })
