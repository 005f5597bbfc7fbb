import type { View } from 'countersign'
import { adoptionProblems, controlsIn, populationOf } from 'countersign/governance'
import { type Controls, lint, type Policy, policyDigest, problemsOf } from 'countersign/policy'
import { judging } from '../files/judging.ts'
import { readControlsFile, readPolicyFile } from '../files/policy-file.ts'
import { type Linted, lintPage } from '../pages/lint-page.ts'
import { settingFor } from '../pages/page.ts'
import type { Options } from '../shell/command.ts'
import { InputError } from '../shell/input-error.ts'
import { jsonText } from '../shell/json-text.ts'
import { endWith, misuse } from '../shell/run.ts'
import type { Shell } from '../shell/shell.ts'
import { toldAs } from '../source/store-address.ts'
import { instantOf, openTrail } from '../source/trail-reader.ts'

/** Says what can be said against a policy, and gives the exit code. */
export async function lintPolicy([file = '']: readonly string[], options: Options, shell: Shell): Promise<number> {
  if (options.at !== undefined && options.trail === undefined)
    throw misuse('countersign lint', 'lint --at is about a trail: name it with --trail')
  const linted = await judging(file, () => lintFile(file, options))
  const page = () => lintPage(linted, file, settingFor(shell.stdout, shell.env))
  return endWith(shell, options.json ? `${jsonText(linted, 2)}\n` : page(), linted.exitCode)
}

async function lintFile(file: string, { trail, controls: named, at }: Options): Promise<Linted> {
  const when = at === undefined ? undefined : instantOf(at)
  const view = trail === undefined ? undefined : await openTrail(trail, when)
  const given = named === undefined ? undefined : await readControlsFile(named)
  const read = await readPolicyFile(file)
  if ('problems' in read) return concluded({ against: {}, errors: read.problems, findings: [] })
  const policy = read.document
  const about = { team: policy.team, digest: policyDigest(policy) }
  if (view !== undefined && trail !== undefined)
    return concluded({ ...about, ...inTrail(policy, view, trail, given, when) })
  const errors = problemsOf(policy, given)
  const findings = errors.length > 0 ? [] : lint(policy, given === undefined ? {} : { controls: given })
  return concluded({ ...about, against: given === undefined ? {} : { controls: given.name }, errors, findings })
}

/** Held against the people and the controls of a trail; against others where some are named. */
function inTrail(policy: Policy, view: View, trail: string, given: Controls | undefined, when: string | undefined) {
  const governance = view.governance()
  const inForce = given ?? controlsIn(governance)
  if (inForce === undefined)
    throw new InputError(`no controls are in force in ${toldAs(trail)}${when === undefined ? '' : ` at ${when}`}`, {
      hint: 'Name those that are to come with --controls.',
    })
  const at = when ?? new Date().toISOString()
  const population = populationOf(governance, policy.team, at)
  const errors = given === undefined ? adoptionProblems(governance, policy) : problemsOf(policy, given)
  const findings = errors.length > 0 ? [] : lint(policy, { ...population, controls: inForce })
  return {
    against: { controls: inForce.name, people: Object.keys(population.people).length, at },
    errors,
    findings,
  }
}

const concluded = (found: Omit<Linted, 'schema' | 'exitCode'>): Linted => ({
  schema: 'countersign/lint/v1',
  ...found,
  exitCode: found.errors.length > 0 ? 1 : found.findings.some(one => one.level === 'warning') ? 3 : 0,
})
