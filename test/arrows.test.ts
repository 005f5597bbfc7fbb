import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseSync } from 'oxc-parser'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

/**
 * The rooms of the house and what each may import. What is not named here is not allowed: a new folder gets a line, and
 * the line is read by somebody.
 */
const rooms: Readonly<Record<string, readonly string[]>> = {
  'packages/trail/src': ['@noble/*', 'node:crypto', 'node:buffer'],
  'packages/trail/src/store': ['packages/trail/src'],
  'packages/countersign/src/values': ['@countersign/trail', 'zod'],
  'packages/countersign/src/decision': ['values'],
  'packages/countersign/src/policy': ['values', '@countersign/trail', 'zod'],
  'packages/countersign/src/governance': ['policy', 'decision', 'values', 'zod', 'immer'],
  'packages/countersign/src/change': ['governance', 'policy', 'decision', 'values', 'zod', 'immer', 'xstate'],
  'packages/countersign/src/record': [
    'change',
    'governance',
    'policy',
    'decision',
    'values',
    '@countersign/trail',
    'zod',
  ],
  'packages/countersign/src/board': ['record', 'change', 'governance', 'policy', 'values'],
  'packages/countersign/src/outbox': ['record', 'change', 'governance', 'policy', 'values'],
  'packages/countersign/src/metrics': ['@countersign/trail', 'record', 'change', 'governance', 'policy', 'values'],
  'packages/countersign/src/verify': [
    'record',
    'change',
    'governance',
    'policy',
    'decision',
    'values',
    '@countersign/trail',
  ],
  'packages/countersign/src/bundle': ['verify', 'record', 'values', '@countersign/trail'],
  'packages/countersign/src/desk': [
    'board',
    'outbox',
    'record',
    'change',
    'governance',
    'policy',
    'decision',
    'values',
    '@countersign/trail',
    '@countersign/trail/store',
    'nanoid',
    'zod',
  ],
  'packages/countersign/src': [
    'desk',
    'board',
    'outbox',
    'record',
    'change',
    'governance',
    'decision',
    'values',
    '@countersign/trail',
    '@countersign/trail/store',
  ],
  'packages/store-file/src': ['@countersign/trail', '@countersign/trail/store', 'node:*'],
  'packages/store-postgres/src': ['@countersign/trail', '@countersign/trail/store', 'node:*'],
  'packages/store-sqlite/src': ['@countersign/trail', '@countersign/trail/store', 'node:*'],
  'packages/calendar/src': ['@countersign/trail', 'countersign/governance', 'ical.js', 'temporal-polyfill', 'zod'],
  'packages/timestamp/src': ['@countersign/trail', 'asn1js', 'pkijs', 'node:crypto'],
  'packages/testing/src': [
    '@countersign/trail',
    '@countersign/trail/store',
    'countersign',
    'countersign/*',
    'fast-check',
    'zod',
  ],
  'packages/cli/src': [
    '@countersign/calendar',
    '@countersign/trail',
    '@countersign/trail/store',
    '@countersign/store-file',
    '@countersign/store-sqlite',
    '@countersign/store-postgres',
    '@countersign/timestamp',
    'countersign',
    'countersign/*',
    'pg',
    'node:*',
  ],
}

/** Rooms in which nothing may give two answers: no node, no clock, no chance, no promise. */
const pure = [
  'packages/trail/src',
  ...[
    'values',
    'decision',
    'policy',
    'governance',
    'change',
    'record',
    'board',
    'outbox',
    'metrics',
    'verify',
    'bundle',
  ].map(room => `packages/countersign/src/${room}`),
]

/** The two files in which the engine's own hash and signature come in, behind `#sha256` and `#ed25519`. */
const engine = /\/node\.ts$/

const files = Object.keys(rooms).flatMap(room =>
  readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts') && !/\.(test|d)\.ts$/.test(name))
    .map(name => `${room}/${name.split(sep).join('/')}`)
    .filter(file => roomOf(file) === room),
)

/** The longest room that a file lies in. */
function roomOf(file: string): string | undefined {
  return Object.keys(rooms)
    .filter(room => file.startsWith(`${room}/`))
    .toSorted((a, b) => b.length - a.length)[0]
}

function importsOf(file: string): string[] {
  const { module } = parseSync(file, readFileSync(join(root, file), 'utf8'))
  const dynamic = module.dynamicImports.length === 0 ? [] : ['import()']
  return [
    ...dynamic,
    ...module.staticImports.map(one => one.moduleRequest.value),
    ...module.staticExports.flatMap(one => one.entries.flatMap(entry => entry.moduleRequest?.value ?? [])),
  ]
}

/** What a file takes from others to run, and not only to be checked: the names of each import, by where it is from. */
function valuesFrom(file: string): [from: string, names: string[]][] {
  const { module } = parseSync(file, readFileSync(join(root, file), 'utf8'))
  return module.staticImports
    .map(({ moduleRequest, entries }): [string, string[]] => [
      moduleRequest.value,
      entries.filter(one => !one.isType).map(one => one.importName.name ?? one.localName.value),
    ])
    .filter(([, names]) => names.length > 0)
}

/** The files of a folder that some of its files need to run, themselves included; and what these take from elsewhere. */
function neededBy(folder: string, names: readonly string[]) {
  const needed = new Set(names)
  const shared = new Set<string>()
  for (const name of needed) {
    for (const [from, taken] of valuesFrom(`${folder}/${name}`)) {
      if (from.startsWith('./')) needed.add(from.slice(2))
      else for (const one of taken) shared.add(`${one} from ${from}`)
    }
  }
  return { needed: [...needed].toSorted(), shared: [...shared].toSorted() }
}

/** What some files load when they are loaded, themselves included: the files, and the packages and their parts. */
function loadedBy(...names: readonly string[]) {
  const loaded = new Set(names)
  const packages = new Set<string>()
  for (const file of loaded) {
    const { module } = parseSync(file, readFileSync(join(root, file), 'utf8'))
    const handedOn = module.staticExports.flatMap(one => one.entries.filter(entry => !entry.isType))
    const from = [
      ...valuesFrom(file).map(([name]) => name),
      ...handedOn.flatMap(entry => entry.moduleRequest?.value ?? []),
    ]
    for (const name of from) {
      if (!name.startsWith('.')) packages.add(name)
      else
        loaded.add(
          relative(root, resolve(root, dirname(file), name))
            .split(sep)
            .join('/'),
        )
    }
  }
  return { loaded: [...loaded].toSorted(), packages: [...packages].toSorted() }
}

function isAllowed(file: string, name: string): boolean {
  const room = roomOf(file)
  if (room === undefined) return false
  const allowed = rooms[room] ?? []
  if (name.startsWith('#')) return room === 'packages/trail/src'
  if (name.startsWith('.')) {
    const target = roomOf(
      relative(root, resolve(root, dirname(file), name))
        .split(sep)
        .join('/'),
    )
    return (
      target === room ||
      (target !== undefined && (allowed.includes(target) || allowed.includes(target.split('/').at(-1) ?? '')))
    )
  }
  return allowed.some(one => (one.endsWith('*') ? name.startsWith(one.slice(0, -1)) : one === name))
}

describe('the arrows point one way', () => {
  test('every room imports only what its line allows', () => {
    const wrong = files.flatMap(file =>
      importsOf(file)
        .filter(name => name !== 'import()' && !isAllowed(file, name))
        .map(name => `${file} imports ${name}`),
    )
    expect(wrong).toEqual([])
    expect(files.length).toBeGreaterThan(40)
  })

  test('the pure rooms import nothing that can give two answers', () => {
    const wrong = files
      .filter(file => pure.includes(roomOf(file) ?? '') && !engine.test(file))
      .flatMap(file => importsOf(file).map(name => [file, name] as const))
      .filter(([, name]) => /^(node:|nanoid|import\(\))/.test(name))
    expect(wrong).toEqual([])
  })

  test('the pure rooms ask no clock and no chance', () => {
    const asks = /\bnew Date\(\)|\bDate\.now\b|\bMath\.random\b|\bperformance\b|\bsetTimeout\b|\bgetRandomValues\b/
    const code = (file: string) => readFileSync(join(root, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')
    const wrong = files.filter(file => pure.includes(roomOf(file) ?? '') && asks.test(code(file)))
    expect(wrong).toEqual([])
    expect(asks.test('const now = new Date()')).toBe(true)
  })

  test('the duties are told again by code of their own: of what decides and of what writes they share the list of commands and the canonical form', () => {
    const { needed, shared } = neededBy('packages/countersign/src/verify', ['duties.ts'])
    expect(shared).toEqual(['canonical from @countersign/trail', 'isGovernance from ../record/record.ts'])
    for (const file of [
      'release.ts',
      'giving.ts',
      'obligation.ts',
      'count.ts',
      'enough.ts',
      'separation.ts',
      'people.ts',
      'redaction.ts',
    ])
      expect(needed).toContain(file)
    for (const file of ['replay.ts', 'verify.ts', 'judging.ts']) expect(needed).not.toContain(file)
  })

  test('the chain is checked by code of its own: of what writes it shares the hash, the tree that goes on, the length of an entry and of its end', () => {
    const own = ['integrity.ts', 'join-integrity.ts', 'frame.ts', 'integrity-report.ts']
    const taken = new Set(
      own
        .flatMap(file => valuesFrom(`packages/trail/src/${file}`))
        .filter(([from]) => !own.includes(from.slice(2)))
        .flatMap(([from, names]) => names.map(name => `${name} from ${from}`)),
    )
    expect([...taken].toSorted()).toEqual(
      [
        'newlineFinder from #newline',
        'sha256Into from #sha256',
        'FRAME_TAIL_BYTES from ./entry.ts',
        'MAX_ENTRY_BYTES from ./entry.ts',
        'CountersignError from ./error.ts',
        'isHash from ./hash.ts',
        'requireHash from ./hash.ts',
        'toHex from ./hash.ts',
        'writeHex from ./hash.ts',
        'EMPTY_ROOT from ./tree.ts',
        'Tree from ./tree.ts',
        'encodeUtf8 from ./utf8.ts',
      ].toSorted(),
    )
  })

  test('whoever looks at the bytes alone loads no schema, and nothing that decides', () => {
    const { loaded, packages } = loadedBy('packages/countersign/src/verify/integrity.ts')
    expect(packages).toEqual(['@countersign/trail'])
    expect(loaded).toContain('packages/countersign/src/verify/founding.ts')
    const elsewhere = loaded.filter(file => roomOf(file) !== 'packages/countersign/src/verify')
    expect(elsewhere).toEqual(['packages/countersign/src/values/digest.ts'])
    expect(loadedBy('packages/countersign/src/verify/verify.ts').packages).toContain('zod')
  })

  test('the command line loads the verifier, and what it takes to print a page, when there is something for them', () => {
    const { loaded, packages } = loadedBy(
      ...['verify-trail.ts', 'verify-command.ts', 'verify-integrity.ts'].map(name => `packages/cli/src/${name}`),
    )
    expect(packages.filter(name => !name.startsWith('node:'))).toEqual(['@countersign/trail'])
    expect(loaded).toContain('packages/cli/src/verify-file.ts')
    expect(loaded.filter(file => file.endsWith('page.ts'))).toEqual([])
  })

  test('the check finds an arrow that points the wrong way', () => {
    // What decides again does share code with what decides, and that shows.
    const { shared } = neededBy('packages/countersign/src/verify', ['replay.ts'])
    expect(shared).toContain('decide from ../record/decide.ts')
    expect(isAllowed('packages/countersign/src/policy/policy.ts', '../change/change.ts')).toBe(false)
    expect(isAllowed('packages/countersign/src/change/decide.ts', '../verify/verify.ts')).toBe(false)
    expect(isAllowed('packages/trail/src/tree.ts', 'countersign')).toBe(false)
    expect(isAllowed('packages/countersign/src/change/decide.ts', '../policy/policy.ts')).toBe(true)
  })
})
