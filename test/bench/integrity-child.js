import { closeSync, openSync, readSync } from 'node:fs'
import { Integrity } from '@countersign/trail'

const [path = ''] = process.argv.slice(2)
const integrity = new Integrity()
const block = new Uint8Array(1 << 20)
const file = openSync(path, 'r')
for (let read = readSync(file, block); read > 0; read = readSync(file, block)) integrity.push(block.subarray(0, read))
closeSync(file)
const { size, found } = integrity.finish()
console.log(JSON.stringify({ size, found, peak: process.resourceUsage().maxRSS / 1024 }))
