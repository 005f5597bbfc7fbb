import type { Desk } from 'countersign'
import { adoptionProblems, controlsIn, populationOf } from 'countersign/governance'
import {
  type Controls,
  controls,
  type LintFinding,
  lint,
  type Policy,
  type PolicyProblem,
  policyDigest,
  policySchema,
  problemsOf,
} from 'countersign/policy'
import type { LintArguments } from './countersign-arguments.ts'
import { InputError } from './input-error.ts'
import { lintPage } from './lint-page.ts'
import { settingFor } from './page.ts'
import { readControlsFile, readPolicyFile } from './policy-file.ts'
import { instantOf, openTrail } from './trail-reader.ts'

/** What was looked at, and what was found. Errors keep the policy from being used; findings do not. */
export interface Linted {
  readonly schema: 'countersign/lint/v1'
  readonly team?: string
  readonly digest?: string
  /** What it was held against. */
  readonly against: { readonly controls?: string; readonly people?: number; readonly at?: string }
  readonly errors: readonly PolicyProblem[]
  readonly findings: readonly LintFinding[]
  readonly exitCode: 0 | 1 | 3
}

/** Says what can be said against a policy, and gives the exit code. */
export async function lintCommand(asked: LintArguments): Promise<number> {
  const linted = await lintFile(asked)
  process.stdout.write(
    asked.json ? `${JSON.stringify(linted, null, 2)}\n` : lintPage(linted, asked.policy, settingFor(process.stdout)),
  )
  return linted.exitCode
}

async function lintFile({ policy: file, trail, controls: named, at }: LintArguments): Promise<Linted> {
  const when = at === undefined ? undefined : instantOf(at)
  const desk = trail === undefined ? undefined : await openTrail(trail, when)
  const given = named === undefined ? undefined : await readControlsFile(named)
  const read = await readPolicyFile(file)
  if ('problems' in read) return concluded({ against: {}, errors: read.problems, findings: [] })
  const parsed = policySchema.safeParse(read.document)
  if (!parsed.success) {
    const errors = parsed.error.issues.map(issue => ({
      where: issue.path.map(String).join('.'),
      problem: issue.message,
    }))
    return concluded({ against: {}, errors, findings: [] })
  }
  const policy = parsed.data
  const about = { team: policy.team, digest: policyDigest(policy) }
  if (desk !== undefined && trail !== undefined)
    return concluded({ ...about, ...inTrail(policy, desk, trail, given, when) })
  const errors = problemsUnder(policy, given)
  const findings = errors.length > 0 ? [] : lint(policy)
  return concluded({ ...about, against: given === undefined ? {} : { controls: given.name }, errors, findings })
}

/** Held against the people and the controls of a trail; against others where some are named. */
function inTrail(policy: Policy, desk: Desk, trail: string, given: Controls | undefined, when: string | undefined) {
  const governance = desk.governance()
  const inForce = given ?? controlsIn(governance)
  if (inForce === undefined)
    throw new InputError(`no controls are in force in ${trail}${when === undefined ? '' : ` at ${when}`}`, {
      hint: 'Name those that are to come with --controls.',
    })
  const at = when ?? new Date().toISOString()
  const population = populationOf(governance, policy.team, at)
  const errors = given === undefined ? adoptionProblems(governance, policy) : problemsUnder(policy, given)
  const findings = errors.length > 0 ? [] : lint(policy, { ...population, controls: inForce })
  return {
    against: { controls: inForce.name, people: Object.keys(population.people).length, at },
    errors,
    findings,
  }
}

/** Without controls, what no controls would let pass either. */
function problemsUnder(policy: Policy, given: Controls | undefined): PolicyProblem[] {
  if (given !== undefined) return problemsOf(policy, given)
  return problemsOf(policy, controls('none', {})).filter(one => one.where !== 'complies')
}

const concluded = (found: Omit<Linted, 'schema' | 'exitCode'>): Linted => ({
  schema: 'countersign/lint/v1',
  ...found,
  exitCode: found.errors.length > 0 ? 1 : found.findings.some(one => one.level === 'warning') ? 3 : 0,
})
