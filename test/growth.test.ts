import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import {
  growthPicture,
  growthTable,
  ratiosText,
  saturationPicture,
  saturationTable,
  withTables,
} from './bench/growth-page.ts'

const read = (name: string) => readFileSync(new URL(`../docs/explanation/${name}`, import.meta.url), 'utf8')

test('the tables and pictures of how cost grows are made of what was measured', () => {
  const { costs, ratios } = JSON.parse(read('how-cost-grows.json'))
  const { stores } = JSON.parse(read('where-a-trail-is-full.json'))
  expect(read('how-cost-grows.svg')).toBe(growthPicture(costs))
  expect(read('where-a-trail-is-full.svg')).toBe(saturationPicture(stores))
  const page = read('how-cost-grows.md')
  const tables = { growth: growthTable(costs), ratios: ratiosText(ratios), saturation: saturationTable(stores) }
  expect(page).toBe(withTables(page, tables))
  for (const table of Object.values(tables)) expect(page).toContain(table)
})
