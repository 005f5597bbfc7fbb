import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { requireEngine } from '../../packages/cli/src/shell/run.ts'

const { engines } = JSON.parse(readFileSync(new URL('../../packages/cli/package.json', import.meta.url), 'utf8')) as {
  engines: { node: string }
}

describe('The engine that a command runs on', () => {
  test.each(['18.20.4', '20.20.2', '22.0.0', '22.17.1', '21.7.3'])('is refused where it is too old: %s', version => {
    expect(() => requireEngine(version)).toThrow(`this is Node ${version}, which is too old`)
  })

  test.each(['22.18.0', '22.21.1', '24.11.0', '26.0.0', '26.10.0', process.versions.node])('is taken: %s', version => {
    expect(() => requireEngine(version)).not.toThrow()
  })

  test('is told as the package says which it takes', () => {
    const taken = engines.node.replaceAll(/[\^>=]|\.0(?=$| )/g, '').replaceAll(/\.0(?=$| )/g, '')
    expect(taken).toBe('22.18 || 24.11 || 26')
    const hint = 'It takes Node 22.18, 24.11, 26 or newer.'
    expect(() => requireEngine('20.0.0')).toThrow(expect.objectContaining({ hint }))
  })
})
