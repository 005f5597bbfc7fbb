import { obligationsPage } from '../pages/obligations-page.ts'
import { settingFor } from '../pages/page.ts'
import type { Options } from '../shell/command.ts'
import type { Shell } from '../shell/shell.ts'
import { document, opened, show, teamsOf, unknown } from '../source/show.ts'

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
