import { readFileSync, writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import { parseArgs } from 'node:util'
import { Stryker } from '@stryker-mutator/core'

// The folders of the library whose mutants are tried; with a path after it (`change/decide.ts`) a single file. `--again`
// tries those once more that were left alive before: what was found is found, as long as neither the code nor the test that
// found it has changed. `--most 100`: a mutant that a hundred tests leave alive counts as alive.
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { again: { type: 'boolean' }, most: { type: 'string' } },
})
const named = positionals.map(one => one.replace(/\/$/, ''))
const asked = named.length === 0 ? ['change', 'policy', 'governance'] : named
if (values.most !== undefined) process.env.MUTANTS_PATIENCE = values.most
const src = 'packages/countersign/src'
const report = 'reports/mutants.json'

const isAsked = (file: string) => asked.some(one => file === `${src}/${one}` || file.startsWith(`${src}/${one}/`))

interface Mutant {
  readonly status: Status
  readonly mutatorName: string
  readonly replacement?: string
  readonly location: { readonly start: { readonly line: number; readonly column: number } }
}
const statuses = ['Killed', 'Timeout', 'Survived', 'NoCoverage', 'Ignored'] as const
type Status = (typeof statuses)[number]

interface Report {
  readonly files: Record<string, { mutants: readonly Mutant[] }>
}

if (values.again === true) {
  const before: Report = JSON.parse(readFileSync(report, 'utf8'))
  for (const [name, file] of Object.entries(before.files))
    if (isAsked(name)) file.mutants = file.mutants.filter(one => one.status !== 'Survived')
  writeFileSync(report, JSON.stringify(before))
}

await new Stryker({
  mutate: asked.map(one => (one.includes('.ts') ? `${src}/${one}` : `${src}/${one}/**/*.ts`)),
  plugins: [new URL('runner.ts', import.meta.url).href],
  testRunner: 'countersign',
  testRunnerNodeArgs: ['--conditions=countersign-src', '--no-warnings'],
  // There is no such file: with one, Stryker would ask for TypeScript 6 and look for files through it.
  tsconfigFile: 'none.json',
  ignorePatterns: ['docs', 'reports', 'dist', '*.tsbuildinfo', '.countersign'],
  ignoreStatic: true,
  concurrency: 1,
  timeoutMS: 5000,
  timeoutFactor: 0.3,
  incremental: true,
  incrementalFile: report,
  reporters: ['progress-append-only'],
  allowConsoleColors: false,
  checkers: [],
  disableTypeChecks: false,
}).runMutationTest()

const { files }: Report = JSON.parse(readFileSync(report, 'utf8'))
const tables = new Map<string, Mutant[]>()
const table = (key: string) => tables.get(key) ?? tables.set(key, []).get(key) ?? []
for (const [file, { mutants }] of Object.entries(files)) {
  if (!isAsked(file)) continue
  const path = relative(src, file)
  table(path).push(...mutants)
  table(`${path.split('/')[0]}/`).push(...mutants)
  for (const { status, mutatorName, replacement = '', location } of mutants) {
    if (status !== 'Survived' && status !== 'NoCoverage') continue
    const { line, column } = location.start
    console.log(`${status} ${path}:${line}:${column} ${mutatorName} → ${replacement.replaceAll(/\s+/g, ' ')}`)
  }
}
console.log('\n| | killed | timed out | survived | not covered | left out | found |\n|---|---|---|---|---|---|---|')
for (const [key, mutants] of [...tables].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
  const of = (...kinds: Status[]) => mutants.filter(one => kinds.includes(one.status)).length
  const found = (100 * of('Killed', 'Timeout')) / of('Killed', 'Timeout', 'Survived', 'NoCoverage')
  console.log(`| ${key} | ${statuses.map(one => of(one)).join(' | ')} | ${found.toFixed(1)} % |`)
}
