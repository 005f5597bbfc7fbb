import { type Desk, memoryStore } from 'countersign'
import type { Policy } from 'countersign/policy'
import { settingUp, workingDays } from './calendar.ts'
import { Chance } from './chance.ts'
import type { Wish } from './demand.ts'
import { accepted, advisers, engineers, openDesk } from './people.ts'
import { type Kind, kinds, team } from './policy.ts'

/** What is assumed of how people work. The same in both quarters: only the policy differs. */
export interface Model {
  /** How much of each hour of work is lost for each further thing in hand: 0.1 is a tenth. */
  readonly switching: number
  /** How the hours of a person are divided among what is in hand. */
  readonly loudness: Readonly<Record<Kind, number>>
  /** How likely it is that an adviser is kept from the meeting on a Monday. */
  readonly kept: number
}

export const model: Model = {
  switching: 0.1,
  loudness: { incident: 4, audit: 3, business: 2, debt: 1 },
  kept: 0.2,
}

/** A quarter as it was played. */
export interface Quarter {
  /** The lines of its trail. */
  readonly lines: readonly Uint8Array[]
  /** Where the engineers' working hours went, which no trail knows. */
  readonly hours: { readonly worked: number; readonly switching: number; readonly idle: number }
}

/** Something that a person can work on: a change to be built, or one to be checked. */
interface InHand {
  readonly wish: Wish
  readonly what: 'build' | 'check'
}

/**
 * Plays the quarter on a desk of its own. The same behaviour meets whatever policy there
 * is: people try to begin what comes first, and what the board has no place for is refused by the library.
 */
export async function playQuarter(
  policy: Policy,
  wishes: readonly Wish[],
  { switching, loudness, kept }: Model = model,
): Promise<Quarter> {
  let now = settingUp
  let ids = 0
  const store = memoryStore()
  const newId = () => `command-${String(++ids).padStart(6, '0')}`
  const desk = await openDesk({ store, clock: () => now, newId }, policy)
  const wished = new Map(wishes.map(one => [one.change, one]))
  const left = new Map(
    wishes.flatMap(({ change, build, check }) => [
      [`build ${change}`, build],
      [`check ${change}`, check],
    ]),
  )
  const checkers = new Map<string, string>()
  const coming = [...wishes]
  const hours = { worked: 0, switching: 0, idle: 0 }
  // Whether an adviser is kept hangs on the week alone, and not on what happened before.
  const away = new Chance(wishes.length)

  const at = (state: string) => desk.changes().filter(one => one.state === state)
  const cardsOf = (person: string) =>
    desk.changes().filter(one => one.assignee === person && one.state !== 'completed' && one.column !== 'asked').length
  const inHand = (person: string): InHand[] =>
    desk.changes().flatMap((one): InHand[] => {
      const wish = wished.get(one.id)
      if (wish === undefined) return []
      if (one.state === 'build' && one.column === 'building' && one.assignee === person)
        return [{ wish, what: 'build' }]
      if (one.state === 'check' && checkers.get(one.id) === person) return [{ wish, what: 'check' }]
      return []
    })
  /** Persons with the least in hand first, and among those with as much the one with the fewest cards. */
  const freest = (among: readonly string[]) =>
    among
      .map(person => ({ person, hands: inHand(person).length, cards: cardsOf(person) }))
      .toSorted((a, b) => a.hands - b.hands || a.cards - b.cards)
      .map(one => one.person)
  const seen = (change: string) => {
    const { revision, digest } = known(desk, change)
    return { change, revision, digest }
  }

  /** What has been asked for by now is submitted, and the team lead takes it in. */
  async function arrive(until: Date): Promise<void> {
    for (let [next] = coming; next !== undefined && next.at <= until; [next] = coming) {
      coming.shift()
      now = next.at
      const { change, kind, title, by } = next
      const reason = `asked for by ${by}`
      accepted(await desk.by(by).submit({ change, team, category: kind, title, reason, form: { system: 'ledger' } }))
    }
    now = until
    for (const { id } of at('intake')) accepted(await desk.by('ragnar').approve(seen(id)))
  }

  /** The advisers meet and say in which order what was asked for is to come; too few of them say nothing. */
  async function plan(): Promise<void> {
    const present = advisers.filter(() => away.next() >= kept)
    if (policy.board?.planning === undefined || present.length === 0) return
    const waiting = at('build').filter(one => one.column === 'asked')
    const order = waiting
      .toSorted((a, b) => kinds.indexOf(a.category as Kind) - kinds.indexOf(b.category as Kind))
      .map(one => one.id)
    await desk.by('ragnar').prioritise({ team, order, present, comment: 'the weekly meeting' })
  }

  /** What is to be built and not begun: incidents that nobody could plan, the order as decided, and then what is new. */
  function next() {
    const order = desk.governance().priorities[team]?.order ?? []
    const place = (id: string, category: string) =>
      order.includes(id) ? order.indexOf(id) : category === 'incident' ? -1 : order.length
    return at('build')
      .filter(one => one.assignee === undefined || one.column === 'asked')
      .toSorted((a, b) => place(a.id, a.category) - place(b.id, b.category))
  }

  /** Gives a change to whoever has least in hand and a place for it. */
  async function give(change: string): Promise<string> {
    for (const person of freest(engineers)) {
      const receipt = await desk.by(person).assign({ change, to: person })
      if (receipt.outcome === 'accepted') return person
    }
    throw new Error(`nobody has a place for ${change}`)
  }

  /** What comes first is begun, as far as the board lets it. */
  async function begin(): Promise<void> {
    const full = new Set<string>()
    for (const { id: change, category, assignee, column } of next()) {
      if (full.has(category)) continue
      // An incident is given to somebody at once. Anything else is pulled first: nobody holds what they could not begin.
      const isUrgent = category === 'incident'
      const person = assignee ?? (isUrgent ? await give(change) : 'ragnar')
      if (column === 'asked' && (await desk.by(person).move({ change })).outcome === 'refused') full.add(category)
      else if (!isUrgent) await give(change)
    }
  }

  /** What was built is checked by whoever made nothing of it and has least in hand, once there is a place for it. */
  async function pass(): Promise<void> {
    for (const { id: change, assignee = '', column } of [...at('production'), ...at('approve'), ...at('check')]) {
      const { state } = known(desk, change)
      const to = state === 'check' ? 'checking' : 'deciding'
      if (column !== to && (await desk.by(assignee).move({ change })).outcome === 'refused') continue
      if (state !== 'check' || checkers.has(change)) continue
      const [checker] = freest(engineers.filter(one => one !== assignee))
      if (checker !== undefined) checkers.set(change, checker)
    }
  }

  /** An hour of everybody's work, divided among what they have in hand. */
  async function work(): Promise<void> {
    const finished: (InHand & { readonly person: string })[] = []
    for (const person of engineers) {
      let hands = inHand(person)
      let hour = 1 / (1 + switching * Math.max(0, hands.length - 1))
      hours.switching += 1 - hour
      while (hands.length > 0 && hour > 0) {
        const loud = hands.reduce((sum, { wish }) => sum + loudness[wish.kind], 0)
        const needs = ({ wish, what }: InHand) => left.get(`${what} ${wish.change}`) ?? 0
        // The time until the first of them is finished.
        const step = Math.min(hour, ...hands.map(one => (needs(one) * loud) / loudness[one.wish.kind]))
        for (const one of hands)
          left.set(`${one.what} ${one.wish.change}`, needs(one) - (step * loudness[one.wish.kind]) / loud)
        hour -= step
        hours.worked += step
        const isDone = (one: InHand) => needs(one) < 1e-9
        finished.push(...hands.filter(isDone).map(one => ({ ...one, person })))
        hands = hands.filter(one => !isDone(one))
      }
      hours.idle += hour
    }
    for (const { wish, what, person } of finished) {
      const { change } = wish
      if (what === 'build') accepted(await desk.by(person).complete({ change, stage: 'build' }))
      else accepted(await desk.by(person).signOff({ ...seen(change), result: 'passed' }))
    }
  }

  for (const day of workingDays) {
    await arrive(day.begins)
    if (day.weekday === 0) await plan()
    for (const end of day.hours) {
      await pass()
      await begin()
      await arrive(end)
      await work()
    }
    await arrive(day.decides)
    await pass()
    if (day.weekday === 1 || day.weekday === 3)
      for (const { id } of at('approve')) accepted(await desk.by('margit').approve(seen(id)))
    now = day.releases
    await pass()
    for (const { id, column } of at('production'))
      if (column === 'deciding') accepted(await desk.by('otis').release(seen(id)))
    now = day.ends
    await pass()
  }
  const lines: Uint8Array[] = []
  for await (const { bytes } of store.read()) lines.push(bytes)
  return { lines, hours }
}

function known(desk: Desk, id: string) {
  const found = desk.change(id)
  if (found === undefined) throw new Error(`there is no change ${id}`)
  return found
}
