import { history, setOut } from './fuzz-able.ts'
setOut('/work/main/test/zzb/show.jsonl')
const [seed, ch, upto] = [Number(process.argv[2]), process.argv[3], Number(process.argv[4] ?? 9999)]
const sim = await history(seed, Number(process.argv[5] ?? 60))
sim.log.slice(0, upto).forEach((l, i) => { const t = JSON.stringify(l); if (i > 10 && (!l[3].change || l[3].change === ch || ch === '*' || l[3].parent) && !/registerPerson|grantRole.*08:00:00|defineRole|proposeP/.test(t)) console.log(i, t.slice(0, 420)) })
if (process.argv[6]) { const g: any = sim.state.governance; console.log(JSON.stringify(Object.values(g.policies ?? {}).map((x: any) => x.policy ?? x)[0]).slice(0, 6000)) }
