import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { LongestFirst } from './longest-first.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const conditions = ['countersign-src']

export default defineConfig({
  root,
  resolve: { conditions: [...conditions, 'module', 'node', 'development|production'] },
  ssr: { resolve: { conditions: [...conditions, 'module', 'node', 'development|production'] } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'examples/*/src/**/*.test.ts', 'test/**/*.test.ts'],
    // These have a run of their own: `pnpm run test:long`.
    exclude: ['**/node_modules/**', 'test/long/**', 'test/.*/**'],
    globalSetup: ['test/run-folder.ts', 'test/postgres-told.ts'],
    testTimeout: 60_000,
    sequence: { sequencer: LongestFirst },
    env: {
      // Processes that tests start find the sources compiled, which would take most of their time.
      NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/countersign-tests'),
      // Of the histories that are tried by their number a quarter: the long run has all of them.
      COUNTERSIGN_RUNS: process.env.COUNTERSIGN_RUNS ?? '0.25',
    },
    // On a busy machine a database server takes its time to come up.
    hookTimeout: 60_000,
    // Nothing that is tested keeps anything between tests, so files need no process of their own: a third less work.
    isolate: false,
    // Node runs the sources itself: nothing rewrites them first, and an import is one. (`vi.mock` would need the loader.)
    experimental: { viteModuleRunner: false, nodeLoader: false },
    // Histories leave much behind at once: with room for it an eighth less work.
    execArgv: ['--max-semi-space-size=64'],
    // Left to itself it keeps one processor free, of two as well.
    maxWorkers: Math.max(2, availableParallelism() - 1),
  },
})
