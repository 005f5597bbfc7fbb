import { content, fails, passed, type Step, ticket } from '../step.ts'

const team = 'data'
const dashboard = { team, category: 'dashboard' }
const schema = { team, category: 'schema' }

/** Nine tickets of the data team, and one that is not to be had. */
export const dataStory: Step[] = [
  ...ticket(
    'DAT-301',
    [
      '03-02 11:00',
      'suri',
      'submit',
      {
        ...dashboard,
        title: 'Daily revenue by shop',
        reason: 'Shop managers ask for teh figure by mail every morning.',
        form: { audience: 'company' },
      },
    ],
    ['03-04 15:00', 'leo', 'complete', { stage: 'draw' }],
    ['03-05 09:20', 'amara', 'approve'],
    [
      '03-05 09:25',
      'suri',
      'revise',
      { reason: 'Shop managers ask for the figure by mail every morning.', comment: 'A slip of the pen.' },
    ],
    ['03-05 09:30', 'leo', 'release'],
    ['03-12 09:30', 'suri', 'close', { comment: 'The mails have stopped.' }],
  ),
  ...ticket(
    'DAT-302',
    [
      '03-09 10:00',
      'suri',
      'submit',
      {
        ...dashboard,
        title: 'Cash position for the board',
        reason: 'The board decides on the new warehouse on 30 March and wants to see twelve months.',
        form: { audience: 'board' },
      },
    ],
    ['03-11 16:00', 'amara', 'complete', { stage: 'draw' }],
    ['03-12 10:00', 'leo', 'approve'],
    ['03-12 15:00', 'suri', 'approve', { comment: 'Restricted cash is left out now.' }],
    ['03-13 08:00', 'amara', 'release'],
  ),
  ...ticket(
    'DAT-303',
    [
      '03-03 09:00',
      'yusuf',
      'submit',
      {
        ...schema,
        title: 'Postal codes as text',
        reason: 'Codes that begin with a zero lose it; 3,100 parcels went astray last year.',
        form: { table: 'addresses', reversible: true },
      },
    ],
    ['03-04 12:00', 'yusuf', 'complete', { stage: 'write' }],
    ['03-05 11:00', 'nina', 'signOff', passed('rehearsal on a copy.log')],
    ['03-05 16:00', 'viktor', 'approve'],
    ['03-08 05:00', 'yusuf', 'release'],
  ),
  ...ticket(
    'DAT-304',
    [
      '03-16 13:00',
      'nina',
      'submit',
      {
        ...schema,
        title: 'Drop the column of fax numbers',
        reason: 'Nobody has sent a fax since 2019, and the numbers are personal data.',
        form: { table: 'contacts', reversible: false },
      },
    ],
    ['03-17 12:00', 'nina', 'complete', { stage: 'write' }],
    ['03-18 11:00', 'yusuf', 'signOff', passed('rehearsal and backup.log')],
    ['03-18 11:05', 'viktor', 'approve', {}, fails('identity.departed', 'viktor approves five days after he has left')],
  ),
  ...ticket(
    'DAT-305',
    [
      '03-04 10:00',
      'yusuf',
      'submit',
      {
        team,
        category: 'retention',
        title: 'Keep support chats for 12 months',
        reason: 'We keep them for ever today; complaints come within a year, and the law asks for a limit.',
        form: { datasets: ['support-chats', 'web-visits'], months: 12 },
      },
    ],
    ['03-05 15:00', 'suri', 'approve'],
    ['03-06 11:00', 'clement', 'approve', { comment: 'As long as the post of the privacy officer is vacant.' }],
  ),
  ...ticket(
    'DAT-306',
    [
      '03-09 13:00',
      'nina',
      'submit',
      {
        team,
        category: 'deletion',
        parent: 'DAT-305',
        title: 'Delete chats older than 12 months',
        reason: 'First run after DAT-305.',
        form: { dataset: 'support-chats', months: 12 },
      },
    ],
    ['03-10 10:00', 'nina', 'complete', { stage: 'select' }],
    ['03-11 10:00', 'leo', 'signOff', passed('2,114,007 rows, none younger.txt')],
    ['03-12 05:00', 'nina', 'release'],
    ['03-16 10:00', 'nina', 'close'],
  ),
  ...ticket(
    'DAT-307',
    [
      '03-23 13:00',
      'yusuf',
      'submit',
      {
        team,
        category: 'deletion',
        parent: 'DAT-305',
        title: 'Delete web visits older than 12 months',
        reason: 'Second run after DAT-305.',
        form: { dataset: 'web-visits', months: 12 },
      },
    ],
    ['03-24 10:00', 'yusuf', 'complete', { stage: 'select' }],
  ),
  ...ticket(
    'DAT-308',
    [
      '03-17 14:00',
      'nina',
      'submit',
      {
        team,
        category: 'retention',
        title: 'Keep applications for 6 months',
        reason: 'Applicants may complain within two months; HR keeps the files for five years today.',
        form: { datasets: ['applications'], months: 6 },
      },
    ],
    ['03-18 16:00', 'suri', 'approve'],
    [
      '03-19 09:00',
      'clement',
      'approve',
      {},
      fails('authority.no-role', 'clement stands in for a privacy officer who has been appointed meanwhile'),
    ],
  ),
  ...ticket(
    'DAT-309',
    [
      '03-26 08:50',
      'leo',
      'submit',
      {
        team,
        category: 'urgent',
        title: 'Returns are counted twice',
        reason: 'Since the update of Tuesday the report shows twice the returns.',
        form: { audience: 'company' },
      },
      fails('policy.no-category', "the data team's leo asks for an urgent change, which only platform has"),
    ],
    [
      '03-26 09:00',
      'leo',
      'submit',
      {
        ...dashboard,
        title: 'Returns are counted twice',
        reason: 'Since the update of Tuesday the report shows twice the returns.',
        form: { audience: 'company' },
        content: content('DAT-309 r1', 'leo'),
      },
    ],
    ['03-26 10:00', 'leo', 'complete', { stage: 'draw' }],
  ),
]
