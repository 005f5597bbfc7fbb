import { type Policy, policyDigest } from 'countersign/policy'

// The main figures told a second time, slowly: what was so is asked at every instant at which anything happened, and a
// length of time is the sum of the times between two such instants for which it was so.

/** An entry's body, as far as it is read here. */
export interface PlainEntry {
  readonly at: string
  readonly policy?: string
  readonly command: { readonly type: string; readonly [member: string]: unknown }
  readonly outcome:
    | { readonly accepted: readonly { readonly type: string; readonly [member: string]: unknown }[] }
    | { readonly refused: { readonly code: string } }
}

interface Fact {
  readonly at: string
  readonly says: string
  /** What this makes of the change, from here on. */
  readonly state?: string
  readonly kind?: string
  /** The stages of its flow then. */
  readonly flow: readonly string[]
  /** The vetoes that stand, each by the number of its rejection. */
  readonly vetoes: readonly number[]
  readonly wait?: { readonly name: string; readonly length: number }
}

const ms = (from: string, until: string) => new Date(until).getTime() - new Date(from).getTime()

/** For each change what was told of it, in the order of the trail. */
function factsOf(entries: readonly PlainEntry[]): Map<string, Fact[]> {
  const policies = new Map<string, Policy>()
  const facts = new Map<string, Fact[]>()
  const categories = new Map<string, string>()
  const rejections = new Map<string, number>()
  for (const { at, policy = '', command, outcome } of entries) {
    if ('refused' in outcome) continue
    if (command.type === 'proposePolicy') policies.set(policyDigest(command.policy as Policy), command.policy as Policy)
    const id = command.change as string | undefined
    if (id === undefined) continue
    for (const event of outcome.accepted) {
      const list = facts.get(id) ?? []
      facts.set(id, list)
      const last = list.at(-1)
      if (event.type === 'change.submitted') categories.set(id, command.category as string)
      if (typeof event.category === 'string') categories.set(id, event.category)
      const flow = policies.get(policy)?.categories[categories.get(id) ?? '']?.flow ?? []
      const states: Record<string, string> = {
        'change.returned': 'returned',
        'change.condemned': 'remediation',
        'change.cancelled': 'cancelled',
        'change.closed': 'closed',
      }
      const state = event.type === 'stage.entered' ? (event.stage as string) : states[event.type]
      const place = flow.findIndex(stage => stage.name === state)
      const kinds = JSON.stringify(flow[place] ?? {})
      const entered = list.findLast(fact => fact.state !== undefined)?.at
      const since = typeof event.at === 'string' && event.type === 'stage.entered' ? event.at : at
      const seat = (event.seats as { role: string; capacity: string }[] | undefined)?.[0]
      const number = rejections.get(id) ?? 0
      if (event.type === 'change.rejected') rejections.set(id, number + 1)
      const before = last?.vetoes ?? []
      const vetoes =
        event.type === 'veto.lifted'
          ? before.filter(one => one !== event.rejection)
          : event.veto === true
            ? [...before, number]
            : before
      list.push({
        at: state !== undefined && entered !== undefined && since < entered ? entered : since,
        says: event.type,
        vetoes,
        flow: flow.map(stage => stage.name),
        ...(state === undefined
          ? {}
          : {
              state,
              kind: ['returned', 'remediation'].includes(state)
                ? 'blocked'
                : place < 0
                  ? 'none'
                  : /"kind":"(task|test|release)"/.test(kinds)
                    ? 'work'
                    : 'decision',
            }),
        ...(event.type === 'approval.granted' || event.type === 'approval.carried'
          ? {
              wait: {
                name: `${event.stage as string} ${seat?.role ?? ''} ${event.type === 'approval.carried' ? 'carried' : (seat?.capacity ?? 'own')}`,
                length: Math.max(0, ms(entered ?? list[0]?.at ?? at, at)),
              },
            }
          : {}),
      })
    }
  }
  return facts
}

function spread(lengths: number[]) {
  if (lengths.length === 0) return undefined
  const sorted = [...lengths].sort((a, b) => a - b)
  /** The least value that so many of a hundred do not exceed. */
  const percentile = (percent: number) =>
    sorted.find(one => sorted.filter(other => other <= one).length * 100 >= percent * sorted.length)
  return {
    count: lengths.length,
    mean: lengths.reduce((sum, one) => sum + one, 0) / lengths.length,
    p50: percentile(50),
    p85: percentile(85),
    p95: percentile(95),
    most: Math.max(...lengths),
  }
}

/** The main figures of an interval, for a trail without boards and without anything owed. */
export function plainReport(entries: readonly PlainEntry[], from: string, until: string) {
  const facts = factsOf(entries)
  const isIn = (at: string | undefined) => at !== undefined && at >= from && at < until
  const edges = [...new Set([from, until, ...[...facts.values()].flat().map(one => one.at)])]
    .filter(one => one >= from && one <= until)
    .toSorted()
  const lead: number[] = []
  const cycle: number[] = []
  const age: number[] = []
  const stopped: number[] = []
  const waits: Record<string, number[]> = {}
  const counts = { arrived: 0, done: 0, cancelled: 0, setBack: 0 }
  let work = 0
  let all = 0
  for (const list of facts.values()) {
    const when = (state: string) => list.find(fact => fact.state === state)?.at
    const [first] = list
    if (first === undefined) continue
    const [submitted, completed, closed, cancelled] = [first.at, when('completed'), when('closed'), when('cancelled')]
    const begun = list.find(fact => fact.state !== undefined && fact.state !== 'completed')?.at
    const end = closed !== undefined && closed < until ? closed : completed
    if (isIn(submitted)) counts.arrived += 1
    if (isIn(completed)) counts.done += 1
    if (isIn(cancelled)) counts.cancelled += 1
    const lies = list.filter(fact => fact.state !== undefined)
    for (const [index, fact] of lies.entries()) {
      const before = lies[index - 1]
      const [here, there] = [fact.flow.indexOf(fact.state ?? ''), fact.flow.indexOf(before?.state ?? '')]
      const isBack = fact.kind === 'blocked' || (here >= 0 && here < there)
      if (isBack && isIn(fact.at)) counts.setBack += 1
    }
    for (const { wait, at } of list)
      if (wait !== undefined && isIn(at)) waits[wait.name] = [...(waits[wait.name] ?? []), wait.length]
    if (isIn(completed) && end !== undefined) {
      lead.push(ms(submitted, end))
      if (begun !== undefined) cycle.push(ms(begun, end))
      const instants = [...new Set([...list.map(fact => fact.at), end])].toSorted()
      stopped.push(
        between(instants, (at, next) => {
          const isStopped = lastBy(list, at, fact => fact.state !== undefined)?.kind === 'blocked'
          const isVeto = (fact: Fact) => fact.says === 'change.rejected' || fact.says === 'veto.lifted'
          const isVetoed = (lastBy(list, at, isVeto)?.vetoes.length ?? 0) > 0
          return next <= end && (isStopped || (isVetoed && at < (completed ?? end)))
        }),
      )
    } else if (submitted < until && !isBy(completed, until) && !isBy(cancelled, until)) {
      if (begun !== undefined && begun < until) age.push(ms(begun, until))
    }
    const kindAt = (at: string) => lastBy(list, at, fact => fact.state !== undefined)?.kind ?? 'none'
    work += between(edges, at => kindAt(at) === 'work')
    all += between(edges, at => kindAt(at) !== 'none')
  }
  const refused: Record<string, number> = {}
  for (const { at, outcome } of entries)
    if ('refused' in outcome && isIn(at)) refused[outcome.refused.code] = (refused[outcome.refused.code] ?? 0) + 1
  return {
    ...counts,
    leadTime: spread(lead),
    cycleTime: spread(cycle),
    age: spread(age),
    blockedTime: spread(stopped),
    flowEfficiency: all === 0 ? undefined : work / all,
    waiting: Object.fromEntries(Object.entries(waits).map(([name, lengths]) => [name, spread(lengths)])),
    refused,
  }
}

const isBy = (at: string | undefined, until: string) => at !== undefined && at < until

/** The last fact of some kind that was there at an instant. */
const lastBy = (list: readonly Fact[], at: string, is: (fact: Fact) => boolean) =>
  list.filter(fact => fact.at <= at && is(fact)).at(-1)

/** The sum of the times between two instants, one after the other, for which something holds. */
function between(instants: readonly string[], holds: (at: string, next: string) => boolean): number {
  let sum = 0
  for (const [index, at] of instants.entries()) {
    const next = instants[index + 1]
    if (next !== undefined && holds(at, next)) sum += ms(at, next)
  }
  return sum
}
