import type { Options } from '../commands.ts'
import { obligationsPage } from '../obligations-page.ts'
import { settingFor } from '../page.ts'
import { document, present, show, teamsOf, unknown } from '../show.ts'
import { instantOf, openTrail } from '../trail-reader.ts'

/** Shows what is owed on changes that have taken effect. */
export async function obligations([trail = '']: readonly string[], { team, at, json }: Options): Promise<number> {
  const when = at === undefined ? undefined : instantOf(at)
  const desk = await openTrail(trail, when)
  const teams = teamsOf(desk)
  if (team !== undefined && !teams.includes(team)) throw unknown('team', team, teams, when)
  const instant = when ?? present(desk)
  const list = desk.obligations(instant).filter(one => team === undefined || one.team === team)
  return show(json ? document(list) : obligationsPage(list, instant, settingFor(process.stdout)))
}
