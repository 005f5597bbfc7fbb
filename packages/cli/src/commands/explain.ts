import { explainPage } from '../pages/explain-page.ts'
import { settingFor } from '../pages/page.ts'
import type { Options } from '../shell/command.ts'
import type { Shell } from '../shell/shell.ts'
import { document, opened, show, unknown } from '../source/show.ts'

/** Shows where a change stands. */
export async function explain(
  [trail = '', id = '']: readonly string[],
  { at, json }: Options,
  shell: Shell,
): Promise<number> {
  const { view, past, instant } = await opened(trail, at)
  const change = view.change(id)
  const told = change === undefined ? undefined : view.explain(id, instant)
  if (change === undefined || told === undefined) {
    const known = view.changes().map(one => one.id)
    throw unknown('change', id, known, past)
  }
  return show(
    shell,
    json ? document({ change, explanation: told }) : explainPage(change, told, settingFor(shell.stdout, shell.env)),
  )
}
