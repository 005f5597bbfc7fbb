import { content, fails, passed, type Step, ticket } from '../step.ts'

const team = 'platform'
const update = { team, category: 'update' }
const access = { team, category: 'access' }

/** Ten tickets of the platform team. */
export const platformStory: Step[] = [
  ...ticket(
    'PLT-201',
    [
      '03-02 10:00',
      'jonah',
      'submit',
      {
        team,
        category: 'campaign',
        title: 'Kubernetes 1.35 in three clusters',
        reason: 'Version 1.33 gets no more security fixes after June; payments follows later, after the quarter end.',
        form: { kind: 'kubernetes', clusters: ['north', 'south', 'edge'] },
      },
    ],
    ['03-03 14:00', 'elif', 'approve'],
    [
      '03-03 14:02',
      'elif-admin',
      'approve',
      {},
      fails('approval.already-given', 'elif approves a second time, by her other account'),
    ],
    ['03-04 09:30', 'tariq', 'approve', { comment: 'North first, please, and a day between clusters.' }],
  ),
  ...ticket(
    'PLT-202',
    [
      '03-09 08:30',
      'bruno',
      'submit',
      {
        ...update,
        parent: 'PLT-201',
        title: 'Kubernetes 1.35 in north',
        reason: 'First cluster of PLT-201.',
        form: { kind: 'kubernetes', cluster: 'north' },
      },
    ],
    ['03-09 16:00', 'bruno', 'complete', { stage: 'prepare' }],
    ['03-10 11:00', 'mika', 'signOff', passed('staging run of 9 March.log')],
    ['03-11 05:00', 'rollout-bot', 'release', { comment: 'All 41 nodes replaced.' }],
    ['03-12 09:00', 'bruno', 'close'],
  ),
  ...ticket(
    'PLT-203',
    [
      '03-12 08:30',
      'bruno',
      'submit',
      {
        ...update,
        parent: 'PLT-201',
        title: 'Kubernetes 1.35 in south',
        reason: 'Second cluster of PLT-201.',
        form: { kind: 'kubernetes', cluster: 'south' },
      },
    ],
    ['03-25 16:00', 'bruno', 'complete', { stage: 'prepare' }],
  ),
  ...ticket(
    'PLT-204',
    [
      '03-16 08:30',
      'mika',
      'submit',
      {
        ...update,
        parent: 'PLT-201',
        title: 'Kubernetes 1.35 in payments',
        reason: 'While we are at it.',
        form: { kind: 'kubernetes', cluster: 'payments' },
      },
    ],
    ['03-16 15:00', 'mika', 'complete', { stage: 'prepare' }],
    ['03-17 10:00', 'bruno', 'signOff', passed('staging run of 16 March.log')],
    [
      '03-17 10:30',
      'jonah',
      'release',
      {},
      fails('requirement.unmet', 'jonah rolls out to a cluster that the approved campaign leaves out'),
    ],
  ),
  ...ticket(
    'PLT-205',
    [
      '03-16 09:30',
      'tariq',
      'submit',
      {
        ...update,
        parent: 'PLT-201',
        title: 'Kubernetes 1.35 in edge',
        reason: 'Third cluster of PLT-201.',
        form: { kind: 'kubernetes', cluster: 'edge' },
        content: content('PLT-205 r1', 'tariq'),
      },
    ],
    ['03-18 15:00', 'bruno', 'complete', { stage: 'prepare', comment: 'With the scripts that Tariq wrote.' }],
    ['03-19 10:00', 'jonah', 'signOff', passed('staging run of 18 March.log')],
  ),
  ...ticket(
    'PLT-206',
    [
      '03-03 11:00',
      'mika',
      'submit',
      {
        team,
        category: 'campaign',
        title: 'New certificates before April',
        reason: 'Those of all public endpoints run out between 2 and 9 April.',
        form: { kind: 'certificates', clusters: ['north', 'south', 'edge', 'payments'] },
      },
    ],
    ['03-05 10:00', 'wanda', 'approve'],
    ['03-05 14:30', 'elif', 'approve'],
  ),
  ...ticket(
    'PLT-207',
    [
      '03-17 09:00',
      'mika',
      'submit',
      {
        ...update,
        parent: 'PLT-206',
        title: 'New certificates in payments',
        reason: 'They run out first, on 2 April.',
        form: { kind: 'certificates', cluster: 'payments' },
      },
    ],
    ['03-17 13:00', 'mika', 'complete', { stage: 'prepare' }],
    ['03-18 09:30', 'jonah', 'signOff', passed('handshakes with 14 clients.txt')],
    ['03-18 18:00', 'mika', 'release'],
  ),
  ...ticket(
    'PLT-208',
    [
      '03-10 09:00',
      'mika',
      'submit',
      {
        ...access,
        title: "Reporting reads the ledger's replica",
        reason: 'The data team reads from the main database today and slows it down at month end.',
        form: { from: 'reporting-01', to: 'ledger-replica:5432' },
      },
    ],
    ['03-10 13:00', 'bruno', 'complete', { stage: 'write' }],
    ['03-10 13:05', 'mika', 'approve', {}, fails('duty.conflict', 'mika approves what she asked for')],
    ['03-11 09:00', 'idris', 'approve', { comment: 'The replica is there for this.' }],
    ['03-11 09:30', 'bruno', 'release'],
  ),
  ...ticket(
    'PLT-209',
    [
      '03-24 02:10',
      'bruno',
      'submit',
      {
        team,
        category: 'urgent',
        title: 'Raise the connection limit',
        reason: 'One checkout in five fails since 01:50; the pool of connections is used up.',
        form: { incident: 'INC-4471' },
        content: content('PLT-209 r1', 'bruno'),
      },
    ],
    ['03-24 02:14', 'petra', 'approve', { comment: 'Go. I stay on the call.' }],
    ['03-24 02:16', 'bruno', 'release'],
    ['03-24 10:00', 'wanda', 'approve', { comment: 'Right thing to do; the alarm came too late.' }],
  ),
  ...ticket(
    'PLT-210',
    [
      '03-25 10:00',
      'jonah',
      'submit',
      {
        ...access,
        title: 'Build server reaches the registry',
        reason: 'Builds copy images by hand since the registry moved.',
        form: { from: 'build-03', to: 'registry:443' },
      },
    ],
    ['03-25 14:00', 'jonah', 'complete', { stage: 'write' }],
    [
      '03-25 14:10',
      'jenkins',
      'approve',
      {},
      fails('identity.unknown-account', 'an account approves that belongs to nobody'),
    ],
    [
      '03-25 14:30',
      'rollout-bot',
      'approve',
      {},
      fails('identity.bot', 'the robot approves a change in which its owner had no part'),
    ],
    ['03-26 09:00', 'bruno', 'approve'],
  ),
]
