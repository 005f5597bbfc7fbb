import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { appendsRows } from './appends.ts'
import { approveRow } from './approve.ts'
import { bitsRow } from './bits.ts'
import { decideRow } from './decide.ts'
import { governanceRow } from './governance.ts'
import { integrityRows, writeLongTrail } from './integrity.ts'
import { longDeskRows } from './long-desk.ts'
import { writeLongHistory } from './long-history.ts'
import { matchingRow } from './matching.ts'
import type { Row } from './measure.ts'
import { memoryRows } from './memory.ts'
import { startupRow } from './startup.ts'
import { storesRows } from './stores.ts'
import { verdictRows } from './verdict.ts'

const { values } = parseArgs({ options: { json: { type: 'string' }, entries: { type: 'string', default: '1000000' } } })
const entries = Number(values.entries)
const say = (text: string) => process.stderr.write(`${text}\n`)

const rows: Row[] = []
say('an approve command in memory …')
rows.push(await approveRow())
rows.push(await decideRow())
say('matching and people …')
rows.push(await matchingRow(), await governanceRow())
say('durable appends …')
rows.push(...(await appendsRows()), ...(await storesRows(say)))
say('every bit of 200 entries …')
rows.push(bitsRow())
say('start-up …')
rows.push(await startupRow())
const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'))
try {
  say(`writing a trail of ${entries.toLocaleString('en')} entries …`)
  const path = join(folder, 'trail.jsonl')
  await writeLongTrail(path, entries)
  say('chain and tree …')
  rows.unshift(...(await integrityRows(path, entries)))
  say(`deciding ${entries.toLocaleString('en')} commands of eight teams …`)
  const history = join(folder, 'history.jsonl')
  await writeLongHistory(history, entries)
  say('the whole verdict …')
  rows.push(...(await verdictRows(history, entries)), ...(await memoryRows(history, entries)))
  say('a desk on a long trail …')
  rows.push(...(await longDeskRows(entries, say)))
} finally {
  rmSync(folder, { recursive: true, force: true })
}

const figure = (value: number) => value.toFixed(2)
console.log('| what | against | aim | median | min–max | |\n|---|---|---|---|---|---|')
for (const { what, rival, aim, ratios, median, holds, note } of rows) {
  const range = `${figure(Math.min(...ratios))}–${figure(Math.max(...ratios))}`
  console.log(
    `| ${what} | ${rival} | ${aim} | ${figure(median)} | ${range} | ${holds ? 'holds' : 'does not hold'}${note === undefined ? '' : `, ${note}`} |`,
  )
}
if (values.json !== undefined) {
  const report = {
    node: process.version,
    entries,
    rows: rows.map(row => ({ ...row, ratios: row.ratios.map(one => Number(one.toFixed(4))) })),
  }
  writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`)
}
