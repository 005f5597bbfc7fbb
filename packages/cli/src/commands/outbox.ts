import type { View } from 'countersign'
import { type Over, outboxPage } from '../pages/outbox-page.ts'
import { settingFor } from '../pages/page.ts'
import type { Options } from '../shell/command.ts'
import { misuse } from '../shell/run.ts'
import type { Shell } from '../shell/shell.ts'
import { document, show } from '../source/show.ts'
import { drainTrail, instantOf } from '../source/trail-reader.ts'

/** Shows who must be told what, and why, since a cursor. */
export async function outbox(
  [trail = '']: readonly string[],
  { after, limit, at, json }: Options,
  shell: Shell,
): Promise<number> {
  if (limit !== undefined && !/^(?:[1-9]\d{0,3}|10000)$/.test(limit))
    throw misuse('countersign outbox', `--limit is a whole number from 1 on, at most 10000, and ${limit} is none`)
  const { drained, view } = await drainTrail(trail, {
    at: instantOf(at ?? new Date().toISOString()),
    ...(after === undefined ? {} : { after }),
    ...(limit === undefined ? {} : { limit: Number(limit) }),
  })
  if (json) return show(shell, document(drained))
  const over = drained.notices.length === 0 ? new Map() : overIn(await view())
  return show(shell, outboxPage(drained, settingFor(shell.stdout, shell.env), over))
}

/** The changes that are closed or cancelled. */
const overIn = (view: View): ReadonlyMap<string, Over> =>
  new Map(
    view
      .changes()
      .flatMap(({ id, state, since }): [string, Over][] =>
        state === 'closed' || state === 'cancelled' ? [[id, { state, since }]] : [],
      ),
  )
