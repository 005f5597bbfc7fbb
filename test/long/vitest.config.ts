import { defineConfig, mergeConfig } from 'vitest/config'
import everyDay from '../vitest.config.ts'

/** What takes longer than a run of all tests may: all of the ten thousand histories, a whole published log, pages of commands, processes that race, writers that are killed. */
const { test, ...rest } = everyDay
export default mergeConfig(rest, defineConfig({ test: { ...test, include: ['test/long/**/*.test.ts'], exclude: [] } }))
