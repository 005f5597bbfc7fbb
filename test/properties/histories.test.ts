import { type History, histories, type Played, play } from '@countersign/testing'
import { createDesk } from 'countersign'
import { verifyTrail } from 'countersign/verify'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { again, asWritten, fileOf, linesOf, runs, sealedIn } from './trial.ts'

describe('over histories of fifty commands and more by six persons and more', () => {
  it('replay of the trail gives the same state, and the same bytes of every decision', async () => {
    await fc.assert(
      fc.asyncProperty(histories(), async history => {
        const { scenario } = await play(history)
        const entries = await sealedIn(scenario.store)
        const snapshot = scenario.desk.snapshot()
        const replayed = await createDesk({ store: scenario.store })
        expect(replayed.snapshot()).toEqual(snapshot)
        // Two ids that turn out to be one person after their change took effect are told, and nothing else is.
        const { findings } = verifyTrail([fileOf(linesOf(entries))], { snapshot })
        expect(findings.filter(one => one.code !== 'alias.late')).toEqual([])
        expect(await again(entries)).toEqual(linesOf(entries))
      }),
      runs(18),
    )
  })

  it('a refused command changes nothing, and a command that is handed in again changes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(histories(), async history => {
        let before = ''
        const done = new Set<number>()
        const told = ({ scenario }: Pick<Played, 'scenario'>) => {
          const { governance, changes } = scenario.desk.snapshot()
          return JSON.stringify({ governance, changes })
        }
        await play(history, {
          before: scenario => {
            before = told({ scenario })
          },
          after: (scenario, { receipt }) => {
            const anew = receipt.outcome === 'accepted' && !done.has(receipt.seq)
            if (receipt.outcome === 'accepted') done.add(receipt.seq)
            expect(told({ scenario }) === before).toBe(!anew)
          },
        })
      }),
      runs(18),
    )
  })

  it('the histories are worth it: they come to releases, by delegates, stand-ins and carried approvals', async () => {
    const seen = { histories: 0, commands: 0, accepted: 0 }
    const reached = new Map<string, number>()
    await fc.assert(
      fc.asyncProperty(histories(), async history => {
        const { steps } = await play(history)
        seen.histories += 1
        seen.commands += steps.length
        seen.accepted += steps.filter(({ receipt }) => receipt.outcome === 'accepted').length
        for (const one of marksOf(history, steps)) reached.set(one, (reached.get(one) ?? 0) + 1)
      }),
      runs(100),
    )
    const share = (mark: string) => (reached.get(mark) ?? 0) / seen.histories
    const table = [...reached].toSorted(([, a], [, b]) => b - a).map(([mark, count]) => `${mark} ${count}`)
    console.log(
      `${seen.histories} histories, ${seen.commands} commands, ${Math.round((100 * seen.accepted) / seen.commands)} % accepted; histories with: ${table.join(', ')}`,
    )
    expect(seen.accepted / seen.commands).toBeGreaterThan(0.4)
    expect(seen.accepted / seen.commands).toBeLessThan(0.8)
    const least = {
      'change.released': 0.5,
      'seat delegate': 0.2,
      'seat fallback': 0.1,
      'approval.carried': 0.15,
      'approval.staled': 0.15,
      'approval.retained': 0.15,
      'change.rejected': 0.15,
      'approval.withdrawn': 0.02,
      'change.blocked': 0.3,
      'person.departed': 0.15,
      'policy.adopted': 0.02,
      'role.revoked': 0.1,
      'duty.conflict': 0.5,
      'approval.already-given': 0.3,
      'delegation.principal-decided': 0.02,
      'delegation.cycle': 0.02,
      'command.malformed': 0.7,
      'command.id-reused': 0.2,
      'identity.unknown-account': 0.1,
      'identity.bot': 0.02,
      'binding.digest': 0.05,
      'binding.revision': 0.05,
      'lifecycle.not-now': 0.7,
      'six persons': 1,
      'fifty commands': 1,
    }
    const blind = Object.entries(least).filter(([mark, atLeast]) => share(mark) < atLeast)
    if (asWritten) expect(blind).toEqual([])
  })
})

/** What a history had in it. */
function marksOf(history: History, steps: Played['steps']): Set<string> {
  const marks = new Set<string>()
  if (Object.keys(history.people).length >= 6) marks.add('six persons')
  if (steps.length >= 50) marks.add('fifty commands')
  for (const { receipt } of steps) {
    if (receipt.outcome === 'refused') marks.add(receipt.refusal.code)
    else {
      for (const event of receipt.events) {
        marks.add(event.type)
        if ('seats' in event) for (const seat of event.seats) marks.add(`seat ${seat.capacity}`)
      }
    }
  }
  return marks
}
