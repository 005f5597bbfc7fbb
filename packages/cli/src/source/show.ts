import type { View } from 'countersign'
import { InputError } from '../shell/input-error.ts'
import { jsonText } from '../shell/json-text.ts'
import { endWith } from '../shell/run.ts'
import type { Shell } from '../shell/shell.ts'
import { instantOf, openTrail } from './trail-reader.ts'

const mostNamed = 12

/** Told once on stderr by every command that shows what a trail says. */
export const unverified = 'countersign shows what the trail says and does not verify it; verify-trail does.\n'

/** Says that nothing was verified, then prints. */
export function show(shell: Shell, text: string): number {
  shell.stderr.write(unverified)
  return endWith(shell, text)
}

/** The one document that `--json` prints. */
export const document = (value: unknown): string => `${jsonText(value, 2)}\n`

/** What a trail says, or said by an instant, and the instant at which that is judged: else now. */
export async function opened(trail: string, at: string | undefined) {
  const past = at === undefined ? undefined : instantOf(at)
  const view = await openTrail(trail, past)
  // The last entry may be dated by a clock that was ahead of ours.
  const instant = past ?? [new Date().toISOString(), view.until()].toSorted().at(-1) ?? ''
  return { view, past, instant }
}

/** The teams that have a policy in force, or a change. */
export const teamsOf = (view: View): string[] =>
  [...new Set([...Object.keys(view.governance().policyInForce), ...view.changes().map(one => one.team)])].toSorted()

/** Something was asked for by a name that is not there: says which names there are. */
export function unknown(what: string, name: string, known: readonly string[], at?: string): InputError {
  const named = known.slice(0, mostNamed).join(', ')
  const more = known.length > mostNamed ? ` and ${known.length - mostNamed} more` : ''
  const none =
    at === undefined
      ? `There is no ${what} in it at all.`
      : `There was no ${what} in it by then; without --at all are shown.`
  return new InputError(`there is no ${what} ${name} in this trail${at === undefined ? '' : ` at ${at}`}`, {
    hint: known.length === 0 ? none : `There is: ${named}${more}.`,
  })
}
