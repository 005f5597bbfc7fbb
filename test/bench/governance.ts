import type { GovernanceCommand, GovernanceEvent } from 'countersign/governance'
import { State } from '../../packages/countersign/src/record/state.ts'
import { median, type Row, timed } from './measure.ts'

const rounds = 5
const persons = 10_000
const roleChanges = 50_000
const roles = 20
const atMost = 2

const at = '2026-03-02T08:00:00.000Z'

/** Reads the people of a large organisation from the trail: who has joined, and who was given which role and lost it. */
export async function governanceRow(): Promise<Row> {
  const history = historyOf()
  const replay = () =>
    timed(() => {
      const state = new State()
      for (const [seq, { command, events }] of history.entries()) {
        const outcome = { accepted: events }
        state.fold({ seq, id: `bench-${seq}`, at, stream: 'governance', streamSeq: seq, command, outcome })
      }
    })
  await replay()
  const seconds: number[] = []
  for (let round = 0; round < rounds; round++) seconds.push((await replay()) / 1_000)
  return {
    what: `replaying ${persons.toLocaleString('en')} persons and ${roleChanges.toLocaleString('en')} role changes`,
    rival: 'seconds',
    aim: `≤ ${atMost} s`,
    ratios: seconds,
    median: median(seconds),
    holds: median(seconds) <= atMost,
    note: `${((median(seconds) * 1e6) / history.length).toFixed(1)} µs an entry`,
  }
}

interface Told {
  readonly command: GovernanceCommand
  readonly events: GovernanceEvent[]
}

/** As the desk records it, one entry after the other; two of three role changes give a role, the third takes one. */
function historyOf(): Told[] {
  const told: Told[] = [{ command: founding, events: [{ type: 'trail.founded', origin: 'trail.example/bench' }] }]
  for (let one = 0; one < roles; one++) {
    const role = `role-${one}`
    const description = 'one of many'
    told.push({
      command: { type: 'defineRole', role, description },
      events: [{ type: 'role.defined', role, description }],
    })
  }
  for (let one = 0; one < persons; one++) {
    const person = `person-${one}`
    told.push({
      command: { type: 'registerPerson', person, name: person, accounts: [person] },
      events: [
        { type: 'person.registered', person, name: person },
        { type: 'account.linked', account: person, person },
      ],
    })
  }
  for (let one = 0; one < roleChanges; one++) {
    const role = `role-${one % roles}`
    // Of two numbers without a common divisor one walks through all of the other.
    const holder = `person-${(one * 7_919) % persons}`
    const team = '*'
    told.push(
      one % 3 === 2
        ? {
            command: { type: 'revokeRole', role, from: holder, team },
            events: [{ type: 'role.revoked', role, from: holder, team, at }],
          }
        : {
            command: { type: 'grantRole', role, to: holder, team },
            events: [{ type: 'role.granted', by: 'ada', role, to: holder, team, at, from: at }],
          },
    )
  }
  return told
}

const founding: GovernanceCommand = {
  type: 'found',
  origin: 'trail.example/bench',
  format: 'countersign/trail/v1',
  administrators: [],
}
