import { history, stats, setOut, rejected } from './fuzz-able.ts'
const from = Number(process.argv[2]), count = Number(process.argv[3]), steps = Number(process.argv[4] ?? 60)
setOut(`/work/main/test/zzb/out-${from}.jsonl`)
const end = Date.now() + Number(process.argv[5] ?? 120) * 1000
for (let s = from; s < from + count && Date.now() < end; s++) { try { await history(s, steps) } catch (e) { console.log('seed', s, (e as Error).stack?.slice(0, 800)); stats.genfail = (stats.genfail ?? 0) + 1 } }
console.log(JSON.stringify(Object.fromEntries(Object.entries(stats).sort()), null, 0).replaceAll(',"', '\n"'))
console.log([...rejected])
