import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

// Builds every package, packs it, judges the tarball, and uses it as a stranger does: from an empty folder.

const root = fileURLToPath(new URL('../..', import.meta.url))
const packages = [
  'trail',
  'countersign',
  'store-file',
  'store-sqlite',
  'store-postgres',
  'calendar',
  'timestamp',
  'testing',
  'cli',
]
const folder = mkdtempSync(join(tmpdir(), 'countersign-packing-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
const pnpm = process.env.npm_execpath
const bin = (name: string) => join(root, 'test', 'node_modules', '.bin', name)

function run(program: string, args: readonly string[], cwd: string): string {
  try {
    return execFileSync(program, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  } catch (error) {
    console.error(`${program} ${args.join(' ')}:\n${(error as { stdout?: string }).stdout ?? ''}`)
    process.exit(1)
  }
}

const runPnpm = (args: readonly string[], cwd: string): string =>
  pnpm === undefined
    ? run('npx', ['-y', 'pnpm@12', ...args], cwd)
    : /\.[cm]?js$/.test(pnpm)
      ? run(process.execPath, [pnpm, ...args], cwd)
      : run(pnpm, args, cwd)

runPnpm(['run', 'build'], root)
const tarballs = new Map<string, string>()
for (const name of packages) {
  runPnpm(['pack', '--pack-destination', folder], join(root, 'packages', name))
  const tarball = readdirSync(folder).find(
    file => file.endsWith('.tgz') && ![...tarballs.values()].includes(join(folder, file)),
  )
  if (tarball === undefined) throw new Error(`${name} was not packed`)
  tarballs.set(name, join(folder, tarball))
}
for (const [name, tarball] of tarballs) {
  run(bin('publint'), ['--strict', tarball], root)
  run(bin('attw'), ['--profile', 'esm-only', '--quiet', tarball], root)
  console.log(`${name}: packed, publint and attw find nothing`)
}
const stranger = mkdtempSync(join(folder, 'stranger-'))
const dependencies = Object.fromEntries(
  [...tarballs].map(([name, tarball]) => [name === 'countersign' ? name : `@countersign/${name}`, `file:${tarball}`]),
)
const overrides = Object.fromEntries(Object.entries(dependencies))
writeFileSync(join(stranger, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies }))
writeFileSync(join(stranger, 'pnpm-workspace.yaml'), `packages: []\noverrides: ${JSON.stringify(overrides)}\n`)
runPnpm(['install', '--prefer-offline'], stranger)
writeFileSync(
  join(stranger, 'use.mjs'),
  `import { createDesk, memoryStore } from 'countersign'
import { openFileStore } from '@countersign/store-file'
import { openSqliteCache, openSqliteStore } from '@countersign/store-sqlite'
const [name] = process.argv.slice(2)
const store = name.endsWith('.db') ? await openSqliteStore(name) : await openFileStore(name)
const cache = await openSqliteCache(name + '.cache')
cache.write(new Map([['none', new Uint8Array()]]))
if (cache.read('none').length !== 0) throw new Error('a cache gives what nobody has put there')
const desk = await createDesk({ store, cache })
const founded = await desk.by('ann').found({ origin: 'stranger.example/trail', format: 'countersign/trail/v1', administrators: [
{ person: 'ann', name: 'Ann', accounts: ['ann'] }, { person: 'ben', name: 'Ben', accounts: ['ben'] } ] })
if (founded.outcome !== 'accepted') throw new Error(founded.because)
if ((await createDesk({ store: memoryStore() })).changes().length !== 0) throw new Error('a new desk has changes')
await desk.close()
await store.close()
`,
)
run(process.execPath, ['use.mjs', 'trail'], stranger)
const printed = run(join(stranger, 'node_modules', '.bin', 'verify-trail'), ['trail'], stranger)
if (!printed.toLowerCase().includes('sound')) throw new Error(`verify-trail printed:\n${printed}`)
const explained = run(join(stranger, 'node_modules', '.bin', 'verify-trail'), ['finding', 'chain.break'], stranger)
if (explained !== readFileSync(join(root, 'docs/reference/findings/chain.break.md'), 'utf8'))
  throw new Error(`verify-trail finding printed:\n${explained}`)
writeFileSync(
  join(stranger, 'helpers.mjs'),
  `import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fork } from 'node:child_process'
import { Worker } from 'node:worker_threads'
const within = createRequire(join(process.cwd(), 'node_modules/@countersign/cli/package.json'))
const toldBy = one => new Promise(resolve => {
  one.on('error', resolve)
  one.on('message', news => 'read' in news || resolve(news))
})
const part = fork(within.resolve('#integrity-worker'), { serialization: 'advanced' })
part.send({ file: 'trail/trail.jsonl', from: 0, until: 1, sizes: [] })
const checked = await toldBy(part)
if (!('report' in checked)) throw checked
const share = new Worker(within.resolve('#share-worker'), {
  workerData: { file: 'trail/trail.jsonl', bytes: 1, index: 0, options: {} },
})
share.postMessage('nothing that is shared')
// A share of nothing is an error of its own.
const judged = await toldBy(share)
if (!(judged instanceof TypeError)) throw judged
await share.terminate()
`,
)
// A verdict would be the same without them, and only late.
run(process.execPath, ['helpers.mjs'], stranger)
console.log('a stranger installs the tarballs, writes a trail and verifies it')

/** The oldest Node of each line on which the packages say that they run. */
const { engines } = JSON.parse(readFileSync(join(root, 'packages/cli/package.json'), 'utf8')) as {
  engines: { node: string }
}
for (const version of engines.node.match(/\d+\.\d+\.\d+/g) ?? []) {
  const node = ['-y', `node@${version}`]
  const { stdout } = spawnSync('npx', [...node, '--version'], { encoding: 'utf8' })
  if (stdout?.trim() !== `v${version}`) {
    console.log(`Node ${version} could not be had, so nothing was tried on it`)
    continue
  }
  for (const [name, address] of [
    [`trail-${version}`, `trail-${version}`],
    [`trail-${version}.db`, `sqlite:trail-${version}.db`],
  ] as const) {
    run('npx', [...node, 'use.mjs', name], stranger)
    const told = run('npx', [...node, 'node_modules/@countersign/cli/dist/verify-trail.js', address], stranger)
    if (!told.startsWith('SOUND')) throw new Error(`verify-trail printed on Node ${version}:\n${told}`)
  }
  console.log(`they do so on Node ${version} as well, in a file and in SQLite`)
}
