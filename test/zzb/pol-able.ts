import { rng, mkControls, mkPolicy } from './fuzz-able.ts'
const r = rng(Number(process.argv[2])); r.int(5)
const p: any = mkPolicy(r, mkControls(r)); console.log(JSON.stringify(p.categories[process.argv[3]!].flow, null, 0)); console.log(JSON.stringify([p.separate, p.permit, p.exceptions, p.roles, p.delegation]))
