import {
  all,
  approval,
  approvals,
  category,
  field,
  policy,
  release,
  role,
  separate,
  task,
  test,
} from 'countersign/policy'
import * as z from 'zod'
import { sox } from '../controls.ts'

const engineer = role('engineer')
const accountant = role('accountant')
const tester = role('tester')
const owner = role('finance-owner')
const headOfFinance = role('head-of-finance')
const releaseManager = role('release-manager')

/**
 * Ledger, invoicing and payments. What this team changes ends up in the annual report, so it asks for more than the
 * controls do: whoever built a change does not put it into production, and whoever tested it does not approve it.
 */
export const financeSystems = policy(
  'finance-systems',
  {
    complies: sox,
    description: 'The owner of the figures decides on every change; code is read by a second engineer first.',
    roles: {
      engineer: 'builds, and reads what other engineers have built',
      accountant: 'keeps rates, terms and closing entries',
      tester: 'tries it out, and keeps the evidence',
      'finance-owner': {
        description: 'answers for the figures',
        // One person holds this role. Work must not stand still when she is away and has named no delegate.
        fallback: { role: 'head-of-finance', when: ['vacant', 'absent'] },
      },
      'head-of-finance': 'answers for large amounts, and stands in for the owner of the figures',
      'release-manager': 'puts changes into production',
    },
    separate: [
      separate('test', 'approve').because('whoever tested it has made up their mind already'),
      separate('make', 'release').because('whoever built it does not put it into production'),
    ],
  },
  {
    code: category({
      description: 'Anything that is programmed. The reason is part of what is approved.',
      form: z.object({
        system: z.enum(['ledger', 'invoicing', 'payments']),
        risk: z.enum(['low', 'high']),
        rollback: z.string().min(10).max(400),
      }),
      material: ['reason', 'system', 'risk', 'rollback', 'content'],
      flow: [
        task('build', { by: engineer }),
        test('verify', { by: tester, evidence: 'required' }),
        approval('peer', approvals(1).from(engineer).because('a second engineer reads the code')),
        approval(
          'finance',
          all(
            approvals(1).from(owner),
            approvals(1).from(headOfFinance).when(field('risk').is('high')).because('high risk is decided at the top'),
          ),
        ),
        release('production', { by: releaseManager }),
      ],
    }),

    rate: category({
      description: 'A figure in a table. It is decided first and recalculated afterwards; no engineer is needed.',
      form: z.object({
        table: z.enum(['vat-rates', 'exchange-rates', 'payment-terms']),
        effective: z.iso.date(),
        value: z.string().min(1).max(60),
      }),
      material: ['reason', 'table', 'effective', 'value', 'content'],
      flow: [
        task('enter', { by: accountant }),
        approval('figure', approvals(1).from(owner)),
        test('recalculate', { by: tester, evidence: 'required' }),
        release('production', { by: releaseManager }),
      ],
    }),

    closing: category({
      description: 'A correction of a period that is about to be closed.',
      form: z.object({ period: z.string().min(4).max(10), euros: z.int().min(1) }),
      material: ['reason', 'period', 'euros', 'content'],
      flow: [
        task('prepare', { by: accountant }),
        approval(
          'amount',
          all(
            approvals(1).from(owner),
            approvals(1).from(headOfFinance).when(field('euros').atLeast(100_000)).because('100,000 euros and more'),
          ),
        ),
        release('posting', { by: releaseManager }),
      ],
    }),
  },
)
