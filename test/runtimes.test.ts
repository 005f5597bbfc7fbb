import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createContext, runInContext } from 'node:vm'
import { f0Tested } from '@countersign/testing'
import { verifyTrail } from 'countersign/verify'
import { build } from 'vite'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Bundles a module as for a browser, with nothing left to import. */
async function bundled(entry: string): Promise<string> {
  const result = await build({
    root,
    configFile: false,
    logLevel: 'silent',
    // As a bundler for browsers does; xstate and immer ask for it.
    define: { 'process.env.NODE_ENV': '"production"' },
    resolve: { conditions: ['countersign-src', 'browser', 'module', 'import', 'default'] },
    build: {
      write: false,
      minify: false,
      target: 'es2022',
      lib: { entry: join(root, entry), formats: ['iife'], name: 'countersign', fileName: 'bundle' },
    },
  })
  const [output] = Array.isArray(result) ? result : [result]
  if (output === undefined || !('output' in output)) throw new Error('nothing was built')
  return output.output[0].code
}

describe('outside of Node', () => {
  test('the verifier, bundled as for a browser, runs in a realm of Node that has the language and three classes of the web, and gives the same verdict', async () => {
    const scenario = await f0Tested()
    await scenario.given('bob', 'approve', { change: 'K' })
    const lines: string[] = []
    for await (const { bytes } of scenario.store.read()) lines.push(new TextDecoder().decode(bytes))
    const text = `${lines.join('\n')}\n`
    const code = await bundled('packages/countersign/src/verify/index.ts')
    expect(code).not.toMatch(/["']node:|require\(/)
    // What is not the language is not there, but for these three, which browsers, Deno and Bun have as well. The engine is Node's.
    const realm = createContext({ TextEncoder, TextDecoder, text, URL })
    runInContext(`${code}\nthis.countersign = countersign`, realm)
    const verdict = runInContext(
      'JSON.stringify(countersign.verifyTrail([Uint8Array.from(new TextEncoder().encode(text))]))',
      realm,
    ) as string
    expect(JSON.parse(verdict)).toEqual(JSON.parse(JSON.stringify(verifyTrail([new TextEncoder().encode(text)]))))
    expect(JSON.parse(verdict)).toMatchObject({ status: 'sound', size: lines.length })
  })

  test('every package says which engines it runs on, and none asks for more than the others', () => {
    const engines = [
      'trail',
      'countersign',
      'store-file',
      'store-sqlite',
      'store-postgres',
      'calendar',
      'timestamp',
      'testing',
      'cli',
    ].map(
      name =>
        (JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')) as { engines: unknown })
          .engines,
    )
    expect(new Set(engines.map(one => JSON.stringify(one))).size).toBe(1)
  })
})
