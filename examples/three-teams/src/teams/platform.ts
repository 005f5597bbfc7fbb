import { any, approval, approvals, approved, category, policy, release, role, task, test } from 'countersign/policy'
import * as z from 'zod'
import { sox } from '../controls.ts'

const sre = role('sre')
const advisor = role('change-advisor')
const owner = role('service-owner')
const dutyManager = role('duty-manager')

const kind = z.enum(['kubernetes', 'certificates', 'operating-system'])
const cluster = z.enum(['north', 'south', 'edge', 'payments'])

/**
 * Clusters, networks and certificates. Most of what this team does is the same step repeated many times, so it decides
 * once, as a campaign, and the updates that follow lean on that decision. Whoever builds an update may roll it out.
 */
export const platform = policy(
  'platform',
  {
    complies: sox,
    description: 'Decide once, roll out many times; in an emergency one person decides and the board looks afterwards.',
    roles: {
      sre: 'builds, tests and rolls out',
      'change-advisor': 'sits on the change advisory board',
      'service-owner': 'answers for a service that runs on the platform',
      'duty-manager': 'decides at night and in emergencies',
    },
  },
  {
    campaign: category({
      description: 'A decision for a row of updates: what is updated, and in which clusters.',
      form: z.object({ kind, clusters: z.array(cluster).min(1).max(4) }),
      material: ['reason', 'kind', 'clusters', 'content'],
      flow: [approval('decision', approvals(2).from(advisor).because('two members of the advisory board'))],
    }),

    update: category({
      description: 'One technical update in one cluster. Approved already, where a campaign covers it.',
      form: z.object({ kind, cluster }),
      flow: [
        task('prepare', { by: sre }),
        test('staging', { by: sre, evidence: 'required' }),
        approval('board', approvals(2).from(advisor), {
          carriedFrom: approved('campaign').covers({ kind: 'kind', cluster: 'clusters' }).for('30d'),
        }),
        release('rollout', { by: sre }),
      ],
    }),

    access: category({
      description: 'Who may reach what: firewall rules and accounts of services.',
      form: z.object({ from: z.string().min(3).max(80), to: z.string().min(3).max(80) }),
      flow: [
        task('write', { by: sre }),
        approval('review', any(approvals(2).from(sre), approvals(1).from(owner))),
        release('apply', { by: sre }),
      ],
    }),

    urgent: category({
      description: 'Something is down. One authorises before, two of the board review afterwards.',
      form: z.object({ incident: z.string().min(4).max(40) }),
      flow: [
        approval('authorise', approvals(1).from(dutyManager)),
        release('fix', { by: sre }),
        approval('hindsight', approvals(2).from(advisor).because('an emergency is looked at in daylight')),
      ],
    }),
  },
)
