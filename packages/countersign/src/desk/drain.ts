import { CountersignError } from '@countersign/trail'
import type { Store } from '@countersign/trail/store'
import { type Cursor, cursorText, parseCursor } from '../outbox/cursor.ts'
import type { Notice } from '../outbox/notice.ts'
import { Outbox } from '../outbox/outbox.ts'
import { type Instant, laterOf, parseInstant } from '../values/instant.ts'
import { didYouMean } from '../values/near.ts'
import { inOrder, recordOf } from './stored.ts'

/** What a host asks of the outbox. */
export interface OutboxAsked {
  /** The cursor that was kept when the notices before it had been handed on; without one, everything from the first entry on. */
  readonly after?: string
  /** After so many notices no further entry is read, 200 unless told otherwise. All notices of an entry come together. */
  readonly limit?: number
  /** The present, for what time alone brings about; that of the desk's clock unless told otherwise. */
  readonly at?: Instant
}

/** A part of the outbox. */
export interface Drained {
  readonly notices: readonly Notice[]
  /** What to ask for next. It is kept once the notices were handed on: whoever crashes before is given them again. */
  readonly cursor: string
  /** Whether there is more to be had now. */
  readonly more: boolean
}

const mostNotices = 10_000
const names = ['after', 'limit', 'at']

/** So many consumers can each go on from their own cursor without reading the trail anew. A fold holds all changes, so it is a few. */
const mostKept = 4

/** What was folded of a trail, and of what leaf hash the last entry of it was. */
interface Fold {
  readonly outbox: Outbox
  readonly tail: string | undefined
}

/**
 * Drains the outbox of a store: reads the trail, and holds what it has folded for the four cursors that it gave last.
 * Whoever asks with another one is served as well, and the trail is read from its beginning for it.
 *
 * @example
 * ```ts
 * import { f0 } from '@countersign/testing'
 * import { drainOf } from 'countersign'
 * const { store, now } = await f0()
 * const drain = drainOf(store, () => new Date(now))
 * const { notices, cursor, more } = await drain()
 * notices.length > 0 && !more // → true
 * (await drain({ after: cursor })).notices // → []
 * ```
 */
export function drainOf(store: Pick<Store, 'read'>, now: () => Date): (asked?: OutboxAsked) => Promise<Drained> {
  /** The folds of earlier calls, the latest last: whoever goes on from the cursor of one need not read it all again. */
  const kept: (Fold & { readonly cursor: string })[] = []
  return async (asked = {}) => {
    const { after, limit, at } = checked(asked, now)
    const from = parseCursor(after)
    if (from === undefined)
      throw wrong(`\`after\` is a cursor as the outbox gives it, and ${after.slice(0, 64)} is none`)
    const place = kept.findIndex(one => one.cursor === after)
    const [known] = place < 0 ? [] : kept.splice(place, 1)
    const { outbox, tail, notices, more } = await goOn(store, known ?? nothing(), from, limit)
    if (outbox.size < from.size) {
      const facts = { after, size: outbox.size }
      throw wrong(`the cursor ${after} lies behind the end of this trail, which has ${outbox.size} entries`, facts)
    }
    if (!more) notices.push(...outbox.until(at))
    const told = laterOf(at, from.at)
    const cursor = cursorText({ size: outbox.size, at: more ? '' : told })
    // Two who are as far as each other have the same cursor, and a fold each: the next call takes one of them on.
    kept.push({ cursor, outbox, tail })
    if (kept.length > mostKept) kept.shift()
    return { notices, cursor, more }
  }
}

const nothing = (): Fold => ({ outbox: new Outbox(), tail: undefined })

/**
 * Folds what a store has beyond what was folded before, and gives what is to be told from a cursor on. Where the store has another
 * entry in the place of the last one that was folded, or none, it was put back meanwhile: then it is folded from the beginning.
 */
async function goOn(
  store: Pick<Store, 'read'>,
  { outbox, tail: before }: Fold,
  from: Cursor,
  limit: number,
): Promise<Fold & { readonly notices: Notice[]; readonly more: boolean }> {
  const notices: Notice[] = []
  let tail = before
  let more = false
  let isContinued = outbox.size === 0
  for await (const sealed of inOrder(store, Math.max(0, outbox.size - 1))) {
    more = notices.length >= limit
    if (more) break
    if (sealed.seq < outbox.size) {
      isContinued = sealed.leafHash === before
      if (isContinued) continue
      break
    }
    if (outbox.size >= from.size) notices.push(...outbox.entry(recordOf(sealed)))
    else {
      outbox.pass(recordOf(sealed))
      if (outbox.size === from.size) outbox.passTime(from.at)
    }
    tail = sealed.leafHash
  }
  return isContinued ? { outbox, tail, notices, more } : goOn(store, nothing(), from, limit)
}

function checked(asked: OutboxAsked, now: () => Date): Required<OutboxAsked> {
  if (typeof asked !== 'object' || (asked as object | null) === null) throw wrong('what is asked for is an object')
  const strange = Object.keys(asked).find(name => !names.includes(name))
  if (strange !== undefined) throw wrong(`there is no option ${strange.slice(0, 64)}${didYouMean(strange, names)}`)
  const { after = '0', limit = 200 } = asked
  if (typeof after !== 'string') throw wrong('`after` is a cursor as the outbox gives it')
  if (!Number.isInteger(limit) || limit < 1 || limit > mostNotices)
    throw wrong(`\`limit\` is a whole number from 1 to ${mostNotices}`)
  const at = parseInstant(asked.at ?? now().toISOString())
  if (at === undefined) throw wrong('`at` is an instant with an offset, such as 2026-03-02T10:00Z')
  return { after, limit, at }
}

const wrong = (problem: string, facts: Record<string, unknown> = {}) =>
  new CountersignError('input', `outbox: ${problem}`, { facts })
