import {
  all,
  any,
  approval,
  approvals,
  approved,
  category,
  field,
  permit,
  policy,
  release,
  role,
  task,
  test,
} from 'countersign/policy'
import * as z from 'zod'
import { sox } from '../controls.ts'

const analyst = role('analyst')
const engineer = role('data-engineer')
const steward = role('data-steward')
const privacy = role('privacy-officer')

const dataset = z.enum(['support-chats', 'applications', 'newsletter', 'web-visits'])

/**
 * Reports, tables and personal data. A small team: dashboards go out after one colleague has looked, while nothing about
 * persons is deleted or kept longer without the privacy officer.
 */
export const data = policy(
  'data',
  {
    complies: sox,
    description: 'Light where a mistake is mended in a minute, strict where it cannot be mended.',
    roles: {
      analyst: 'draws dashboards and reads those of colleagues',
      'data-engineer': 'changes tables and runs jobs',
      'data-steward': 'answers for what a figure means',
      'privacy-officer': {
        description: 'answers for personal data',
        fallback: { role: 'legal-counsel', when: ['vacant'] },
      },
      'legal-counsel': 'stands in while there is no privacy officer',
    },
    permit: [
      permit('request', 'approve').because(
        'the steward sees first what is missing, and may approve what she asked for',
      ),
    ],
  },
  {
    dashboard: category({
      description: 'A report. Its reason may be reworded without asking again.',
      form: z.object({ audience: z.enum(['team', 'company', 'board']) }),
      material: ['audience', 'content'],
      flow: [
        task('draw', { by: analyst }),
        approval('colleague', any(approvals(1).from(analyst), approvals(1).from(steward))),
        approval('meaning', approvals(1).from(steward).because('the board acts on it'), {
          when: field('audience').is('board'),
        }),
        release('publish', { by: analyst }),
      ],
    }),

    schema: category({
      description: 'A change of tables.',
      form: z.object({ table: z.string().min(2).max(60), reversible: z.boolean() }),
      material: ['reason', 'table', 'reversible', 'content'],
      flow: [
        task('write', { by: engineer }),
        test('rehearse', { by: engineer, evidence: 'required' }),
        approval(
          'review',
          all(
            approvals(1).from(engineer),
            approvals(1).from(steward).when(field('reversible').is(false)).because('there is no way back'),
          ),
        ),
        release('migrate', { by: engineer }),
      ],
    }),

    retention: category({
      description: 'The decision how long personal data is kept.',
      form: z.object({ datasets: z.array(dataset).min(1).max(4), months: z.int().min(1).max(120) }),
      material: ['reason', 'datasets', 'months', 'content'],
      flow: [approval('council', all(approvals(1).from(privacy), approvals(1).from(steward)))],
    }),

    deletion: category({
      description: 'A run that deletes what a retention decision no longer lets us keep.',
      form: z.object({ dataset, months: z.int().min(1).max(120) }),
      flow: [
        task('select', { by: engineer }),
        test('count', { by: analyst, evidence: 'required' }),
        approval('council', all(approvals(1).from(privacy), approvals(1).from(steward)), {
          carriedFrom: approved('retention').covers({ dataset: 'datasets', months: 'months' }).for('90d'),
        }),
        release('delete', { by: engineer }),
      ],
    }),
  },
)
