import { CountersignError } from '@countersign/trail'
import * as z from 'zod'
import { categoryId, roleId, stageId } from '../values/identifier.ts'
import { refuseUnknown, stated } from './options.ts'
import { type RoleName, roleNamed } from './role.ts'

const most = z.int().min(1, { error: 'must be 1 or more: a limit of nothing would let nothing through' }).max(1_000_000)

/**
 * The team's board: its columns, each with the stages whose changes lie in it, and its limits. A stage that no column has
 * is a column of its own. `wip: false` declares a column to lie outside of what is in progress, such as a backlog.
 */
export const boardSchema = z.strictObject({
  columns: z
    .array(
      z.strictObject({
        name: stageId,
        stages: z.array(stageId).max(200),
        limit: most.optional(),
        wip: z.literal(false).optional(),
      }),
    )
    .max(40),
  perPerson: most.optional(),
  owner: z.literal('required').optional(),
  capacity: most.optional(),
  categories: z.record(categoryId, z.strictObject({ max: most.optional(), reserve: most.optional() })).optional(),
  expedite: z.strictObject({ categories: z.array(categoryId).min(1).max(100), size: most }).optional(),
  planning: z.strictObject({ by: roleId, present: roleId, quorum: most }).optional(),
})

export type BoardRules = z.infer<typeof boardSchema>

/** A board as its author writes it. */
export interface BoardOptions {
  columns?: { name: string; stages: string[]; limit?: number; wip?: false }[]
  /** So many changes lie with one person at most. */
  perPerson?: number
  /** Nothing comes into progress that lies with nobody. */
  owner?: 'required'
  /** So many changes are in progress at most; what categories reserve of it is theirs. */
  capacity?: number
  /** For each category how many of its changes are in progress at most, and how many places are kept for them. */
  categories?: Record<string, { max?: number; reserve?: number }>
  /** Changes of these categories may exceed the limits, so many at a time. */
  expedite?: { categories: string[]; size: number }
  /** Who decides on the order of priority, with so many holders of another role present. */
  planning?: { by: RoleName; present: RoleName; quorum: number }
}

/**
 * Writes down a team's board.
 *
 * @example
 * ```ts
 * import { board } from 'countersign/policy'
 * board({ columns: [{ name: 'doing', stages: ['build'], limit: 3 }], perPerson: 2 }).perPerson // → 2
 * ```
 */
export function board(options: BoardOptions): BoardRules {
  refuseUnknown('board', options, ['columns', 'perPerson', 'owner', 'capacity', 'categories', 'expedite', 'planning'])
  const { columns = [], planning, ...rest } = options
  if (planning !== undefined) refuseUnknown('board: planning', planning, ['by', 'present', 'quorum'])
  if (!Array.isArray(columns))
    throw new CountersignError(
      'policy',
      "board: its columns are a list, as [{ name: 'doing', stages: ['build'], limit: 3 }]",
    )
  for (const [place, one] of columns.entries())
    refuseUnknown(`board column ${one?.name ?? place}`, one, ['name', 'stages', 'limit', 'wip'])
  const { categories } = rest
  return {
    columns: columns.map(one => stated(one)),
    ...stated(rest),
    ...(isByName(categories) ? { categories: statedEach(categories) } : {}),
    ...(planning === undefined
      ? {}
      : {
          planning: {
            by: roleNamed('board: planning.by', planning.by),
            present: roleNamed('board: planning.present', planning.present),
            quorum: planning.quorum,
          },
        }),
  }
}

/** What is no list by names is handed on, to be refused. */
const isByName = <Value>(list: Record<string, Value> | undefined): list is Record<string, Value> =>
  typeof list === 'object' && list !== null && !Array.isArray(list)

const statedEach = <Value extends object>(list: Record<string, Value>): Record<string, Value> =>
  Object.fromEntries(
    Object.entries(list).map(([name, one]) => [name, typeof one === 'object' && one !== null ? stated(one) : one]),
  )

export interface BoardColumn {
  readonly name: string
  readonly limit?: number | undefined
  readonly isWip: boolean
}

/** The column in which the changes of a stage lie. */
export function columnOf(rules: BoardRules, stage: string): BoardColumn {
  const found = rules.columns.find(one => one.stages.includes(stage))
  return found === undefined ? { name: stage, isWip: true } : columnNamed(rules, found.name)
}

/** The column of a name, with its rules; one that the board does not list is a stage's own, and in progress. */
export function columnNamed(rules: BoardRules, name: string): BoardColumn {
  const found = rules.columns.find(one => one.name === name)
  if (found === undefined) return { name, isWip: true }
  return { name, isWip: found.wip === undefined, ...(found.limit === undefined ? {} : { limit: found.limit }) }
}

/** Whether something has to hold of a change before it comes into progress. */
export const guardsProgress = ({ perPerson, owner, capacity, categories }: BoardRules): boolean =>
  perPerson !== undefined || owner !== undefined || capacity !== undefined || categories !== undefined
