import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Controls, type Policy, type PolicyProblem, readControls, readPolicy } from 'countersign/policy'
import { InputError } from '../shell/input-error.ts'
import { unreadable } from './file.ts'
import { mostPolicyBytes, readJson } from './supplied.ts'

/** What a file holds: a policy, or what keeps it from being one. */
type PolicyFile = { readonly document: Policy } | { readonly problems: readonly PolicyProblem[] }

const isModule = (file: string): boolean => /\.[mc]?[tj]s$/.test(file)

/**
 * Reads a policy from JSON, or runs the module that writes it down. Throws `InputError` where the file cannot be read or
 * holds no policy.
 */
export async function readPolicyFile(file: string): Promise<PolicyFile> {
  const loaded = isModule(file) ? await load(file) : { exports: { default: await readJson(file, mostPolicyBytes) } }
  if ('problems' in loaded) return loaded
  const { document, problems } = readPolicy(documentIn(file, exportsOf(loaded.exports), policyFormat))
  return document === undefined ? { problems } : { document }
}

/** Reads controls, in the same way. */
export async function readControlsFile(file: string): Promise<Controls> {
  const loaded = isModule(file) ? await load(file) : { exports: { default: await readJson(file, mostPolicyBytes) } }
  if ('problems' in loaded) throw new InputError(`${file} cannot be run: its policy is refused`)
  const { document, problems } = readControls(documentIn(file, exportsOf(loaded.exports), controlsFormat))
  if (document !== undefined) return document
  const [first] = problems
  throw new InputError(`${file} holds no controls: ${first?.where}: ${first?.problem}`)
}

const policyFormat = { what: 'policy', format: 'countersign/policy/v1' }
const controlsFormat = { what: 'controls', format: 'countersign/controls/v1' }

/** The default export first, then the others. */
const exportsOf = (exports: Readonly<Record<string, unknown>>): unknown[] =>
  Object.keys(exports)
    .toSorted((a, b) => Number(b === 'default') - Number(a === 'default'))
    .map(name => exports[name])

/** The one document of a format among what a file has. */
function documentIn(file: string, values: readonly unknown[], { what, format }: { what: string; format: string }) {
  const found = values.filter(one => (one as { format?: unknown } | null | undefined)?.format === format)
  const [first] = found
  if (first !== undefined && (found.length === 1 || first === values[0])) return first
  throw new InputError(`${file} holds ${found.length === 0 ? `no ${what}` : `more than one of ${what}`}`, {
    hint: `It is expected as its default export, with the format ${format}.`,
  })
}

/** Runs a module. What its tools refuse to write down is a finding about the policy, anything else a fault of the file. */
async function load(
  file: string,
): Promise<{ readonly exports: Record<string, unknown> } | { readonly problems: readonly PolicyProblem[] }> {
  const path = resolve(file)
  await stat(path).catch(error => {
    throw unreadable(file, error)
  })
  try {
    return { exports: (await import(pathToFileURL(path).href)) as Record<string, unknown> }
  } catch (error) {
    const problems = problemsIn(error)
    if (problems !== undefined) return { problems }
    const [line = ''] = String((error as Error | undefined)?.message ?? error).split('\n')
    throw new InputError(`${file} cannot be run: ${line}`, { cause: error })
  }
}

/** The module may have a copy of the library of its own, so its errors are known by what they hold. */
function problemsIn(error: unknown): readonly PolicyProblem[] | undefined {
  const { code, message, facts } = (error ?? {}) as {
    readonly code?: unknown
    readonly message?: unknown
    readonly facts?: { readonly problems?: readonly PolicyProblem[]; readonly where?: unknown }
  }
  if (code !== 'policy') return undefined
  if (Array.isArray(facts?.problems)) return facts.problems
  return [{ where: '', problem: String(message) }]
}
