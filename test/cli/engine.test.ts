import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { tooOld } from '../../packages/cli/src/shell/run.ts'
import { callProcess, newFolder } from './command-line.ts'

const { engines } = JSON.parse(readFileSync(new URL('../../packages/cli/package.json', import.meta.url), 'utf8')) as {
  engines: { node: string }
}

const told = (version: string) =>
  `this is Node ${version}, which is too old\n  It takes Node 22.18, 24.11, 26 or newer.`

describe('The engine that a command runs on', () => {
  test.each(['16.20.2', '20.20.2', '22.0.0', '22.17.1', '21.7.3', '23.5.0'])('is too old: %s', version => {
    expect(tooOld(version)).toBe(told(version))
  })

  test.each(['22.18.0', '22.21.1', '23.6.0', '24.0.0', '24.11.0', '26.0.0', '26.10.0', process.versions.node])(
    'is taken: %s',
    version => {
      expect(tooOld(version)).toBeUndefined()
    },
  )

  test('is told of with those that the package names', () => {
    const named = engines.node.match(/\d+\.\d+\.\d+/g)?.map(version => version.replace(/(\.0)+$/, ''))
    expect(named).toEqual(['22.18', '24.11', '26'])
    for (const version of named ?? []) expect(tooOld('20.0.0')).toContain(version)
  })

  test.skipIf(process.platform !== 'linux')('is not used in a folder whose name is no text', async () => {
    const folder = Buffer.concat([Buffer.from(`${newFolder()}/u`), Buffer.of(0xff)])
    mkdirSync(folder)
    const script = fileURLToPath(new URL('../../packages/cli/src/countersign.ts', import.meta.url))
    // Nobody can be started in such a folder from here but by a shell that finds it by itself.
    const line = 'cd "$1"/u* && exec "$2" --conditions=countersign-src "$3" keygen --name o.example/t --out key'
    const above = folder.subarray(0, folder.lastIndexOf(0x2f)).toString()
    const ran = spawnSync('sh', ['-c', line, 'sh', above, process.execPath, script], { encoding: 'utf8' })
    expect([ran.status, ran.stdout]).toEqual([2, ''])
    expect(ran.stderr).toMatch(
      /^countersign: the name of the folder in which this was called is no UTF-8: .*\n {2}Rename it/,
    )
    expect(readdirSync(above)).toHaveLength(1)
    expect(readdirSync(folder)).toEqual([])
  })

  test.each(['verify-trail', 'countersign'] as const)('is looked at before %s begins', async name => {
    const older = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.9.0' } })`
    const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(older)}` }
    expect(await callProcess(name, ['--version'], { env })).toEqual({
      code: 2,
      out: '',
      err: `${name}: ${told('20.9.0')}\n`,
    })
  })
})
