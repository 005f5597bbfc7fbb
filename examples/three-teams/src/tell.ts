import type { Desk, Receipt } from 'countersign'
import type { Act } from 'countersign/change'
import { boardLines } from './board.ts'
import { sox } from './controls.ts'
import { hanging, heading, list, type Page, wrap } from './page.ts'
import { type Played, theEnd } from './run.ts'
import { data } from './teams/data.ts'
import { financeSystems } from './teams/finance-systems.ts'
import { platform } from './teams/platform.ts'

// What the demo prints, made from the desk and from what came of each step. It says nothing that is not there.

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `2026-03-04T09:30:00.000Z` → `4 Mar` */
const day = (at: string): string => `${Number(at.slice(8, 10))} ${months[Number(at.slice(5, 7)) - 1]}`

/** What this is about, and the rules that hold for everybody. */
export function tellControls(page: Page): string[] {
  return [
    page.paint('bold', 'Three teams, three policies, one set of controls'),
    '',
    ...wrap(
      'Lindgrove (an invented company) has entered a stock exchange, and its auditors now ask for two things: segregation of duty, so that nobody tests or approves what they made, and an audit trail. The company wrote these controls; each team found its own way to comply, as a policy in TypeScript. What follows is March 2026, some thirty tickets long, run just now on a simulated clock. People appear under their ids; in a flow, a star marks an approval.',
      page.width,
    ),
    '',
    ...Object.entries(sox.clauses).map(([clause, { because }]) => `  ${page.paint('cyan', clause)}  ${because}`),
  ]
}

/** A team's categories with their flows, and its board. */
export function tellTeams(desk: Desk, page: Page): string[] {
  return [financeSystems, platform, data].flatMap(policy => {
    const categories = Object.entries(policy.categories)
    const widest = Math.max(...categories.map(([name]) => name.length))
    const board = desk.board(policy.team, theEnd)
    return [
      ...heading(`Team ${policy.team}`, page),
      ...wrap(policy.description ?? '', page.width),
      ...categories.map(([name, { flow }]) => {
        const stages = flow.map(stage =>
          stage.kind === 'approval' ? page.paint('yellow', `${stage.name}*`) : stage.name,
        )
        return `  ${page.paint('cyan', name.padEnd(widest))}  ${stages.join(' → ')}`
      }),
      '',
      ...(board === undefined ? [] : boardLines(board, page.width, page.paint)),
    ]
  })
}

/** Attempts that the answers to the questions tell already. */
const toldAbove = new Set<unknown>(['DAT-308', 'DAT-309', 'FIN-111', 'PLT-204'])

/** The attempts that were refused, each with the reason and what would help; the same help twice is said once. */
export function tellRefusals(played: readonly Played[], page: Page): string[] {
  const refused = played.filter(({ step }) => step.refused !== undefined)
  const others = refused.filter(({ step }) => !toldAbove.has(step.command.change))
  const lines: string[] = []
  let said = ''
  for (const { step, receipt } of others) {
    if (receipt.outcome !== 'refused') continue
    const { because, help, recorded } = receipt
    const entry = recorded === undefined ? '' : `  [entry ${recorded.seq}]`
    lines.push(
      ...hanging(
        `${step.refused?.attempt}${about(step.command.change)}${entry}`,
        page.width,
        `${day(step.at).padStart(6)}  `,
      ),
    )
    lines.push(...hanging(because, page.width, '        ✗ ').map(line => page.paint('red', line)))
    const last = lines.at(-1)
    if (help !== said) {
      const short = because.length + help.length + 13 <= page.width
      if (short) lines.splice(-1, 1, `${last} → ${help}`)
      else lines.push(...hanging(help, page.width, '        → '))
    }
    said = help
  }
  return [
    ...heading(`${refused.length} attempts were refused; these are not told above`, page),
    ...wrap(
      '✗ why; → what would help, where it is not the same as before. An attempt by a known person that breaks a duty, an authority or a delegation is kept in the trail as evidence, under the entry named; others are only answered.',
      page.width,
    ),
    ...lines,
  ]
}

const about = (change: unknown) => (typeof change === 'string' ? ` (${change})` : '')

const refusedWith = (played: readonly Played[], change: string): string => {
  const found = played.find(one => one.step.command.change === change && one.receipt.outcome === 'refused')
  return found === undefined ? '' : reasonOf(found.receipt)
}

const reasonOf = (receipt: Receipt) => (receipt.outcome === 'refused' ? receipt.because : '')

/** The acts at the approval stages of a change, as the library explains them. */
function approvalsOf(desk: Desk, change: string): Act[] {
  const told = desk.explain(change, theEnd)
  return told?.stages.filter(stage => stage.kind === 'approval').flatMap(stage => stage.acts) ?? []
}

/** `selma for margit on 11 Mar` */
function tellAct({ person, seats, at }: Act): string {
  const [seat] = seats
  const right =
    seat?.capacity === 'delegate'
      ? ` for ${seat.principal}`
      : seat?.capacity === 'fallback'
        ? ` (${seat.via}) in place of the ${seat.role}`
        : ''
  return `${person}${right} on ${day(at)}`
}

const tellActs = (acts: readonly Act[]) => list(acts.map(tellAct), 'and')

/** The approvals that were not given in one's own right. */
const inSomebodysPlace = (desk: Desk, change: string) =>
  tellActs(approvalsOf(desk, change).filter(act => act.seats[0]?.capacity !== 'own'))

const counted = (desk: Desk, change: string) => approvalsOf(desk, change).filter(act => act.countsFor !== undefined)
const discounted = (desk: Desk, change: string) => approvalsOf(desk, change).filter(act => act.discounted !== undefined)

const lacks = (desk: Desk, change: string): string => {
  const here = desk.explain(change, theEnd)?.stages.find(stage => stage.here)
  return list(
    Object.entries(here?.missing ?? {}).map(
      ([role, count]) => `${count} approval${count === 1 ? '' : 's'} of a ${role}`,
    ),
    'and',
  )
}

/** What the three teams asked, and what the trail has to say to it. */
export function tellQuestions(desk: Desk, played: readonly Played[], page: Page): string[] {
  const answers: [question: string, answer: string[]][] = [
    [
      'Can we have categories of changes, with a flow of approval for each?',
      [
        "Yes: each flow above is a team's own, and the controls hold in all of them.",
        `What one team has, another need not have. Urgent changes are platform's; when data asked for one, it was refused: ${refusedWith(played, 'DAT-309')}.`,
      ],
    ],
    [
      'Is it enough to document the reason for a change in its ticket?',
      [
        `Yes, and there is no ticket without one: FIN-111 was refused at first (${refusedWith(played, 'FIN-111')}).`,
        `Where the policy calls the reason material, it is part of what is approved: when that of FIN-111 was rewritten, the approval by ${tellActs(discounted(desk, 'FIN-111'))} stopped counting. Dashboards may be reworded: in DAT-301 the approval by ${tellActs(counted(desk, 'DAT-301'))} still counts.`,
      ],
    ],
    [
      'How do we get approval when a key role is absent or vacant?',
      [
        `Absent, with a delegate (FIN-105): approved by ${inSomebodysPlace(desk, 'FIN-105')}.`,
        `Absent, without one (FIN-106): approved by ${inSomebodysPlace(desk, 'FIN-106')}.`,
        `Vacant (DAT-305): approved by ${inSomebodysPlace(desk, 'DAT-305')}. Once the post was filled, he was refused (DAT-308): ${refusedWith(played, 'DAT-308')}.`,
        'A policy names who stands in, and when; the trail keeps by what right each person acted.',
      ],
    ],
    [
      'If it was approved at an earlier step, must the technical update be approved again?',
      [
        `No: PLT-202 took over the approvals of PLT-201, by ${tellActs(counted(desk, 'PLT-202'))}. It was still tested.`,
        `But only for what was approved: the cluster of PLT-204 is not in PLT-201, so it still needs ${lacks(desk, 'PLT-204')}; rolling it out without was refused: ${refusedWith(played, 'PLT-204')}.`,
        `And only from those who kept out of it: in PLT-205 the approval by ${tellActs(discounted(desk, 'PLT-205'))} does not count, as he wrote part of the update; it still needs ${lacks(desk, 'PLT-205')}.`,
      ],
    ],
  ]
  return [
    ...heading('Four questions of the teams, answered from the trail', page),
    ...answers.flatMap(([question, answer], index) => [
      ...hanging(question, page.width, `${index + 1}. `).map(line => page.paint('bold', line)),
      ...answer.flatMap(line => hanging(line, page.width, '   ')),
    ]),
  ]
}
