/** Measures how cost grows with a trail, and writes it where the documentation's table and picture are drawn from. */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { growth } from './long-desk.ts'

const path = fileURLToPath(new URL('../../docs/explanation/how-cost-grows.json', import.meta.url))
const sizes = process.argv.slice(2).map(Number)
const { costs, ratios } = await growth(sizes.length === 0 ? [1_000, 10_000, 100_000, 1_000_000] : sizes, text =>
  process.stderr.write(`${text}\n`),
)
const rounded = JSON.parse(
  JSON.stringify({ node: process.version, costs, ratios }, (_, value) =>
    typeof value === 'number' ? Number(value.toFixed(2)) : value,
  ),
)
writeFileSync(path, `${JSON.stringify(rounded, null, 2)}\n`)
