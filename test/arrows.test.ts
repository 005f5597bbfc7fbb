import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Expression, parseSync, Visitor } from 'oxc-parser'
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
  'packages/countersign/src/metrics': [
    '@countersign/trail',
    'record',
    'change',
    'governance',
    'policy',
    'decision',
    'values',
  ],
  'packages/countersign/src/sheet': [
    '@countersign/trail',
    'record',
    'change',
    'governance',
    'policy',
    'decision',
    'values',
  ],
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
  'packages/cli/src/shell': ['countersign', 'node:*'],
  'packages/cli/src/files': [
    'shell',
    '@countersign/store-file',
    '@countersign/timestamp',
    '@countersign/trail',
    'countersign/policy',
    'countersign/verify',
    'node:*',
  ],
  'packages/cli/src/source': [
    'files',
    'shell',
    '@countersign/store-file',
    '@countersign/store-postgres',
    '@countersign/store-sqlite',
    '@countersign/trail',
    '@countersign/trail/store',
    'countersign',
    'countersign/*',
    'pg',
    'node:*',
  ],
  'packages/cli/src/verify': [
    'source',
    'files',
    'shell',
    '@countersign/calendar',
    '@countersign/trail',
    'countersign/*',
    'node:*',
  ],
  'packages/cli/src/hand-over': [
    'source',
    'files',
    'shell',
    '@countersign/store-file',
    '@countersign/trail',
    '@countersign/trail/store',
    'countersign/*',
    'node:*',
  ],
  'packages/cli/src/sign': [
    'source',
    'files',
    'shell',
    '@countersign/store-file',
    '@countersign/trail',
    '@countersign/trail/store',
    'countersign/*',
    'node:*',
  ],
  'packages/cli/src/pages': [
    'packages/cli/src/verify',
    'shell',
    '@countersign/trail',
    'countersign',
    'countersign/*',
    'node:*',
  ],
  'packages/cli/src/verify-trail': [
    'pages',
    'packages/cli/src/verify',
    'source',
    'files',
    'shell',
    '@countersign/trail',
    'node:*',
  ],
  'packages/cli/src/commands': [
    'pages',
    'hand-over',
    'sign',
    'source',
    'files',
    'shell',
    '@countersign/store-file',
    '@countersign/timestamp',
    '@countersign/trail',
    '@countersign/trail/store',
    'countersign',
    'countersign/*',
    'node:*',
  ],
  'packages/cli/src': [
    'commands',
    'verify-trail',
    'pages',
    'hand-over',
    'sign',
    'packages/cli/src/verify',
    'source',
    'files',
    'shell',
    'countersign',
    'node:*',
  ],
}

interface Lint {
  readonly overrides: readonly {
    readonly files: readonly string[]
    readonly rules: { readonly 'no-restricted-globals': unknown }
  }[]
}

/** What the lint holds the pure rooms to: the first of its overrides. */
const [lint] = (JSON.parse(readFileSync(join(root, '.oxlintrc.json'), 'utf8')) as Lint).overrides

/**
 * Rooms in which nothing may give two answers: no node, no clock, no chance, no time zone, no language, no promise. They are
 * listed in `.oxlintrc.json` alone.
 */
const pure = (lint?.files ?? []).map(pattern => pattern.replace('/**/*.ts', ''))

/** The globals that the lint forbids there. */
const unlinted = [lint?.rules['no-restricted-globals']].flat().flatMap(one => (one as { name?: string }).name ?? [])

/** The files in which the engine's own comes in: a signature, a look for bytes and a hash, each behind its `#name`. */
const engine = ['ed25519', 'newline', 'sha256'].map(name => `packages/trail/src/${name}/node.ts`)

const files = Object.keys(rooms).flatMap(room =>
  readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts') && !/\.(test|d)\.ts$/.test(name))
    .map(name => `${room}/${name.split(sep).join('/')}`)
    .filter(file => roomOf(file) === room),
)
const pureFiles = files.filter(file => pure.includes(roomOf(file) ?? ''))

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

/** Globals that give another answer each time or on another machine, or none yet, or are not everywhere. */
const fickle = new Set([
  'Buffer',
  'Intl',
  'Promise',
  'crypto',
  'fetch',
  'performance',
  'process',
  'queueMicrotask',
  'requestAnimationFrame',
  'setImmediate',
  'setInterval',
  'setTimeout',
])
/** What is asked of globals that are otherwise asked for nothing but what they are told. */
const fickleMembers: Readonly<Record<string, string>> = { Date: 'now', Math: 'random', Temporal: 'Now' }
/** What answers by the time zone or the language of the machine, of whatever it is asked. */
const local = new Set([
  ...['FullYear', 'Month', 'Date', 'Day', 'Hours', 'Minutes', 'Seconds', 'Milliseconds'].map(part => `get${part}`),
  ...['FullYear', 'Month', 'Date', 'Hours', 'Minutes', 'Seconds', 'Milliseconds'].map(part => `set${part}`),
  'getTimezoneOffset',
  'localeCompare',
  'toDateString',
  'toLocaleDateString',
  'toLocaleLowerCase',
  'toLocaleString',
  'toLocaleTimeString',
  'toLocaleUpperCase',
  'toTimeString',
])

const nameIn = (one: Expression): string => (one.type === 'Identifier' ? one.name : '')

const textIn = (one: Expression): string => (one.type === 'Literal' && typeof one.value === 'string' ? one.value : '')

/** Where code may give two answers, or one later: what it asks of a clock or of chance, promises, and whoever awaits one. */
function asked(file: string, code = readFileSync(join(root, file), 'utf8')): string[] {
  const found: string[] = []
  const isAsync = ({ async }: { readonly async: boolean }) => {
    if (async) found.push('async')
  }
  new Visitor({
    FunctionDeclaration: isAsync,
    FunctionExpression: isAsync,
    ArrowFunctionExpression: isAsync,
    AwaitExpression: () => void found.push('await'),
    ForOfStatement: one => void (one.await && found.push('await')),
    Identifier: ({ name }) => void (fickle.has(name) && found.push(name)),
    CallExpression: ({ callee }) => void (nameIn(callee) === 'Date' && found.push('Date()')),
    NewExpression(one) {
      if (nameIn(one.callee) !== 'Date') return
      if (one.arguments.length === 0) found.push('new Date()')
      // Year, month and day are those of the machine's own time zone.
      if (one.arguments.length > 1) found.push('new Date(…, …)')
    },
    MemberExpression(one) {
      const name = one.computed ? textIn(one.property) : one.property.name
      if (local.has(name)) found.push(name)
      const member = fickleMembers[nameIn(one.object)]
      if (member !== undefined && (one.computed || one.property.name === member))
        found.push(`${nameIn(one.object)}.${member}`)
    },
  }).visit(parseSync(file, code).program)
  return found
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

/** What a file loads when it is loaded: files and packages, as it names them. */
function loads(file: string): string[] {
  const { module } = parseSync(file, readFileSync(join(root, file), 'utf8'))
  const handedOn = module.staticExports.flatMap(one => one.entries.filter(entry => !entry.isType))
  return [...valuesFrom(file).map(([name]) => name), ...handedOn.flatMap(entry => entry.moduleRequest?.value ?? [])]
}

/** A file that another one names. */
const fileNamed = (name: string, by: string): string =>
  relative(root, resolve(root, dirname(by), name))
    .split(sep)
    .join('/')

/** The files that another one names, to run or to be checked, at once or later. */
function named(file: string): string[] {
  const code = readFileSync(join(root, file), 'utf8')
  const later = parseSync(file, code).module.dynamicImports.map(({ moduleRequest: { start, end } }) =>
    code.slice(start + 1, end - 1),
  )
  return [...importsOf(file), ...later].filter(name => name.startsWith('.')).map(name => fileNamed(name, file))
}

/** Those that come back to themselves, whatever way it is that they go. */
function circular(needs: ReadonlyMap<string, readonly string[]>): string[] {
  const reached = (from: string): ReadonlySet<string> => {
    const all = new Set(needs.get(from))
    for (const one of all) for (const next of needs.get(one) ?? []) all.add(next)
    return all
  }
  return [...needs.keys()].filter(one => reached(one).has(one)).toSorted()
}

/** What some files load when they are loaded, themselves included: the files, and the packages and their parts. */
function loadedBy(...names: readonly string[]) {
  const loaded = new Set(names)
  const packages = new Set<string>()
  for (const file of loaded) {
    for (const name of loads(file)) {
      if (!name.startsWith('.')) packages.add(name)
      else loaded.add(fileNamed(name, file))
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
    const target = roomOf(fileNamed(name, file))
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
  })

  test('every source file of every package lies in a room, and there is no room without one', () => {
    const sources = readdirSync(join(root, 'packages')).flatMap(name =>
      readdirSync(join(root, 'packages', name, 'src'), { recursive: true, encoding: 'utf8' })
        .filter(file => file.endsWith('.ts') && !/\.(test|d)\.ts$/.test(file))
        .map(file => `packages/${name}/src/${file.split(sep).join('/')}`),
    )
    expect(files.toSorted()).toEqual(sources.toSorted())
    expect(Object.keys(rooms).filter(room => !files.some(file => roomOf(file) === room))).toEqual([])
    expect(pure.filter(room => rooms[room] === undefined)).toEqual([])
    const impure = Object.keys(rooms).filter(
      room => /^packages\/(trail|countersign)\//.test(room) && !pure.includes(room),
    )
    expect(impure).toEqual(['packages/trail/src/store', 'packages/countersign/src/desk', 'packages/countersign/src'])
  })

  test('the pure rooms import nothing that can give two answers', () => {
    expect(engine.filter(file => !pureFiles.includes(file))).toEqual([])
    const wrong = pureFiles
      .filter(file => !engine.includes(file))
      .flatMap(file => importsOf(file).map(name => [file, name] as const))
      .filter(([, name]) => /^(node:|nanoid|import\(\))/.test(name))
    expect(wrong).toEqual([])
  })

  test('the pure rooms ask no clock and no chance, and promise nothing, be it in the engine’s own files', () => {
    const found = pureFiles.flatMap(file => asked(file).map(what => `${file}: ${what}`))
    expect(found.filter(one => !engine.some(file => one === `${file}: Buffer`))).toEqual([])
  })

  test.each([
    ['const now = new Date()', ['new Date()']],
    ['const now = Date()', ['Date()']],
    ['const now = Date.now()', ['Date.now']],
    ["const now = Date['now']()", ['Date.now']],
    ['const chance = Math.random()', ['Math.random']],
    ['const id = crypto.randomUUID()', ['crypto']],
    ['const id = globalThis.crypto.getRandomValues(bytes)', ['crypto']],
    ['const since = performance.now()', ['performance']],
    ['setTimeout(go); setInterval(go); setImmediate(go)', ['setTimeout', 'setInterval', 'setImmediate']],
    ['queueMicrotask(go)', ['queueMicrotask']],
    ['const later = async () => 1', ['async']],
    ['async function later() {}', ['async']],
    ['class Later { async go() {} }', ['async']],
    ['async function* later() { for await (const one of many) yield one }', ['async', 'await']],
    ['const now = await later', ['await']],
    ['const at = new Date(2026, 2, 1)', ['new Date(…, …)']],
    ["const hour = at['getHours']()", ['getHours']],
    ['const now = Temporal.Now.instant()', ['Temporal.Now']],
    ['let later: Promise<string>', ['Promise']],
    ['const at = new Date(0); Math.max(1, Date.parse(text)) // new Date(), Math.random', []],
  ])('the check finds what gives two answers, or one later, in %s', (code, found) => {
    expect(asked('code.ts', code)).toEqual(found)
  })

  test('the check finds each name that gives two answers, and each that the lint forbids', () => {
    expect(unlinted).toContain('Buffer')
    for (const name of [...fickle, ...unlinted]) expect(asked('code.ts', `const one = ${name}`)).toEqual([name])
    for (const [object, name] of Object.entries(fickleMembers))
      expect(asked('code.ts', `const one = ${object}.${name}`)).toEqual([`${object}.${name}`])
    for (const name of local) expect(asked('code.ts', `const one = at.${name}()`)).toEqual([name])
  })

  test('no files name each other in a circle, be it for a type alone or for what is loaded later', () => {
    expect(circular(new Map(files.map(file => [file, named(file)])))).toEqual([])
    expect(named('packages/countersign/src/record/record.ts')).toContain(
      'packages/countersign/src/values/digest-text.ts',
    )
    expect(named('packages/countersign/src/change/world.ts')).toContain('packages/countersign/src/change/change.ts')
    expect(named('packages/cli/src/commands.ts')).toContain('packages/cli/src/commands/lint.ts')
    const some = { a: ['b'], b: ['c', 'd'], c: ['a'], d: [], e: ['a'], f: ['f'] }
    expect(circular(new Map(Object.entries(some)))).toEqual(['a', 'b', 'c', 'f'])
  })

  test('the duties are told again by code of their own: of what decides and of what writes they share the list of commands and the canonical form', () => {
    const { needed, shared } = neededBy('packages/countersign/src/verify/duties', ['duties.ts', 'owed.ts'])
    expect(shared).toEqual([
      'canonical from @countersign/trail',
      'decisionFinding from ../finding.ts',
      'isGovernance from ../../record/record.ts',
    ])
    expect(neededBy('packages/countersign/src/verify', ['finding.ts'])).toEqual({ needed: ['finding.ts'], shared: [] })
    // Nothing else lies in that folder.
    expect(needed).toEqual(readdirSync(join(root, 'packages/countersign/src/verify/duties')).toSorted())
  })

  test('the chain is checked by code of its own: of what writes it shares the hash, the tree that goes on, the length of an entry and of its end', () => {
    const folder = 'packages/trail/src/integrity'
    const own = readdirSync(join(root, folder)).filter(file => !file.endsWith('.test.ts'))
    expect(own).toContain('chain.ts')
    const taken = new Set(
      own
        .flatMap(file => valuesFrom(`${folder}/${file}`))
        .filter(([from]) => !from.startsWith('./'))
        .flatMap(([from, names]) => names.map(name => `${name} from ${from}`)),
    )
    expect([...taken].toSorted()).toEqual(
      [
        'newlineFinder from #newline',
        'sha256Writer from #sha256',
        'FRAME_TAIL_BYTES from ../entry.ts',
        'MAX_ENTRY_BYTES from ../entry.ts',
        'CountersignError from ../error.ts',
        'unexpected from ../error.ts',
        'isHash from ../hash.ts',
        'requireHash from ../hash.ts',
        'requireOptions from ../options.ts',
        'toHex from ../hash.ts',
        'writeHex from ../hash.ts',
        'EMPTY_ROOT from ../tree/tree.ts',
        'Tree from ../tree/tree.ts',
        'encodeUtf8 from ../utf8.ts',
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
      ...['verify-trail.ts', 'verify-trail/verify-command.ts', 'verify/verify-integrity.ts'].map(
        name => `packages/cli/src/${name}`,
      ),
    )
    expect(packages.filter(name => !name.startsWith('node:'))).toEqual(['@countersign/trail'])
    expect(loaded).toContain('packages/cli/src/verify/verify-file.ts')
    expect(loaded.filter(file => file.endsWith('page.ts'))).toEqual([])
  })

  test('the check finds an arrow that points the wrong way', () => {
    // What decides again does share code with what decides, and that shows.
    const { shared } = neededBy('packages/countersign/src/verify', ['replay.ts'])
    expect(shared).toContain('decide from ../record/decide.ts')
    expect(isAllowed('packages/countersign/src/policy/policy.ts', '../change/change.ts')).toBe(false)
    expect(isAllowed('packages/countersign/src/change/decide.ts', '../verify/verify.ts')).toBe(false)
    expect(isAllowed('packages/trail/src/tree/tree.ts', 'countersign')).toBe(false)
    expect(isAllowed('packages/countersign/src/change/decide.ts', '../policy/policy.ts')).toBe(true)
  })
})
