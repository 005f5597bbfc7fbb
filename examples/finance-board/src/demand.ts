import { workingDays, writtenDown } from './calendar.ts'
import { Chance } from './chance.ts'
import { type Kind, kinds } from './policy.ts'

/** Something that somebody asks of the team, and the work that is in it. Nobody in the simulation knows its hours. */
export interface Wish {
  readonly change: string
  readonly kind: Kind
  readonly title: string
  readonly by: string
  /** When it is asked for. */
  readonly at: Date
  /** Hours of undivided work. */
  readonly build: number
  readonly check: number
}

interface Demand {
  /** So many a week, one week with another. */
  readonly perWeek: number
  /** So many lie around when the quarter begins. */
  readonly before: number
  /** Hours to build one: from, to. */
  readonly hours: readonly [number, number]
  readonly by: string
  readonly titles: readonly string[]
}

/** What is asked of the team. In a week it is about as much as three persons can do who do nothing else. */
const demand: Readonly<Record<Kind, Demand>> = {
  incident: {
    perWeek: 1.3,
    before: 1,
    hours: [2, 10],
    by: 'sue',
    titles: [
      'Bank file rejected',
      'Ledger out of balance by a cent',
      'Dunning letters sent twice',
      'Payment run stopped',
      'Invoice shows the wrong VAT',
      'Posting job hangs',
      'Supplier paid twice',
      'Exchange rates missing',
    ],
  },
  audit: {
    perWeek: 0.5,
    before: 2,
    hours: [8, 28],
    by: 'wanda',
    titles: [
      'Log who opens a closed period',
      'Four eyes on bank details',
      'Report of all manual postings',
      'Lock the chart of accounts',
      'Keep evidence of reconciliation',
      'Split posting from payment',
    ],
  },
  business: {
    perWeek: 0.9,
    before: 3,
    hours: [16, 56],
    by: 'lucia',
    titles: [
      'Invoices in the new market',
      'Payment terms for partners',
      'Forecast by region',
      'Consolidate the new company',
      'Self-billing for suppliers',
      'Cash pooling',
      'Faster monthly closing',
      'Discounts by volume',
      'Portal for travel expenses',
    ],
  },
  debt: {
    perWeek: 0.45,
    before: 4,
    hours: [12, 36],
    by: 'noor',
    titles: [
      'Replace the nightly batch',
      'Test data for the ledger',
      'Retire the old import',
      'Database to a supported version',
      'One rounding rule, not four',
      'Delete dead posting rules',
      'Script the installation',
      'Untangle invoicing from ledger',
    ],
  },
}

/** A check takes a quarter of what it took to build. */
const checkShare = 4

/** What is asked for in the quarter, in the order of time: what lay around before, and what comes. */
export function demandOf(seed: number): Wish[] {
  const chance = new Chance(seed)
  const wishes: Wish[] = []
  const count = new Map<Kind, number>()
  const ask = (kind: Kind, at: Date) => {
    const { hours, by, titles } = demand[kind]
    const place = count.get(kind) ?? 0
    count.set(kind, place + 1)
    const build = chance.between(...hours)
    const title = titles[place % titles.length] ?? kind
    const again = Math.floor(place / titles.length)
    wishes.push({
      change: '',
      kind,
      title: again === 0 ? title : `${title} (${again + 1})`,
      by,
      at,
      build,
      check: build / checkShare,
    })
  }
  for (const kind of kinds) for (let one = 0; one < demand[kind].before; one++) ask(kind, writtenDown)
  for (const { hours } of workingDays) {
    for (const end of hours) {
      for (const kind of kinds) {
        if (chance.next() >= demand[kind].perWeek / (5 * hours.length)) continue
        ask(kind, new Date(end.getTime() - chance.between(1, 59) * 60_000))
      }
    }
  }
  return wishes
    .toSorted((one, other) => one.at.getTime() - other.at.getTime())
    .map((one, index) => ({ ...one, change: `FIN-${101 + index}` }))
}
