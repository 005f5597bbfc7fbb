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
  'packages/countersign/src/record': ['change', 'governance', 'decision', 'values', '@countersign/trail', 'zod'],
  'packages/countersign/src/board': ['record', 'change', 'governance', 'policy', 'values'],
  'packages/countersign/src/outbox': ['record', 'change', 'governance', 'policy', 'values'],
  'packages/countersign/src/metrics': ['record', 'change', 'governance', 'policy', 'values'],
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

  test('the check finds an arrow that points the wrong way', () => {
    expect(isAllowed('packages/countersign/src/policy/policy.ts', '../change/change.ts')).toBe(false)
    expect(isAllowed('packages/countersign/src/change/decide.ts', '../verify/verify.ts')).toBe(false)
    expect(isAllowed('packages/trail/src/tree.ts', 'countersign')).toBe(false)
    expect(isAllowed('packages/countersign/src/change/decide.ts', '../policy/policy.ts')).toBe(true)
  })
})
