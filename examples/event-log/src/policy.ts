import {
  approval,
  approvals,
  approvedBeforeRelease,
  category,
  controls,
  controlsDigest,
  field,
  policy,
  policyDigest,
  release,
  role,
  separate,
} from 'countersign/policy'
import * as z from 'zod'

/** The team whose policy judges the declarations, and the one category that it has. */
export const team = 'declarations'
export const declaration = 'declaration'

/** What the organisation demands of every payment of expenses, whatever a department's procedure is. */
const expenses = controls('expenses', {
  'EXP-1': separate('make', 'approve').because('nobody approves their own expenses'),
  'EXP-2': separate('make', 'release').because('nobody pays out their own expenses'),
  'EXP-3': separate('approve', 'release').because('whoever approves expenses does not pay them out'),
  'EXP-4': approvedBeforeRelease().because('nothing is paid that nobody has approved'),
})

const said = {
  /** In cents. Absent where the log does not know it: a declaration that never got a number shows an amount of zero. */
  amountCents: z.int().min(0).optional(),
  budget: z.string().min(1).max(200),
}

const roles = {
  employee: 'declares expenses',
  supervisor: 'approves what their people declare, last',
  payments: 'requests the payment of what is approved',
}

/** The declaration, whoever owes what on it, and what was handed in: an edit of any of them asks everybody again. */
const payment = release('payment', { by: role('payments') })

/**
 * The procedure of 2017, when two departments tried the process: the supervisor always, and before that a pre-approver
 * where one was asked. When the pre-approvers were no more, the travel administration stood in for them.
 */
const trial = policy(
  team,
  {
    complies: expenses,
    description: 'Expense declarations, the trial of 2017',
    roles: {
      ...roles,
      'pre-approver': {
        description: 'looks at a declaration first, where there is one',
        fallback: { role: 'administration', when: ['vacant'] },
      },
      administration: 'the travel administration',
    },
  },
  {
    [declaration]: category({
      requestedBy: role('employee'),
      form: z.object({ ...said, preApprover: z.enum(['asked', 'none']) }),
      flow: [
        approval('pre-approver', approvals(1).from(role('pre-approver')), { when: field('preApprover').is('asked') }),
        approval('supervisor', approvals(1).from(role('supervisor'))),
        payment,
      ],
    }),
  },
)

/**
 * The procedure of 2018, for the whole university: the travel administration, the budget owner where that is another
 * person than the supervisor, the supervisor, and then the payment.
 */
const everywhere = policy(
  team,
  {
    complies: expenses,
    description: 'Expense declarations, from 2018 on',
    roles: {
      ...roles,
      administration: 'the travel administration, which checks every declaration first',
      'budget-owner': 'answers for the budget that pays',
    },
  },
  {
    [declaration]: category({
      requestedBy: role('employee'),
      form: z.object({ ...said, budgetOwner: z.enum(['another-person', 'the-supervisor']) }),
      flow: [
        approval('administration', approvals(1).from(role('administration'))),
        approval('budget-owner', approvals(1).from(role('budget-owner')), {
          when: field('budgetOwner').is('another-person'),
        }),
        approval('supervisor', approvals(1).from(role('supervisor'))),
        payment,
      ],
    }),
  },
)

/** Midnight of 1 January 2018 in Eindhoven. What was submitted before is judged by the procedure of 2017 to its end. */
export const changeover = '2017-12-31T23:00:00.000Z'

/** One command of an administrator's. */
export type Said = readonly [account: string, command: { readonly type: string; readonly [member: string]: unknown }]

const [registrar, secretary] = ['registrar', 'secretary'] as const

/**
 * One person for each role, since the log tells roles apart and not persons. `unnamed` is a member of staff whose role
 * the log calls MISSING, and so holds none. The payments are a robot's, for which the head of finance answers.
 */
const people: Readonly<Record<string, readonly string[]>> = {
  employee: ['employee'],
  administration: ['administration'],
  'pre-approver': ['pre-approver'],
  'budget-owner': ['budget-owner'],
  supervisor: ['supervisor'],
  unnamed: [],
  finance: [],
}

/** People and rules before the first declaration, with the procedure of 2017 in force. */
export const founding: readonly Said[] = [
  [
    registrar,
    {
      type: 'found',
      origin: 'expenses.example/event-log',
      format: 'countersign/trail/v1',
      administrators: [registrar, secretary].map(person => ({ person, name: `the ${person}`, accounts: [person] })),
    },
  ],
  ...Object.keys(people).map(
    (person): Said => [
      registrar,
      { type: 'registerPerson', person, name: `whoever acts as ${person}`, accounts: [person] },
    ],
  ),
  [registrar, { type: 'registerBot', bot: 'system', controller: 'finance', accounts: ['system'] }],
  ...[...new Set([...Object.keys(trial.roles), ...Object.keys(everywhere.roles)])].map(
    (name): Said => [registrar, { type: 'defineRole', role: name, description: `${name} of a declaration` }],
  ),
  ...Object.entries(people).flatMap(([person, held]) =>
    held.map((name): Said => [registrar, { type: 'grantRole', role: name, to: person, team }]),
  ),
  [registrar, { type: 'grantRole', role: 'payments', to: 'system', team }],
  [registrar, { type: 'proposeControls', controls: expenses }],
  [secretary, { type: 'adoptControls', digest: controlsDigest(expenses) }],
  [registrar, { type: 'proposePolicy', policy: trial }],
  [secretary, { type: 'adoptPolicy', digest: policyDigest(trial) }],
]

/** What changes at the changeover: the pre-approvers are no more, and the procedure of 2018 is in force. */
export const changingOver: readonly Said[] = [
  [registrar, { type: 'revokeRole', role: 'pre-approver', from: 'pre-approver', team }],
  [registrar, { type: 'proposePolicy', policy: everywhere }],
  [secretary, { type: 'adoptPolicy', digest: policyDigest(everywhere) }],
]
