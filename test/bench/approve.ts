import { createHash } from 'node:crypto'
import { f0Tested } from '@countersign/testing'
import { sealEntry } from '@countersign/trail'
import { parseEnvelope } from '../../packages/countersign/src/desk/envelope.ts'
import { decide } from '../../packages/countersign/src/record/decide.ts'
import { readRecord, type Stamped } from '../../packages/countersign/src/record/record.ts'
import { State } from '../../packages/countersign/src/record/state.ts'
import { inTurn, median, type Row, ratiosOf, timed } from './measure.ts'

const rounds = 9
const each = 4_000

/** One approve command from unknown JSON to sealed bytes and the next state, against a reducer written by hand. */
export async function approveRow(): Promise<Row> {
  const scenario = await f0Tested()
  const state = new State()
  for await (const { bytes } of scenario.store.read()) state.fold(readRecord(bytes).body)
  const change = scenario.change('K')
  const unknown = {
    type: 'approve',
    change: 'K',
    revision: change.revision,
    digest: change.digest,
    comment: 'read the diff, ran the numbers',
  }
  const prev = (await scenario.store.head()).leafHash
  const at = scenario.now

  const ours = () => {
    const envelope = parseEnvelope({ account: 'bob', id: 'bench-0001', command: unknown })
    if ('refused' in envelope) throw new Error(envelope.refused.code)
    const { account, command } = envelope
    const stamped: Stamped = { id: 'bench-0001', at, account, command }
    const decided = decide(state, stamped)
    if ('refused' in decided.outcome) throw new Error(decided.outcome.refused.code)
    const { stream, streamSeq, by, outcome, policy, reads } = decided
    const body = { v: 1, seq: 30, id: stamped.id, at, stream, streamSeq, by, command, outcome, policy, reads } as const
    return { sealed: sealEntry(body, prev), next: decided.next }
  }

  const plain = { ...change, approvals: [] as readonly { person: string; at: string }[] }
  const rival = () => {
    const command = { ...unknown }
    if (command.revision !== plain.revision || command.digest !== plain.digest) throw new Error('stale')
    if (plain.held.some(one => one.person === 'bob' && one.duty === 'make')) throw new Error('own work')
    if (plain.approvals.some(one => one.person === 'bob')) throw new Error('twice')
    const next = { ...plain, approvals: [...plain.approvals, { person: 'bob', at }] }
    const event = {
      type: 'approval.granted',
      stage: 'approve',
      person: 'bob',
      chain: ['bob'],
      seats: [{ role: 'appr', capacity: 'own' }],
    }
    const body = {
      at,
      by: { account: 'bob', person: 'bob' },
      command,
      id: 'bench-0001',
      outcome: { accepted: [event] },
      policy: plain.policy,
      reads: { governance: 28 },
      seq: 30,
      stream: 'change/K',
      streamSeq: 2,
      v: 1,
    }
    const text = JSON.stringify({ body, prev })
    return { hash: createHash('sha256').update(`\0${text}`).digest('hex'), next }
  }

  const many = (one: () => unknown) =>
    timed(() => {
      for (let count = 0; count < each; count++) one()
    })
  const times = await inTurn(
    rounds,
    () => many(ours),
    () => many(rival),
    4,
  )
  const ratios = ratiosOf(times)
  const micros = (median(times.ours) / each) * 1_000
  return {
    what: 'an approve command in memory, parsed, decided, folded and sealed',
    rival: 'a hand-written reducer with stringify and hash',
    aim: '≤ 8',
    ratios,
    median: median(ratios),
    holds: median(ratios) <= 8,
    note: `${micros.toFixed(1)} µs a command`,
  }
}
