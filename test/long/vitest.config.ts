import { defineConfig, mergeConfig } from 'vitest/config'
import everyDay from '../vitest.config.ts'

/**
 * What takes longer than a run of all tests may: ten thousand histories, and others judged by several or from a cache; a whole
 * published log, pages of commands, processes that race, writers that are killed, disks that are full.
 */
const { test, ...rest } = everyDay
export default mergeConfig(rest, defineConfig({ test: { ...test, include: ['test/long/**/*.test.ts'], exclude: [] } }))
