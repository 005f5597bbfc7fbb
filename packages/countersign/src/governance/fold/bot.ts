import { freeze } from 'immer'
import type { Instant } from '../../values/instant.ts'
import type { Bot } from '../governance.ts'
import { added, type Folding, type Folds, kept, type Of } from './fold.ts'

export const botFolds: Folds<Of<'bot'>> = {
  'bot.registered': (tables, { bot, controller }) => control(tables, bot, controller),
  'bot.assigned': (tables, { bot, controller, at }) => control(tables, bot, controller, at),
}

/** A bot that answers to somebody, or to nobody. */
function control(tables: Folding, bot: string, controller: string | undefined, at?: Instant): void {
  const known = tables.bots.get(bot)
  const before = known?.controller
  if (before !== undefined) tables.botsOf = kept(tables.botsOf, before, one => one !== bot)
  const tookOver = [...(known?.tookOver ?? [])]
  const alone = before === undefined ? aloneSince(known) : leftAlone(tables, before)
  if (alone !== undefined && controller !== undefined && at !== undefined)
    tookOver.push({ person: controller, at, nth: tables.entries, ...alone })
  tables.bots = tables.bots.set(
    bot,
    freeze(
      {
        ...(controller === undefined ? {} : { controller }),
        ...(tookOver.length === 0 ? {} : { tookOver }),
      },
      true,
    ),
  )
  if (controller !== undefined) tables.botsOf = added(tables.botsOf, controller, bot)
}

/** Who answered for a bot last, and since when nobody does, as far as either is known. */
type Alone = Pick<Bot, 'formerly' | 'since' | 'left'>

const aloneSince = ({ formerly, since, left }: Bot = {}): Alone => ({
  ...(formerly === undefined ? {} : { formerly }),
  ...(since === undefined ? {} : { since }),
  ...(left === undefined ? {} : { left }),
})

/** The same of a bot whose controller has left; nothing where they are here. */
function leftAlone(tables: Folding, controller: string): Alone | undefined {
  const departed = tables.persons.get(controller)?.departed
  const left = tables.goneBy.get(controller)
  return departed === undefined
    ? undefined
    : aloneSince({ formerly: controller, since: departed.at, ...(left === undefined ? {} : { left }) })
}

/** Leaves the bots that answered to a person with nobody to answer for them, since that person has left. */
export function releaseBots(tables: Folding, controller: string): void {
  const alone = leftAlone(tables, controller)
  for (const bot of tables.botsOf.get(controller) ?? []) {
    const { tookOver } = tables.bots.get(bot) ?? {}
    tables.bots = tables.bots.set(bot, freeze({ ...(tookOver === undefined ? {} : { tookOver }), ...alone }))
  }
  tables.botsOf = tables.botsOf.delete(controller)
}
