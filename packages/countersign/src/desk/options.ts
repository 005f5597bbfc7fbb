import { CountersignError } from '@countersign/trail'
import type { Cache, Openings, Store } from '@countersign/trail/store'
import { didYouMean } from '../values/near.ts'
import type { NewSalt } from './private-values.ts'
import type { Schedules } from './schedules.ts'

/** What a desk is made with. */
export interface DeskOptions {
  /** Where the trail lives. */
  readonly store: Store
  /** The present: that of the machine unless told otherwise. Time enters a decision here and nowhere else. */
  readonly clock?: () => Date
  /** An id for a command that brings none: 8 to 64 letters, digits, `_` and `-`; a random one unless told otherwise. */
  readonly newId?: () => string
  /**
   * Which refused commands become entries: those of known persons that break a duty, an authority or a delegation, or
   * would release what is not approved and tested (`violations`, unless told otherwise), every one that was understood
   * (`all`), or `none`.
   */
  readonly recordRefusals?: 'violations' | 'all' | 'none'
  /**
   * Works out what a freeze or a window comes to in instants that is declared by its schedule alone; `resolve` of
   * `@countersign/calendar`. Without it `intervals` are handed in beside the `schedule`.
   */
  readonly schedules?: Schedules
  /**
   * Where what opens private values is kept: `openFileOpenings` of `@countersign/store-file`, or a host's own. Without it no
   * private value is taken.
   */
  readonly openings?: Openings
  /** 32 random bytes for each private value: from `node:crypto` unless told otherwise. */
  readonly newSalt?: NewSalt
  /**
   * Where the desk keeps what it has worked out, so that the next one reads in only what came since, and what is over need
   * not lie in memory: `openSqliteCache` of `@countersign/store-sqlite`. One for each desk, until
   * the desk is closed. It can be thrown away while no desk has it open, and whoever can write it can make this desk decide
   * wrongly, which `verify-trail` finds.
   */
  readonly cache?: Cache
  /** After how many entries what was worked out goes into the cache: 1,000 unless told otherwise. */
  readonly cacheEvery?: number
  /** How many changes, and as much besides, are held in memory that lie in the cache too: 10,000 unless told otherwise. */
  readonly cacheHolds?: number
}

const optionNames = [
  'store',
  'clock',
  'newId',
  'recordRefusals',
  'schedules',
  'openings',
  'newSalt',
  'cache',
  'cacheEvery',
  'cacheHolds',
]

const storeMethods = ['head', 'append', 'read', 'close'] as const
const openingsMethods = ['put', 'get', 'delete'] as const
/** What is a function, and of what kind. */
const functions = {
  clock: ' that gives a Date',
  newId: ' that gives an id',
  newSalt: ' that gives 32 random bytes',
  schedules: ', such as resolve of @countersign/calendar',
} as const
const cacheMethods = ['read', 'all', 'write', 'clear', 'close'] as const

/** Options that are misspelt would be left out without a word, so they are refused. */
export function checked(options: DeskOptions): DeskOptions {
  const wrong = (problem: string) => new CountersignError('input', `createDesk: ${problem}`)
  const strange = Object.keys(options ?? {}).find(name => !optionNames.includes(name))
  if (strange !== undefined) throw wrong(`there is no option ${strange}${didYouMean(strange, optionNames)}`)
  const store = options?.store as unknown as Record<string, unknown> | undefined
  if (!storeMethods.every(name => typeof store?.[name] === 'function')) throw wrong('`store` is no store')
  if (options.recordRefusals !== undefined && !['violations', 'all', 'none'].includes(options.recordRefusals)) {
    throw wrong('`recordRefusals` is violations, all or none')
  }
  const openings = options.openings as unknown as Record<string, unknown> | undefined
  if (openings !== undefined && !openingsMethods.every(name => typeof openings?.[name] === 'function'))
    throw wrong('`openings` is nothing that keeps openings')
  const cache = options.cache as unknown as Record<string, unknown> | undefined
  if (cache !== undefined && !cacheMethods.every(name => typeof cache?.[name] === 'function'))
    throw wrong('`cache` is no cache')
  for (const name of ['cacheEvery', 'cacheHolds'] as const) {
    const number = options[name]
    if (number !== undefined && !(Number.isSafeInteger(number) && number >= 1))
      throw wrong(`\`${name}\` is a number of entries or changes, from 1`)
  }
  for (const [name, what] of Object.entries(functions))
    if (
      options[name as keyof typeof functions] !== undefined &&
      typeof options[name as keyof typeof functions] !== 'function'
    )
      throw wrong(`\`${name}\` is a function${what}`)
  return options
}
