import { boardPage } from '../board-page.ts'
import type { Options } from '../commands.ts'
import { settingFor } from '../page.ts'
import { document, present, show, teamsOf, unknown } from '../show.ts'
import { instantOf, openTrail } from '../trail-reader.ts'

/** Shows the boards of a trail's teams. */
export async function board([trail = '']: readonly string[], { team, at, json }: Options): Promise<number> {
  const when = at === undefined ? undefined : instantOf(at)
  const desk = await openTrail(trail, when)
  const known = teamsOf(desk)
  if (team !== undefined && !known.includes(team)) throw unknown('team', team, known, when)
  const shown = (team === undefined ? known : [team]).map(one => desk.board(one, when ?? present(desk)))
  if (json) return show(document(shown))
  if (shown.length === 0) return show('No team has a policy in force, and there is no change.\n')
  return show(shown.map(one => boardPage(one, settingFor(process.stdout))).join('\n'))
}
