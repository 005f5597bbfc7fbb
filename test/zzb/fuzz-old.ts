import { State, decide } from '../../packages/countersign/src/record/state.ts'
import { parseEnvelope } from '../../packages/countersign/src/desk/envelope.ts'
import { viewOf } from '../../packages/countersign/src/desk/view.ts'
import { foundingOf, content } from '../../packages/testing/src/scenario.ts'
import { createDesk } from 'countersign'
import { memoryStore } from '@countersign/trail/store'
import { verifyTrail } from 'countersign/verify'
import * as P from 'countersign/policy'
import { templateUse } from 'countersign/governance'
import * as z from 'zod'
import { writeFileSync, appendFileSync } from 'node:fs'

export function rng(seed: number) {
  let a = seed * 2654435761 >>> 0
  const next = () => { a |= 0; a = (a + 0x6d2b79f5) | 0; let t = Math.imul(a ^ (a >>> 15), 1 | a); t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t; return ((t ^ (t >>> 14)) >>> 0) / 4294967296 }
  const int = (n: number) => Math.floor(next() * n)
  const chance = (p: number) => next() < p
  const pick = <T>(xs: readonly T[]): T => xs[int(xs.length)] as T
  const sub = <T>(xs: readonly T[], min: number, max: number): T[] => { const c = [...xs]; const out: T[] = []; const n = min + int(max - min + 1); while (out.length < n && c.length) out.push(c.splice(int(c.length), 1)[0]!); return out }
  return { next, int, chance, pick, sub }
}
type R = ReturnType<typeof rng>
export const ROLES = ['appr', 'owner', 'head', 'tester', 'deployer', 'engineer', 'deputy']
const names = ['alice', 'bob', 'carol', 'dan', 'erin', 'fay', 'gus', 'hana', 'ivo', 'joe']
const G = ['north', 'south', 'east']
const SYS = ['ledger', 'billing', 'rates']
const form = z.object({ risk: z.enum(['low', 'high']), systems: z.array(z.enum(SYS as any)), note: z.string().max(400).optional(), amount: z.int().optional() })
const eform = z.object({ risk: z.enum(['low', 'high']), systems: z.array(z.enum(SYS as any)), incident: z.string().min(1) })

function leaf(r: R) {
  const from = r.pick(['appr', 'appr', 'appr', 'owner', 'head', 'deputy'])
  const b = r.chance(0.25) ? P.share(...(r.pick([[1, 2], [2, 3], [1, 1], [66, 100], [1, 3]]) as [number, number])).of(P.role(from)) : P.approvals(1 + r.int(2)).from(P.role(from))
  return r.chance(0.2) ? b.fromDifferentGroups() : b
}
function req(r: R, d = 0): any {
  const x = r.next()
  let t: any
  if (d >= 2 || x < 0.6) t = leaf(r)
  else { const n = 2 + r.int(2); const parts = Array.from({ length: n }, () => req(r, d + 1)); t = x < 0.8 ? P.all(...parts) : P.any(...parts) }
  if (d > 0 && r.chance(0.15)) t = t.when(P.field('risk').is(r.pick(['low', 'high'])))
  return t
}
const aopts = (r: R) => ({
  ...(r.chance(0.25) ? { veto: { liftedBy: P.role(r.pick(['head', 'owner', 'deputy'])) } } : {}),
  ...(r.chance(0.2) ? { validFor: r.pick(['5d', '2d', '12h']) } : {}),
  ...(r.chance(0.2) ? { leavers: 'reconfirm' as const } : {}),
  ...(r.chance(0.35) ? { onResubmit: 'retain' as const } : {}),
})
const whenHigh = (r: R, p: number) => r.chance(p) ? { when: P.field('risk').is(r.pick(['high', 'high', 'low'])) } : {}
const list = (r: R, p: number) => r.chance(p) ? { checklist: { backup: 'a backup', told: 'they were told' } } : {}
const mkTest = (r: R, name: string, o = {}) => P.test(name, { by: P.role(r.pick(['tester', 'tester', 'deputy', 'appr'])), signOffs: 1 + r.int(2), evidence: 'optional', ...list(r, 0.12), ...whenHigh(r, 0.1), ...o } as any)
const mkTask = (r: R, name: string) => P.task(name, { by: P.role(r.pick(['engineer', 'engineer', 'appr'])), duty: r.pick(['make', 'make', 'operate', 'review']), ...list(r, 0.12), ...whenHigh(r, 0.1) } as any)

export function flow(r: R, kind: string): P.Stage[] {
  const out: P.Stage[] = []
  const env = r.next()
  const carried = kind === 'patch' ? { carriedFrom: P.approved('project').covers({ systems: 'systems' }).for(r.pick(['10d', '3d'])) } : kind === 'standard' ? { carriedFrom: P.approvedTemplate().for('365d') } : {}
  const envs = env < 0.65 ? {} : env < 0.8 ? { environments: ['production'] } : { environments: r.pick([['staging', 'production'], ['production', 'staging']]) }
  const two = env >= 0.8
  if (r.chance(0.35)) out.push(mkTask(r, 'build'))
  const checks: P.Stage[] = []
  checks.push(P.approval('agree', req(r), { ...aopts(r), ...envs, ...carried } as any))
  if (r.chance(0.5)) checks.push(mkTest(r, 'verify'))
  if (r.chance(0.4)) checks.push(P.approval('second', req(r), { ...aopts(r), ...whenHigh(r, 0.4), ...(r.chance(0.5) ? envs : {}) } as any))
  if (r.chance(0.12)) checks.push(mkTask(r, 'prepare'))
  checks.sort(() => r.next() - 0.5)
  if (r.chance(0.35) && checks.length > 1) out.push(P.parallel('checks', ...checks)); else out.push(...checks)
  if (two) { out.push(P.release('rehearsal', { by: P.role('deployer'), environment: 'staging', ...list(r, 0.1) } as any)); if (r.chance(0.4)) out.push(r.chance(0.5) ? mkTest(r, 'between') : P.approval('third', req(r), { ...aopts(r), environments: ['production'] } as any)) }
  const noRel = kind === 'project' && r.chance(0.5) || kind === 'found'
  if (!noRel) out.push(P.release('production', { by: P.role(r.pick(['deployer', 'deployer', 'owner'])), ...(env < 0.65 ? {} : { environment: 'production' }), ...list(r, 0.1) } as any))
  if (kind === 'emergency' || r.chance(0.12)) out.push(P.approval('audit', req(r), { within: r.pick(['24h', '2d']), ...(r.chance(0.3) ? { remedyWithin: '3d' } : {}), ...(r.chance(.2) ? { validFor: '5d' } : {}) } as any))
  if (r.chance(0.08)) out.push(mkTest(r, 'checkafter', { within: '12h' }))
  if (kind === 'glass') out.push(P.approval('inquiry', r.pick([P.approvals(4).from(P.role('appr')), P.approvals(4).from(P.role('head')), P.all(P.approvals(3).from(P.role('head')), P.approvals(2).from(P.role('appr')))]), { within: '24h', onlyAfter: 'breakGlass' }))
  return out
}
function foundFlow(r: R): P.Stage[] {
  const out = [P.approval('audit', req(r), { within: '24h' } as any)]
  if (r.chance(0.5)) out.push(P.approval('audit2', req(r), { within: '2d' } as any))
  return out
}

export function mkControls(r: R) {
  const clauses: any = { 'H-1': P.separate('make', 'approve', { exceptions: 'allowed' }).because('nobody approves what they made'), 'H-2': P.separate('make', 'test', r.chance(.5) ? { exceptions: 'allowed' } : {} as any).because('nobody tests what they made') }
  if (r.chance(0.3)) clauses['H-3'] = P.separate('test', 'approve', { exceptions: 'allowed' }).because('testers do not approve')
  if (r.chance(0.3)) clauses['H-4'] = (P.approvedBeforeRelease as any)(1, { breakGlass: 'allowed' }).because('approved')
  return P.controls('fz', clauses)
}
export function mkPolicy(r: R, controls: any) {
  const seps: any[] = []
  for (const [a, b] of [['test', 'approve'], ['make', 'release'], ['test', 'release'], ['approve', 'release'], ['request', 'release'], ['request', 'test'], ['make', 'review'], ['request', 'make']] as const) if (r.chance(0.15)) seps.push(P.separate(a, b, { exceptions: 'allowed' } as any).because('apart ' + a + b))
  const permits = [...(r.chance(0.25) ? [P.permit('request', 'approve').because('ok')] : []), ...(r.chance(0.2) ? [P.permit('approve', 'review').because('ok')] : [])]
  const fb = (self: string) => r.chance(0.55) ? { fallback: { role: r.pick(['head', 'deputy', 'owner'].filter(x => x !== self)), ...r.pick([{ when: ['vacant'] }, { when: ['vacant', 'absent'] }, { when: ['absent'] }, { when: ['vacant', 'unanswered'], after: '6h' }, { when: ['unanswered'], after: '2h' }, { when: ['vacant', 'absent', 'unanswered'], after: '6h' }]) } } : {}
  const roles: any = Object.fromEntries(ROLES.map(n => [n, { description: n, ...(n === 'head' ? {} : r.chance(n === 'tester' || n === 'deployer' || n === 'engineer' ? 0.3 : 0.6) ? fb(n) : {}), ...(r.chance(0.12) ? { delegates: r.pick(['deputy', 'engineer'].filter(x => x !== n)) } : {}), ...(r.chance(0.2) ? { whileAbsent: 'suspended' } : {}) }]))
  const exc = [] as any[]
  for (const [a, b] of [['make', 'approve'], ['test', 'approve'], ['make', 'release'], ['approve', 'release'], ['make', 'test'], ['request', 'approve']] as const) if (r.chance(0.35)) exc.push(P.exception(a, b).grantedBy(P.role(r.pick(['head', 'owner']))).atMost('7d').compensatedBy('looked at later').because('few people'))
  const base = { complies: controls, roles, separate: seps, permit: permits, delegation: { depth: 1 + r.int(3) } }
  const mat = () => ['risk', 'systems', ...(r.chance(0.75) ? ['content'] : []), ...(r.chance(.3) ? ['title'] : [])]
  const cats: any = {}
  const mk: Record<string, () => any> = {
    normal: () => P.category({ form, material: mat(), flow: flow(r, 'normal') }),
    light: () => P.category({ form, material: mat(), flow: flow(r, 'light') }),
    project: () => P.category({ form, material: mat(), flow: flow(r, 'project') }),
    patch: () => P.category({ form, material: mat(), flow: flow(r, 'patch') }),
    standard: () => P.category({ form, material: mat(), flow: flow(r, 'standard'), template: { otherwise: 'normal' } }),
    emergency: () => P.category({ form: eform, material: ['risk', 'systems', 'content', 'incident'], flow: flow(r, 'emergency'), emergency: { incident: 'incident' } }),
    glass: () => P.category({ form, material: mat(), flow: flow(r, 'glass'), breakGlass: { by: P.role(r.pick(['head', 'deployer'])), lasts: '12h' } }),
    found: () => P.category({ form, material: mat(), flow: foundFlow(r), retrospective: true }),
    triaged: () => P.category({ form, material: mat(), flow: flow(r, 'normal'), triage: [{ to: P.role('engineer') }] } as any),
  }
  let last: any
  // exceptions that controls do not allow are dropped
  const excOk = exc.filter(e => { try { P.policy('t', { ...base, exceptions: [e] }, { normal: P.category({ form, material: ['risk', 'systems', 'content'], flow: [P.approval('a', P.approvals(1).from(P.role('appr'))), P.release('p', { by: P.role('deployer') })] }) }); return true } catch { return false } })
  const opts = { ...base, ...(excOk.length ? { exceptions: excOk } : {}) }
  for (const name of Object.keys(mk)) {
    for (let i = 0; i < 4; i++) {
      try { const c = mk[name]!(); P.policy('t', opts, { ...cats, [name]: c }); cats[name] = c; break } catch (e) { last = e; if (i === 3) rejected.set(name, String((e as Error).message).slice(0, 300)) }
    }
  }
  if (!cats.normal) throw last
  return P.policy('t', opts, cats)
}
export const rejected = new Map<string, string>()

export class Sim {
  state = new State(); bodies: any[] = []; clock = Date.parse('2026-03-02T08:00:00.000Z'); ids = 0; log: any[] = []
  view = viewOf(() => this.state)
  get now() { return new Date(this.clock).toISOString() }
  later(ms: number) { return new Date(this.clock + ms).toISOString() }
  prep(account: string, type: string, c: any, change = c.change && this.state.changes.get(c.change)) {
    const seen = ['approve', 'reject', 'signOff', 'tick', 'release', 'breakGlass'].includes(type) && change ? { revision: change.revision, digest: change.digest } : {}
    return { account, id: `fuzz-id-${this.ids++}`, command: { ...seen, ...c, type } }
  }
  probe(account: string, type: string, c: any): any {
    const p: any = parseEnvelope(this.prep(account, type, c))
    if ('refused' in p) return { refused: p.refused, malformed: true }
    const d: any = decide(this.state, { id: p.id, at: this.now, account: p.account, command: p.command })
    return d.outcome
  }
  take(account: string, type: string, c: any): any {
    const env = this.prep(account, type, c)
    const p: any = parseEnvelope(env)
    if ('refused' in p) { this.log.push([this.now, account, type, c, 'MALFORMED ' + JSON.stringify(p.refused).slice(0, 200)]); return { refused: p.refused } }
    const d: any = decide(this.state, { id: p.id, at: this.now, account: p.account, command: p.command })
    const { stream, streamSeq, by, outcome, policy } = d
    this.calls.push([this.now, env, outcome])
    this.log.push([this.now, account, type, c, 'refused' in outcome ? 'REFUSED ' + outcome.refused.code : 'ok'])
    if ('refused' in outcome && ['identity.unknown-account', 'command.malformed'].includes(outcome.refused.code)) return outcome
    if ('refused' in outcome && !VIOL.test(outcome.refused.code)) return outcome
    const body = { v: 1, seq: this.bodies.length, id: p.id, at: this.now, stream, streamSeq, by, command: p.command, outcome: 'refused' in outcome ? { refused: evid(outcome.refused) } : outcome, ...(policy === undefined ? {} : { policy }) }
    this.state.fold(body as any, d.next); this.bodies.push(body)
    return outcome
  }
  branch(): Sim { const s = new Sim(); s.state = this.state.branch(); s.state.isShared = this.state.isShared; s.clock = this.clock; s.ids = this.ids + 1_000_000; s.bodies = [...this.bodies]; s.view = viewOf(() => s.state); return s }
  calls: any[] = []
  async verify() {
    const store = memoryStore()
    const clock = { now: new Date() }
    const desk = await createDesk({ store, clock: () => clock.now })
    let differ: any
    for (const [at, env, outcome] of this.calls) { clock.now = new Date(at); const rc: any = await desk.execute(env); const was = 'refused' in outcome ? outcome.refused.code : 'accepted'; const is = rc.outcome === 'accepted' ? 'accepted' : rc.refusal.code; if (was !== is && !differ) differ = { env, was, is } }
    const lines: Uint8Array[] = []
    for await (const { bytes } of store.read({ from: 0 })) { lines.push(bytes); lines.push(new TextEncoder().encode('\n')) }
    return { ...verifyTrail(lines), differ }
  }
}
import { evidenceOf, isViolation } from '../../packages/countersign/src/decision/refusal.ts'
const VIOL = { test: (c: any) => isViolation(c) }
const evid = (x: any) => evidenceOf(x)
const ended = (c: any) => ['completed', 'closed', 'cancelled'].includes(c.state)
const H = 3600_000, D = 24 * H

export const stats: Record<string, number> = {}
export const note = (k: string, n = 1) => { stats[k] = (stats[k] ?? 0) + n }
const found = new Map<string, number>()
export let OUT = ''
export const setOut = (f: string) => { OUT = f; writeFileSync(f, '') }
function finding(kind: string, seed: number, sim: Sim, facts: any) {
  const n = (found.get(kind) ?? 0) + 1; found.set(kind, n); note('FOUND ' + kind)
  if (n <= 12 && !/already-given|able.*veto.standing|unknown-account|left out: (complete|tick)/.test(kind)) appendFileSync(OUT, JSON.stringify({ kind, seed, step: sim.log.length, facts }) + '\n')
}

/** ways of doing something at a change by somebody */
function variants(sim: Sim, account: string, type: string, c: any): any {
  let o = sim.probe(account, type, c)
  if (!('refused' in o)) return o
  if (o.refused.code === 'authority.which-principal') {
    for (const p of o.refused.facts.principals as string[]) { const q = sim.probe(account, type, { ...c, for: p }); if (!('refused' in q)) return q; o = q }
  }
  return o
}
function full(sim: Sim, account: string, type: string, c: any, people: string[]): any {
  let o = variants(sim, account, type, c)
  if (!('refused' in o)) return o
  for (const p of people) { const q = sim.probe(account, type, { ...c, for: p }); if (!('refused' in q)) return q }
  if (type === 'approve') for (const as of ROLES) { const q = variants(sim, account, type, { ...c, as }); if (!('refused' in q)) return q }
  return o
}
const envOf = (pol: any, cat: string, stage: string) => { for (const s of pol.categories[cat].flow) { if (s.name === stage) return s.environment ? { environment: s.environment } : {} } return {} }
const itemsOf = (node: any) => (node?.checklist ?? []).filter((i: any) => !i.ticked).map((i: any) => i.item)

function commandOf(w: any, ch: any, ex: any, pol: any): [string, any][] {
  const change = ch.id, node = ex.stages.find((s: any) => s.stage === w.stage)
  switch (w.do) {
    case 'approve': return [['approve', { change, stage: w.stage, comment: 'y' }]]
    case 'signOff': return [['signOff', { change, stage: w.stage, result: 'passed', evidence: [{ name: 'e' }] }]]
    case 'complete': return [['complete', { change, stage: w.stage }]]
    case 'tick': return [['tick', { change, stage: w.stage, items: itemsOf(node) }]]
    case 'release': return [['release', { change, ...envOf(pol, ch.category, w.stage) }]]
    case 'liftVeto': return node.vetoes.map((of: string) => ['liftVeto', { change, of, comment: 'ok' }])
    case 'revise': return [['revise', { change, comment: 'made', content: { digest: content('zz' + ch.revision), makers: ['@self'] } }]]
  }
  return []
}
let polByDigest: Map<string, any>

export function checkExplain(seed: number, sim: Sim, ch: any, people: string[], canon: (x: string) => string, pol: any) {
  const ex: any = sim.view.explain(ch.id, sim.now)
  note('explain checked')
  if (ch.state === 'returned') return ex
  const unblock = new Set<string>(ex.whoCanUnblock)
  // soundness
  for (const w of ex.waysOut) {
    note('wayout ' + w.do)
    const cmds = commandOf(w, ch, ex, pol)
    for (const p of w.persons) {
      if (w.do === 'requestException') { const dut = ex.stages.find((s: any) => s.stage === w.stage)?.eligible.find((e: any) => e.person === p); note('reqexc person');
        { let helped = false, any = false; const tried: any[] = []
          const node = ex.stages.find((s: any) => s.stage === w.stage)
          for (const e of node.eligible.filter((e: any) => e.excludedFrom)) for (const rule of pol.exceptions ?? []) { const b = sim.branch(); const c1: any = { change: ch.id, exception: 'zzx', person: e.person, duties: rule.duties, until: b.later(1 * D), reason: 'needed' }; const o = b.take(people.find(x => x !== p && canon(x) === x)!, 'requestException', c1); if ('refused' in o) { tried.push([e.person, rule.duties, o.refused.code]); continue }
            const g = b.take(p, 'grantException', { change: ch.id, exception: 'zzx', comment: 'ok' }); if ('refused' in g) { tried.push([e.person, rule.duties, 'grant', g.refused.code]); continue } any = true
            const kinds: any = { approval: ['approve', { change: ch.id, stage: w.stage }], test: ['signOff', { change: ch.id, stage: w.stage, result: 'passed', evidence: [{ name: 'e' }] }], task: ['complete', { change: ch.id, stage: w.stage }], release: ['release', { change: ch.id, ...envOf(pol, ch.category, w.stage) }] }
            const q = full(b, e.person, kinds[node.kind][0], kinds[node.kind][1], people)
            if (!('refused' in q) || ['checklist.open', 'make.unknown'].includes(q.refused.code)) helped = true; else tried.push([e.person, rule.duties, 'act', q.refused.code])
          }
          note('reqexc followed')
          if (!any) finding('wayout requestException: that person can grant none', seed, sim, { w, p, tried, node }); else if (!helped) finding('wayout requestException does not help', seed, sim, { w, p, tried, node, held: ch.held }) }
        continue }
      if (w.do === 'grantRole') { const b = sim.branch(); const o1 = b.take(p, 'registerPerson', { person: 'newbie', name: 'newbie', accounts: ['newbie'] }); const o2 = b.take(p, 'grantRole', { role: w.role, to: 'newbie', team: '*' }); if ('refused' in o2) { finding('wayout grantRole refused ' + o2.refused.code, seed, sim, { w, p, o1, o2 }); continue }
        const node = ex.stages.find((s: any) => s.stage === w.stage)
        const e2: any = b.view.explain(ch.id, b.now)
        note('grantRole followed')
        if (!e2.whoCanUnblock.includes('newbie')) { 
          const kinds: any = { approval: ['approve', { change: ch.id, stage: w.stage }], test: ['signOff', { change: ch.id, stage: w.stage, result: 'passed', evidence: [{ name: 'e' }] }], task: ['complete', { change: ch.id, stage: w.stage }], release: ['release', { change: ch.id, ...envOf(pol, ch.category, w.stage) }] }
          const q = full(b, 'newbie', kinds[node.kind][0], kinds[node.kind][1], [])
          if ('refused' in q) finding('wayout grantRole does not help ' + q.refused.code, seed, sim, { w, p, q, node, e2: e2.stages.find((s: any) => s.stage === w.stage), ways: e2.waysOut }) }
        continue }
      if (cmds.length === 0) { note('wayout unfollowed ' + w.do); continue }
      for (const [type, c] of cmds) {
        const cc = JSON.parse(JSON.stringify(c).replaceAll('@self', p))
        const o = full(sim, p, type, cc, people)
        note('wayout probed')
        if ('refused' in o && o.refused.code === 'checklist.open' && ex.waysOut.some((x: any) => x.do === 'tick' && x.stage === w.stage)) note('checklist first, told')
        else if ('refused' in o) finding(`wayout ${w.do} refused ${o.refused.code}`, seed, sim, { w, p, cc, refused: o.refused, state: ch.state, cat: ch.category })
        else if (!unblock.has(p)) finding(`wayout person not in whoCanUnblock ${w.do}`, seed, sim, { w, p, unblock: [...unblock] })
      }
    }
  }
  // who can unblock: something must be accepted
  const here = ex.stages.filter((s: any) => s.here)
  const tries: [string, any, any][] = []
  for (const s of ex.stages) {
    if (!(s.here || s.afterwards)) continue
    const c = { change: ch.id, stage: s.stage }
    if (s.kind === 'approval') tries.push(['approve', c, s]); if (s.kind === 'test') tries.push(['signOff', { ...c, result: 'passed', evidence: [{ name: 'e' }] }, s]); if (s.kind === 'task') tries.push(['complete', c, s]); if (s.kind === 'release') tries.push(['release', { change: ch.id, ...envOf(pol, ch.category, s.stage) }, s])
    if (itemsOf(s).length) tries.push(['tick', { ...c, items: itemsOf(s) }, s])
    for (const of of s.vetoes) tries.push(['liftVeto', { change: ch.id, of, comment: 'ok' }, s])
  }
  const missingTotal = (e: any) => e.stages.reduce((n: number, s: any) => n + Object.values(s.missing as any).reduce((a: any, b: any) => a + b, 0), 0)
  for (const p of people) {
    if (canon(p) !== p) continue
    let can: any
    for (const [type, c, s] of tries) {
      const o = full(sim, p, type, c, people)
      note('probes')
      if (!('refused' in o)) {
        can = [type, c]
        const named = unblock.has(p)
        if (!named) {
          const types = o.accepted.map((e: any) => e.type)
          note('accepted, not named in whoCanUnblock')
          // does it get the change on?
          const b = sim.branch()
          let took: any = b.take(p, type, c); if ('refused' in took) for (const f of people) { took = b.take(p, type, { ...c, for: f }); if (!('refused' in took)) break }
          if ('refused' in took) { for (const as of ROLES) { took = b.take(p, type, { ...c, as }); if (!('refused' in took)) break } }
          if (!('refused' in took)) {
            const e2: any = b.view.explain(ch.id, b.now)
            const progressed = type !== 'complete' && e2.state !== ex.state || missingTotal(e2) < missingTotal(ex) 
            if (progressed || type === 'complete' && unblock.size === 0) finding(`left out: ${p === 'x' ? '' : ''}${type} moves it on${unblock.size === 0 ? ' AND NOBODY NAMED' : ''}`, seed, sim, { p, type, c, unblock: [...unblock], node: { ...s, acts: undefined }, ways: ex.waysOut, state: ch.state, cat: ch.category })
          }
        }
      } else if (o.refused.facts?.able) {
        for (const q of o.refused.facts.able as string[]) {
          note('able probed')
          const b = full(sim, q, type, c, people)
          if ('refused' in b && !['checklist.open', 'make.unknown'].includes(b.refused.code)) finding(`able person refused: ${type} ${o.refused.code} -> ${b.refused.code}`, seed, sim, { p, q, type, c, first: o.refused, then: b.refused, node: { ...s, acts: undefined } })
        }
      }
    }
    if (!can && unblock.has(p)) {
      // revise / exceptions etc
      const w = ex.waysOut.filter((x: any) => x.persons.includes(p))
      if (!w.some((x: any) => ['revise', 'remediate', 'overrideFreeze', 'requestException', 'grantRole'].includes(x.do))) finding('whoCanUnblock can do nothing', seed, sim, { p, w, unblock: [...unblock], state: ch.state, stages: here })
    }
  }
  return ex
}

export async function history(seed: number, steps = 60) {
  const r = rng(seed)
  const n = 6 + r.int(5)
  const folk = names.slice(0, n)
  const controls = mkControls(r)
  const pol = mkPolicy(r, controls)
  const people: any = Object.fromEntries(folk.map(f => [f, [] as string[]]))
  const hold = (role: string, min: number, max: number) => { for (const f of r.sub(folk, min, Math.min(max, n))) people[f].push(role) }
  hold('appr', 2, 6); hold('owner', 0, 2); hold('head', 1, 3); hold('tester', 1, 4); hold('deployer', 1, 4); hold('engineer', 1, 4); hold('deputy', 0, 3)
  const groups: any = {}; for (const f of folk) if (r.chance(0.8)) groups[f] = r.sub(G, 1, 2)
  const sim = new Sim()
  for (const [a, t, c] of foundingOf({ controls, policies: [pol as any], people, groups, roles: ROLES } as any)) { const o = sim.take(a, t, c); if ('refused' in o) { note('founding refused ' + o.refused.code); if (t.includes('Policy') || t.includes('Controls')) return } }
  note('histories')
  // robots & template
  const robots = ['ci', 'cd']
  for (const b of robots) { sim.take('ada', 'registerBot', { bot: b, controller: r.pick(folk), accounts: [b] }); for (const role of r.sub(['tester', 'deployer', 'engineer', 'appr'], 1, 3)) sim.take('ada', 'grantRole', { role, to: b, team: '*' }) }
  const poolAll = [...folk, ...robots]
  const templ = { format: 'countersign/template/v1', team: 't', name: 'routine', version: 1, category: 'standard', description: 'weekly', fixed: { risk: 'low' }, editable: ['systems', 'note', 'title', 'reason', 'content'], ...(r.chance(.2) ? { checklist: { production: [{ item: 'extra', text: 'extra' }] } } : {}) }
  if (pol.categories.standard) { const by = r.pick(folk); sim.take(by, 'proposeTemplate', { template: templ }); for (const p of r.sub(folk, 3, 6)) sim.take(p, 'approveTemplate', { team: 't', name: 'routine', version: 1 }) }
  sim.clock += H
  const alias = new Map<string, string>(); const canon = (x: string): string => alias.has(x) ? canon(alias.get(x)!) : x
  const controllerOf = (x: string) => { const p: any = (sim.state.governance as any).bots?.[x]; return p?.controller }
  let nch = 0, ndel = 0, nexc = 0
  const changes = () => [...sim.state.changes.values()] as any[]
  const openCh = () => { const o = changes().filter(c => !ended(c) || c.obligations.some((x: any) => !x.ended)); return o.length ? r.pick(o.slice(-4)) : undefined }
  const cats = Object.keys(pol.categories)
  const made = new Map<string, Set<string>>() // own record of makers (persons as accounts then)
  const mk = (id: string, who: string) => { (made.get(id) ?? made.set(id, new Set()).get(id)!).add(who) }
  const reqBy = new Map<string, string>()
  const parentOf = new Map<string, string>()
  const submit = () => {
    const category = r.pick([...cats, 'normal', ...(cats.includes('patch') ? ['project', 'patch'] : [])].filter(c => cats.includes(c)))
    const by = r.pick(folk), id = `C${++nch}`
    const parent = category === 'patch' || r.chance(0.15) ? (changes().filter(c => category !== 'patch' || c.category === 'project').at(-1)?.id) : undefined
    const makers = r.sub(poolAll, r.chance(0.85) ? 1 : 0, 2)
    const std = category === 'standard'
    const cmd: any = { change: id, team: 't', category, title: 'a', reason: 'because of it', form: std ? { systems: r.sub(SYS, 1, 2) } : { risk: r.pick(['low', 'high']), systems: r.sub(SYS, 0, 2), ...(category === 'emergency' ? { incident: 'INC' } : {}) }, ...(makers.length ? { content: { digest: content('r' + r.int(9)), makers } } : {}), ...(parent ? { parent } : {}), ...(std ? { template: { name: 'routine', version: 1 } } : {}), ...(category === 'found' ? { inEffectSince: sim.later(-H) } : {}) }
    const o = sim.take(by, 'submit', cmd)
    if (!('refused' in o)) { note('submitted ' + category); for (const m of makers) mk(id, robots.includes(m) ? controllerOf(m) ?? m : m); reqBy.set(id, by); if (parent) parentOf.set(id, parent) } else note('submit refused ' + category + ' ' + o.refused.code)
  }
  submit(); if (r.chance(.5)) submit()
  const participants = (c: any) => [...new Set(c.held.map((h: any) => h.person))] as string[]
  try {
    for (let i = 0; i < steps; i++) {
      if (r.chance(0.25)) sim.clock += r.pick([60_000, H, 7 * H, D, 3 * D])
      const c = openCh()
      const before = c
      let done: any, acct = '', type = '', cmd: any
      const go = (a: string, t: string, x: any) => { acct = a; type = t; cmd = x; done = sim.take(a, t, x) }
      const x = r.next()
      if (!c || x < 0.04) { submit() }
      else if (x < 0.45) {
        const ex: any = sim.view.explain(c.id, sim.now)
        const ws = ex.waysOut.filter((w: any) => w.persons.length)
        if (c.state === 'returned') go(r.pick(participants(c)), r.pick(['resubmit', 'resubmit', 'revise']), { change: c.id, comment: 'again', })
        else if (ws.length) {
          const w = r.chance(0.7) ? ws[0] : r.pick(ws), p = r.pick(w.persons) as string
          if (w.do === 'grantRole') go(p, 'grantRole', { role: w.role, to: r.pick(folk), team: '*' })
          else if (w.do === 'requestException') { const e = ex.stages.find((s: any) => s.stage === w.stage).eligible.find((e: any) => e.person === p && e.excludedFrom); if (e) go(p, 'requestException', { change: c.id, exception: `x${++nexc}`, person: p, duties: e.excludedFrom, until: sim.later(5 * D), reason: 'needed' }) }
          else { const cs = commandOf(w, c, ex, pol); if (cs.length) { const [t, cc] = r.pick(cs); const c2 = JSON.parse(JSON.stringify(cc).replaceAll('@self', p)); go(p, t, c2); if (done && 'refused' in done && done.refused.code === 'authority.which-principal') go(p, t, { ...c2, for: r.pick(done.refused.facts.principals) }) } }
        } else if (ex.whoCanUnblock.length === 0) note('nobody can unblock')
      }
      else if (x < 0.55) { const t = r.pick(['approve', 'reject', 'signOff', 'complete', 'release', 'tick']); const who = r.pick(poolAll); const st = r.pick(pol.categories[c.category]!.flow as any[]); go(who, t, { change: c.id, ...(t === 'reject' ? { comment: 'no' } : {}), ...(t === 'signOff' ? { result: r.pick(['passed', 'passed', 'failed']), evidence: [{ name: 'e' }] } : {}), ...(t === 'complete' || t === 'tick' ? { stage: st.name } : {}), ...(t === 'tick' ? { items: ['backup'] } : {}), ...(t === 'release' && st.environment ? { environment: st.environment } : {}), ...(r.chance(0.15) && t !== 'x' ? { for: r.pick(folk) } : {}), ...(t === 'approve' && r.chance(.1) ? { as: r.pick(ROLES) } : {}) }) }
      else if (x < 0.60) { const f = r.chance(0.5) ? { form: { risk: r.pick(['low', 'high']) } } : r.chance(0.5) ? { content: { digest: content('r' + r.int(9)), makers: [r.pick(poolAll)] } } : { form: { systems: r.sub(SYS, 0, 2) } }; go(r.chance(.7) ? r.pick(participants(c)) : r.pick(folk), 'revise', { change: c.id, ...f, comment: 'edit' }) }
      else if (x < 0.62) go(r.pick(participants(c)), 'assign', { change: c.id, to: r.pick(folk) })
      else if (x < 0.64) { const e = c.exceptions.filter((e: any) => !e.granted); const hd = folk.filter(f => people[f].includes('head') || people[f].includes('owner')); if (e.length) go(r.pick(hd.length ? hd : folk), 'grantException', { change: c.id, exception: r.pick(e as any[]).id, comment: 'seen' }); else { go(r.pick(folk), 'requestException', { change: c.id, exception: `x${++nexc}`, person: r.pick(folk), duties: r.pick([['make', 'approve'], ['test', 'approve'], ['make', 'release'], ['request', 'approve']]), until: sim.later(5 * D), reason: 'needed' }) ; if (done && !('refused' in done)) go(r.pick(hd.length ? hd : folk), 'grantException', { change: c.id, exception: `x${nexc}`, comment: 'seen' }) } }
      else if (x < 0.66) go(r.pick(folk), 'withdraw', { change: c.id, comment: 'no more' })
      else if (x < 0.70) { const rej = c.rejections.filter((v: any) => v.veto && !v.lifted); if (rej.length) go(r.pick(folk), 'liftVeto', { change: c.id, of: r.pick(rej as any[]).person, comment: 'ok' }); else { const hd = folk.filter(f => people[f].includes('appr')); go(r.pick(hd), 'reject', { change: c.id, comment: 'no' }) } }
      else if (x < 0.73) go(r.pick(participants(c)), 'recategorise', { change: c.id, category: r.pick(cats), comment: 'fits', ...(r.chance(.5) ? { form: { risk: r.pick(['low', 'high']), systems: ['ledger'], incident: 'INC' } } : {}) })
      else if (x < 0.79) { const p = r.pick(folk); const d = `d${++ndel}`; const mine = Object.entries((sim.state.governance as any).delegations as any).filter(([, dd]: any) => dd.to === p); const of = mine.length && r.chance(.6) ? (r.pick(mine) as any)[0] : undefined; go(p, 'delegate', { delegation: d, principal: of ? p : p, to: r.pick(folk), from: sim.now, until: sim.later(r.pick([D, 30 * D])), ...(of ? { of } : {}), scope: r.pick([{}, {}, { roles: ['appr'] }, { categories: ['normal'] }, { roles: ['tester', 'owner'] }].filter((s: any) => !s.categories || cats.includes('normal'))) }) }
      else if (x < 0.80) { const ids = Object.keys((sim.state.governance as any).delegations); if (ids.length) go('ada', 'revokeDelegation', { delegation: r.pick(ids) }) }
      else if (x < 0.84) { const p = r.pick(folk); go(p, 'recordAbsence', { person: p, from: sim.now, until: sim.later(r.pick([D, 10 * D])) }) }
      else if (x < 0.87) go(r.pick(['ada', 'otto']), 'grantRole', { role: r.pick(ROLES), to: r.pick(poolAll), team: '*', ...(r.chance(.3) ? { until: sim.later(5 * D) } : {}) })
      else if (x < 0.90) { const p = r.pick(folk); if (people[p].length) go('ada', 'revokeRole', { role: r.pick(people[p] as string[]), from: p, team: '*' }) }
      else if (x < 0.915) go('ada', 'recordDeparture', { person: r.pick(folk), compromised: r.chance(.3) })
      else if (x < 0.92) { const gone = folk.filter(f => (sim.state.governance as any).persons[f]?.departed); if (gone.length) go('ada', 'recordReturn', { person: r.pick(gone) }) }
      else if (x < 0.93 && r.chance(.5)) { const [a, b] = r.sub(folk, 2, 2); if (canon(a!) === a && canon(b!) === b) { go(r.pick(['ada', 'otto']), 'recordAlias', { person: a, is: b, comment: 'one' }); if (!('refused' in done)) alias.set(a!, b!) } }
      else if (x < 0.94) go('ada', 'assignController', { bot: r.pick(robots), controller: r.pick(folk) })
      else if (x < 0.95) go('ada', 'assignGroups', { person: r.pick(folk), groups: r.sub(G, 0, 2) })
      else if (x < 0.97) { const hd = folk.filter(f => people[f].includes('head') || people[f].includes('deployer')); go(r.pick(hd), 'breakGlass', { change: c.id, reason: 'nobody there' }); if (!('refused' in done)) { note('glass broken'); const w = acct; go(w, 'release', { change: c.id, ...envOf(pol, c.category, c.state) }) } }
      else if (x < 0.98) { const kid = changes().filter(k => k.parent === c.id && ended(k)); if (kid.length) go(r.pick(participants(c)), 'remediate', { change: c.id, by: r.pick(kid).id, comment: 'made good' }); else if (r.chance(.3)) go(r.pick(participants(c)), 'cancel', { change: c.id, comment: 'x' }) }
      else { if (c.obligations.some((o: any) => o.kind === 'remedy' && !o.ended)) { const id = `C${++nch}`; if (cats.includes('light')) { const by = r.pick(folk); const m = r.pick(folk); const o = sim.take(by, 'submit', { change: id, team: 't', category: 'light', title: 'mend', reason: 'mend', form: { risk: 'low', systems: [] }, content: { digest: content(id), makers: [m] }, parent: c.id }); if (!('refused' in o)) { mk(id, m); reqBy.set(id, by); parentOf.set(id, c.id) } } } }
      if (!done) continue
      note(('refused' in done ? 'refused ' : 'accepted ') + type)
      if (!('refused' in done)) {
        const after: any = cmd.change ? sim.state.changes.get(cmd.change) : undefined
        if (type === 'revise') { if (after.digest !== before.digest) mk(c.id, acct); for (const m of cmd.content?.makers ?? []) mk(c.id, robots.includes(m) ? controllerOf(m) ?? m : m) }
        if (type === 'complete') { const st = (pol.categories[c.category]!.flow as any[]).flatMap((s: any) => s.kind === 'parallel' ? s.stages : [s]).find((s: any) => s.name === cmd.stage); if (st.duty === 'make') mk(c.id, robots.includes(acct) ? controllerOf(acct) ?? acct : acct) }
        const anc = (id: string): string[] => parentOf.has(id) ? [parentOf.get(id)!, ...anc(parentOf.get(id)!)] : []
        const desc = (id: string): string[] => [...parentOf].filter(([, p]) => p === id).flatMap(([k]) => [k, ...desc(k)])
        const makersOf = (ids: string[]) => new Set(ids.flatMap(i => [...(made.get(i) ?? [])]).map(canon))
        if (type === 'approve') {
          const ap = after.approvals.filter((a: any) => !a.carried).at(-1)
          const chain = new Set([acct, ...ap.seats.flatMap((s: any) => s.principal ? [s.principal] : [])].map(canon))
          const ms = makersOf([c.id, ...anc(c.id), ...desc(c.id)])
          note('own approve checks')
          for (const p of chain) { if (ms.has(p) && !ap.exceptions?.length) finding('maker approved', seed, sim, { p, cmd, ap }); if (p === canon(reqBy.get(c.id)!) && !pol.permit.length && !ap.exceptions?.length) finding('requester approved', seed, sim, { p, cmd, ap })
            if (ap.afterwards && before.releases.some((q: any) => canon(q.person) === p)) finding('releaser reviewed', seed, sim, { p, cmd, ap }) }
          if (robots.includes(acct)) finding('robot approved', seed, sim, { cmd })
        }
        if (type === 'signOff') { const so = after.signOffs.at(-1); const a = robots.includes(acct) ? controllerOf(acct) : acct; const chain = new Set([a, ...so.seats.flatMap((s: any) => s.principal ? [s.principal] : [])].map(canon)); const ms = makersOf([c.id, ...anc(c.id), ...desc(c.id)]); note('own signoff checks'); for (const p of chain) if (ms.has(p) && !c.exceptions.some((e: any) => e.granted)) finding('maker tested', seed, sim, { p, cmd, so }) }
        if (type === 'release' && !after.glass) {
          note('own release checks')
          // recompute from what counts
          const ex: any = sim.view.explain(c.id, sim.now)
          const idx = ex.stages.findIndex((s: any) => s.stage === before.state)
          const ms = makersOf([c.id, ...anc(c.id)])
          const seen = new Map<string, string>()
          for (const s of ex.stages.slice(0, idx)) {
            if (s.kind !== 'approval' || s.status === 'skipped') continue
            const acts = s.acts.filter((a: any) => a.countsFor)
            for (const a of acts) {
              for (const p of new Set([a.person, ...a.seats.flatMap((q: any) => q.principal ? [q.principal] : [])].map(canon))) {
                if (ms.has(p) && !a.exceptions?.length) finding('released on approval of a maker', seed, sim, { p, s, made: [...ms] })
                if (seen.has(p)) finding('one person counts twice', seed, sim, { p, in: [seen.get(p), s.stage] })
                seen.set(p, s.stage)
              }
            }
            const q = s.requirement
            const ok = (n: any): boolean => n.status === 'skipped' ? true : 'all' in n ? n.all.every(ok) : 'any' in n ? n.any.some((k: any) => k.status !== 'skipped' && ok(k)) : n.preauthorised ? true : (n.share ? n.has * n.share[1] >= n.share[0] * n.of : n.has >= n.needs) 
            if (q && !ok(q)) finding('released though stage lacks', seed, sim, { s })
          }
          const rel = after.releases.at(-1); const a = robots.includes(acct) ? controllerOf(acct) : acct
          const chain = new Set([a, ...rel.seats.flatMap((s: any) => s.principal ? [s.principal] : [])].map(canon))
          for (const sp of pol.separate as any[]) { const d = sp.duties; if (!d.includes('release')) continue; const o = d.find((q: any) => q !== 'release'); const who = o === 'make' ? ms : o === 'request' ? new Set([canon(reqBy.get(c.id)!)]) : o === 'test' ? new Set(before.signOffs.map((q: any) => canon(q.person))) : o === 'approve' ? new Set(before.approvals.filter((q: any) => !q.carried).map((q: any) => canon(q.person))) : new Set(); for (const p of chain) if (who.has(p) && !c.exceptions.some((e: any) => e.granted)) finding('release against ' + d.join('/'), seed, sim, { p, cmd }) }
        }
      }
      if (r.chance(0.35)) for (const k of changes().slice(-3)) if (!['cancelled', 'closed'].includes(k.state)) checkExplain(seed, sim, k, [...folk], canon, pol)
    }
  } catch (e) { finding('CRASH ' + String((e as Error).name) + ' ' + String((e as Error).message).slice(0, 100), seed, sim, { stack: String((e as Error).stack).slice(0, 1500), last: sim.log.at(-1) }) }
  const v = await sim.verify()
  note('verified ' + v.status)
  if (v.differ) finding('desk differs from decide', seed, sim, v.differ)
  if (v.status !== 'sound' && Object.keys(v.codes).some(k => k !== 'alias.late')) finding('verify ' + v.status + ' ' + Object.keys(v.codes).join(','), seed, sim, { findings: v.findings.slice(0, 3) })
  // alias.late may be warnings
  live(seed, sim, pol, r)
  return sim
}

export function live(seed: number, sim0: Sim, pol: any, r: R) {
  for (const ch0 of [...sim0.state.changes.values()] as any[]) {
    if (['cancelled', 'closed'].includes(ch0.state)) continue
    const sim = sim0.branch()
    sim.clock += 60_000
    let nf = 0
    const fresh: string[] = []
    let ok = true
    for (const role of ROLES) for (let k = 0; k < 6; k++) { const p = `f${nf++}`; fresh.push(p); sim.take('ada', 'registerPerson', { person: p, name: p, accounts: [p] }); const o = sim.take('otto', 'grantRole', { role, to: p, team: '*' }); if ('refused' in o) ok = false; sim.take('ada', 'assignGroups', { person: p, groups: [`g${nf}`] }) }
    if (!ok) { note('live: no fresh'); continue }
    note('live tried')
    const all = [...fresh, ...Object.keys((sim.state.governance as any).persons)]
    let why: any, resub = 0
    const until = 70
    const participants = (c: any) => [...new Set(c.held.map((h: any) => h.person))] as string[]
    let finished = false
    for (let i = 0; i < 160; i++) {
      const c: any = sim.state.changes.get(ch0.id)
      if (c.state === 'closed') { finished = true; break }
      if (c.state === 'cancelled') { break }
      if (c.state === 'completed' && !c.obligations.some((o: any) => !o.ended)) { const w = participants(c).some(p => !('refused' in sim.take(p, 'close', { change: c.id, comment: 'done' }))); if (w) { finished = true; break } why = 'cannot close'; const ext = fresh.some(p => !('refused' in sim.take(p, 'close', { change: c.id, comment: 'done' }))); if (!ext) break; continue }
      const ex: any = sim.view.explain(c.id, sim.now)
      let did = false
      if (c.state === 'returned') { for (const p of [...participants(c), ...fresh]) { const o = sim.take(p, 'resubmit', { change: c.id, comment: 'again' }); if (!('refused' in o)) { did = true; break } why = o.refused }
        if (!did) { for (const p of [...fresh]) { const o = sim.take(p, 'revise', { change: c.id, reason: 'another reason ' + i, comment: 'x' }); if (!('refused' in o)) { did = true; break } } if (!did) break } ; continue }
      for (const w of ex.waysOut) {
        if (w.do === 'requestException' || w.do === 'grantRole' && (ex.whoCanUnblock.length > 0 || nf > 90)) continue
        if (w.do === 'grantRole') { const p = `f${nf++}`; const a = w.persons[0]; if (!a) continue; sim.take(a, 'registerPerson', { person: p, name: p, accounts: [p] }); const o = sim.take(a, 'grantRole', { role: w.role, to: p, team: '*' }); sim.take(a, 'assignGroups', { person: p, groups: [`g${nf}`] }); fresh.push(p); if (!('refused' in o)) { did = true; note('live grantRole'); break } why = o.refused; continue }
        for (const p of [...w.persons].sort((a: string, b: string) => Number(fresh.includes(b)) - Number(fresh.includes(a)))) {
          for (const [t, cc] of commandOf(w, c, ex, pol)) { const c2 = JSON.parse(JSON.stringify(cc).replaceAll('@self', p)); const o = sim.take(p, t, c2); if (!('refused' in o)) { did = true; break } why = o.refused }
          if (did) break
        }
        if (did) break
      }
      if (did) { note('live by way out'); continue }
      // remedy owed
      const rem = c.obligations.find((o: any) => o.kind === 'remedy' && !o.ended)
      if (rem) { note('live remedy owed skipped'); finished = true; break }
      // brute force
      for (const s of ex.stages) { if (did) break; for (const p of fresh) { const b: any = { change: c.id, stage: s.stage }; const t: any = s.kind === 'approval' ? ['approve', b] : s.kind === 'test' ? ['signOff', { ...b, result: 'passed', evidence: [{ name: 'e' }] }] : s.kind === 'task' ? ['complete', b] : ['release', { change: c.id, ...envOf(pol, c.category, s.stage) }]; const o = sim.take(p, t[0], t[1]); if (!('refused' in o)) { did = true; note('live by brute force'); break } } }
      if (did) continue
      if (resub++ < 3) { // a new round: reject and resubmit, or a material edit
        for (const p of fresh) { const o = sim.take(p, 'reject', { change: c.id, comment: 'again' }); if (!('refused' in o)) { did = true; note('live by reject'); break } }
        if (did) continue
        for (const p of fresh) { const o = sim.take(p, 'revise', { change: c.id, content: { digest: content('new' + i), makers: [p] }, reason: 'anew ' + i, comment: 'x' }); if (!('refused' in o)) { did = true; note('live by edit'); break } why = o.refused }
        if (did) continue
      }
      break
    }
    if (finished) { note('live finished'); continue }
    const c: any = sim.state.changes.get(ch0.id)
    const ex: any = sim.view.explain(c.id, sim.now)
    const canCancel = [...participants(c), ...fresh].some(p => !('refused' in sim.probe(p, 'cancel', { change: c.id, comment: 'x' })))
    const open = ex.stages.filter((s: any) => s.here || s.afterwards && !['satisfied', 'excepted', 'skipped', 'waived'].includes(s.status))
    finding(`STUCK ${canCancel ? '(cancellable)' : 'FOR EVER'} ${c.category} ${open.map((s: any) => s.kind + ':' + s.status).join('+')} state=${['returned', 'completed'].includes(c.state) ? c.state : 'stage'}`, seed, sim0, { change: c.id, state: c.state, why, open: open.map((s: any) => ({ ...s, eligible: s.eligible.slice(0, 4) })), ways: ex.waysOut, obligations: ex.obligations, last: sim.log.slice(-3) })
  }
}
