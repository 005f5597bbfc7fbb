import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig, mergeConfig } from 'vitest/config'
import everyDay from '../vitest.config.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Tests that try a number of histories or of forgeries: on every day a quarter of them, and here all. */
const tried = globSync('test/**/*.test.ts', { cwd: root, exclude: ['test/long', '**/node_modules'] }).filter(path =>
  /import \{[^}]*\b(?:runs|sampleOf)\b[^}]*\} from '[^']*\/trial\.ts'/.test(readFileSync(`${root}/${path}`, 'utf8')),
)

/**
 * What takes longer than a run of all tests may: ten thousand histories, and others judged by several or from a cache; a whole
 * published log, pages of commands, processes that race, writers that are killed, disks that are full; every fault of a history,
 * every bit of a time stamp, every system call of a file that goes wrong, and every command whose reader hangs up; and all of what
 * the other tests try a part of.
 */
const { test, ...rest } = everyDay
const env = { ...test?.env, COUNTERSIGN_RUNS: process.env.COUNTERSIGN_RUNS ?? '1' }
const include = ['test/long/**/*.test.ts', ...tried]
export default mergeConfig(rest, defineConfig({ test: { ...test, include, exclude: [], env } }))
