import { controlsDigest, type Policy, policyDigest } from 'countersign/policy'
import { sox } from './controls.ts'
import { fails, type Step, steps } from './step.ts'
import { data } from './teams/data.ts'
import { financeSystems } from './teams/finance-systems.ts'
import { platform } from './teams/platform.ts'

/** The name of the trail, and of the key that signs it. */
export const origin = 'trail.lindgrove.example/changes'

/** Everybody at Lindgrove: an invented company, invented persons. `*` is every team. */
const people: Record<string, { name: string; team: string; roles: string[]; accounts?: string[] }> = {
  ines: { name: 'Ines Calder', team: 'finance-systems', roles: ['engineer'] },
  noor: { name: 'Noor Verbeek', team: 'finance-systems', roles: ['engineer'] },
  pavel: { name: 'Pavel Drozd', team: 'finance-systems', roles: ['engineer'] },
  kofi: { name: 'Kofi Ansong', team: 'finance-systems', roles: ['tester', 'engineer'] },
  hana: { name: 'Hana Mori', team: 'finance-systems', roles: ['tester'] },
  lucia: { name: 'Lucia Ferrant', team: 'finance-systems', roles: ['accountant'] },
  selma: { name: 'Selma Aydin', team: 'finance-systems', roles: ['accountant'] },
  margit: { name: 'Margit Olsson', team: 'finance-systems', roles: ['finance-owner'] },
  ragnar: { name: 'Ragnar Thiel', team: 'finance-systems', roles: ['head-of-finance'] },
  otis: { name: 'Otis Granger', team: 'finance-systems', roles: ['release-manager'] },

  jonah: { name: 'Jonah Weir', team: 'platform', roles: ['sre'] },
  mika: { name: 'Mika Saarto', team: 'platform', roles: ['sre'] },
  bruno: { name: 'Bruno Falk', team: 'platform', roles: ['sre'] },
  elif: { name: 'Elif Demirel', team: 'platform', roles: ['change-advisor'], accounts: ['elif', 'elif-admin'] },
  tariq: { name: 'Tariq Haddan', team: 'platform', roles: ['change-advisor', 'sre'] },
  wanda: { name: 'Wanda Krol', team: 'platform', roles: ['change-advisor'] },
  petra: { name: 'Petra Lindqvist', team: 'platform', roles: ['duty-manager'] },
  idris: { name: 'Idris Bell', team: 'platform', roles: ['service-owner'] },

  suri: { name: 'Suri Patwal', team: 'data', roles: ['data-steward'] },
  leo: { name: 'Leo Marchetto', team: 'data', roles: ['analyst'] },
  amara: { name: 'Amara Eze', team: 'data', roles: ['analyst'] },
  yusuf: { name: 'Yusuf Karam', team: 'data', roles: ['data-engineer'] },
  nina: { name: 'Nina Halvor', team: 'data', roles: ['data-engineer'] },
  viktor: { name: 'Viktor Sand', team: 'data', roles: ['data-engineer'] },
  clement: { name: 'Clement Roy', team: '*', roles: ['legal-counsel'] },
  ottilie: { name: 'Ottilie Brand', team: 'data', roles: [] },
}

const policies: [lead: string, policy: Policy][] = [
  ['ines', financeSystems],
  ['jonah', platform],
  ['suri', data],
]

const roles = new Map(
  policies.flatMap(([, one]) =>
    Object.entries(one.roles).map(([role, use]) => [role, use.description ?? role] as const),
  ),
)

/** Platform's policy as somebody in a hurry would have it: urgent changes without anybody's leave. */
const hasty: Policy = {
  ...platform,
  categories: {
    ...platform.categories,
    ...(platform.categories.urgent === undefined
      ? {}
      : { urgent: { ...platform.categories.urgent, flow: platform.categories.urgent.flow.slice(1) } }),
  },
}

/** How the trail begins: two administrators, the people, the roles, the controls and each team's policy. */
export const founding = (key?: string): Step[] => [
  ...steps(
    [
      '03-02 08:00',
      'greta',
      'found',
      {
        origin,
        format: 'countersign/trail/v1',
        ...(key === undefined ? {} : { key }),
        administrators: [
          { person: 'greta', name: 'Greta Halloran', accounts: ['greta'] },
          { person: 'tomas', name: 'Tomas Wendt', accounts: ['tomas'] },
        ],
      },
    ],
    ...Object.entries(people).map(
      ([person, { name, accounts = [person] }]) =>
        ['03-02 08:05', 'greta', 'registerPerson', { person, name, accounts }] as const,
    ),
    // The robot may do what Mika may do; what it does is Mika's doing.
    ['03-02 08:06', 'greta', 'registerBot', { bot: 'rollout-bot', controller: 'mika', accounts: ['rollout-bot'] }],
    ...[...roles].map(([role, description]) => ['03-02 08:10', 'greta', 'defineRole', { role, description }] as const),
    ...Object.entries(people).flatMap(([to, { team, roles: held }]) =>
      held.map(role => ['03-02 08:15', 'greta', 'grantRole', { role, to, team }] as const),
    ),
    ['03-02 08:16', 'greta', 'grantRole', { role: 'sre', to: 'rollout-bot', team: 'platform' }],
    ['03-02 08:20', 'greta', 'proposeControls', { controls: sox }],
    ['03-02 08:25', 'tomas', 'adoptControls', { digest: controlsDigest(sox) }],
    // A team lead proposes the team's policy; an administrator, another person, adopts it.
    ...policies.flatMap(
      ([lead, policy]) =>
        [
          ['03-02 08:30', lead, 'proposePolicy', { policy }],
          ['03-02 08:40', 'tomas', 'adoptPolicy', { digest: policyDigest(policy) }],
        ] as const,
    ),
  ),
]

/** What happens to people and rules in the weeks that follow: leave, delegations, a new colleague, one who leaves. */
export const comingsAndGoings: Step[] = steps(
  // Margit, the only owner of the figures, is away for two weeks; her delegate is there for the first.
  [
    '03-06 14:00',
    'margit',
    'recordAbsence',
    { person: 'margit', from: '2026-03-09T00:00Z', until: '2026-03-23T00:00Z' },
  ],
  [
    '03-06 14:05',
    'margit',
    'delegate',
    {
      delegation: 'margit-leave',
      principal: 'margit',
      to: 'selma',
      from: '2026-03-09T00:00Z',
      until: '2026-03-16T00:00Z',
      scope: { roles: ['finance-owner'], teams: ['finance-systems'] },
      comment: 'Selma knows the open tickets; she is away herself from the 16th',
    },
  ],
  [
    '03-10 09:00',
    'tomas',
    'grantRole',
    { role: 'finance-owner', to: 'tomas', team: 'finance-systems' },
    fails('duty.second-person', 'an administrator grants himself the role of the absent finance-owner'),
  ],
  [
    '03-11 18:30',
    'ines',
    'delegate',
    {
      delegation: 'ines-course',
      principal: 'ines',
      to: 'hana',
      from: '2026-03-12T00:00Z',
      until: '2026-03-14T00:00Z',
      scope: { roles: ['engineer'] },
    },
  ],
  ['03-13 17:00', 'greta', 'recordDeparture', { person: 'viktor' }],
  [
    '03-16 09:30',
    'jonah',
    'proposePolicy',
    { policy: hasty },
    fails('policy.invalid', 'a team lead proposes a policy in which urgent changes need no approval'),
  ],
  ['03-18 09:00', 'greta', 'grantRole', { role: 'privacy-officer', to: 'ottilie', team: 'data' }],
)
