/** Makes the tables and the pictures of the documentation out of what `growth.ts` and `saturation.ts` have measured. */
import { readFileSync, writeFileSync } from 'node:fs'
import {
  growthPicture,
  growthTable,
  ratiosText,
  saturationPicture,
  saturationTable,
  withTables,
} from './growth-page.ts'

const docs = new URL('../../docs/explanation/', import.meta.url)
const measured = (name: string) => JSON.parse(readFileSync(new URL(name, docs), 'utf8'))
const { costs, ratios } = measured('how-cost-grows.json')
const { stores } = measured('where-a-trail-is-full.json')
writeFileSync(new URL('how-cost-grows.svg', docs), growthPicture(costs))
writeFileSync(new URL('where-a-trail-is-full.svg', docs), saturationPicture(stores))
const page = new URL('how-cost-grows.md', docs)
const tables = { growth: growthTable(costs), ratios: ratiosText(ratios), saturation: saturationTable(stores) }
writeFileSync(page, withTables(readFileSync(page, 'utf8'), tables))
