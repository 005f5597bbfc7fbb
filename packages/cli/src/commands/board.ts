import { boardPage } from '../pages/board-page.ts'
import { settingFor } from '../pages/page.ts'
import type { Options } from '../shell/command.ts'
import type { Shell } from '../shell/shell.ts'
import { document, opened, show, teamsOf, unknown } from '../source/show.ts'

/** Shows the boards of a trail's teams. */
export async function board(
  [trail = '']: readonly string[],
  { team, at, json }: Options,
  shell: Shell,
): Promise<number> {
  const { view, past, instant } = await opened(trail, at)
  const known = teamsOf(view)
  if (team !== undefined && !known.includes(team)) throw unknown('team', team, known, past)
  const shown = (team === undefined ? known : [team]).flatMap(
    one => view.board(one, instant, json ? { finished: Infinity } : {}) ?? [],
  )
  if (json) return show(shell, document(shown))
  if (shown.length === 0) return show(shell, 'No team has a policy in force, and there is no change.\n')
  return show(shell, shown.map(one => boardPage(one, settingFor(shell.stdout, shell.env))).join('\n'))
}
