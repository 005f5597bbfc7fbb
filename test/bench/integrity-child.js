import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import { Integrity } from '@countersign/trail'

const [path = ''] = process.argv.slice(2)
const integrity = new Integrity()
const block = new Uint8Array(1 << 20)
const file = openSync(path, 'r')
for (let read = readSync(file, block); read > 0; read = readSync(file, block)) integrity.push(block.subarray(0, read))
closeSync(file)
const { size, found } = integrity.finish()
// What `resourceUsage` says begins with what the process had that started this one.
const [, peak] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
console.log(JSON.stringify({ size, found, peak: Number(peak) / 1024 }))
