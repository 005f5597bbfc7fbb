import type { Options } from '../command.ts'
import { obligationsPage } from '../obligations-page.ts'
import { settingFor } from '../page.ts'
import type { Shell } from '../shell.ts'
import { document, opened, show, teamsOf, unknown } from '../show.ts'

/** Shows what is owed on changes that have taken effect. */
export async function obligations(
  [trail = '']: readonly string[],
  { team, at, json }: Options,
  shell: Shell,
): Promise<number> {
  const { view, past, instant } = await opened(trail, at)
  const teams = teamsOf(view)
  if (team !== undefined && !teams.includes(team)) throw unknown('team', team, teams, past)
  const list = view.obligations(instant).filter(one => team === undefined || one.team === team)
  return show(shell, json ? document(list) : obligationsPage(list, instant, settingFor(shell.stdout, shell.env)))
}
