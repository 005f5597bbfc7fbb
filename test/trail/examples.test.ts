import { globSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { fileURLToPath } from 'node:url'
import { runInThisContext } from 'node:vm'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

interface Example {
  readonly of: string
  readonly code: string
}

/** The `ts` blocks after an `@example`, each with the name of what the comment stands before. */
function examplesIn(source: string): Example[] {
  return [...source.matchAll(/\/\*\*(?:(?!\*\/)[\s\S])*?\*\//g)].flatMap(comment => {
    if (!comment[0].includes('@example')) return []
    const text = comment[0].slice(comment[0].indexOf('@example')).replace(/^[ \t]*\* ?/gm, '')
    const after = source.slice(comment.index + comment[0].length, comment.index + comment[0].length + 200)
    const of = /^\s*(?:export\s+)?(?:default\s+)?(?:async\s+)?(?:\w+\*?\s+)?(\w+)/.exec(after)?.[1] ?? '?'
    return [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map(block => ({ of, code: block[1] ?? '' }))
  })
}

/** Turns `expression // → value` and `expression // throws text` into assertions, and imports into calls. */
function runnable(code: string): string {
  const joined = code.replace(/\n\s*\/\/ (→|throws) /g, ' // $1 ')
  const imports = joined
    .replace(/^import type .*$/gm, '')
    .replace(/^import \* as (\w+) from ('[^']+').*$/gm, 'const $1 = await load($2)')
    .replace(/^import (\w+) from ('[^']+').*$/gm, 'const { default: $1 } = await load($2)')
    .replace(/^import \{([\s\S]*?)\} from ('[^']+').*$/gm, (_, names: string, from: string) => {
      const values = names.split(',').filter(name => !/^\s*type /.test(name))
      return `const {${values.join(',').replace(/ as /g, ': ')}} = await load(${from})`
    })
  const asserted = imports
    .replace(
      /^(.*?) \/\/ → (.*)$/gm,
      (_, expression: string, value: string) => `expect(${expression}).toEqual(${value});`,
    )
    .replace(
      /^(.*?) \/\/ throws (.*)$/gm,
      (_, expression: string, text: string) => `await refused(async () => (${expression}), ${JSON.stringify(text)});`,
    )
  return stripTypeScriptTypes(`async function run() {\n${asserted}\n}`)
}

async function run(code: string): Promise<void> {
  const load = (name: string): Promise<unknown> => import(/* @vite-ignore */ name)
  const refused = async (call: () => Promise<unknown>, text: string): Promise<void> => {
    const error: unknown = await call().then(
      () => undefined,
      (cause: unknown) => cause,
    )
    expect(error).toBeInstanceOf(Error)
    expect(String(error)).toContain(text)
  }
  const call: unknown = runInThisContext(`(load, expect, refused) => { ${runnable(code)}\nreturn run() }`)
  if (typeof call === 'function') await call(load, expect, refused)
}

const files = globSync('packages/*/src/**/*.ts', { cwd: root })
  .filter(file => !file.endsWith('.test.ts'))
  .sort()

describe('every example in the comments does what it says', () => {
  for (const file of files) {
    for (const { of, code } of examplesIn(readFileSync(`${root}/${file}`, 'utf8'))) {
      it(`the example of ${of} in ${file.replaceAll('\\', '/')}`, () => run(code))
    }
  }
})

/** The entry points of all packages: what a name in `exports` loads, and the folder of the package. */
const entryPoints = globSync('packages/*/package.json', { cwd: root }).flatMap(file => {
  const { name, exports } = JSON.parse(readFileSync(`${root}/${file}`, 'utf8')) as { name: string; exports: object }
  const points = Object.keys(exports).filter(one => one !== './package.json')
  return points.map(one => ({
    from: name + one.slice(1),
    folder: file.replaceAll('\\', '/').replace('package.json', ''),
  }))
})

describe('every public function and class has an example', () => {
  for (const { from, folder } of entryPoints) {
    it(`in ${from}, but for the error, which is shown wherever it is thrown`, async () => {
      // What is handed on has its example where it comes from.
      const own = new Set([folder, 'packages/trail/'])
      const documented = new Set(
        files
          .filter(file => own.has(`${file.replaceAll('\\', '/').split('/').slice(0, 2).join('/')}/`))
          .flatMap(file => examplesIn(readFileSync(`${root}/${file}`, 'utf8')).map(example => example.of)),
      )
      const surface = Object.entries((await import(/* @vite-ignore */ from)) as object)
      const callable = surface.filter(([, value]) => typeof value === 'function').map(([name]) => name)
      expect(callable.filter(name => !documented.has(name) && name !== 'CountersignError')).toEqual([])
    })
  }

  it('in more than a dozen entry points', () => {
    expect(entryPoints.length).toBeGreaterThan(15)
  })
})

describe('the reader of examples', () => {
  it('finds the value, the refusal and the imports of an example', async () => {
    await run("import { join } from 'node:path'\njoin('a', 'b').length // → 3\nnull.x // throws null\n")
    await expect(run('1 + 1 // → 3\n')).rejects.toThrow(/expected 2 to deeply equal 3/)
    await expect(run('1 + 1 // throws nothing\n')).rejects.toThrow(/instance of/)
  })
})
