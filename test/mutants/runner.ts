import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { basename, dirname, join, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { InstrumenterContext, Mutant, MutantCoverage } from '@stryker-mutator/api/core'
import { declareClassPlugin, PluginKind } from '@stryker-mutator/api/plugin'
import {
  type DryRunResult,
  DryRunStatus,
  determineHitLimitReached,
  type MutantRunOptions,
  type MutantRunResult,
  type TestResult,
  type TestRunner,
  TestStatus,
  toMutantRunResult,
} from '@stryker-mutator/api/test-runner'
import fc from 'fast-check'
import { Emptied, empty } from './emptied.ts'
import type { Written } from './vitest.ts'

const home = pathToFileURL(join(import.meta.dirname, '..', '..', sep)).href
const standIn = new URL('vitest.ts', import.meta.url).href

/** The tests that hold the library's rules; those of the outside world (files, processes, pages) kill nothing here. */
const folders = ['law', 'change', 'policy', 'governance', 'record']
const files = [
  'verify/verify.test.ts',
  'verify/duties.test.ts',
  'policy-document.test.ts',
  'properties/condition.test.ts',
  'properties/matching.test.ts',
]

/** Tests that start processes, in which no mutant is active, or that take seconds and see nothing that others do not. */
const leftOut = [
  'on machines in five of them',
  'in another process, in two other time zones',
  'prints on the page for people of how many',
  'however long somebody forges the chain',
  'when a member of any entry is left out',
  'a role that the whole house holds',
]

const isTried = ({ name }: Written) => leftOut.every(one => !name.includes(one))

/** A mutant that so many tests leave alive counts as one that survives, whatever others would say of it. */
const patience = Number(process.env.MUTANTS_PATIENCE ?? Number.POSITIVE_INFINITY)

const stryker: InstrumenterContext = {}
Object.assign(globalThis, { __stryker__: stryker, Emptied })

/**
 * Packages find each other through links that lead out of the copy, so what they lead to is looked up in the copy; and
 * what a module keeps for as long as it is loaded is emptied before each test, for none to see what another left.
 */
function hook(copy: string): void {
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier === 'vitest' && context.parentURL !== standIn) return { url: standIn, shortCircuit: true }
      const found = next(specifier, context)
      const isOutside =
        found.url.startsWith(home) && !found.url.startsWith(copy) && !found.url.includes('/node_modules/')
      const isOurs = found.url.startsWith(new URL('test/mutants/', home).href)
      return isOutside && !isOurs ? { ...found, url: copy + found.url.slice(home.length) } : found
    },
    load(url, context, next) {
      const loaded = next(url, context)
      const { source: read } = loaded
      if (!url.startsWith(new URL('packages/', copy).href) || url.includes('/node_modules/') || read === undefined)
        return loaded
      const text = typeof read === 'string' ? read : new TextDecoder().decode(read ?? undefined)
      const source = text.replaceAll(/= new WeakMap\b/g, '= new globalThis.Emptied')
      return { ...loaded, source }
    },
  })
}

interface Known {
  readonly spent: Readonly<Record<string, number>>
  readonly perTest: MutantCoverage['perTest']
}
const known = 'first-run.json'

/** Mutants are numbered as they stand in a file; this many on either side of one are beside it. */
const nearby = 12

class Runner implements TestRunner {
  /** A test that killed a mutant is likely to kill the next one, which stands beside it. */
  #killers: readonly string[] = []
  #shown: Known | undefined
  #written = new Map<string, Written>()
  #finishing: (() => unknown)[] = []

  // A mutant that acts while modules load and later too is only seen later: nothing need be loaded again for it.
  capabilities() {
    return { reloadEnvironment: true }
  }

  async init(): Promise<void> {
    // Stryker goes there only after it has loaded this module.
    const copy = pathToFileURL(join(process.cwd(), sep)).href
    hook(copy)
    fc.configureGlobal({ seed: 1 })
    process.on('unhandledRejection', () => {})
    const { finishing, load, written }: typeof import('./vitest.ts') = await import(standIn)
    const names = [
      ...folders.flatMap(folder => readdirSync(join('test', folder)).map(name => join(folder, name))),
      ...files,
    ]
    for (const name of names.filter(one => one.endsWith('.test.ts')).toSorted())
      await load(new URL(`test/${name.split(sep).join('/')}`, copy).href, join('test', name))
    this.#finishing = finishing
    this.#written = new Map(written.filter(isTried).map(one => [one.name, one]))
  }

  async dryRun(): Promise<DryRunResult> {
    const tests: TestResult[] = []
    for (const test of this.#written.values()) {
      stryker.currentTestId = test.name
      const result = await this.#run(test)
      tests.push(result)
    }
    delete stryker.currentTestId
    const mutantCoverage: MutantCoverage = stryker.mutantCoverage ?? { static: {}, perTest: {} }
    const spent = Object.fromEntries(tests.map(one => [one.id, one.timeSpentMs]))
    writeFileSync(known, JSON.stringify({ spent, perTest: mutantCoverage.perTest } satisfies Known))
    return { status: DryRunStatus.Complete, tests, mutantCoverage }
  }

  async mutantRun({ activeMutant, hitLimit, testFilter }: MutantRunOptions): Promise<MutantRunResult> {
    stryker.activeMutant = activeMutant.id
    stryker.hitCount = 0
    if (hitLimit !== undefined) stryker.hitLimit = hitLimit
    const tests: TestResult[] = []
    const inOrder = this.#inOrder(activeMutant, testFilter ?? [...this.#written.keys()])
    for (const test of inOrder.slice(0, patience)) {
      const result = await this.#run(test)
      tests.push(result)
      if (result.status === TestStatus.Success) continue
      this.#killers = [test.name, ...this.#killers.filter(name => name !== test.name)].slice(0, 16)
      break
    }
    const endless = determineHitLimitReached(stryker.hitCount, stryker.hitLimit)
    delete stryker.activeMutant
    delete stryker.hitCount
    delete stryker.hitLimit
    return toMutantRunResult(endless ?? { status: DryRunStatus.Complete, tests })
  }

  /**
   * The tests that killed a mutant lately, then the folder's own, and of both kinds those first that come to what few
   * others come to beside this mutant: a branch that it opens or shuts is seen by whoever goes there.
   */
  #inOrder({ id, fileName }: Mutant, names: readonly string[]): Written[] {
    const { spent, perTest } = this.#known()
    const asked = new Set(names)
    const killers = this.#killers.filter(name => asked.delete(name))
    const beside = Array.from({ length: 2 * nearby + 1 }, (_, place) => String(Number(id) + place - nearby))
    const comes = beside.map(one => names.filter(name => perTest[name]?.[one] !== undefined).length)
    const rarity = (name: string) =>
      Math.min(...beside.map((one, place) => (perTest[name]?.[one] === undefined ? names.length : (comes[place] ?? 0))))
    const rest = [...asked].map(name => ({ name, rarity: rarity(name), spent: spent[name] ?? 0, place: 0 }))
    // Of those to which the same few come, one of each file in turn: the tests of a file are much alike.
    const alike = Object.groupBy(rest, one => `${one.rarity} ${this.#written.get(one.name)?.file}`)
    for (const some of Object.values(alike))
      for (const [place, one] of (some ?? []).toSorted((a, b) => a.spent - b.spent).entries()) one.place = place
    const own = join('test', basename(dirname(fileName)), sep)
    const isOther = (one: { readonly name: string }) => Number(!one.name.startsWith(own))
    const sorted = rest.toSorted(
      (a, b) => isOther(a) - isOther(b) || a.rarity - b.rarity || a.place - b.place || a.spent - b.spent,
    )
    return [...killers, ...sorted.map(one => one.name)].flatMap(name => this.#written.get(name) ?? [])
  }

  /** What the first run has shown; a process that was started since has not seen it. */
  #known(): Known {
    this.#shown ??= JSON.parse(readFileSync(known, 'utf8')) as Known
    return this.#shown
  }

  async #run({ name, file, body }: Written): Promise<TestResult> {
    empty()
    const begun = performance.now()
    const result = () => ({ id: name, name, fileName: file, timeSpentMs: Math.ceil(performance.now() - begun) })
    try {
      await body()
      return { ...result(), status: TestStatus.Success }
    } catch (error) {
      return { ...result(), status: TestStatus.Failed, failureMessage: String(error) }
    } finally {
      for (const last of this.#finishing.splice(0)) await last()
    }
  }
}

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, 'countersign', Runner)]
