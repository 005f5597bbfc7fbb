import type { Options } from '../commands.ts'
import { explainPage } from '../explain-page.ts'
import { settingFor } from '../page.ts'
import { document, present, show, unknown } from '../show.ts'
import { instantOf, openTrail } from '../trail-reader.ts'

/** Shows where a change stands. */
export async function explain([trail = '', id = '']: readonly string[], { at, json }: Options): Promise<number> {
  const when = at === undefined ? undefined : instantOf(at)
  const desk = await openTrail(trail, when)
  const change = desk.change(id)
  const told = change === undefined ? undefined : desk.explain(id, when ?? present(desk, id))
  if (change === undefined || told === undefined) {
    const known = desk.changes().map(one => one.id)
    throw unknown('change', id, known, when)
  }
  return show(json ? document({ change, explanation: told }) : explainPage(change, told, settingFor(process.stdout)))
}
