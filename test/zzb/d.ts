import { history, setOut } from './fuzz-cur.ts'
import { verifyTrail } from 'countersign/verify'
setOut('/work/main/test/zzb/show2.jsonl')
const seed = Number(process.argv[2]), seq = Number(process.argv[3])
const sim = await history(seed, 70)
const v: any = await sim.verify(); console.log(JSON.stringify(v.findings.slice(0, 3)))
const b = sim.bodies[seq]; const id = b.command.change
console.log('AT', JSON.stringify(b).slice(0, 900))
for (const x of sim.bodies.slice(35, seq + 4)) { const t = JSON.stringify([x.seq, x.at, x.by.account, x.command, 'refused' in x.outcome ? 'REFUSED ' + x.outcome.refused.code : x.outcome.accepted.map((e: any) => e.type)]); if (!t.includes('REFUSED') && (x.command.change === id || !x.command.change) && !/grantRole|assignGroups/.test(t)) console.log(t.slice(0, 520)) }
